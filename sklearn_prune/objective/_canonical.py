"""Canonical columns in other coordinates than those that a factor was found in."""

import numpy as np

from sklearn_prune.models import Factor, MatrixModel

# The largest change of M, relative to the sizes of the rows of U, for orthogonal columns. It is
# that of predictions too. Not tuned: the root of the rounding error. The change is 1e-12 for most
# factors whatever the scales of their rows, and larger only where M hardly sees the largest one.
TOLERABLE = 1e-8
# The size of an M that is a rounding error of columns that cancel, over the squares of these.
ROUNDING = 4 * np.finfo(float).eps


def canonical_in_place(model: MatrixModel, factor: Factor) -> Factor:
    """The canonical factor, or the columns as they are where rounding would change their M.

    Columns of both signs that are orthogonal may be much longer than columns of the same M that are
    not, and cancel. That is so where features differ in scale by orders of magnitude, and M has the
    largest of them in products with small ones only.
    """
    canonical = model.canonicalize(factor)
    if model.is_semidefinite or _relative_difference(canonical, factor) <= TOLERABLE:
        return canonical
    return factor.take(np.argsort(-np.linalg.norm(factor.U, axis=0), kind="stable"))


def _relative_difference(factor: Factor, other: Factor) -> float:
    """``‖M − M'‖_F / ‖M'‖_F`` with each row of U divided by the norm of that of the other.

    Where the columns of the other cancel to rounding, its M' is no more than a rounding error.
    """
    sizes = np.linalg.norm(other.U, axis=1)
    sizes = np.where(sizes > 0, sizes, 1.0)[:, None]
    signs = np.concatenate([other.column_signs, -factor.column_signs])
    # By a triangular factor: M is not formed where there are many rows.
    T = np.asarray(np.linalg.qr(np.hstack([other.U, factor.U]) / sizes, mode="r"))
    whole = T[:, : other.n_columns]
    size = float(np.linalg.norm((whole * other.column_signs) @ whole.T))
    rounding = ROUNDING * float(np.square(whole).sum())
    return float(np.linalg.norm((T * signs) @ T.T)) / size if size > rounding else 0.0
