"""Further starts for exact fits near the sampling limit."""

from itertools import product

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from sklearn_prune.selection import FoundRank, exact_fit, largest_rank
from sklearn_prune.solvers import spectral_start

# Levels of the group lasso, y and A being of size one.
_LEVELS = (0.02, 0.005, 0.001)
# Rounds of starts: a spectral one, and random ones where the problem is small. With three in
# all, 19 of 20 draws were recovered at 1.08 samples a number (matrix, d = 20, r = 2).
_ROUNDS = 3
_SMALL = 5000


def search_exact_fit(loss, k, rng, *, n_jobs):
    """An exact fit of fewer numbers than samples as a `FoundRank`, or None.

    As many starts run at a time as there are jobs, and the first in order that succeeds
    counts, so that the result does not depend on `n_jobs`.
    """
    rank, d = largest_rank(loss, k), loss.sensing.dim
    if rank == 0:
        return None
    columns = sorted({min(m, k, d) for m in (rank + 1, rank + 2, 8)})
    small = loss.total_weight * d <= _SMALL
    for number in range(_ROUNDS if small else 1):
        cases = list(product(_LEVELS, columns))
        starts = [
            spectral_start(loss, m) if number == 0 else rng.standard_normal((d, m)) / np.sqrt(d * m)
            for _, m in cases
        ]
        tasks = [
            delayed(exact_fit)(loss, rank, start, tau)
            for (tau, _), start in zip(cases, starts, strict=True)
        ]
        at_a_time = effective_n_jobs(n_jobs)
        for first in range(0, len(tasks), at_a_time):
            for U in Parallel(n_jobs=n_jobs)(tasks[first : first + at_a_time]):
                if U is not None:
                    return FoundRank(U, exact=True, decided=True, thin=False)
    return None
