"""When does a random start find an exact fit that no spectral start finds?

``python docs/benchmarks/random_starts.py [--draws 150]`` looks for an exact fit as `alpha="auto"`
does near the sampling limit, but never gives up early. Rank-one problems have d from 8 to 20, one
to three columns, of which one may be negative, and 1.03 to 1.5 samples per degree of freedom. The
noise is none, or 0.3 to 3 times the deviation of y.

- spectral, random, none: draws with an exact fit by a spectral start, by a random one, by none.
- left: the residual variance of the best spectral start over that of a constant. Of the draws with
  an exact fit by a random start it is the largest and the median; with noise, the share of draws
  above `PROMISING`, in which the package tries no random start.
"""

import argparse

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.models import matrix_model
from sklearn_prune.objective import Formulation, Problem
from sklearn_prune.selection import _exact_fit
from sklearn_prune.selection._rank import largest_testable_rank


def draw(seed, noise):
    """A problem, with or without noise."""
    rng = np.random.default_rng(seed)
    d, r, ratio = int(rng.choice([8, 12, 16, 20])), int(rng.integers(1, 4)), rng.uniform(1.03, 1.5)
    negative = int(rng.integers(0, 2)) if r > 1 else 0
    n = int(np.ceil(ratio * matrix_model(positive=True).degrees_of_freedom(d, r)))
    X, y, _ = make_matrix_sensing(n, d, r, negative=negative, random_state=seed)
    if noise:
        y += rng.uniform(0.3, 3) * y.std() * rng.standard_normal(n)
    model = matrix_model(positive=not negative)
    return Problem.from_data(X, y, np.ones(n), Formulation(model=model))


def outcome(seed, noise):
    """Which starts found an exact fit, and the residual variance that spectral ones left."""
    with threadpool_limits(1):
        problem = draw(seed, noise)
        rank, lowest = largest_testable_rank(problem, problem.dim), np.inf
        excess = problem.n_residual - problem.degrees_of_freedom(rank)
        scale = problem.n_residual / excess / problem.loss_of_constant
        rng = np.random.RandomState(0)
        rounds = _exact_fit._rounds(problem, rank, problem.dim, rng)
        for number, tasks in enumerate(rounds):
            for start, tau in tasks:
                factor, loss = _exact_fit.exact_fit(problem, rank, start, tau)
                if number == 0:
                    lowest = min(lowest, loss)
                if factor is not None:
                    return ("random" if number else "spectral"), lowest * scale
    return "none", lowest * scale


def main(draws):
    for noise in (False, True):
        # With noise every search goes to its end, which takes long.
        seeds = range(draws // 5 if noise else draws)
        results = Parallel(n_jobs=2)(delayed(outcome)(seed, noise) for seed in seeds)
        counts = {name: sum(found == name for found, _ in results) for name in NAMES}
        print("with noise: " if noise else "without:    ", end="")
        print(", ".join(f"{name} {count}" for name, count in counts.items()), end="; ")
        if noise:
            above = np.mean([left > _exact_fit.PROMISING for _, left in results])
            print(f"left more than {_exact_fit.PROMISING}: {above:.2f}")
        else:
            left = [left for found, left in results if found == "random"]
            print(
                f"left, where random: {max(left):.3f} at most, {np.median(left):.5f} in the median"
            )


NAMES = ("spectral", "random", "none")

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=150)
    main(parser.parse_args().draws)
