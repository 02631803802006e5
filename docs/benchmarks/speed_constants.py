"""What the constants do that set the time of a fit, and not its result.

``python docs/benchmarks/speed_constants.py`` prints these tables; ``--only NAME`` prints one.

- fits: 24 fits at a given alpha with one constant changed. CPU time and Newton steps over those
  with the constant as it is, and the fits whose objective differs by more than 1e-6.
- reads: of whole matrices, without compression, by a fit at a given alpha, by fine-tuning it, by
  an alpha of a path and by an alpha of a fold. Quartiles over 24 problems.
- cost: the CPU time of a read, per number of X, over that of a multiplication of the moments.
- kept: the CPU time of 10 Hessian products with products of the measurements and the factor kept,
  over the time with them made again.
- blocks: the CPU time of 10 Hessian products with blocks of so many multiplications, over the time
  with the number of the package.
- copied: the CPU time of 10 sums over the span of k columns with blocks of so many numbers, over
  the time with the number of the package.
- span: the CPU time of the search for the span of 100 features of 20,000 samples, with so many rows
  for each feature seen first, over the time with the number of the package.
- whitening: the CPU time of a pipeline with alpha given whose fine-tuning whitens nothing, over
  that of one which whitens always, and the sum of squared correlations per feature that a few rows
  show. Neighbouring features have a correlation.
- curvature: the CPU time of the smallest eigenvalue of the Hessian from the formed matrix, over
  that of Lanczos iteration on products.
"""

import argparse
import warnings
from contextlib import ExitStack, nullcontext
from functools import partial
from itertools import product
from time import process_time

import numpy as np
from constants import changed
from threadpoolctl import threadpool_limits

