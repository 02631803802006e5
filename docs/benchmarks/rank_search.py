"""What the constants do that save time in the rank search, one constant changed at a time.

``python docs/benchmarks/rank_search.py --problems 100`` searches the ranks of the problems of
``rank_grid.py`` and of as many with one strong column and 2 to 5 equal weak ones, which hide one
another best (2.5 to 12 samples per degree of freedom, noise from far below to above the weak
columns). Each search is repeated with one constant changed. It prints the CPU time over that with
the constants as they are, the searches with another rank, those of them in which the rank is right
with the constant changed and with the constants as they are, and the number of searches that end at
another minimum of the same rank.
"""

import argparse
from contextlib import nullcontext
from time import process_time

import numpy as np
from constants import changed
from rank_grid import draw
from threadpoolctl import threadpool_limits

from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.models import Positive
from sklearn_prune.objective import Formulation, Problem
from sklearn_prune.selection import _rank, _rank_path, settle_rank

SETTINGS = {
    "as it is": nullcontext,
    "two quiet ranks always": lambda: changed(_rank, "_enough_quiet_ranks", lambda *_: 2),
    "and the backward pass": lambda: changed(_rank, "has_many_samples", lambda *_: False),
    "one quiet rank always": lambda: changed(_rank, "_enough_quiet_ranks", lambda *_: 1),
    "no coarse fits": lambda: changed(_rank_path, "SURE_PART", 0.0),
} | {
    f"{name} = {value:g}": lambda name=name, value=value: changed(_rank_path, name, value)
    for name, values in {
        "COARSE_DECREASE": (0.001, 0.1),
        "SURE_PART": (0.6, 0.95),
        "SURE_RATIO": (3.0, 12.0),
    }.items()
    for value in values
}


def equal_weak_columns(seed):
    """X, y, the measurement and the rank of a problem with one strong column."""
    rng = np.random.default_rng([91, seed])
    measurement = ("rank-one", "matrix")[seed % 2]
    d, weak = int(rng.integers(10, (61, 31)[seed % 2])), int(rng.integers(2, 6))
    size = np.exp(rng.uniform(np.log(0.03), np.log(0.3)))
    U = np.linalg.qr(rng.standard_normal((d, 1 + weak)))[0] * np.sqrt([1.0, *[size] * weak])
    ratio = np.exp(rng.uniform(np.log(2.5), np.log(12)))
    n = int(ratio * Positive().degrees_of_freedom(d, 1 + weak))
    X = make_matrix_sensing(n, d, 1, measurement=measurement, random_state=seed)[0]
    if measurement == "rank-one":
        y = np.sum((X @ U) ** 2, axis=1)
    else:
        y = X.reshape(n, -1) @ (U @ U.T).ravel()
    noise = size * np.exp(rng.uniform(np.log(0.1), np.log(6.0)))
    return X, y + noise * rng.standard_normal(n), measurement, 1 + weak


def problems(count):
    """The problems and their ranks."""
    for seed in range(count):
        X, y, _, U, measurement, *_ = draw(seed)
        yield Problem.from_data(X, y, np.ones(len(y)), Formulation(measurement)), U.shape[1]
        X, y, measurement, rank = equal_weak_columns(seed)
        yield Problem.from_data(X, y, np.ones(len(y)), Formulation(measurement)), rank


def search(problem):
    began = process_time()
    _, found = settle_rank(problem, problem.dim, tol=1e-8)
    return process_time() - began, found


def main(count):
    seconds = dict.fromkeys(SETTINGS, 0.0)
    counts = {name: np.zeros(4, dtype=int) for name in SETTINGS}
    for problem, rank in problems(count):
        search(problem)  # What a problem computes once is not part of the times.
        first = None
        for name, setting in SETTINGS.items():
            with setting():
                took, found = search(problem)
            seconds[name] += took
            first = first or found
            one, other = found.factor.n_columns, first.factor.n_columns
            loss, least = found.losses[one], first.losses[other]
            counts[name] += (
                one != other,
                one != other and one == rank,
                one != other and other == rank,
                one == other and not np.isclose(loss, least, rtol=1e-4, atol=1e-9),
            )
    print(f"{'':28}{'time':>6}{'other rank':>12}{'right then':>12}{'as it is':>10}{'minima':>8}")
    for name, (other, right, before, minima) in counts.items():
        ratio = seconds[name] / seconds["as it is"]
        print(f"{name:28}{ratio:6.2f}{other:12}{right:12}{before:10}{minima:8}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=100)
    with threadpool_limits(1):
        main(parser.parse_args().problems)
