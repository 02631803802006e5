"""The penalised problem of k columns, solved on the working set of the few that live."""

from collections.abc import Callable

import numpy as np

from sklearn_prune._typing import BoolArray, FloatArray
from sklearn_prune.models import Factor
from sklearn_prune.objective import (
    Certificate,
    Evaluation,
    GroupLasso,
    Objective,
    certify,
    probe_curvature,
)
from sklearn_prune.solvers._growth import expand
from sklearn_prune.solvers._saddle import is_saddle, leave_saddle
from sklearn_prune.solvers._solution import Solution
from sklearn_prune.solvers._trust_region_newton import trust_region_newton

# A column is screened out, that is, dropped, where its squared norm is below this part of β. The
# certificate asks for it back if it must. With 0.1, 0.05 and 0.02 a path of 30 alphas takes 0.74 to
# 0.82, 0.67 to 0.78 and 0.66 to 0.74 of the time of 0.25 (d = 100, condition 1 and 10), and single
# fits 0.9 to 1.05.
DEAD = 0.05
# The same along a path of rising alphas, if its signal is also below τ: there the certificate is
# asked only where a column was dropped. With 0.01, 0.05 and 0.1 cross-validations of tables take
# .99, 1.01 and 1.05 of the Hessian products, with the same errors (`docs/benchmarks/constants.py`).
# Whatever the signal, they take .97, and those of d = 100, n = 3,000 take 1.02 to 1.13.
DEAD_ALONG_PATH = 0.025
# It is also screened out where its signal ``uᵀ R u / s + s`` (κ = 1) is below this part of τ: it
# will die, and would be the last to converge. 0.7 to 1 take half of the Hessian products of 0;
# with 1 more columns have to be asked for again.
DYING = 0.7
# The signals are trusted where the gradient norm is below this. With 0.01 and 1 fits take 1.01 and
# .97 of the steps, and end at the same objective (`docs/benchmarks/speed_constants.py`).
SIGNALS_KNOWN = 0.1
# Columns that a start has at most. Where as many live, all with signals above CLEAR times τ, more
# may be missing; that is asked at the gradient norm COARSE, before the solution is made exact. With
# 4 and 16 columns fits take 1.37 and .95 of the steps, in 1.17 and 1.06 of the time; with a half or
# twice CLEAR as many, in as much time; with a tenth or ten times COARSE 1.0 and .99, in as much
# time (`docs/benchmarks/speed_constants.py`).
START_COLUMNS = 8
CLEAR = 2.0
COARSE = 0.05


def working_set(
    objective: Objective,
    start: Factor,
    k: int,
    *,
    tol: float,
    max_iter: int,
    probe: bool = True,
    callback: Callable[[Solution, Certificate], None] | None = None,
) -> tuple[Solution, Certificate]:
    """Minimise over factors of k columns, of which all but a few are zero.

    Parameters
    ----------
    objective : Objective
        In normalised units.
    start : Factor of shape (d, m)
        m ≤ k.
    k : int
        Columns at most.
    tol : float
        Of the certificate.
    max_iter : int
        Newton steps at most, over all rounds.
    probe : bool, default=True
        Whether to look for negative curvature among the living columns. Fits that only have to be
        compared, or that start from one another along a path, leave it out.
    callback : callable or None, default=None
        Called with the solution and the certificate of every round.

    Returns
    -------
    Solution
        Its factor has orthogonal columns, the longest first, and no zero column.
    Certificate
        Of the k-column problem.

    Notes
    -----
    1. Solve on the columns of the working set, and screen out those that die on the way. If none
       dies, first ask at low accuracy whether there should be more.
    2. Where it has converged, look for negative curvature among the living columns; if there is
       any, step along it and repeat.
    3. Ask the certificate whether the zero columns stay zero.
    4. If ``λ_max(R) > τ``, expand along the eigenvectors above τ, and repeat.

    Surplus columns are therefore paid for only where the certificate asks for them.
    """
    penalty = objective.penalty

    def many_clear_signals(point: Evaluation) -> bool:
        many = point.U.shape[1] >= START_COLUMNS
        clear = many and bool(np.all(_signals(point) > CLEAR * penalty.tau))
        return clear and point.gradient_norm < COARSE

    dead, dying = DEAD, DYING
    stop: Callable[[Evaluation], bool] | None = many_clear_signals
    start = _nonzero_columns(objective.problem.model.canonicalize(start))
    curve: list[float] = []
    while True:
        left = max_iter - max(0, len(curve) - 1)
        screened = _screening(penalty, dead, dying)
        solution = trust_region_newton(
            objective, start, tol=tol, max_iter=left, screened=screened, stop=stop
        )
        curve += solution.curve[1:] if curve else solution.curve
        # Expanding lowers the value as well, and no step may have followed.
        curve[-1] = solution.curve[-1]
        full = solution.U.shape[1] == k
        curvature = probe_curvature(solution.point) if probe and solution.converged else None
        if curvature is not None and is_saddle(curvature) and len(curve) <= max_iter:
            start = leave_saddle(solution.point, curvature)
            if start is not solution.factor:
                continue
        certificate = certify(
            solution.point, has_zero_column=not full, tol=tol, curvature=curvature
        )
        if callback is not None:
            callback(Solution(solution.point, list(curve), certificate.holds), certificate)
        if certificate.holds or len(curve) > max_iter or (full and solution.converged):
            break
        if stop is None and solution.n_iter == 0:
            # The columns that were added changed nothing.
            break
        start = expand(solution.point, k, level=penalty.tau)
        if stop is None or solution.converged:
            if start.shape == solution.factor.shape:
                break
            # A column that was dropped and is asked for again must not be dropped again: with
            # signals below zero screened out, fits dropped the columns that the certificate asked
            # for until max_iter.
            dead, dying = 0.1 * dead, -np.inf
        stop = None
    return Solution(solution.point, curve, certificate.holds), certificate


def surviving_columns(
    objective: Objective, start: Factor, *, tol: float, max_iter: int
) -> Solution:
    """Minimise from a start over its columns and screen out those that die; nothing is added.

    Parameters and solution as in `working_set`, without k and a certificate.
    """
    penalty = objective.penalty

    def screened(point: Evaluation) -> BoolArray:
        is_short = point.column_sq <= DEAD_ALONG_PATH * penalty.beta
        return is_short & (_signals(point) < penalty.tau)

    return trust_region_newton(objective, start, tol=tol, max_iter=max_iter, screened=screened)


def _nonzero_columns(factor: Factor) -> Factor:
    """Without the columns that are zero or depend on others: they have no gradient."""
    norms = np.linalg.norm(factor.U, axis=0)
    return factor.take(norms > 1e-12 * norms.max(initial=0.0))


def _screening(
    penalty: GroupLasso, dead: float, dying: float
) -> Callable[[Evaluation], BoolArray] | None:
    def screened(point: Evaluation) -> BoolArray:
        is_dead = point.column_sq <= dead * penalty.beta
        known = point.gradient_norm < SIGNALS_KNOWN
        return is_dead | (known & (_signals(point) < dying * penalty.tau))

    return screened if penalty.alpha > 0 else None


def _signals(point: Evaluation) -> FloatArray:
    """Estimates of the eigenvalues of ``M* + Δ`` (κ = 1) that the columns stand for."""
    s = point.column_sq
    along = np.einsum("ij,ij->j", point.U, point.residual_product)
    # A column whose square is not representable is as good as zero.
    return np.divide(along, s, out=np.zeros_like(s), where=s > 0) + s
