"""Rank and error of the pipeline with ``loss="huber"`` where some responses are wild.

``python docs/benchmarks/outliers.py --problems 150`` draws rank-one and matrix measurements and
squared distances of points (d 12 to 24, r 1 to 4, condition number 1 to 4, n 3 to 10 times the
degrees of freedom), all with a weakest signal of at least 2.5 times the level of the noise. A share
of the responses then gets an error of either sign, of 3 to 30 times the standard deviation of the
responses, or of 1e8. The oracle knows the rank and fits squared errors to the other responses. Each
line has the share of right ranks of the Huber loss and of the squared error, the errors of the
Huber loss over those of the oracle where the rank is right, how many of these are more than five
times as large, and the time of one over the other.

``--signed`` fits the same problems with ``positive=False``.
"""

import argparse
import warnings
from dataclasses import dataclass
from time import process_time

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from sklearn_prune import FineTuner, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.models import Positive
from sklearn_prune.objective import Formulation, Problem

KINDS = ("rank-one", "matrix", "distances")
LEAST_SIGNAL = 2.5
# The share of wild responses, and their size; None is 3 to 30 standard deviations.
SETTINGS = [(0.0, None), (0.05, None), (0.05, 1e8)]
degrees_of_freedom = Positive().degrees_of_freedom


@dataclass
class Clean:
    """A problem without wild responses."""

    kind: str
    X: np.ndarray
    y: np.ndarray
    matrix: np.ndarray

    @property
    def measurement(self):
        return "matrix" if self.kind == "matrix" else "rank-one"


@dataclass
class Outcome:
    kind: str
    right: bool
    squared_right: bool
    ratio: float
    squared_ratio: float
    finite: bool
    time: float


def draw(seed):
    """A problem whose weakest signal is clear."""
    rng = np.random.default_rng(seed)
    kind = KINDS[seed % 3]
    while True:
        d, rank = int(rng.integers(12, 25)), int(rng.integers(1, 5))
        ratio = np.exp(rng.uniform(np.log(3), np.log(10)))
        noise = float(rng.choice([0.03, 0.1, 0.3]))
        if kind == "distances":
            X, y, M = distances(rng, d, rank, ratio)
        else:
            X, y, factor = make_matrix_sensing(
                round(ratio * degrees_of_freedom(d, rank)),
                d,
                rank,
                measurement=kind,
                condition_number=rng.uniform(1, 4),
                random_state=int(rng.integers(2**31)),
            )
            M = factor @ factor.T
        epsilon = noise * y.std() * rng.standard_normal(len(y))
        problem = Clean(kind, X, y + epsilon, M)
        if signal_to_noise(problem, epsilon, rank) > LEAST_SIGNAL:
            return problem, rank, rng


def distances(rng, d, rank, ratio):
    """Squared distances of d points with independent coordinates, for some of the pairs."""
    points = rng.standard_normal((d, rank))
    points -= points.mean(axis=0)
    a, b = np.triu_indices(d, 1)
    n = round(ratio * degrees_of_freedom(d - 1, rank))
    some = rng.permutation(len(a))[:n]
    X = np.eye(d)[a[some]] - np.eye(d)[b[some]]
    return X, np.sum((X @ points) ** 2, axis=1), points @ points.T


def signal_to_noise(clean, epsilon, rank):
    """``κσ_r/ν`` of the true noise."""
    n = len(epsilon)
    problem = Problem.from_data(clean.X, clean.y, np.ones(n), Formulation(clean.measurement))
    if n <= 2 * problem.degrees_of_freedom(rank):
        return 0.0
    unit = problem.scaling.unit
    level = np.linalg.norm(problem.residual_matrix(epsilon / unit("y")), 2)
    return np.linalg.eigvalsh(clean.matrix)[-rank] / unit("M") / level


def wild_errors(rng, y, share, size):
    """The errors, and where they are."""
    wild = rng.permutation(len(y)) < round(share * len(y))
    sizes = y.std() * rng.uniform(3, 30, len(y)) if size is None else np.full(len(y), size)
    return np.where(wild, rng.choice([-1.0, 1.0], len(y)) * sizes, 0.0), wild


def solve(seed, share, size, signed):
    clean, rank, rng = draw(seed)
    errors, wild = wild_errors(rng, clean.y, share, size)
    settings = {"measurement": clean.measurement}

    def fit(loss):
        began = process_time()
        pipe = make_pruning_pipeline(loss=loss, random_state=0, positive=not signed, **settings)
        tune = pipe.fit(clean.X, clean.y + errors)["tune"]
        return tune, process_time() - began

    def error(model):
        M = model.factor_ * model.signs_ @ model.factor_.T
        return np.linalg.norm(M - clean.matrix)

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (huber, seconds), (squared, squared_seconds) = fit("huber"), fit("squared_error")
        start = np.linalg.svd(clean.matrix)
        start = start[0][:, :rank] * np.sqrt(start[1][:rank])
        oracle = FineTuner(rank, init=start, **settings).fit(clean.X[~wild], clean.y[~wild])
    oracle_error = error(oracle)
    return Outcome(
        clean.kind,
        huber.rank_ == rank,
        squared.rank_ == rank,
        error(huber) / oracle_error,
        error(squared) / oracle_error,
        bool(np.all(np.isfinite(huber.factor_))),
        seconds / squared_seconds,
    )


def row(name, outcomes):
    right = np.mean([o.right for o in outcomes])
    squared = np.mean([o.squared_right for o in outcomes])
    ratios = np.array([o.ratio for o in outcomes if o.right])
    squared_ratio = np.median([o.squared_ratio for o in outcomes])
    seconds = np.median([o.time for o in outcomes])
    return (
        f"{name:34}{len(outcomes):5}{right:8.3f}{squared:9.3f}{np.median(ratios):10.3f}"
        f"{np.mean(ratios):12.4g}{np.quantile(ratios, 0.95):8.3f}{np.sum(ratios > 5):4}"
        f"{squared_ratio:14.3g}{all(o.finite for o in outcomes)!s:>8}{seconds:7.1f}"
    )


def main(problems, first, n_jobs, signed):
    print(f"seeds {first} to {first + problems - 1}" + ", positive=False" * signed)
    print(f"{'':39}{'rank right':>17}{'error over the oracle: Huber':>37}{'squared':>11}")
    print(
        f"{'':39}{'Huber':>8}{'squared':>9}{'median':>10}{'mean':>12}{'95 %':>8}{'>5':>4}"
        f"{'median':>14}{'finite':>8}{'time':>7}"
    )
    for share, size in SETTINGS:
        seeds = range(first, first + problems)
        outcomes = Parallel(n_jobs=n_jobs)(
            delayed(solve)(seed, share, size, signed) for seed in seeds
        )
        name = f"{share:.0%} wild" + ("" if size is None else f", of {size:.0e}")
        print(row(name, outcomes))
        for kind in KINDS:
            print(row(f"{name}, {kind}", [o for o in outcomes if o.kind == kind]), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=150)
    parser.add_argument("--first", type=int, default=0, help="seed of the first problem")
    parser.add_argument("--signed", action="store_true", help="fit with positive=False")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.problems, arguments.first, arguments.jobs, arguments.signed)
