"""What BLAS threads cost a fit: CPU time with two threads allowed over that of one.

``python docs/benchmarks/threads.py`` runs each fit in processes of its own that differ in
``OPENBLAS_NUM_THREADS`` alone, several times in each, the processes in turns, and prints the ratio
of the smallest CPU times; then the time that holding BLAS to one thread adds to a fit. ``--free``
lets the fits use all threads, for comparison. ``--quick`` is a tiny version.
"""

import argparse
import os
import subprocess
import sys
from contextlib import nullcontext
from time import process_time, sleep

from sklearn_prune import _threads, make_pruning_pipeline
from sklearn_prune._threads import one_blas_thread
from sklearn_prune.datasets import make_matrix_sensing

# Measurement, side, samples.
CASES = [("rank-one", 100, 3000), ("rank-one", 300, 6000), ("matrix", 40, 3000)]
QUICK_CASES = [("rank-one", 20, 500)]
REPETITIONS = 5
# Fits in a process. With a single one the ratio of the smallest case, 0.03 s, was 0.96 to 1.26: on
# shared cores one fit takes 34 to 60 ms, and five times are too few for their minimum to settle.
FITS = 10


def measure(measurement, dim, n, fits):
    """Smallest CPU seconds of several fits of a given alpha, after a first one."""
    X, y, _ = make_matrix_sensing(n, dim, 3, measurement=measurement, noise=0.1, random_state=0)
    pipeline = make_pruning_pipeline(alpha=0.02, measurement=measurement)
    pipeline.fit(X[:500], y[:500])
    # Threads that helped to make the data wait busily for a while, and would count for the fit.
    sleep(0.3)
    times = []
    for _ in range(fits):
        start = process_time()
        pipeline.fit(X, y)
        times.append(process_time() - start)
    return min(times)


def in_process(case, fits, threads, free):
    command = [sys.executable, __file__, "--measure", *map(str, (*case, fits))]
    command += ["--free"] * free
    environment = os.environ | {"OPENBLAS_NUM_THREADS": str(threads)}
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(result.stdout)


def overhead(calls=2000):
    """CPU seconds that entering and leaving the limit takes."""
    with one_blas_thread():
        pass
    start = process_time()
    for _ in range(calls):
        with one_blas_thread():
            pass
    return (process_time() - start) / calls


def main(quick, free):
    for case in QUICK_CASES if quick else CASES:
        times = {1: [], 2: []}
        for _ in range(1 if quick else REPETITIONS):
            for threads in times:
                times[threads].append(in_process(case, 1 if quick else FITS, threads, free))
        one, two = (min(times[threads]) for threads in (1, 2))
        print(
            f"  {case[0]:9} d = {case[1]}, n = {case[2]}: {one:.2f} s CPU with one thread, "
            f"{two / one:.3f} of it with two allowed",
            flush=True,
        )
    print(f"  holding BLAS to one thread: {1e6 * overhead():.0f} µs a fit")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny problems")
    parser.add_argument("--free", action="store_true", help="do not hold BLAS to one thread")
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        if arguments.free:
            _threads._Limit.held = lambda self: nullcontext()
        measurement, *numbers = arguments.measure
        print(measure(measurement, *map(int, numbers)))
    else:
        main(arguments.quick, arguments.free)
