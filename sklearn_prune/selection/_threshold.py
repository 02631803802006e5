"""The norm below which a column is surplus."""

import numpy as np


def explicit_threshold(norms, penalty, *, certified):
    """The norm below which a column is surplus.

    Half of ``√argmin h`` where that is positive and the fit is certified, for no true column is
    so short; never above half the shortest norm that is not zero, and that otherwise.
    So it removes all that is dead, and without a regulariser nothing.
    """
    alive = norms[norms > 0]
    if not len(alive):
        return 0.0
    half_shortest = 0.5 * float(alive.min())
    bound = 0.5 * float(np.sqrt(penalty.shortest_survivor())) if certified else 0.0
    return min(bound, half_shortest) if bound > 0 else half_shortest


def widest_gap(norms):
    """A threshold inside the widest gap between the logarithms of sorted norms.

    For columns of which nothing else is known. Norms below the rounding of the largest
    are zero; norms without a gap between them are all kept.
    """
    alive = np.sort(norms[norms > len(norms) * np.finfo(float).eps * norms.max(initial=0.0)])
    if not len(alive):
        return 0.0
    steps = np.diff(np.log(alive))
    if not len(steps) or steps.max() <= 0:
        return float(alive[0])
    gap = int(steps.argmax())
    return float(np.sqrt(alive[gap]) * np.sqrt(alive[gap + 1]))
