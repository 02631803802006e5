"""The array types of the annotations."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]


class Operator(Protocol):
    """A symmetric matrix that is known by its products: an array, a sparse one, or a function."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __matmul__(self, V: FloatArray) -> FloatArray: ...
