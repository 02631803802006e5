"""Whether two versions of the package give the same numbers, and take the same time.

``python docs/benchmarks/same_numbers.py --before PATH`` compares this checkout with the one at
PATH. Both are loaded into one process, are given the same data and solve the same zoo of problems.
Every case that is not the same to the last bit is printed; the exit code is 1 if one fails.

``python docs/benchmarks/same_numbers.py --before PATH --time`` prints ratios of CPU seconds, this
checkout over the other; the two take turns. ``--repetitions N`` sets how often, and
``--only NAME`` takes the cases of either mode whose names contain NAME.

Ranks, verdicts of certificates and kinds of warnings must be equal, numbers up to the tolerance
of their case. The norm of a gradient only has to be within ``tol``, which the certificate says.
Arrays are compared by their norms, losses one by one. What may be zero is measured against a
unit as well: an offset against the size of y, a loss against a millionth of the mean square of y,
a threshold against the longest column, an eigenvalue of R against a thousandth of the size of y
times that of A, and a curvature, which is in normalised units, against a thousandth of one.
"""

import argparse
import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from time import process_time
from types import SimpleNamespace

import numpy as np
from sklearn.datasets import load_diabetes
from threadpoolctl import threadpool_limits

ENDS = (1e-7, "ends anywhere within a tolerance")
FLAT = (1e-7, "surplus columns without a penalty are flat directions")
TABLE = (1e-7, "badly conditioned")
SETTINGS = {
    "rank-one": {},
    "bias": {"fit_bias": True},
    "rank-one, offset": {"fit_intercept": True},
    "matrix": {"measurement": "matrix"},
    "matrix, offset": {"measurement": "matrix", "fit_intercept": True},
}
SOLVERS = ("gauss-newton", "lbfgs", "gd", "scaled-gd")


def load(root: Path) -> SimpleNamespace:
    """The public names of the copy in a checkout, apart from any that was loaded before."""
    for name in [name for name in sys.modules if name.split(".")[0] == "sklearn_prune"]:
        del sys.modules[name]
    sys.path.insert(0, str(root))
    parts = ("sklearn_prune", "sklearn_prune.datasets", "sklearn_prune.inspection")
    package, datasets, inspection = map(importlib.import_module, parts)
    sys.path.remove(str(root))
    if not Path(package.__file__).resolve().is_relative_to(root):
        raise SystemExit(f"{root} has no sklearn_prune of its own: {package.__file__}")
    names = {name: getattr(package, name) for name in package.__all__}
    names["make_matrix_sensing"] = datasets.make_matrix_sensing
    return SimpleNamespace(**names, rank_guarantee=inspection.rank_guarantee)


# The problems. A copy is what `load` returns.


@dataclass(frozen=True)
class Data:
    """Rows, responses and weights, and the arguments that say how they are fitted."""

    X: np.ndarray
    y: np.ndarray
    settings: dict
    weighted: dict

    def __post_init__(self):
        for array in (self.X, self.y, *self.weighted.values()):
            array.flags.writeable = False


def sensed(
    copy, setting, n, d, r=2, *, noise=0.1, weights="no", seed=0, tilt=0.0, negative=0
) -> Data:
    """A problem with a known answer; `tilt` correlates the columns of its rows."""
    kind = SETTINGS[setting].get("measurement", "rank-one")
    X, _, factor = copy.make_matrix_sensing(n, d, r, measurement=kind, random_state=seed)
    signs = np.where(np.arange(r) < negative, -1.0, 1.0)
    rng = np.random.default_rng(seed + 100)
    mix = np.linalg.cholesky(tilt ** np.abs(np.subtract.outer(range(d), range(d)))).T
    if kind == "matrix":
        X = (mix.T @ X.reshape(n, d, d) @ mix).reshape(n, d * d)
        y = X @ ((factor * signs) @ factor.T).ravel()
    else:
        X = X @ mix
        y = np.sum(signs * (X @ factor + 0.7 * (setting == "bias")) ** 2, axis=1)
    y = y + noise * rng.standard_normal(n) + 1.5 * ("offset" in setting)
    w = {"integer": rng.integers(0, 4, n), "real": rng.uniform(0, 2, n) * (rng.random(n) < 0.9)}
    return Data(X, y, SETTINGS[setting], {} if weights == "no" else {"sample_weight": w[weights]})