from sklearn_prune import (
    FineTuner,
    GroupLassoMatrixSensing,
    alpha_max,
    make_pruning_pipeline,
    pruning_path,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.estimators import _base, _choice, _fine_tuning, _pruning_path, _start
from sklearn_prune.models import Factor, _symmetric
from sklearn_prune.objective import Formulation, Objective, Problem, smallest_curvature
from sklearn_prune.objective._moments import Moments
from sklearn_prune.selection import _cross_validation, held_out_errors
from sklearn_prune.sensing import (
    DenseRows,
    MatrixMap,
    RankOneMap,
    _rank_one,
    counted_reads,
    rows_read,
)
from sklearn_prune.solvers import _steihaug, _working_set, trust_region_newton

# The constants of a fit, and other values that are tried.
FITS = [
    ((_symmetric,), "EQUAL_NORMS", (0.001, 0.1)),
    ((_steihaug,), "MAX_PRODUCTS", (30, 300)),
    ((_working_set,), "SIGNALS_KNOWN", (0.01, 1.0)),
    ((_working_set,), "CLEAR", (1.0, 4.0)),
    ((_working_set,), "COARSE", (0.005, 0.5)),
    ((_start, _working_set), "START_COLUMNS", (4, 16)),
]


def cpu_ratio(run, other, repetitions=7):
    """The median ratio of the CPU times of two runs that take turns."""
    ratios = []
    for i in range(repetitions):
        seconds = {}
        for which in ((run, other), (other, run))[i % 2]:
            began = process_time()
            which()
            seconds[which] = process_time() - began
        ratios.append(seconds[run] / seconds[other])
    return float(np.median(ratios))


def whole_matrices(count):
    """Random problems of whole matrices, with more samples than parameters."""
    for seed in range(count):
        rng = np.random.default_rng([21, seed])
        d, r = int(rng.integers(8, 21)), int(rng.integers(1, 5))
        n = int(d * (d + 1) // 2 * rng.uniform(1.5, 8))
        condition, noise = 10 ** rng.uniform(0, 1.5), 10 ** rng.uniform(-2, 0)
        yield make_matrix_sensing(
            n, d, r, measurement="matrix", noise=noise, condition_number=condition,
            random_state=seed,
        )[:2]  # fmt: skip


def reads_of(run, n):
    with counted_reads():
        run()
        return rows_read() / n


def show_reads():
    found = {"fit": [], "fine-tuning": [], "alpha of a path": [], "alpha of a fold": []}
    never = [
        *((module, "compress", lambda problem, **_: problem)
          for module in (_choice, _fine_tuning, _pruning_path)),
        (_cross_validation, "compression_pays", lambda *_, **__: False),
        (_base, "counted_reads", nullcontext),
    ]  # fmt: skip
    with ExitStack() as stack:
        for module, name, value in never:
            stack.enter_context(changed(module, name, value))
        count_reads(found)
    for name, counts in found.items():
        print(f"{name:20}" + "".join(f"{q:7.1f}" for q in np.quantile(counts, (0.25, 0.5, 0.75))))


def count_reads(found):
    whole = {"measurement": "matrix"}
    for seed, (X, y) in enumerate(whole_matrices(24)):
        n = len(y)
        alpha = alpha_max(X, y, **whole) * 10 ** np.random.default_rng(seed).uniform(-2.5, -0.5)
        model = GroupLassoMatrixSensing(alpha=alpha, **whole)
        found["fit"].append(reads_of(lambda: model.fit(X, y), n))  # noqa: B023
        carried = model.transform(X)[:, : max(model.rank_, 1)]
        found["fine-tuning"].append(reads_of(lambda: FineTuner().fit(carried, y), n))  # noqa: B023
        run = lambda: pruning_path(X, y, n_alphas=20, **whole)  # noqa: B023, E731
        found["alpha of a path"].append(reads_of(run, n) / 20)
        problem = Problem.from_data(X, y, np.ones(n), Formulation("matrix"))
        top = problem.scaling.from_caller("alpha", alpha_max(X, y, **whole), "alpha")
        alphas = (top * 0.7 ** np.arange(20)).tolist()
        parts = np.array_split(np.random.default_rng(seed).permutation(n), 5)
        folds = [(np.setdiff1d(np.arange(n), part), part) for part in parts]
        run = lambda: held_out_errors(problem, alphas, folds, problem.dim, n_jobs=1)  # noqa: B023, E731
        found["alpha of a fold"].append(reads_of(run, n) / (20 * 5 * 0.8))


def show_cost():
    for d, k in product((10, 20, 40), (3, 8)):
        n = 6 * d * d
        X, y, U = make_matrix_sensing(n, d, k, measurement="matrix", random_state=0)
        problem = Problem.from_data(X, y, np.ones(n), Formulation("matrix"))
        sensing = MatrixMap(X)
        times = max(1, int(2e7 / X.size))

        def read(sensing=sensing, times=times, U=U):
            for _ in range(times):
                sensing.linearize(U)

        def moments(problem=problem, times=times):
            for _ in range(times):
                Moments.of(problem)

        p = d * (d + 1) // 2
        ratio = cpu_ratio(read, moments) * (n * p**2 / 2) / X.size
        print(f"d = {d}, {k} columns: a number read takes {ratio:5.1f} multiplications")


def hessian_products(sensing, U, rng):
    n = sensing.n_samples
    product = sensing.linearize(U).second_order(rng.standard_normal(n), np.ones(n))
    for _ in range(10):
        product(U)


def show_kept():
    rng = np.random.default_rng(0)
    for n, d, k in ((3000, 100, 5), (12_000, 100, 20), (12_000, 500, 5), (50_000, 200, 20)):
        rows = DenseRows(rng.standard_normal((n, d)))
        U = rng.standard_normal((d, k))
        maps = [RankOneMap(rows, kept_numbers=number) for number in (1 << 60, 0)]
        ratio = cpu_ratio(*(lambda m=m, U=U: hessian_products(m, U, rng) for m in maps))
        print(f"rank-one n = {n}, d = {d}, k = {k}, {n * k / 2**20:.2f} 2^20 numbers: {ratio:.2f}")
    for n, d, k in (
        (1000, 20, 2),
        (1000, 20, 5),
        (1000, 20, 10),
        (1500, 60, 5),
        (1500, 60, 15),
        (1500, 60, 20),
        (1500, 60, 30),
        (4000, 100, 8),
        (4000, 100, 25),
    ):
        X = rng.standard_normal((n, d * d))
        U = rng.standard_normal((d, k))
        maps = [MatrixMap(X, kept_columns=part, kept_numbers=0) for part in (1.0, 0.0)]
        ratio = cpu_ratio(*(lambda m=m, U=U: hessian_products(m, U, rng) for m in maps), 3)
        print(
            f"matrix n = {n}, d = {d}, k = {k}, {n * d * k / 2**20:.2f} 2^20 numbers: {ratio:.2f}"
        )


def show_blocks():
    rng = np.random.default_rng(0)
    for n, d, k in ((3000, 100, 5), (3000, 100, 8), (12_000, 500, 4), (12_000, 500, 8)):
        rows = DenseRows(rng.standard_normal((n, d)))
        U, line = rng.standard_normal((d, k)), f"n = {n:6}, d = {d}, k = {k}"
        sizes = {"2^18": 1 << 18, "2^19": 1 << 19, "2^21": 1 << 21, "all": 1 << 60}
        for name, work in sizes.items():
            maps = [RankOneMap(rows, product_work=work), RankOneMap(rows)]
            ratio = cpu_ratio(*(lambda m=m, U=U: hessian_products(m, U, rng) for m in maps))
            line += f"  {name}: {ratio:.2f}"
        print(line)


def show_copied():
    rng = np.random.default_rng(0)
    for n, d, k in ((3000, 100, 5), (3000, 100, 8), (3000, 100, 16), (12_000, 500, 8)):
        rows, weights = DenseRows(rng.standard_normal((n, d))), np.full(n, 1 / n)
        V, line = np.linalg.qr(rng.standard_normal((d, k)))[0], f"n = {n:6}, d = {d}, k = {k:2}"
        for power in (14, 15, 17, 18):
            maps = [RankOneMap(rows, copied_numbers=1 << power), RankOneMap(rows)]
            runs = (lambda m=m, V=V, w=weights: span_sums(m, V, w) for m in maps)
            line += f"  2^{power}: {cpu_ratio(*runs):.2f}"
        print(line)


def span_sums(sensing, V, weights):
    for _ in range(10):
        sensing.span_sums(V, weights, weights)


def tables(rng, n, d):
    yield "Gaussian", rng.standard_normal((n, d))
    neighbours = np.linalg.cholesky(0.5 ** np.abs(np.subtract.outer(range(d), range(d))))
    yield "correlated", rng.standard_normal((n, d)) @ neighbours.T
    yield "5 % ones", (rng.random((n, d)) < 0.05).astype(float)


def show_span():
    rng = np.random.default_rng(0)
    for name, X in tables(rng, 20_000, 100):
        weights, line = np.full(len(X), 1 / len(X)), f"{name:12}"
        for count in (1, 2, 3, 5, 10):
            sensing = RankOneMap(DenseRows(X))

            def run(sensing=sensing, weights=weights, count=count):
                with changed(_rank_one, "ROWS_PER_FEATURE", count):
                    sensing.span(weights)

            def package(sensing=sensing, weights=weights):
                sensing.span(weights)

            line += f"  {count}: {cpu_ratio(run, package):.2f}"
        print(line)


def correlated_problem(n, d, correlation, condition):
    rng = np.random.default_rng(0)
    neighbours = correlation ** np.abs(np.subtract.outer(range(d), range(d)))
    X = rng.standard_normal((n, d)) @ np.linalg.cholesky(neighbours).T
    U = np.linalg.qr(rng.standard_normal((d, 4)))[0] * np.sqrt(np.linspace(condition, 1.0, 4))
    y = np.sum((X @ U) ** 2, axis=1)
    return X, y + 0.1 * y.std() * rng.standard_normal(n)


def show_whitening():
    cases = [(3000, 100, 1), (3000, 100, 10), (3000, 30, 3), (12_000, 500, 10)]
    for (n, d, condition), correlation in product(cases, (0.0, 0.1, 0.2, 0.3, 0.5)):
        X, y = correlated_problem(n, d, correlation, condition)
        pipe = make_pruning_pipeline(alpha=GroupLassoMatrixSensing().fit(X, y).alpha_)

        def run(is_isotropic, pipe=pipe, X=X, y=y):
            with changed(RankOneMap, "is_isotropic", lambda *_: is_isotropic):
                pipe.fit(X, y)

        few = X[:: n // (3 * d)]
        sizes = np.sqrt(np.mean(few**2, axis=0))
        seen = np.sum((few.T @ few / len(few) / np.outer(sizes, sizes)) ** 2) / d
        ratio = cpu_ratio(partial(run, True), partial(run, False), 15 if d < 500 else 5)
        print(
            f"n = {n}, d = {d}, condition {condition}, correlation {correlation}: "
            f"{seen:.2f} seen, {ratio:.2f}"
        )


def fitted(problems):
    return [GroupLassoMatrixSensing(alpha=alpha, measurement=kind).fit(X, y)
            for kind, alpha, X, y in problems]  # fmt: skip


def show_fits():
    problems = []
    for seed in range(24):
        rng = np.random.default_rng([22, seed])
        kind, d, r = ("rank-one", "matrix")[seed % 2], int(rng.integers(10, 50)), rng.integers(1, 9)
        d = d if kind == "rank-one" else max(10, d // 2)
        n, condition = int(d * r * rng.uniform(2, 8)), 10 ** rng.uniform(0, 1.5)
        X, y, _ = make_matrix_sensing(
            n, d, int(r), measurement=kind, noise=0.1, condition_number=condition, random_state=seed
        )
        alpha = alpha_max(X, y, measurement=kind) * 10 ** rng.uniform(-3, -0.5)
        problems.append((kind, alpha, X, y))
    before = fitted(problems)
    for modules, name, values in FITS:
        for value in values:

            def other(modules=modules, name=name, value=value):
                with ExitStack() as stack:
                    for module in modules:
                        stack.enter_context(changed(module, name, value))
                    return fitted(problems)

            after = other()
            ratio = cpu_ratio(other, lambda: fitted(problems), 5)
            pairs = list(zip(before, after, strict=True))
            differ = sum(abs(a.objective_ / b.objective_ - 1) > 1e-6 for a, b in pairs)
            steps = sum(b.n_iter_ for b in after) / sum(a.n_iter_ for a in before)
            print(
                f"{name} = {value:<8g} time {ratio:5.2f}  steps {steps:5.2f}  {differ} objectives"
            )


def show_curvature():
    for d, k in ((20, 4), (40, 5), (50, 8), (80, 8), (100, 10), (100, 20)):
        X, y, U = make_matrix_sensing(20 * d, d, k, noise=0.1, random_state=0)
        problem = Problem.from_data(X, y, np.ones(len(y)), Formulation())
        objective = Objective(problem, problem.penalty(0.05 * alpha_max(X, y), "auto"))
        point = trust_region_newton(objective, Factor(U), tol=1e-8, max_iter=200).point

        def dense(point=point):
            smallest_curvature(point, dense_hessian=10**9)

        def lanczos(point=point):
            smallest_curvature(point, dense_hessian=0)

        print(f"d = {d}, {d * k} entries of U: {cpu_ratio(dense, lanczos):.2f}")


TABLES = {
    "fits": show_fits,
    "reads": show_reads,
    "cost": show_cost,
    "kept": show_kept,
    "blocks": show_blocks,
    "copied": show_copied,
    "span": show_span,
    "whitening": show_whitening,
    "curvature": show_curvature,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=TABLES, help="one table")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with threadpool_limits(1):
        for name in [options.only] if options.only else TABLES:
            print(f"\n{name}")
            TABLES[name]()


if __name__ == "__main__":
    main()
