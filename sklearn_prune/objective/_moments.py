"""First and second moments of whole-matrix measurements and their responses."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from sklearn_prune._typing import FloatArray, IndexArray
from sklearn_prune.objective._problem import Problem
from sklearn_prune.sensing import MatrixMap, svec

# Numbers in a block of rows in svec form (8 MB).
BLOCK_NUMBERS = 1 << 20


@dataclass(frozen=True)
class Moments:
    """Weighted moments of ``(svec(A_i), y_i)`` about a pivot; p is the length of svec.

    They add up over disjoint sets of samples with the same pivot: the moments of all samples less
    those of a fold are those of the rest. A pivot near the means keeps small what cancels when
    moments about the means are formed.

    Attributes
    ----------
    weight : float
        ``Σ w_i``.
    first : ndarray of shape (p + 1,)
    second : ndarray of shape (p + 1, p + 1)
    pivot : ndarray of shape (p + 1,)
    """

    weight: float
    first: FloatArray
    second: FloatArray
    pivot: FloatArray

    @classmethod
    def of(
        cls,
        problem: Problem,
        samples: IndexArray | None = None,
        pivot: FloatArray | None = None,
        *,
        block_numbers: int = BLOCK_NUMBERS,
    ) -> Self:
        """The moments of a problem of matrix measurements, from one read.

        Parameters
        ----------
        problem : Problem
        samples : ndarray of int or None, default=None
            The samples to be summed over; None is all.
        pivot : ndarray of shape (p + 1,) or None, default=None
            None is the weighted mean of the first block.
        block_numbers : int
            Numbers in a block of rows.
        """
        sensing = problem.sensing
        assert isinstance(sensing, MatrixMap)
        if samples is None:
            samples = np.arange(sensing.n_samples)
        weights = problem.total_weight * problem.weights
        p = sensing.dim * (sensing.dim + 1) // 2
        first, second = np.zeros(p + 1), np.zeros((p + 1, p + 1))
        for block in np.array_split(samples, -(-len(samples) * p // block_numbers)):
            pairs = np.column_stack([sensing.svec_rows(block), problem.y[block]])
            if pivot is None:
                # Weighted, since an enormous row of tiny weight would hide the others.
                pivot = weights[block] @ pairs / (weights[block].sum() or 1.0)
            pairs -= pivot
            first += weights[block] @ pairs
            pairs *= np.sqrt(weights[block])[:, None]
            second += pairs.T @ pairs
        assert pivot is not None
        return cls(float(weights[samples].sum()), first, second, pivot)

    def __sub__(self, other: "Moments") -> "Moments":
        return Moments(
            self.weight - other.weight,
            self.first - other.first,
            self.second - other.second,
            self.pivot,
        )

    def scaled(self, factor: float) -> "Moments":
        """The moments of ``factor · A_i``."""
        units = np.append(np.full(len(self.pivot) - 1, factor), 1.0)
        second = self.second * np.outer(units, units)
        return Moments(self.weight, self.first * units, second, self.pivot * units)

    def kappa(self, *, centred: bool) -> float:
        """κ of the measurements."""
        # Rounding may make a variance of zero negative.
        return max(0.0, float(np.mean(np.diag(self.mean_products(centred=centred))[:-1])))

    @property
    def means(self) -> FloatArray:
        """The weighted means of ``(svec(A_i), y_i)``, shape (p + 1,)."""
        return self.pivot + self.first / self.weight

    def mean_products(self, *, centred: bool) -> FloatArray:
        """Mean products of ``(svec(A_i), y_i)`` about their means, or about zero."""
        shift = self.first / self.weight
        about_means = self.second / self.weight - np.outer(shift, shift)
        return about_means if centred else about_means + np.outer(self.means, self.means)

    def mean_square(self, M: FloatArray, offset: float) -> float:
        """The mean squared error of the predictions ``offset + <A_i, M>``."""
        # About the means, since a large mean of y or of A would hide the rest.
        v = np.append(-svec(M), 1.0)
        error = v @ self.mean_products(centred=True) @ v + (v @ self.means - offset) ** 2
        return max(0.0, float(error))
