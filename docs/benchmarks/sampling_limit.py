"""Exact recovery near the sampling limit, without noise and with the rank unknown.

``python docs/benchmarks/sampling_limit.py`` draws 20 problems for each number of samples. It counts
the problems of which the pipeline, with no argument but `measurement`, finds the rank, and the
matrix to a relative error of 1e-6.
"""

import warnings
from time import process_time

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from sklearn_prune import make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.models import Positive

CASES = [
    ("matrix", 20, 2, 1.08),
    ("rank-one", 20, 2, 1.15),
    ("matrix", 20, 2, 1.5),
    ("rank-one", 20, 2, 1.5),
    ("matrix", 30, 3, 1.5),
    ("rank-one", 30, 3, 1.5),
]


def recovered(measurement, d, r, ratio, seed):
    """Whether the rank and the matrix are found, and the seconds it took."""
    n = int(np.ceil(ratio * Positive().degrees_of_freedom(d, r)))
    X, y, factor = make_matrix_sensing(n, d, r, measurement=measurement, random_state=2000 + seed)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        began = process_time()
        pipe = make_pruning_pipeline(measurement=measurement, random_state=0).fit(X, y)
        seconds = process_time() - began
    U, truth = pipe["tune"].factor_, factor @ factor.T
    close = np.linalg.norm(U @ U.T - truth) < 1e-6 * np.linalg.norm(truth)
    return U.shape[1] == r and close, seconds


def main(draws=20):
    for case in CASES:
        results = Parallel(n_jobs=2)(delayed(recovered)(*case, seed) for seed in range(draws))
        hits, seconds = zip(*results, strict=True)
        measurement, d, r, ratio = case
        print(
            f"{measurement:9} d = {d}, r = {r}, {ratio} samples per degree of freedom: "
            f"{sum(hits)} of {draws} recovered, slowest {max(seconds):.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
