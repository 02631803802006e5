"""What sets α and the threshold for pruning. All in normalised units (κ = 1)."""

import numpy as np
from scipy.linalg import eigvalsh

from sklearn_prune.objective import GroupLasso, Objective
from sklearn_prune.solvers import fit_in_span, gauss_newton, top_eigenpairs

# A column is missing while λ_max(R) exceeds this many times the estimated level of the noise.
_MISSING = 1.2
# τ over the level of the noise in the residuals of the fit that misses no column.
_LEVEL = 1.3
# A residual sum of squares below this part of that of y is an exact fit.
_EXACT = 1e-14


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


def degrees_of_freedom(d, r):
    """``q(r)``: numbers in a symmetric d × d matrix of rank r."""
    return d * r - r * (r - 1) // 2


def automatic_penalty(loss, k, *, tol):
    """The penalty that the data ask for, and the fine-tuned factor that was asked.

    1. Fine-tune a factor of j = 0, 1, 2, … columns, each from the one before plus the top
       eigenvector of R.
    2. A column is missing while ``λ_max(R)`` is above what the noise explains, judged by the
       residuals of that fit.
    3. τ is the level of the noise when none is missing, and the penalty the tied one of
       that level: it then shows again, on all k columns, that the others are not wanted.

    Returns
    -------
    GroupLasso
    ndarray of shape (d, j)
    """
    d, n = loss.sensing.dim, loss.total_weight
    objective = Objective(loss)
    U = np.empty((d, 0))
    point = objective.at(U)
    total = point.value
    while True:
        noise = noise_level(loss, point.residuals)
        values, V = top_eigenpairs(point.residual_matrix, 1)
        exact = point.value <= _EXACT * total
        enough = U.shape[1] == min(k, d) or degrees_of_freedom(d, U.shape[1] + 1) >= n
        if exact or enough or values[0] <= _MISSING * noise:
            break
        grown = np.hstack([U, fit_in_span(loss, point.residuals, V)])
        U = gauss_newton(objective, grown, tol=tol, max_iter=100).U
        point = objective.at(U)

    weakest = float(np.linalg.svd(U, compute_uv=False)[-1] ** 2) if U.shape[1] else 0.0
    if exact:
        # No noise to go by: any level well below the weakest signal will do, and α = 0 not.
        tau = 0.02 * weakest or 1.0
    else:
        left = 1.0 - degrees_of_freedom(d, U.shape[1]) / n
        tau = _LEVEL * noise / np.sqrt(max(left, 0.1))
        if U.shape[1]:
            tau = min(tau, 0.6 * weakest)
    return GroupLasso.at_level(tau), U


def explicit_threshold(norms, penalty, *, certified):
    """The norm below which a column is surplus.

    Half of ``√argmin h`` where that is positive and the fit is certified, for no true column is
    so short; never above half the shortest norm that is not zero, and that otherwise.
    So it removes all that is dead, and without a regulariser nothing.
    """
    alive = norms[norms > 0]
    if not len(alive):
        return 0.0
    half_shortest = 0.5 * float(alive.min())
    bound = 0.5 * float(np.sqrt(penalty.shortest_survivor())) if certified else 0.0
    return min(bound, half_shortest) if bound > 0 else half_shortest


def widest_gap(norms):
    """A threshold inside the widest gap between the logarithms of sorted norms.

    For columns of which nothing else is known. Norms below the rounding of the largest
    are zero; norms without a gap between them are all kept.
    """
    alive = np.sort(norms[norms > len(norms) * np.finfo(float).eps * norms.max(initial=0.0)])
    if not len(alive):
        return 0.0
    steps = np.diff(np.log(alive))
    if not len(steps) or steps.max() <= 0:
        return float(alive[0])
    gap = int(steps.argmax())
    return float(np.sqrt(alive[gap]) * np.sqrt(alive[gap + 1]))
