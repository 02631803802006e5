"""Functions of the chunks of a dask array, evaluated where the chunks are.

Whatever scheduler of dask is active does the work: threads, processes or a cluster.
"""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dask.delayed import Delayed


class ChunkError(RuntimeError):
    """An error in one of the chunks of a dask array."""


def is_dask(X: Any) -> bool:
    """Whether X is a dask array; dask need not be installed."""
    module = sys.modules.get("dask.array")
    return module is not None and isinstance(X, module.Array)


def each(
    chunks: Sequence["Delayed"], function: Callable[..., Any], *arguments: Any
) -> list["Delayed"]:
    """A function of every chunk. An argument that is a list has one entry for each chunk."""
    from dask import delayed

    task = delayed(_named, pure=False)
    columns = [a if isinstance(a, list) else [a] * len(chunks) for a in arguments]
    rows = zip(chunks, *columns, strict=True)
    return [task(function, place, len(chunks), *row) for place, row in enumerate(rows)]


def call(chunk: Any, method: str, *arguments: Any) -> Any:
    """A method of a chunk."""
    return getattr(chunk, method)(*arguments)


def gather(values: Sequence[Any]) -> list[Any]:
    """Values of all chunks, in one round.

    Raises
    ------
    ChunkError
        If a chunk failed, or the process that held it was lost.
    """
    import dask

    try:
        return list(dask.compute(*values))
    except ChunkError:
        raise
    except Exception as error:
        # The schedulers have errors of their own for processes that are lost.
        raise ChunkError(f"a chunk of the dask array was lost: {error}") from error


def persist(values: Sequence["Delayed"]) -> list["Delayed"]:
    """The same values, computed once and kept where they are."""
    import dask

    return list(dask.persist(*values))


def total(terms: Sequence["Delayed"]) -> Any:
    """The sum of one term for each chunk, in the order of the chunks."""
    return sum(gather(terms))


def _named(function: Callable[..., Any], place: int, count: int, *arguments: Any) -> Any:
    """A function whose errors say which chunk it was."""
    try:
        return function(*arguments)
    except Exception as error:
        raise ChunkError(
            f"chunk {place + 1} of {count} of the dask array failed: {type(error).__name__}: "
            f"{error}"
        ) from error