@dataclass(frozen=True)
class Number:
    """A number or an array, the size below which it counts as zero, and how to compare it."""

    value: object
    unit: float = 0.0
    each: bool = False


@dataclass(frozen=True)
class Case:
    """`run` takes a copy and returns what is compared, numbers or exact values, by name."""

    kind: str
    name: str
    run: Callable[[SimpleNamespace], dict]
    tol: float = 1e-10
    reason: str = ""


def arguments(copy, data: Data, options: dict) -> dict:
    """All arguments of a model; `share` is alpha as a share of the largest."""
    options = {"tol": 1e-10} | data.settings | options
    if "share" in options:
        largest = copy.alpha_max(data.X, data.y, **data.settings, **data.weighted)
        options["alpha"] = options.pop("share") * largest
    return options


def penalised(copy, data: Data):
    model = copy.GroupLassoMatrixSensing(**arguments(copy, data, {"share": 0.02}))
    return model.fit(data.X, data.y, **data.weighted)


def fit(data: Data, estimator="GroupLassoMatrixSensing", *, carried=False, **options):
    """A run that fits an estimator, to plain rows or to what a penalised fit hands on."""

    def run(copy):
        X = penalised(copy, data).transform(data.X) if carried else data.X
        model = getattr(copy, estimator)(**arguments(copy, data, options))
        return observed(model.fit(X, data.y, **data.weighted), data)

    return run


def pipeline(data: Data, tol=None, **options):
    """A run of the pipeline; without `tol` the penalised fit counts by its rank and alpha only."""

    def run(copy):
        settings = arguments(copy, data, {"random_state": 0, "n_jobs": 1} | options)
        del settings["tol"]
        pipe = copy.make_pruning_pipeline(**settings)
        if tol is not None:
            pipe.set_params(sense__tol=tol, tune__tol=tol)
        weights = {f"{s}__{k}": w for k, w in data.weighted.items() for s in ("sense", "tune")}
        sense, prune, tune = pipe.fit(data.X, data.y, **weights).named_steps.values()
        found = observed(tune, data) | {"n_columns_": prune.n_columns_}
        if tol is not None:
            return found | {f"sense: {k}": v for k, v in observed(sense, data).items()}
        return found | {"alpha_": Number(sense.alpha_), "rank_": sense.rank_}

    return run


def observed(model, data: Data) -> dict:
    """The public numbers of a fitted model."""
    U, small_loss = np.vstack([model.factor_, model.bias_]), 1e-6 * np.mean(data.y**2)
    longest = np.linalg.norm(U, axis=0).max(initial=0.0)
    numbers = {
        "intercept_": (np.sqrt(np.mean(data.y**2)),),
        "prune_threshold_": (longest,),
        "objective_": (small_loss,),
        "loss_curve_": (small_loss,),
        "mse_path_": (small_loss, True),
    } | dict.fromkeys(("alpha_", "alphas_", "beta_", "column_norms_"), ())
    found = {name: Number(getattr(model, name), *how) for name, how in numbers.items()
             if hasattr(model, name)}  # fmt: skip
    if "loss_curve_" in found:
        found["loss_curve_"] = Number(model.loss_curve_[-1], small_loss)
    if hasattr(model, "certificate_"):
        found |= {"rank_": model.rank_} | certified([model.certificate_], data)
    predict = getattr(model, "decision_function", model.predict)
    found |= {"matrix": Number((U * model.signs_) @ U.T), "predictions": Number(predict(data.X))}
    return found | {"norms": Number(np.linalg.norm(U, axis=0)), "steps": model.n_iter_}


