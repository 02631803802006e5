"""Rank and error of the pipeline with no argument but `measurement`, on a grid of problems.

``python docs/benchmarks/rank_grid.py --problems 300`` draws problems of both kinds (d 20 to 100,
r 1 to 8, condition number 1 to 10, n 2 to 20 times the degrees of freedom, noise 0 to 1, every
third rank-one problem with correlated rows). It fits ``make_pruning_pipeline(measurement=…)``, an
oracle that knows the rank, and the unregularised fit of all columns. It prints a table by the ratio
``κσ_r/ν`` of the weakest signal to the true level of the noise.
"""

import argparse
import warnings
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.models import Positive
from sklearn_prune.objective import Formulation, Problem

degrees_of_freedom = Positive().degrees_of_freedom
BANDS = [(0, 1), (1, 1.5), (1.5, 2), (2, np.inf)]
# Entries of a problem's X at most; they decide how long the grid takes.
LARGEST = 2e7


@dataclass
class Outcome:
    """One problem and its results; errors are those of M, relative to its norm."""

    seed: int
    name: str
    correlated: bool
    rank: int
    noise: float
    signal_to_noise: float
    found: int
    error: float
    oracle: float
    unregularised: float


def draw(seed, largest_side=100):
    """A problem: X, y, its noise, the hidden factor and its parameters."""
    rng = np.random.default_rng(seed)
    measurement = ("rank-one", "matrix")[seed % 2]
    correlated = measurement == "rank-one" and seed % 3 == 0
    rank = int(rng.integers(1, 9))
    d = int(rng.integers(20, largest_side + 1))
    ratio = np.exp(rng.uniform(np.log(2), np.log(20)))
    condition_number = np.exp(rng.uniform(0, np.log(10)))
    noise = float(rng.choice([0.0, 0.03, 0.1, 0.3, 0.6, 1.0]))
    if measurement == "matrix":
        # A row has d² entries: reduce the side until all samples fit in memory.
        while d > 20 and ratio * degrees_of_freedom(d, rank) * d**2 > LARGEST:
            d -= 1
    n = round(ratio * degrees_of_freedom(d, rank))
    X, y, factor = make_matrix_sensing(
        n,
        d,
        rank,
        measurement=measurement,
        condition_number=condition_number,
        random_state=seed,
    )
    if correlated:
        lags = np.abs(np.subtract.outer(np.arange(d), np.arange(d)))
        X = X @ np.linalg.cholesky(0.7**lags).T
        y = np.sum((X @ factor) ** 2, axis=1)
    epsilon = noise * rng.standard_normal(n)
    name = f"{measurement} d={d} r={rank} n={n} cond={condition_number:.1f} noise={noise}"
    return X, y + epsilon, epsilon, factor, measurement, correlated, noise, name


def signal_to_noise(X, y, epsilon, factor, measurement):
    """``κσ_r/ν`` of the true noise."""
    problem = Problem.from_data(X, y, np.ones(len(y)), Formulation(measurement))
    unit = problem.scaling.unit
    level = np.linalg.norm(problem.residual_matrix(epsilon / unit("y")), 2)
    weakest = np.linalg.svd(factor, compute_uv=False)[-1] ** 2 / unit("M")
    return weakest / level if level > 0 else np.inf


def solve(seed, *, largest_side=100, unregularised=True):
    X, y, epsilon, factor, measurement, correlated, noise, name = draw(seed, largest_side)
    rank = factor.shape[1]
    truth = factor @ factor.T

    def error(U):
        return float(np.linalg.norm(U @ U.T - truth) / np.linalg.norm(truth))

    ratio = signal_to_noise(X, y, epsilon, factor, measurement)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipe = make_pruning_pipeline(measurement=measurement, random_state=0).fit(X, y)
        # It starts at the truth, so that it also finds the right minimum.
        oracle = FineTuner(rank, measurement=measurement, init=factor).fit(X, y)
        whole = np.inf
        if unregularised and ratio <= 1.5:
            whole = GroupLassoMatrixSensing(alpha=0.0, measurement=measurement, tol=1e-5)
            whole = error(whole.fit(X, y).factor_)
    return Outcome(
        seed,
        name,
        correlated,
        rank,
        noise,
        ratio,
        int(np.any(pipe["tune"].factor_, axis=0).sum()),
        error(pipe["tune"].factor_),
        error(oracle.factor_),
        whole,
    )


def single_threaded(seed):
    with threadpool_limits(1):
        return solve(seed)


def row(name, outcomes):
    if not outcomes:
        return f"{name:34}{0:5}"
    right = [o.found == o.rank for o in outcomes]
    text = f"{name:34}{len(outcomes):5}{np.mean(right):8.3f}"
    noisy = [o for o in outcomes if o.noise > 0]
    if not noisy:
        return text + f"   largest error {max(o.error for o in outcomes):.1e}"
    ratios = np.array([o.error / o.oracle for o in noisy])
    text += f"{np.median(ratios):10.4f}{np.quantile(ratios, 0.95):9.4f}{ratios.max():9.3f}"
    whole = [o.error / o.unregularised for o in noisy if np.isfinite(o.unregularised)]
    return text + (f"{max(whole):11.3f}" if whole else "")


def main(problems, first, n_jobs):
    seeds = range(first, first + problems)
    outcomes = Parallel(n_jobs=n_jobs)(delayed(single_threaded)(seed) for seed in seeds)
    print(f"seeds {first} to {first + problems - 1}")
    print(f"{'':34}{'':5}{'right':>8}  error / oracle: median, 95 %, max  / unregularised, max")
    print(row("noiseless", [o for o in outcomes if o.noise == 0]))
    kinds = {
        "": lambda o: True,
        ", matrix": lambda o: o.name.startswith("matrix"),
        ", rank-one": lambda o: o.name.startswith("rank-one") and not o.correlated,
        ", rank-one correlated": lambda o: o.correlated,
    }
    for low, high in BANDS:
        inside = [o for o in outcomes if o.noise > 0 and low < o.signal_to_noise <= high]
        for kind, belongs in kinds.items():
            print(row(f"κσ_r/ν {low} to {high}{kind}", [o for o in inside if belongs(o)]))
    print("clear signals (κσ_r/ν > 1.5) that were not all found, or too many:")
    for o in outcomes:
        if o.signal_to_noise > 1.5 and o.found != o.rank:
            print(f"  seed {o.seed}: {o.name}, κσ_r/ν = {o.signal_to_noise:.2f}, found {o.found}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="seed of the first problem")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.problems, arguments.first, arguments.jobs)
