"""Functions of the chunks of a dask array, evaluated where the chunks are.

Whatever scheduler of dask is active does the work: threads, processes or a cluster.
"""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dask.array import Array
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


def load(
    arrays: dict[str, "Array"], function: Callable[..., Any]
) -> tuple[dict[str, "Array"], dict[str, list[Any]]]:
    """Arrays of which all chunks are computed and kept where they are, and a function of each.

    Raises
    ------
    ChunkError
        Which names the first chunk that could not be computed.
    """
    import dask

    try:
        held = dict(zip(arrays, dask.persist(*arrays.values()), strict=True))
        (values,) = dask.compute({name: each(_tasks(a), function) for name, a in held.items()})
    except ChunkError:
        raise
    except Exception as error:
        raise _failure(arrays, error) from error
    return held, values


def _failure(arrays: dict[str, "Array"], error: Exception) -> ChunkError:
    """The error that names a chunk, from one of the scheduler, which names none.

    The chunks are computed once more, one by one, until one fails.
    """
    for name, array in arrays.items():
        chunks = _tasks(array)
        for place, task in enumerate(each(chunks, len)):
            try:
                task.compute()
            except Exception as cause:
                return ChunkError(
                    f"chunk {place + 1} of {len(chunks)} of {name} could not be computed: "
                    f"{type(cause).__name__}: {cause}"
                )
    return ChunkError(f"a chunk could not be computed: {type(error).__name__}: {error}")


def _tasks(array: "Array") -> list["Delayed"]:
    """The chunks of an array that is chunked along the rows alone."""
    return array.to_delayed().ravel().tolist()


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
