"""Second-order conditions at a factor, by eigenvalues of R and of the Hessian."""

import numpy as np
from scipy.linalg import eigvalsh
from scipy.sparse.linalg import LinearOperator, eigsh

from sklearn_prune._typing import FloatArray
from sklearn_prune.objective._certificate import Certificate
from sklearn_prune.objective._curvature import Curvature
from sklearn_prune.objective._evaluation import Evaluation

# Numbers in the living columns up to which the Hessian is formed and solved densely. With eight
# columns and more Lanczos iteration takes many steps, and with up to 2,000 numbers the dense way
# takes .05 to .3 of its time (`docs/benchmarks/speed_constants.py`). With few columns it depends on
# the problem: .4 and .8 with 80 and 200 numbers there, and 4 to 10 times as long on other problems
# of 200 to 600, which no script repeats.
DENSE_HESSIAN = 400


def certify(
    point: Evaluation,
    *,
    has_zero_column: bool,
    tol: float,
    curvature: Curvature | None = None,
) -> Certificate:
    """The certificate of a point in normalised units.

    Parameters
    ----------
    point : Evaluation
    has_zero_column : bool
        Whether the factor has columns besides those of the point, which are zero.
    tol : float
        Bound on the gradient norm.
    curvature : Curvature or None, default=None
        The smallest curvature of the living columns, if it was looked for.
    """
    tau = point.penalty.tau
    top = point.problem.model.ascent_rate(point.residual_matrix, level=tau)
    # R is only accurate to tol; where τ ≤ tol, test λ_max(R) ≤ tol instead.
    zeros_stay = top <= max(tau * (1.0 + tol), tol)
    holds = point.gradient_norm <= tol and (zeros_stay or not has_zero_column)
    if curvature is None:
        return Certificate(point.gradient_norm, top, tau, bool(holds))
    no_saddle = curvature.smallest >= -np.sqrt(tol) * curvature.largest
    return Certificate(point.gradient_norm, top, tau, bool(holds and no_saddle), curvature.smallest)


def smallest_curvature(point: Evaluation, *, dense_hessian: int = DENSE_HESSIAN) -> float:
    """The smallest eigenvalue of the Hessian on the columns that live, converged.

    If `Certificate.holds` and this is not negative, the point is second-order stationary. Rotating
    U leaves the loss as it is, so that without a penalty this is zero for two columns or more.

    Parameters
    ----------
    point : Evaluation
        Where; columns of zeros are left out.
    dense_hessian : int
        Numbers in the living columns up to which the Hessian is formed; Lanczos iteration on
        Hessian products is used beyond.

    Returns
    -------
    float
        In units of f over units of U². ``inf`` when no column lives.
    """
    living = np.flatnonzero(point.column_sq)
    shape = (len(point.U), len(living))
    size = shape[0] * shape[1]
    if size == 0:
        return np.inf
    point = point.objective.at(point.factor.take(living))

    def product(v: FloatArray) -> FloatArray:
        return point.hessian_product(v.reshape(shape)).ravel()

    if size <= dense_hessian:
        H = np.column_stack([product(e) for e in np.eye(size)])
        return float(eigvalsh(0.5 * (H + H.T))[0])
    H = LinearOperator((size, size), matvec=product, dtype=float)
    # A fixed start vector makes the result deterministic.
    start = np.cos(np.arange(size) ** 2)
    return float(eigsh(H, k=1, which="SA", v0=start, return_eigenvectors=False)[0])
