"""Loops over blocks of rows, so that a block stays in the cache while it is used."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from sklearn_prune._typing import FloatArray


def row_blocks(n_samples: int, size: int) -> Iterator[slice]:
    """Slices of at most `size` rows which together make up all rows, in order."""
    for start, stop in pairwise([*range(0, n_samples, size), n_samples]):
        yield slice(start, stop)


def fill_blocks(out: FloatArray, values: Callable[[slice], FloatArray], size: int) -> FloatArray:
    """Set ``out[rows] = values(rows)`` for every block of rows, and return `out`."""
    for rows in row_blocks(len(out), size):
        out[rows] = values(rows)
    return out


def sum_blocks(
    total: FloatArray, term: Callable[[slice], FloatArray], n_samples: int, size: int
) -> FloatArray:
    """Add ``term(rows)`` to `total` in place for every block of rows, and return `total`."""
    for rows in row_blocks(n_samples, size):
        total += term(rows)
    return total
