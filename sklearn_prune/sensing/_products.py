"""Products of a large matrix with a few columns."""

import numpy as np

from sklearn_prune._typing import FloatArray

# Multiplications that a block of rows takes, and its least rows. OpenBLAS has kernels for small
# products, which do not copy the matrix first (2^18, 2^19 and 9e5 tried: at side 600 and 3 to 8
# columns all take .3 to .5 of the time of one product, at side 1000 .4 to .6). With so many columns
# that a block has fewer rows there is no gain left.
PRODUCT_WORK = 900_000
LEAST_ROWS = 16


def times_few_columns(
    A: FloatArray, V: FloatArray, *, product_work: int = PRODUCT_WORK
) -> FloatArray:
    """``A V``, a block of rows of A at a time where V has few columns."""
    size = product_work // max(1, V.size)
    if not LEAST_ROWS <= size < len(A):
        return A @ V
    out = np.empty((len(A), V.shape[1]))
    for start in range(0, len(A), size):
        np.matmul(A[start : start + size], V, out=out[start : start + size])
    return out
