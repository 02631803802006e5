"""The strength of the group lasso that the data ask for."""

import numpy as np
from scipy.linalg import eigvalsh

from sklearn_prune.objective import GroupLasso, Objective
from sklearn_prune.solvers import active_columns, top_eigenpairs

# τ over the noise, and over the weakest column found: above the one, below the other.
_OVER_NOISE = 1.3
_UNDER_SIGNAL = 0.6
# τ over the weakest column where there is no noise.
_UNDER_EXACT_SIGNAL = 0.02
# What τ is at the least, y and A being of size one: without noise nothing else bounds it.
_LEAST = 1e-8
# Values of τ that are tried, and the tolerance of these fits.
_TRIALS = 10
_COARSE = 1e-4


def largest_level(loss):
    """The smallest τ at which ``U = 0`` is a local minimum: ``λ_max(Σ (w_i/W) y_i A_i)`` or 0."""
    R = loss.residual_matrix(loss.centre(loss.y))
    return max(0.0, float(top_eigenpairs(R, 1)[0][0]))


def noise_level(loss, residuals):
    """``ν̂``: how large ``||Σ (w_i/W) ε_i (A_i − Ā)||`` is for noise like these residuals.

    ``2 √λ_max(Σ w_i e_i² (A_i − Ā)²) / W``. It has no random numbers in it, and a weight
    counts as so many repeated rows. Where an offset is fitted Ā is the mean, else 0.
    """
    c = loss.weights * residuals**2
    squares = loss.sensing.sum_of_squares(c)
    if loss.centred:
        mean = loss.sensing.adjoint(loss.weights)
        cross = loss.sensing.adjoint(c) @ mean
        squares = squares - cross - cross.T + np.sum(c) * (mean @ mean)
    top = max(0.0, float(eigvalsh(squares)[-1]))
    return 2.0 * np.sqrt(top / loss.total_weight)


def automatic_penalty(loss, k, found, *, tol, max_iter):
    """The tied penalty whose group lasso keeps as many columns as `find_rank` found.

    1. τ goes above the noise that is left in the residuals and below the weakest column.
    2. The group lasso on all k columns must agree: τ is raised while it keeps more columns than
       were found, and lowered while it keeps fewer.
    """
    U, rank = found.U, found.U.shape[1]
    weakest = float(np.linalg.svd(U, compute_uv=False)[-1] ** 2) if rank else np.inf
    noise = noise_level(loss, loss.residuals(U))
    tau = min(_OVER_NOISE * noise, _UNDER_SIGNAL * weakest)
    if found.exact and rank:
        # No noise to go by: any level well below the weakest column will do, and α = 0 not.
        tau = _UNDER_EXACT_SIGNAL * weakest
    low, high = 0.0, np.inf
    for _ in range(_TRIALS):
        penalty = GroupLasso.at_level(max(tau, _LEAST))
        solution, _ = active_columns(
            Objective(loss, penalty), U, k, tol=max(tol, _COARSE), max_iter=max_iter
        )
        kept = solution.U.shape[1]
        if kept == rank:
            break
        if kept > rank:
            low = tau
            tau = min(2.0 * tau, np.sqrt(tau * high))
        else:
            high = tau
            tau = max(0.5 * tau, np.sqrt(tau * low))
    return penalty
