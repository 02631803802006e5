"""Rounds to the chunks of a dask array that a fit takes, and how far its M is from memory's.

    python docs/benchmarks/dask_rounds.py [--processes] [--lose-a-worker]

With ``--processes`` the chunks are held by two processes on this machine, and by threads otherwise.
With ``--lose-a-worker`` also, and one of the two is killed half a second after a last fit began.
"""

import argparse
import contextlib
import os
import signal
from threading import Timer
from time import perf_counter
from unittest import mock

import dask
import dask.array as da
import dask.base
import numpy as np

from sklearn_prune import make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing

# Side, samples, whether an offset is fitted, alpha.
CASES = [
    (100, 3_000, False, 0.05),
    (50, 5_000, True, 0.05),
    (500, 12_000, False, 0.05),
    (100, 3_000, False, "auto"),
    (50, 5_000, True, "auto"),
]


def measure(d, n, offset, alpha, begin=lambda: None):
    """Fit in memory and from chunks, and print a line; `begin` is called before the second fit."""
    X, y, _ = make_matrix_sensing(n, d, 3, noise=0.1, condition_number=10, random_state=0)
    sizes = (n // 3, 0, n // 2, n - n // 3 - n // 2)
    chunks = da.from_array(X, chunks=(sizes, d)), da.from_array(y, chunks=(sizes,))
    model = make_pruning_pipeline(alpha=alpha, fit_intercept=offset)["sense"].set_params(tol=1e-8)
    rounds = []

    def counted(*values, compute=dask.compute, **options):
        rounds.append(len(values))
        return compute(*values, **options)

    U = model.fit(X, y).factor_
    begin()
    start = perf_counter()
    # An array computes itself by the second one.
    with (
        mock.patch.object(dask, "compute", counted),
        mock.patch.object(dask.base, "compute", counted),
    ):
        V = model.fit(*chunks).factor_
    seconds = perf_counter() - start
    error = np.linalg.norm(U @ U.T - V @ V.T) / np.linalg.norm(U @ U.T)
    print(
        f"d {d:4} n {n:6} offset {offset!s:5} alpha {alpha!s:5}  rounds {len(rounds):4}  "
        f"{1e3 * seconds / len(rounds):5.1f} ms a round  M differs by {error:.0e}",
        flush=True,
    )


def main(processes, lose_a_worker):
    with contextlib.ExitStack() as stack:
        if processes or lose_a_worker:
            from dask.distributed import Client, LocalCluster

            options = {"host": "127.0.0.1", "dashboard_address": ":0"}
            cluster = LocalCluster(n_workers=2, threads_per_worker=1, **options)
            stack.enter_context(cluster)
            client = stack.enter_context(Client(cluster))
        for case in CASES:
            measure(*case)
        if lose_a_worker:
            lost, *_ = client.run(os.getpid).values()
            print("a worker is lost:")
            measure(*CASES[2], begin=Timer(0.5, os.kill, (lost, signal.SIGKILL)).start)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", action="store_true")
    parser.add_argument("--lose-a-worker", action="store_true")
    main(**vars(parser.parse_args()))
