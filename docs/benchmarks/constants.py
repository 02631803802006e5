"""What tuned constants of saddles, folds, warnings and tolerances do, one changed at a time.

``python docs/benchmarks/constants.py`` prints these tables; ``--only NAME`` prints one of them.

- saddles: `GroupLassoMatrixSensing` at a random alpha on 85 problems of ``field_data.py`` with
  groups of points, categories and sparse graphs. Saddles left, Newton steps, and problems whose
  objective is better or worse than with the constants as they are by more than 1e-6 of ``Σ y²/n``.
- folds: the cross-validated penalty on 10 small noisy problems, 1 to 1.5 samples per degree of
  freedom. R² at fresh samples less that of the mean of y, median and least, and seconds.
- spread: problems with noise of one size, and the share of them in which the spread of the
  residuals seems to grow with the prediction; the same for noise in proportion to the response.
- newton: Hessian products plus evaluations, each times columns, of the pipeline with alpha given
  and automatic, on 10 problems each of condition 1 and 10, d = 100, n = 3,000. An evaluation takes
  about as long as two products.
- paths: cross-validations of 20 tables with biases, half of them signed. Held-out errors that
  differ by more than 3 % from those of single fits, of 400, and Hessian products times columns.
- starts: fine-tuning from starts of norm 1 to 1e-12, with a shrinkage of 0 and 0.1, on 10 problems:
  fits whose loss is higher than from a spectral start, of 260, and their steps.
- levels: fits at a given alpha and a tolerance of 0.01 that keep more, and fewer, columns than at
  1e-8, of 300 random problems.
- refits: fine-tuning of all, the pruned, and too few columns of a penalised fit of 300 tables of
  ``field_data.py``, where a search for saddles follows: how many of these end in one. Without
  weight decay, and with a hundredth and a tenth of the decay at which all columns are zero.
"""

import argparse
import warnings
from contextlib import contextmanager, nullcontext
from time import process_time

