"""Loops over blocks of rows, so that a block stays in the cache while it is used."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise

from sklearn_prune._typing import FloatArray

# The rows that the fit that is going on has read, so that a verbose one can tell its passes.
_COUNT: ContextVar[list[int] | None] = ContextVar("rows read", default=None)


@contextmanager
def counted_reads() -> Iterator[None]:
    """Within it, `rows_read` counts from zero."""
    token = _COUNT.set([0])
    try:
        yield
    finally:
        _COUNT.reset(token)


def rows_read() -> int:
    """Rows that were read in this process since `counted_reads` was entered."""
    count = _COUNT.get()
    return 0 if count is None else count[0]


def count_rows(n_samples: int) -> None:
    """Add to the rows that were read."""
    count = _COUNT.get()
    if count is not None:
        count[0] += n_samples


def blocks(total: int, size: int) -> Iterator[slice]:
    """Slices of at most `size` which together make up the whole, in order."""
    for start, stop in pairwise([*range(0, total, size), total]):
        yield slice(start, stop)


def row_blocks(n_samples: int, size: int) -> Iterator[slice]:
    """Slices of at most `size` rows which together make up all rows, in order."""
    count_rows(n_samples)
    yield from blocks(n_samples, size)


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