def certified(certificates: list, data: Data) -> dict:
    squares = np.mean(np.asarray(data.X, dtype=float) ** 2)
    size_of_A = np.sqrt(squares) if "measurement" in data.settings else squares
    unit = 1e-3 * size_of_A * np.sqrt(np.mean(data.y**2))
    return {
        "holds": [c.holds for c in certificates],
        "tau": Number([c.tau for c in certificates]),
        "top eigenvalue": Number([c.top_residual_eigenvalue for c in certificates], unit, True),
    }


def path(data: Data, **options):
    def run(copy):
        found = copy.pruning_path(data.X, data.y, **data.settings, **data.weighted, **options)
        U = np.concatenate([found.factors, found.biases[:, None]], axis=1)
        signed = U * found.signs[:, None]
        return certified(found.certificates, data) | {
            "ranks": found.ranks.tolist(),
            "alphas": Number(found.alphas, each=True),
            "alpha_max": Number(found.alpha_max),
            "losses": Number(found.losses, 1e-6 * np.mean(data.y**2), True),
            "column_norms": Number(found.column_norms),
            "intercepts": Number(found.intercepts, np.sqrt(np.mean(data.y**2)), True),
            "matrices": Number(signed @ U.transpose(0, 2, 1)),
        }

    return run


def largest_alpha(data: Data):
    settings = data.settings | data.weighted
    return lambda copy: {"alpha_max": Number(copy.alpha_max(data.X, data.y, **settings))}


def guarantee(data: Data):
    def run(copy):
        model = penalised(copy, data)
        found = dict(vars(copy.rank_guarantee(model, data.X, data.y, **data.weighted)))
        found["smallest_curvature"] = Number(found["smallest_curvature"], 1e-3)
        return {k: Number(v) if isinstance(v, float) else v for k, v in found.items()}

    return run


def drawn(**options):
    def run(copy):
        made = copy.make_matrix_sensing(100, 8, 2, noise=0.1, random_state=3, **options)
        return dict(zip(("X", "y", "factor"), map(Number, made), strict=True))

    return run


def crossed(copy) -> Iterator[Case]:
    """Every setting with every kind of weights, in every use."""
    for setting, weights in product(SETTINGS, ("no", "integer", "real")):
        data = sensed(copy, setting, 600, 8, weights=weights)
        name = f"{setting}, {weights} weights"
        yield Case("alpha given", name, fit(data, share=0.02))
        yield Case("alpha and beta given", name, fit(data, share=0.02, beta=1e-3))
        yield Case("alpha auto", name, fit(data), *ENDS)
        yield Case("alpha = 0", name, fit(data, alpha=0.0), *FLAT)
        for alpha, options in (("given", {"share": 0.02}), ("auto", {})):
            yield Case("pipeline", f"{name}, {alpha}", pipeline(data, 1e-10, **options), *ENDS)
            run = pipeline(data, **options)
            yield Case("pipeline, default tol", f"{name}, {alpha}", run, *ENDS)
        yield Case("alpha_max", name, largest_alpha(data))
        yield Case("rank_guarantee", name, guarantee(data), *ENDS)
        yield Case("path", name, path(data, tol=1e-10, n_alphas=12))
        yield Case("path, default tol", name, path(data), *ENDS)
        run = fit(data, "GroupLassoMatrixSensingCV", cv=3, n_alphas=12, n_jobs=1)
        yield Case("cross-validation", name, run, *ENDS)
        for solver, carried in product(SOLVERS, (False, True)):
            options = {"solver": solver, "carried": carried, "max_iter": 3000, "n_components": 2}
            ends = () if solver == "gauss-newton" else ENDS
            run = fit(data, "FineTuner", **options)
            yield Case(f"tuning, {solver}", f"{name}, carried: {carried}", run, *ends)


