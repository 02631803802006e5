"""The norm below which a column is surplus."""

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.objective import GroupLasso


def explicit_threshold(
    norms: FloatArray, penalty: GroupLasso, *, certified: bool, shown: int | None = None
) -> float:
    """The threshold that follows from the penalty of a fit.

    Half of ``√argmin h`` where that is positive and the fit is certified, since no column of a
    second-order point is so short; but never above half of the smallest nonzero norm, and that
    otherwise. It therefore removes all dead columns, and nothing without a penalty.

    Where the data show fewer columns (`shown`) than the fit keeps, it lies between the norms of the
    last of these and the next one: on features of very different scales no level of the penalty may
    keep the right number, and 6 of 20 tables with columns spread over seven orders of magnitude
    kept a column too many (`docs/benchmarks/field_data.py`).
    """
    alive = np.sort(norms[norms > 0])[::-1]
    if not len(alive):
        return 0.0
    if shown and shown < len(alive):
        return float(np.sqrt(alive[shown - 1]) * np.sqrt(alive[shown]))
    half_smallest = 0.5 * float(alive.min())
    bound = 0.5 * float(np.sqrt(penalty.smallest_nonzero_sq_norm())) if certified else 0.0
    return min(bound, half_smallest) if bound > 0 else half_smallest


def widest_gap(norms: FloatArray) -> float:
    """A threshold inside the widest gap between the logarithms of sorted norms.

    It is for columns of which nothing else is known. Norms below the rounding error of the largest
    count as zero; equal norms are all kept.
    """
    alive = np.sort(norms[norms > len(norms) * np.finfo(float).eps * norms.max(initial=0.0)])
    if not len(alive):
        return 0.0
    steps = np.diff(np.log(alive))
    if not len(steps) or steps.max() <= 0:
        return float(alive[0])
    gap = int(steps.argmax())
    return float(np.sqrt(alive[gap]) * np.sqrt(alive[gap + 1]))
