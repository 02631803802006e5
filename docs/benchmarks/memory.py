"""Peak memory of a fit beyond its data, for matrices and for rank-one rows up to a million.

``python docs/benchmarks/memory.py`` fits each problem in a process of its own. It prints the
largest growth during the fit of NumPy's arrays, as `tracemalloc` reports them, and of the whole
process, which includes the memory of the libraries. ``--map N`` fits N rows of 100 numbers in a
file, every tenth of weight zero, and prints the arrays in vectors of length N. ``--quick`` is a
tiny version.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_prune import GroupLassoMatrixSensing, make_pruning_pipeline
from sklearn_prune.models import Positive

RANK = 5
# Measurement, side, samples.
CASES = [
    ("matrix", 100, 4000),
    ("rank-one", 100, 10_000),
    ("rank-one", 100, 100_000),
    ("rank-one", 100, 1_000_000),
]
QUICK_CASES = [("matrix", 30, 1000), ("rank-one", 20, 2000)]
# ru_maxrss is in bytes on macOS and in KiB elsewhere.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
MB = 1e6


def problem(measurement, dim, n):
    """X and y; wide rows are drawn one at a time, so that drawing does not set the peak."""
    rng = np.random.default_rng(0)
    factor = np.linalg.qr(rng.standard_normal((dim, RANK)))[0]
    if measurement == "rank-one":
        X = rng.standard_normal((n, dim))
        y = np.zeros(n)
        for u in factor.T:
            y += (X @ u) ** 2
    else:
        X = np.empty((n, dim, dim))
        for row in X:
            B = rng.standard_normal((dim, dim))
            row[:] = 0.5 * (B + B.T)
        X = X.reshape(n, dim**2)
        y = X @ (factor @ factor.T).ravel()
    return X, y + 0.1 * rng.standard_normal(n)


def peak_rss():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


def measure(measurement, dim, n):
    """Print the growth during one fit, in bytes, of arrays and of the process."""
    # A first fit loads the libraries, which are loaded only once.
    small = Positive().degrees_of_freedom(10, RANK) * 10
    GroupLassoMatrixSensing(measurement=measurement).fit(*problem(measurement, 10, small))
    X, y = problem(measurement, dim, n)
    before = peak_rss()
    tracemalloc.start()
    with threadpool_limits(1):
        make_pruning_pipeline(measurement=measurement).fit(X, y)
    arrays = tracemalloc.get_traced_memory()[1]
    print(X.nbytes, arrays, peak_rss() - before)


def write_rows(path, n, dtype, dim=100, block=10_000):
    """A file of rows, written a block at a time, and the responses of a matrix of rank five."""
    rng = np.random.default_rng(0)
    factor = np.linalg.qr(rng.standard_normal((dim, RANK)))[0]
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=(n, dim))
    y = np.empty(n)
    for start in range(0, n, block):
        X = rng.standard_normal((min(block, n - start), dim))
        rows[start : start + block] = X
        y[start : start + block] = ((X @ factor) ** 2).sum(axis=1)
    rows.flush()
    return y + 0.1 * rng.standard_normal(n)


def measure_map(n):
    """Print the peak of NumPy's arrays during a fit of rows in a file, in vectors of length n."""
    for dtype in (np.float64, np.float32):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.npy"
            y = write_rows(path, n, dtype)
            weights = np.ones(n)
            weights[::10] = 0.0
            X = np.load(path, mmap_mode="r")
            tracemalloc.start()
            model = GroupLassoMatrixSensing(alpha=0.05).fit(X, y, weights)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            print(
                f"  {n} x 100 rows of {np.dtype(dtype)} in a file, every tenth of weight zero: "
                f"{peak / y.nbytes:.1f} vectors of length n; rank {model.rank_}",
                flush=True,
            )


def main(quick=False):
    print("peak memory of make_pruning_pipeline().fit above its data, one thread")
    for measurement, dim, n in QUICK_CASES if quick else CASES:
        command = [sys.executable, __file__, "--measure", measurement, str(dim), str(n)]
        result = subprocess.run(command, capture_output=True, text=True, check=True)
        data, arrays, process = map(int, result.stdout.split())
        print(
            f"  {measurement:9} d = {dim}, n = {n:8}: data {data / MB:7.1f} MB; arrays "
            f"{arrays / MB:7.1f} MB, {arrays / data:.2f} of the data; process "
            f"{process / MB:7.1f} MB, {process / data:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny problems")
    parser.add_argument("--map", type=int, metavar="N", help="rows in a file")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measurement, dim, n = arguments.measure
        measure(measurement, int(dim), int(n))
    elif arguments.map:
        measure_map(arguments.map)
    else:
        main(arguments.quick)
