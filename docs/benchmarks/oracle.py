"""CPU time of the pipeline over an oracle, and of reads of whole matrices over a plain sum.

``python docs/benchmarks/oracle.py`` runs the methods in turn on the same data, on one thread. The
oracle is `FineTuner` with the true rank and its spectral start; the pipeline is given alpha. A
ratio is that of the medians of seven fits of one draw, and each line has the median, the least and
the largest ratio of its draws. The last lines are the time of summing whole-matrix measurements
over that of a read by the sensing map, that is, the part of the memory bandwidth that the map uses.
"""

from time import process_time

import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.sensing import sensing_map

# Side, samples, rank, condition number and draws; noise 0.1.
PROBLEMS = [(100, 3000, 5, 10, 9), (100, 3000, 5, 1, 9), (500, 12_000, 4, 10, 3)]
REPETITIONS = 7


def seconds(run):
    began = process_time()
    run()
    return process_time() - began


def medians(*runs):
    """Median CPU seconds of some runs in turn."""
    times = [[seconds(run) for run in runs] for _ in range(REPETITIONS)]
    return np.median(times, axis=0)


def draw(dim, n, rank, condition, seed):
    """Seconds of the pipeline and of the oracle, and the error of the first over the second's."""
    X, y, factor = make_matrix_sensing(
        n, dim, rank, noise=0.1, condition_number=condition, random_state=seed
    )
    pipe = make_pruning_pipeline(alpha=GroupLassoMatrixSensing().fit(X, y).alpha_)
    oracle = FineTuner(rank)
    truth = factor @ factor.T

    def error(U):
        return np.linalg.norm(U @ U.T - truth)

    ours, known = medians(lambda: pipe.fit(X, y), lambda: oracle.fit(X, y))
    return ours, known, error(pipe["tune"].factor_) / error(oracle.factor_)


def compare(dim, n, rank, condition, draws):
    found = [draw(dim, n, rank, condition, seed) for seed in range(draws)]
    ours, known, errors = np.transpose(found)
    ratios = ours / known
    print(
        f"rank-one, d = k = {dim}, r = {rank}, n = {n}, σ_1/σ_r = {condition}: pipeline "
        f"{np.median(ours):.3f} s, oracle {np.median(known):.3f} s, ratio {np.median(ratios):.2f} "
        f"({ratios.min():.2f} to {ratios.max():.2f}); error over the oracle's at most "
        f"{errors.max():.4f}",
        flush=True,
    )


def bandwidth(dtype):
    X, _, factor = make_matrix_sensing(3000, 100, 5, measurement="matrix", random_state=0)
    X = X.astype(dtype)
    sensing, M, weights = sensing_map(X, "matrix"), factor @ factor.T, np.full(3000, 1 / 3000)
    reads = [X.sum, lambda: sensing.apply(M), lambda: sensing.adjoint(weights)]
    reads.append(lambda: sensing.normal(M, weights))
    total, *others = medians(*reads)
    parts = [
        f"{name} {total / t:.2f}"
        for name, t in zip(("images", "adjoint", "both"), others, strict=True)
    ]
    print(f"matrix, d = 100, n = 3000, {X.dtype}, over the bandwidth: {', '.join(parts)}")


def main():
    for problem in PROBLEMS:
        compare(*problem)
    for dtype in (np.float64, np.float32):
        bandwidth(dtype)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
