"""Vectors with one entry a sample whose entries stay in the chunks of a dask array.

A formula of vectors and numbers becomes one task for each chunk, and its sums over the samples are
numbers that are not computed before they are asked for. dask arrays were tried in their place:
evaluating parts of the same formula twice, as an objective does, gave tasks of equal names and
different contents, of which its distributed scheduler warns.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from sklearn_prune.sensing._chunks import each, gather, persist

if TYPE_CHECKING:
    from dask.delayed import Delayed

# How the values of the chunks are put together.
REDUCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sum: np.sum,
    np.max: np.max,
    np.min: np.min,
    np.all: np.all,
    np.any: np.any,
    np.matmul: np.sum,
}
# Functions of vectors that are no ufuncs, and act entry by entry.
ELEMENTWISE = {np.where, np.zeros_like, np.ones_like, np.round}


class ChunkVector(NDArrayOperatorsMixin):
    """A vector of shape (n,), or a formula of such vectors, in chunks.

    Parameters
    ----------
    function : callable or None
        None for a vector that is there.
    arguments : sequence
        What it is applied to: vectors, `ChunkNumber` and numbers; or the parts of the vector.
    sizes : tuple of int
        Entries of each chunk.
    """

    def __init__(
        self, function: Callable[..., Any] | None, arguments: Sequence[Any], sizes: tuple[int, ...]
    ) -> None:
        self.function = function
        self.arguments = tuple(arguments)
        self.sizes = sizes

    @classmethod
    def of_parts(cls, parts: Sequence["Delayed"], sizes: tuple[int, ...]) -> "ChunkVector":
        """The vector that is made of some parts."""
        return cls(None, parts, sizes)

    @cached_property
    def parts(self) -> list["Delayed"]:
        """The parts in the chunks, each one task."""
        if self.function is None:
            return list(self.arguments)
        program, leaves = _program(self)
        columns = [leaf.parts if isinstance(leaf, ChunkVector) else leaf.value for leaf in leaves]
        places: list[Any] = [_Place(i) for i in range(len(self.sizes))]
        return each(places, _run, _Steps(program), *columns)

    def persist(self) -> "ChunkVector":
        """The vector, computed once and kept where its chunks are."""
        return ChunkVector.of_parts(persist(self.parts), self.sizes)

    @property
    def shape(self) -> tuple[int]:
        return (sum(self.sizes),)

    @property
    def ndim(self) -> int:
        return 1

    def __len__(self) -> int:
        return sum(self.sizes)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs:
            return NotImplemented
        if ufunc is np.matmul:
            return self._reduced(np.matmul, inputs)
        return ChunkVector(ufunc, inputs, self.sizes)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function in ELEMENTWISE and not kwargs:
            return ChunkVector(function, args, self.sizes)
        if function in REDUCTIONS and not kwargs:
            return self._reduced(function, args)
        return NotImplemented

    def _reduced(self, function: Callable[..., Any], arguments: Sequence[Any]) -> "ChunkNumber":
        terms = ChunkVector(function, arguments, self.sizes).parts
        return ChunkNumber(_together(REDUCTIONS[function], terms))

    def sum(self) -> "ChunkNumber":
        return self._reduced(np.sum, [self])

    def max(self) -> "ChunkNumber":
        return self._reduced(np.max, [self])

    def min(self) -> "ChunkNumber":
        return self._reduced(np.min, [self])


class ChunkNumber(NDArrayOperatorsMixin):
    """A number that is a sum over the samples, or a formula of such numbers.

    Parameters
    ----------
    value : Delayed
    """

    def __init__(self, value: "Delayed") -> None:
        self.value = value

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs or any(isinstance(a, ChunkVector) for a in inputs):
            return NotImplemented
        from dask import delayed

        if any(isinstance(a, np.ndarray) for a in inputs):
            # Arrays are here and not in the chunks: the number is needed here too.
            return ufunc(*[float(a) if isinstance(a, ChunkNumber) else a for a in inputs])
        values = [a.value if isinstance(a, ChunkNumber) else a for a in inputs]
        return ChunkNumber(delayed(ufunc, pure=False)(*values))

    def __float__(self) -> float:
        return float(gather([self.value])[0])

    def __bool__(self) -> bool:
        return bool(float(self))


def numbers(*values: Any) -> list[float]:
    """Several numbers, in one round where they are sums over the samples in chunks."""
    if any(isinstance(value, ChunkNumber) for value in values):
        values = tuple(gather([getattr(value, "value", value) for value in values]))
    return [float(value) for value in values]


class _Steps(tuple):
    """The steps of a formula; a tuple is not an argument for each chunk."""


class _Place(int):
    """The number of a chunk."""


def _program(vector: ChunkVector) -> tuple[list[tuple[Callable[..., Any], list[Any]]], list[Any]]:
    """The steps of a formula, each a function and its arguments, and the leaves it starts from.

    An argument is a pair: the number of a leaf, the number of a step, or a constant.
    """
    steps: list[tuple[Callable[..., Any], list[Any]]] = []
    leaves: list[Any] = []
    known: dict[int, tuple[str, int]] = {}

    def reference(value: Any) -> tuple[str, Any]:
        if not isinstance(value, ChunkVector | ChunkNumber):
            return "constant", value
        if id(value) not in known:
            if isinstance(value, ChunkNumber) or value.function is None:
                leaves.append(value)
                known[id(value)] = ("leaf", len(leaves) - 1)
            else:
                arguments = [reference(argument) for argument in value.arguments]
                steps.append((value.function, arguments))
                known[id(value)] = ("step", len(steps) - 1)
        return known[id(value)]

    reference(vector)
    return steps, leaves


def _run(place: int, steps: Any, *leaves: Any) -> Any:
    """The last step of a formula in one chunk."""
    results: list[Any] = []
    for function, arguments in steps:
        values = []
        for kind, value in arguments:
            known = {"leaf": leaves, "step": results}.get(kind)
            values.append(value if known is None else known[value])
        results.append(function(*values))
    return results[-1]


def _together(reduction: Callable[..., Any], terms: list["Delayed"]) -> "Delayed":
    from dask import delayed

    return delayed(_reduce, pure=False)(reduction, terms)


def _reduce(reduction: Callable[..., Any], terms: list[Any]) -> Any:
    # One after the other, so that the order of a sum is that of the chunks.
    total = terms[0]
    for term in terms[1:]:
        total = reduction([total, term])
    return total