def special(copy) -> Iterator[Case]:
    """Data and arguments that are not crossed with the others."""
    for kind in ("rank-one", "matrix"):
        plain = sensed(copy, kind, 500, 10, 3, seed=1)
        large = sensed(copy, kind, 1500, 30 if kind == "rank-one" else 20, 3, seed=2)
        exact = sensed(copy, kind, 300, 10, seed=3, noise=0.0)
        hidden = sensed(copy, kind, 55, 12, 4, seed=0 if kind == "rank-one" else 4)
        shares = {"sample_weight": np.full(500, 1 / 500)}
        cases = {
            "float32 rows": (replace(plain, X=plain.X.astype(np.float32)), {}),
            "random start": (plain, {"init": "random", "random_state": 7}),
            "more columns than rows": (plain, {"n_components": 15}),
            "one column too few": (plain, {"n_components": 2}),
            "correlated rows": (sensed(copy, kind, 500, 10, seed=4, tilt=0.7), {}),
            "few samples": (sensed(copy, kind, 70, 10, 1, seed=5), {}),
            "signals that hide each other": (hidden, {}),
            "much noise": (sensed(copy, kind, 1500, 6, seed=6, noise=1.0), {}),
            "noiseless": (exact, {}),
            "weights that sum to one": (replace(plain, weighted=shares), {}),
            "large side": (large, {}),
            "default tol": (plain, {"tol": 1e-8}),
        }
        if kind == "matrix":
            cases["3-D matrices"] = (replace(plain, X=plain.X.reshape(-1, 10, 10)), {})
        for name, (data, options) in cases.items():
            yield Case("special, given", f"{kind}, {name}", fit(data, share=0.03, **options))
            run = fit(data, **{"random_state": 0, "n_jobs": 1} | options)
            yield Case("special, auto", f"{kind}, {name}", run, *ENDS)
        run = fit(exact, "FineTuner", n_components=2, init="random", random_state=3)
        yield Case("tuning, special", f"{kind}, random start", run)
        run = fit(large, "FineTuner", n_components=20)
        yield Case("tuning, special", f"{kind}, many columns", run, *FLAT)
        for threshold in ("paper", "0.1*max"):
            run = pipeline(plain, 1e-10, share=0.02, threshold=threshold)
            yield Case("pipeline", f"{kind}, threshold {threshold}", run, *ENDS)
        for ratio, seed in product((1.05, 1.2), (2, 4, 6)):
            data = sensed(copy, kind, round(ratio * 23), 12, seed=seed, noise=0.0)
            name = f"{kind}, {ratio} samples a number, seed {seed}"
            yield Case("sampling limit", name, pipeline(data, 1e-10), *ENDS)
        yield Case("data sets", kind, drawn(measurement=kind, condition_number=3))


def members(copy) -> Iterator[Case]:
    """The models and the losses other than the first, in the uses that ask them most."""
    signed, huber = {"positive": False}, {"loss": "huber"}
    kinds = {"signed": signed, "Huber": huber, "signed Huber": signed | huber}
    for (kind, extra), setting in product(kinds.items(), SETTINGS):
        negative = "positive" in extra
        data = sensed(copy, setting, 600, 8, weights="real", seed=7, negative=negative)
        outliers = np.random.default_rng(8).random(600) < (0.05 if "loss" in extra else 0.0)
        y = np.where(outliers, 10.0 * np.std(data.y), data.y)
        data = replace(data, y=y, settings=data.settings | extra)
        yield Case(kind, f"{setting}, alpha given", fit(data, share=0.05), *ENDS)
        yield Case(kind, f"{setting}, alpha auto", fit(data), *ENDS)
        yield Case(kind, f"{setting}, path", path(data, tol=1e-10, n_alphas=8), *ENDS)
        yield Case(kind, f"{setting}, pipeline", pipeline(data, 1e-10), *ENDS)
    for setting, positive in product(("rank-one", "matrix"), (True, False)):
        settings = SETTINGS[setting]
        X, y, _ = copy.make_matrix_sensing(800, 6, 2, loss="log_loss", random_state=9, **settings)
        data = Data(X, y.astype(float), settings | {"positive": positive}, {})
        name = f"{setting}, positive={positive}"
        classifier = "GroupLassoMatrixSensingClassifier"
        yield Case("log loss", f"{name}, alpha given", fit(data, classifier, alpha=0.02), *ENDS)
        yield Case("log loss", f"{name}, alpha auto", fit(data, classifier), *ENDS)
        run = fit(data, "FineTunerClassifier", n_components=2)
        yield Case("log loss", f"{name}, tuning", run, *ENDS)


