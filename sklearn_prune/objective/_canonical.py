"""Canonical columns in other coordinates than those that a factor was found in."""

import numpy as np

from sklearn_prune.models import Factor, MatrixModel

# The largest change of M, relative to the sizes of the rows of U, for orthogonal columns. It is
# that of predictions too. Not tuned: the root of the rounding error. The change is 1e-12 for most
# factors whatever the scales of their rows, and larger only where M hardly sees the largest one.
TOLERABLE = 1e-8
# An M below this part of the sum of squares of its columns is a rounding error of columns that
# cancel. With 1 eps 392 of 2,000 pairs of 6 rows were taken for an M, with 4 eps none of these, but
# 300 of 300 pairs of 300 rows; with 16 to 1e6 eps none of either. The pairs are those of
# `test_columns_that_cancel_to_rounding_are_not_kept_as_they_are` (tests/test_signed.py).
ROUNDING = 64 * np.finfo(float).eps


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

    It is 0 where M' is only a rounding error, because the columns of the other cancel.
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
