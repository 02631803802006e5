"""Noiseless problems with few samples: found exactly, or warned of.

``python docs/benchmarks/noiseless_draws.py [--draws 1000] [--first 0]`` draws problems of both
kinds with 1.05 to 1.8 samples per degree of freedom, d from 20 to 40, up to four columns, and
condition numbers from 1 to 10. It counts what the pipeline finds with no argument but
`measurement`: the matrix to a relative error of 1e-6 or not, and whether a `RankWarning` was given.
Draws that are wrong without a warning are printed.
"""

import argparse
import warnings
from collections import Counter

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from sklearn_prune import RankWarning, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.models import Positive


def outcome(seed):
    """Samples per degree of freedom, whether the matrix was found, and whether it was warned of."""
    rng = np.random.default_rng(seed)
    measurement = ("rank-one", "matrix")[seed % 2]
    d, r, ratio = rng.integers(20, 41), rng.integers(1, 5), rng.uniform(1.05, 1.8)
    n = int(np.ceil(ratio * Positive().degrees_of_freedom(d, r)))
    X, y, factor = make_matrix_sensing(
        n,
        d,
        r,
        measurement=measurement,
        condition_number=rng.uniform(1, 10),
        random_state=np.random.RandomState(seed),
    )
    pipe = make_pruning_pipeline(measurement=measurement, random_state=0)
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        U = pipe.fit(X, y)["tune"].factor_
    truth = factor @ factor.T
    exact = bool(np.linalg.norm(U @ U.T - truth) < 1e-6 * np.linalg.norm(truth))
    warned = any(issubclass(one.category, RankWarning) for one in caught)
    if not exact and not warned:
        print(f"wrong without a warning: seed {seed}, {measurement}, {d=}, {r=}, {n=}", flush=True)
    return ratio, exact, warned


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.draws)
    outcomes = Parallel(n_jobs=2)(delayed(outcome)(seed) for seed in seeds)
    print("samples per degree of freedom   draws   exact   exact, warned   wrong, warned   silent")
    for low, high in ((1.05, 1.2), (1.2, 1.5), (1.5, 1.8), (1.05, 1.8)):
        counts = Counter(one[1:] for one in outcomes if low <= one[0] <= high)
        exact = counts[True, False] + counts[True, True]
        print(
            f"{low:g} to {high:g}".ljust(30),
            f"{counts.total():6} {exact:7} {counts[True, True]:15} {counts[False, True]:15}"
            f" {counts[False, False]:8}",
        )


if __name__ == "__main__":
    main()
