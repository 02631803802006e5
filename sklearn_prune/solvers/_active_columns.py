"""The penalised problem of k columns, solved on the few that live."""

import numpy as np

from sklearn_prune.objective import certify
from sklearn_prune.solvers._newton_cg import newton_cg
from sklearn_prune.solvers._solution import Solution
from sklearn_prune.solvers._spectral import grown
from sklearn_prune.solvers._turn import turn

# A column with s below this part of β is dropped; the certificate asks for it back if it must.
_DEAD = 0.25
# So is one whose signal ``uᵀ R u / s + s`` (κ = 1) is below this part of τ: it is on its way to
# zero, and would be the slowest to arrive. 0.7 to 1 take half the products of 0; with 1 more
# columns have to be asked for again.
_DOOMED = 0.7
# Where the gradient is larger than this, R knows too little of the signals to say so.
_KNOWN = 0.1
# Columns that a start has at most. Where as many live, all with signals this many times τ, more
# may be missing: that is asked at this gradient norm, before the solution is made exact.
START_COLUMNS = 8
_CLEAR = 2.0
_COARSE = 0.05


def active_columns(objective, U, k, *, tol, max_iter, watch=None):
    """Minimise over factors of k columns, of which all but a few are zero.

    Parameters
    ----------
    objective : Objective
        In normalised units.
    U : ndarray of shape (d, m)
        Where to start, m ≤ k.
    k : int
        Columns at most.
    tol : float
        Of the certificate.
    max_iter : int
        Newton steps at most, over all rounds.
    watch : callable or None, default=None
        Called with the solution and the certificate of every round.

    Returns
    -------
    Solution
        Its factor has orthogonal columns, the longest first, and no zero column.
    Certificate
        Of the k-column problem.

    Notes
    -----
    1. Solve on the columns there are, dropping those that die on the way. Where none does it
       is first asked whether there should be more.
    2. Ask the certificate whether the zero columns want to stay zero.
    3. If ``λ_max(R) > τ``, grow columns along the eigenvectors above τ, and go on.

    Over-parameterisation is paid for only where the certificate asks.
    """
    penalty = objective.penalty

    def cut(point):
        many = point.U.shape[1] >= START_COLUMNS and np.all(_signals(point) > _CLEAR * penalty.tau)
        return many and np.linalg.norm(point.gradient) < _COARSE

    part, doomed, stop = _DEAD, _DOOMED, cut
    U = turn(U)
    lengths = np.linalg.norm(U, axis=0)
    # Columns that are zero, or depend on the others, have no gradient to grow by.
    U = U[:, lengths > 1e-12 * lengths.max(initial=0.0)]
    curve = []
    while True:
        left = max_iter - max(0, len(curve) - 1)
        dying = _dying(penalty, part, doomed)
        solution = newton_cg(objective, U, tol=tol, max_iter=left, dying=dying, stop=stop)
        curve += solution.curve[1:] if curve else solution.curve
        # Growing lowers the value as well, and no step may have followed.
        curve[-1] = solution.curve[-1]
        full = solution.U.shape[1] == k
        certificate = certify(solution.point, has_zero_column=not full, tol=tol)
        if watch is not None:
            watch(Solution(solution.point, list(curve), certificate.holds), certificate)
        if certificate.holds or len(curve) > max_iter or (full and solution.converged):
            break
        U = grown(solution.point, k, level=penalty.tau)
        if stop is None or solution.converged:
            if U.shape[1] == solution.U.shape[1]:
                break
            # A column that was dropped and is asked for again must not be dropped again.
            part, doomed = 0.1 * part, 0.0
        stop = None
    return Solution(solution.point, curve, certificate.holds), certificate


def surviving_columns(objective, U, *, tol, max_iter):
    """The first step alone: minimise from U over its columns, dropping those that die.

    Parameters and solution as in `active_columns`, without k and a certificate.
    """
    # Nothing asks for a column again that is dropped too early.
    dying = _dying(objective.penalty, 0.1 * _DEAD, 0.0)
    return newton_cg(objective, U, tol=tol, max_iter=max_iter, dying=dying)


def _dying(penalty, part, doomed):
    def dying(point):
        dead = point.column_sq <= part * penalty.beta
        known = np.linalg.norm(point.gradient) < _KNOWN
        return dead | (known & (_signals(point) < doomed * penalty.tau))

    return dying if penalty.alpha > 0 else None


def _signals(point):
    """The eigenvalues of ``κ M* + Δ`` that the columns stand for, κ = 1, as far as R knows."""
    s = point.column_sq
    return np.einsum("ij,ij->j", point.U, point.pulled) / s + s
