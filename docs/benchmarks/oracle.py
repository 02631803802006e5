"""Time of the pipeline over an oracle, of two threads over one, and of reads over a plain sum.

``python docs/benchmarks/oracle.py`` runs the methods in turn on the same data. The oracle is
`FineTuner` with the true rank and its spectral start; the pipeline is given alpha. The last lines
are the time of summing whole-matrix measurements over that of a read by the sensing map, that is,
the part of the memory bandwidth that the map uses.
"""

from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.sensing import sensing_map

# Side, samples, rank; condition number 10 and noise 0.1.
PROBLEMS = [(100, 3000, 5), (500, 12_000, 4)]
REPETITIONS = 7


def seconds(run, threads=1):
    with threadpool_limits(threads):
        began = perf_counter()
        run()
        return perf_counter() - began


def medians(*runs):
    """Median seconds of some runs in turn; each run is a callable and its number of threads."""
    times = [[seconds(*run) for run in runs] for _ in range(REPETITIONS)]
    return np.median(times, axis=0)


def compare(dim, n, rank):
    X, y, factor = make_matrix_sensing(n, dim, rank, noise=0.1, condition_number=10, random_state=0)
    pipe = make_pruning_pipeline(alpha=GroupLassoMatrixSensing().fit(X, y).alpha_)
    oracle = FineTuner(rank)
    truth = factor @ factor.T

    def error(U):
        return np.linalg.norm(U @ U.T - truth)

    ours, known = medians((lambda: pipe.fit(X, y), 1), (lambda: oracle.fit(X, y), 1))
    # Measured separately, since idle threads of the pool slow down the next run.
    one, two = medians((lambda: pipe.fit(X, y), 1), (lambda: pipe.fit(X, y), 2))
    print(
        f"rank-one, d = k = {dim}, r = {rank}, n = {n}: pipeline {ours:.3f} s, oracle {known:.3f} "
        f"s, ratio {ours / known:.2f}; error over the oracle's "
        f"{error(pipe['tune'].factor_) / error(oracle.factor_):.4f}; two threads over one "
        f"{two / one:.2f}",
        flush=True,
    )


def bandwidth(dtype):
    X, _, factor = make_matrix_sensing(3000, 100, 5, measurement="matrix", random_state=0)
    X = X.astype(dtype)
    sensing, M, weights = sensing_map(X, "matrix"), factor @ factor.T, np.full(3000, 1 / 3000)
    reads = [X.sum, lambda: sensing.apply(M), lambda: sensing.adjoint(weights)]
    reads.append(lambda: sensing.normal(M, weights))
    total, *others = medians(*((read, 1) for read in reads))
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
    main()