def table(_) -> Iterator[Case]:
    X, y = load_diabetes(return_X_y=True)
    data = Data((X - X.mean(axis=0)) / X.std(axis=0), y / y.std(), SETTINGS["bias"], {})
    for name, options in {"given": {"share": 0.05}, "auto": {}, "0": {"alpha": 0.0}}.items():
        yield Case("table", f"diabetes, alpha {name}", fit(data, **options), *TABLE)
        run = pipeline(data, 1e-10, **options)
        yield Case("table", f"diabetes, pipeline, alpha {name}", run, *TABLE)
    yield Case("table", "diabetes, path", path(data, tol=1e-10), *TABLE)


# The numbers.


def difference(before: Number, now: Number) -> float:
    """Relative, and infinite where shapes differ or something is finite in one only."""
    a, b = (np.asarray(number.value, dtype=float) for number in (before, now))
    if np.array_equal(a, b, equal_nan=True):
        return 0.0
    if a.shape != b.shape or not np.isfinite([a, b]).all():
        return np.inf
    size = np.abs if before.each else np.linalg.norm
    gap, scale = size(a - b), np.maximum(np.maximum(size(a), size(b)), before.unit)
    return float(np.max(gap / np.where(gap > 0, scale, 1.0)))


def outcome(case: Case, copy) -> tuple[dict, list]:
    """What a run found, and the steps that it took."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = case.run(copy)
    steps = [found.pop(name) for name in list(found) if name.endswith("steps")]
    return found | {"warnings": sorted({w.category.__name__ for w in caught})}, steps


def compare(case: Case, before, now) -> tuple[float, bool, bool]:
    """The largest difference, whether the case passes, and whether the steps are as many."""
    try:
        (old, old_steps), (new, new_steps) = outcome(case, before), outcome(case, now)
        gaps = {k: difference(v, new[k]) for k, v in old.items() if isinstance(v, Number)}
        wrong = [f"; {k}: {v} -> {new[k]}" for k, v in old.items() if k not in gaps and v != new[k]]
    except Exception as error:  # What a copy raises, or an attribute that it lost.
        print(f"FAILED {case.kind}: {case.name}: {type(error).__name__}: {error}", flush=True)
        return np.inf, False, False
    worst = max(gaps, key=gaps.get)
    passed = not wrong and gaps[worst] <= case.tol
    if wrong or gaps[worst] > 0:
        allowed = f"{case.tol:.0e}{case.reason and ', ' + case.reason}"
        print(f"{'within' if passed else 'FAILED'} {case.kind}: {case.name}: {worst} by "
              f"{gaps[worst]:.1e} (allowed {allowed}){''.join(wrong)}", flush=True)  # fmt: skip
    return gaps[worst], passed, old_steps == new_steps


def compare_numbers(before, now, only: str) -> bool:
    kinds: dict[str, list] = {}
    for case in (case for family in (crossed, members, special, table) for case in family(now)):
        if only in f"{case.kind}: {case.name}":
            kinds.setdefault(case.kind, []).append((case.tol, *compare(case, before, now)))
    print(f"{'kind':24}{'problems':>9}{'same steps':>11}{'largest':>9}{'allowed':>9}")
    for kind, results in kinds.items():
        allowed, gaps, passed, steps = zip(*results, strict=True)
        print(f"{kind:24}{len(gaps):9}{sum(steps):11}{max(gaps):9.1e}{max(allowed):9.0e}  "
              f"{'pass' if all(passed) else 'FAIL'}")  # fmt: skip
    verdicts = [passed for results in kinds.values() for _, _, passed, _ in results]
    print(f"{len(verdicts)} problems, {verdicts.count(False)} failed")
    return all(verdicts)


# The time.

# What a copy runs on X and y, given alpha, the rank and the settings of the problem.
RUNS = {
    "fit": lambda copy, alpha, r, s: copy.GroupLassoMatrixSensing(alpha=alpha, **s).fit,
    "pipeline": lambda copy, alpha, r, s: copy.make_pruning_pipeline(alpha=alpha, **s).fit,
    "oracle": lambda copy, alpha, r, s: copy.FineTuner(r, **s).fit,
    "pipeline, auto": lambda copy, alpha, r, s: copy.make_pruning_pipeline(**s).fit,
    "path": lambda copy, alpha, r, s: lambda X, y: copy.pruning_path(X, y, **s),
    "cross-validation": lambda copy, alpha, r, s: copy.GroupLassoMatrixSensingCV(**s).fit,
}
# Kind, side, samples, rank and condition number, with noise 0.1; and what is timed there.
TIMED = [
    ("rank-one", 100, 3000, 5, 10, tuple(RUNS)),
    ("rank-one", 100, 3000, 5, 1, ("pipeline, auto",)),
    ("rank-one", 500, 12_000, 4, 10, ("fit", "pipeline", "oracle")),
    ("matrix", 60, 1500, 3, 10, ("fit",)),
]


def cpu_seconds(run, X, y, times=1) -> float:
    began = process_time()
    for _ in range(times):
        run(X, y)
    return (process_time() - began) / times


def in_turn(runs: list, X, y, repetitions: int) -> np.ndarray:
    """CPU seconds, a row a repetition; short runs are repeated, and every other row turned."""
    first = [cpu_seconds(run, X, y) for run in runs]
    times = max(1, round(0.2 / max(first)))
    if max(first) > 5:
        repetitions = max(3, repetitions // 3)
    seconds = np.empty((repetitions, len(runs)))
    for i in range(repetitions):
        for j in range(len(runs))[:: -1 if i % 2 else 1]:
            seconds[i, j] = cpu_seconds(runs[j], X, y, times)
    return seconds


def compare_times(before, now, only: str, repetitions: int):
    print(f"{'case':52}{'before':>9}{'now':>9}{'ratio':>7}   of pairs")
    for kind, d, n, r, condition, names in TIMED:
        labels = {name: f"{name}, {kind}, d = {d}, condition {condition}" for name in names}
        labels = {name: label for name, label in labels.items() if only in label}
        if not labels:
            continue
        X, y, _ = now.make_matrix_sensing(
            n, d, r, measurement=kind, noise=0.1, condition_number=condition, random_state=0
        )
        settings = {"measurement": kind}
        alpha = now.GroupLassoMatrixSensing(**settings).fit(X, y).alpha_
        medians = {}
        for name, label in labels.items():
            runs = [RUNS[name](copy, alpha, r, settings) for copy in (before, now)]
            seconds = in_turn(runs, X, y, repetitions)
            ratios, medians[name] = seconds[:, 1] / seconds[:, 0], np.median(seconds, axis=0)
            print(f"{label:52}{medians[name][0]:9.4f}{medians[name][1]:9.4f}"
                  f"{np.median(ratios):7.3f}   {ratios.min():.3f} to {ratios.max():.3f}",
                  flush=True)  # fmt: skip
        if {"pipeline", "oracle"} <= medians.keys():
            over = medians["pipeline"] / medians["oracle"]
            print(f"pipeline over oracle, d = {d}: before {over[0]:.2f}, now {over[1]:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", type=Path, required=True, help="the checkout to compare with")
    parser.add_argument("--time", action="store_true", help="CPU seconds instead of numbers")
    parser.add_argument("--repetitions", type=int, default=9, help="of what is timed")
    parser.add_argument("--only", default="", help="a part of the names of the cases to take")
    options = parser.parse_args()
    before = load(options.before.resolve())
    now = load(Path(__file__).resolve().parents[2])
    with threadpool_limits(1):
        if not options.time:
            sys.exit(not compare_numbers(before, now, options.only))
        warnings.simplefilter("ignore")
        compare_times(before, now, options.only, options.repetitions)


if __name__ == "__main__":
    main()
