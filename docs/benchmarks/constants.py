"""What the tuned constants of saddles, folds and warnings do, one constant changed at a time.

``python docs/benchmarks/constants.py`` prints three tables; ``--only NAME`` prints one of them.

- saddles: `GroupLassoMatrixSensing` at a random alpha on 85 problems of ``field_data.py`` with
  groups of points, categories and sparse graphs. Saddles left, Newton steps, and problems whose
  objective is better or worse than with the constants as they are by more than 1e-6 of ``Σ y²/n``.
- folds: the cross-validated penalty on 10 small noisy problems, 1 to 1.5 samples per degree of
  freedom. R² at fresh samples less that of the mean of y, median and least, and seconds.
- spread: problems with noise of one size, and the share of them in which the spread of the
  residuals seems to grow with the prediction; the same for noise in proportion to the response.
"""

import argparse
import warnings
from contextlib import contextmanager, nullcontext
from time import process_time

import field_data
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import r2_score
from threadpoolctl import threadpool_limits

from sklearn_prune import GroupLassoMatrixSensing, alpha_max
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.estimators import _spread
from sklearn_prune.models import Positive
from sklearn_prune.objective import Formulation, Objective, Problem
from sklearn_prune.selection import _folds, cross_validated_penalty, find_rank
from sklearn_prune.solvers import _saddle, _working_set, spectral_start, working_set

KINDS = ("groups", "bipartite", "star")
SADDLES = [("CLEARLY_NEGATIVE", (1e-3, 0.1, np.inf)), ("FIRST_STEP", (0.1, 1.0))]
FOLDS = [("N_FOLDS", (3, 10)), ("N_ALPHAS", (10, 40)), ("SMALLEST_RATIO", (1e-2, 1e-4))]


@contextmanager
def changed(module, name, value):
    """The constant of a module has another value inside."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def settings(module, constants):
    """The constants as they are, and each of the other values alone."""
    yield "as it is", nullcontext()
    for name, values in constants:
        for value in values:
            yield f"{name} = {value:g}", changed(module, name, value)


def grouped_problems(count=85):
    rows = [r for r in field_data.ROWS if r.name.startswith(KINDS) or "categories x" in r.name]
    for seed in range(count):
        data = rows[seed % len(rows)].draw(np.random.default_rng([12, seed]))
        share = np.exp(np.random.default_rng([13, seed]).uniform(np.log(0.001), np.log(0.3)))
        yield data.X, data.y, share * alpha_max(data.X, data.y)


def saddles():
    problems, first = list(grouped_problems()), None
    print(f"{'saddles':28}{'left':>6}{'steps':>7}{'better':>8}{'worse':>7}")
    leave, left = _saddle.leave_saddle, []

    def counted(point, curvature):
        left.append(1)
        return leave(point, curvature)

    for name, setting in settings(_saddle, SADDLES):
        left.clear()
        with setting, changed(_working_set, "leave_saddle", counted):
            fits = [GroupLassoMatrixSensing(alpha=a).fit(X, y) for X, y, a in problems]
        values = np.array(
            [fit.objective_ / np.mean(y**2) for fit, (_, y, _) in zip(fits, problems, strict=True)]
        )
        first = values if first is None else first
        better, worse = np.sum(values < first - 1e-6), np.sum(values > first + 1e-6)
        steps = sum(fit.n_iter_ for fit in fits)
        print(f"{name:28}{len(left):6}{steps:7}{better:8}{worse:7}", flush=True)


def few_samples(seed, n_check=1000):
    """A small noisy problem and fresh samples of it."""
    rng = np.random.default_rng([14, seed])
    d, rank = int(rng.integers(10, 15)), int(rng.integers(1, 3))
    n = int(np.ceil(rng.uniform(1.0, 1.5) * Positive().degrees_of_freedom(d, rank)))
    X, y, _ = make_matrix_sensing(n + n_check, d, rank, random_state=seed)
    y = y + rng.choice([0.3, 1.0]) * y.std() * rng.standard_normal(len(y))
    return X[:n], y[:n], X[n:], y[n:]


def gain(seed):
    X, y, X_check, y_check = few_samples(seed)
    problem = Problem.from_data(X, y, np.ones(len(y)), Formulation("rank-one"))
    penalty = cross_validated_penalty(problem, problem.dim, n_jobs=1)
    solution, _ = working_set(
        Objective(problem, penalty),
        spectral_start(problem, problem.dim),
        problem.dim,
        tol=1e-3,
        max_iter=500,
    )
    predicted = problem.export(solution.factor, n_columns=problem.dim).predict(X_check)
    mean = np.full(len(y_check), y.mean())
    return r2_score(y_check, predicted) - r2_score(y_check, mean)


def folds(count=10):
    print(f"{'folds':28}{'median':>8}{'least':>8}{'seconds':>9}")
    for name, setting in settings(_folds, FOLDS):
        began = process_time()
        with setting:
            gains = [gain(seed) for seed in range(count)]
        seconds = process_time() - began
        print(f"{name:28}{np.median(gains):8.2f}{min(gains):8.2f}{seconds:9.1f}", flush=True)


def found_point(seed, proportional):
    """The point that the rank search finds where samples are enough."""
    rng = np.random.default_rng([15, seed])
    measurement = ("rank-one", "matrix")[seed % 2]
    d, rank = int(rng.integers(4, 16)), int(rng.integers(1, 4))
    n = int(rng.uniform(2, 8) * Positive().degrees_of_freedom(d, rank))
    X, y, _ = make_matrix_sensing(n, d, rank, measurement=measurement, random_state=seed)
    noise = rng.choice([0.03, 0.1, 0.3]) * rng.standard_normal(n)
    y = y * (1 + noise) if proportional else y + noise
    problem = Problem.from_data(X, y, np.ones(n), Formulation(measurement))
    found = find_rank(problem, problem.dim, tol=1e-8)
    return Objective(problem).at(found.factor)


def spread(count=400):
    points = [
        [point for seed in range(count) if (point := found_point(seed, kind)).factor.n_columns]
        for kind in (False, True)
    ]
    print(f"{'spread':28}{'noise of one size':>18}{'in proportion':>15}")
    for errors in (2.0, 3.0, 5.0):
        for least in (0.1, 0.2, 0.3):
            with (
                changed(_spread, "STANDARD_ERRORS", errors),
                changed(_spread, "SPREAD_CORRELATION", least),
            ):
                one, other = (
                    np.mean([_spread.spread_grows(point) for point in kind]) for kind in points
                )
            name = f"{errors:g} standard errors, {least:g}"
            print(f"{name:28}{one:18.3f}{other:15.3f}", flush=True)


def main(only):
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for table in (saddles, folds, spread):
            if only in table.__name__:
                table()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="saddles, folds or spread")
    main(parser.parse_args().only)
