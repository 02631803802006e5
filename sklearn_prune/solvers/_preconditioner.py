"""The scale of each entry of a factor."""

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.objective import Evaluation

# Least entry over the largest of its row. A short column without a penalty has no curvature of its
# own yet; if it could move freely, the trust region would shrink for all columns (0.01 instead of
# 0 takes a seventh of the steps).
LEAST = 0.01


def preconditioner(point: Evaluation) -> FloatArray:
    """A positive approximation of the diagonal of the Hessian, shape (d, m)."""
    diagonal = point.hessian_diagonal
    largest = diagonal.max(axis=1, keepdims=True, initial=0.0)
    return np.maximum(np.maximum(diagonal, LEAST * largest), 1e-12 * largest.max() or 1.0)