import field_data
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from sklearn_prune import (
    FineTuner,
    GreedyColumnPruner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    alpha_max,
    make_pruning_pipeline,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.estimators import _choice, _fine_tuning, _spread
from sklearn_prune.models import Positive
from sklearn_prune.objective import Evaluation, Formulation, Objective, Problem
from sklearn_prune.selection import _folds, cross_validated_penalty, find_rank
from sklearn_prune.solvers import (
    _saddle,
    _trust_region_newton,
    _working_set,
    spectral_start,
    working_set,
)

KINDS = ("groups", "bipartite", "star")
SADDLES = [("CLEARLY_NEGATIVE", (1e-3, 0.1, np.inf)), ("FIRST_STEP", (0.1, 1.0))]
FOLDS = [("N_FOLDS", (3, 10)), ("N_ALPHAS", (10, 40)), ("SMALLEST_RATIO", (1e-2, 1e-4))]
NEWTON = [("FIRST_RADIUS", (1.0, 0.1)), ("GROWTH", (3.0, 1.5)), ("LAST_PART", (0.1, 0.8))]
PATHS = [("DEAD_ALONG_PATH", (0.01, 0.05, 0.1))]
SHORTEST = (0.1, 1e-2, 1e-4, 1e-5, 0.0)
LEVELS = [("LEVEL_PART", (1.0, 0.1, 0.02))]


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


def newton(count=10):
    problems = []
    for condition in (1, 10):
        for seed in range(count):
            X, y, _ = make_matrix_sensing(
                3000, 100, 5, noise=0.1, condition_number=condition, random_state=seed
            )
            problems.append((X, y, GroupLassoMatrixSensing().fit(X, y).alpha_))
    product, evaluate = Evaluation.hessian_product, Objective.at
    products, evaluations = [], []

    def counted_product(point, V):
        products.append(V.shape[1])
        return product(point, V)

    def counted_evaluation(objective, factor):
        evaluations.append(factor.shape[1])
        return evaluate(objective, factor)

    print(f"{'newton':28}{'given':>16}{'auto':>16}")
    for name, setting in settings(_trust_region_newton, NEWTON):
        texts = []
        with (
            setting,
            changed(Evaluation, "hessian_product", counted_product),
            changed(Objective, "at", counted_evaluation),
        ):
            for given in (True, False):
                products.clear()
                evaluations.clear()
                for X, y, alpha in problems:
                    make_pruning_pipeline(alpha=alpha if given else "auto").fit(X, y)
                means = [sum(columns) / len(problems) for columns in (products, evaluations)]
                texts.append("{:.0f} + {:.0f}".format(*means))
        print(f"{name:28}{texts[0]:>16}{texts[1]:>16}", flush=True)


def biased_table(seed):
    """Rows with a mean, whose responses are one square, or the difference of two."""
    rng = np.random.default_rng([18, seed])
    X = rng.uniform(size=(200, 8))
    y = (X @ rng.standard_normal(8)) ** 2 + 0.05 * rng.standard_normal(200)
    if seed % 2:
        y -= 0.5 * (X @ rng.standard_normal(8)) ** 2
    return X, y, {"fit_bias": True, "positive": seed % 2 == 0}


def single_errors(X, y, options, alphas, cv):
    """The held-out errors of a fit of its own for each alpha and fold."""
    errors = np.empty((len(alphas), cv.get_n_splits()))
    for fold, (train, test) in enumerate(cv.split(X)):
        for i, alpha in enumerate(alphas):
            fit = GroupLassoMatrixSensing(alpha=alpha, **options).fit(X[train], y[train])
            errors[i, fold] = np.mean((fit.predict(X[test]) - y[test]) ** 2)
    return errors.mean(axis=1)


def paths(count=20, n_alphas=20):
    cv, product, columns = KFold(5), Evaluation.hessian_product, []

    def counted(point, V):
        columns.append(V.shape[1])
        return product(point, V)

    tables, singles = [biased_table(seed) for seed in range(count)], []
    print(f"{'paths':28}{'off':>8}{'products':>10}")
    for name, setting in settings(_working_set, PATHS):
        with setting, changed(Evaluation, "hessian_product", counted):
            columns.clear()
            models = [
                GroupLassoMatrixSensingCV(n_alphas=n_alphas, cv=cv, **options).fit(X, y)
                for X, y, options in tables
            ]
        total = sum(columns)
        singles = singles or [
            single_errors(*table, model.alphas_, cv)
            for table, model in zip(tables, models, strict=True)
        ]
        off = sum(
            int(np.sum(np.abs(model.mse_path_.mean(axis=1) / errors - 1) > 0.03))
            for model, errors in zip(models, singles, strict=True)
        )
        print(f"{name:28}{off:8}{total:10}", flush=True)


def starts(count=10):
    problems = [
        make_matrix_sensing(300, 10, 2, noise=0.1, random_state=seed)[:2] for seed in range(count)
    ]
    norms, shrinkages = np.logspace(0, -12, 13), (0.0, 0.1)
    direction = np.random.default_rng(19).standard_normal((10, 2))
    spectral = {
        (seed, share): FineTuner(2, shrinkage=share).fit(X, y).loss_curve_[-1]
        for seed, (X, y) in enumerate(problems)
        for share in shrinkages
    }
    print(f"{'starts':28}{'higher':>8}{'steps':>8}")
    for value in (_trust_region_newton.SHORTEST, *SHORTEST):
        higher, steps = 0, 0
        with (
            changed(_trust_region_newton, "SHORTEST", value),
            changed(_saddle, "SHORTEST", value),
        ):
            for (seed, share), loss in spectral.items():
                for norm in norms:
                    tuner = FineTuner(2, init=norm * direction, shrinkage=share)
                    tuner.fit(*problems[seed])
                    higher += tuner.loss_curve_[-1] > 1.000001 * loss
                    steps += tuner.n_iter_
        print(f"{f'SHORTEST = {value:g}':28}{higher:8}{steps:8}", flush=True)


def random_fits(count):
    """Problems, their kind and an alpha."""
    for seed in range(count):
        rng = np.random.default_rng([16, seed])
        measurement = ("rank-one", "matrix")[seed % 2]
        d, r = int(rng.integers(8, 30)), int(rng.integers(1, 5))
        X, y, _ = make_matrix_sensing(
            int(rng.uniform(2, 8) * d * r), d, r, measurement=measurement,
            noise=rng.uniform(0.05, 1.0), condition_number=rng.uniform(1, 8), random_state=seed,
        )  # fmt: skip
        share = np.exp(rng.uniform(np.log(0.002), np.log(0.3)))
        alpha = share * alpha_max(X, y, measurement=measurement)
        yield X, y, {"alpha": alpha, "measurement": measurement}


def levels(count=300):
    problems = list(random_fits(count))
    exact = [GroupLassoMatrixSensing(tol=1e-8, **s).fit(X, y).rank_ for X, y, s in problems]
    print(f"{'levels':28}{'more':>6}{'fewer':>7}{'seconds':>9}")
    for name, setting in settings(_choice, LEVELS):
        began = process_time()
        with setting:
            ranks = [GroupLassoMatrixSensing(tol=1e-2, **s).fit(X, y).rank_ for X, y, s in problems]
        more, fewer = np.sum(np.greater(ranks, exact)), np.sum(np.less(ranks, exact))
        print(f"{name:28}{more:6}{fewer:7}{process_time() - began:9.1f}", flush=True)


def refits(count=300, largest=3e5):
    """As if no solver followed curvature: the search then follows, and what it finds is counted."""
    probe, found = _saddle.probe_curvature, []

    def counted(point):
        curvature = probe(point)
        found.append(_saddle.is_saddle(curvature))
        return curvature

    shares = (0.0, 0.01, 0.1)
    saddles, fits = dict.fromkeys(shares, 0), 0
    for seed in range(count):
        rng = np.random.default_rng([17, seed])
        data = field_data.ROWS[seed % len(field_data.ROWS)].draw(rng)
        X, y = data.X, data.y
        if X.size > largest:
            continue
        positive, share = bool(rng.integers(2)), np.exp(rng.uniform(np.log(0.001), np.log(0.3)))
        alpha = share * alpha_max(X, y, positive=positive)
        sense = GroupLassoMatrixSensing(alpha=alpha, positive=positive).fit(X, y)
        F, few = sense.transform(X), int(rng.integers(1, max(2, sense.rank_)))
        pruners = GreedyColumnPruner(), GreedyColumnPruner(threshold=0.0, max_columns=few)
        for columns in (F, *(pruner.fit_transform(F) for pruner in pruners)):
            fits += 1
            for decay in shares:
                found.clear()
                with (
                    changed(_fine_tuning, "FOLLOWS_CURVATURE", ()),
                    changed(_saddle, "probe_curvature", counted),
                ):
                    FineTuner(shrinkage=decay).fit(columns, y)
                saddles[decay] += any(found)
    print("refits")
    for decay, count in saddles.items():
        print(f"shrinkage = {decay:g}: {count} of {fits} end in a saddle", flush=True)


def main(only):
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for table in (saddles, folds, spread, newton, paths, starts, levels, refits):
            if only in table.__name__:
                table()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="the name of a table")
    main(parser.parse_args().only)
