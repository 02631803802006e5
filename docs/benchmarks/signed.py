"""Signed models: rank and inertia, certificates, starts, the guarantee, time, and tables.

``python docs/benchmarks/signed.py`` prints, on fresh random problems,

1. how often rank and inertia are right, by the ratio ``κ|σ_r|/ν`` of the weakest signal to the true
   level of the noise, with the error over that of an oracle that knows the inertia;
2. whether a random start of 2 d columns ends at the value of the spectral start;
3. how often the inertia statement of ``rank_guarantee`` is made, and how often it is true;
4. the time over that of the positive model on problems of positive matrices;
5. R² on tables by 5-fold cross-validation, alpha being chosen in each training part.

``--only grid`` and the like takes one of the parts.
"""

import argparse
import warnings
from dataclasses import dataclass
from time import process_time

import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import load_diabetes, make_friedman1, make_friedman2, make_friedman3
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from threadpoolctl import threadpool_limits

from sklearn_prune import (
    FineTuner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    alpha_max,
    make_pruning_pipeline,
)
from sklearn_prune.inspection import rank_guarantee
from sklearn_prune.models import Signed
from sklearn_prune.objective import Formulation, Problem

degrees_of_freedom = Signed().degrees_of_freedom
INERTIAS = [(1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (0, 2), (1, 0)]
BANDS = [(0, 1), (1, 1.5), (1.5, 2.5), (2.5, np.inf)]


@dataclass
class Hidden:
    """Data of a hidden matrix; signals are its eigenvalues."""

    X: np.ndarray
    y: np.ndarray
    factor: np.ndarray
    signals: np.ndarray

    @property
    def truth(self):
        return self.factor * np.sign(self.signals) @ self.factor.T

    @property
    def inertia(self):
        return int(np.sum(self.signals > 0)), int(np.sum(self.signals < 0))


@dataclass
class Drawn(Hidden):
    """A random problem."""

    epsilon: np.ndarray
    settings: dict

    def problem(self, y):
        formulation = Formulation(**self.settings, model=Signed())
        return Problem.from_data(self.X, y, np.ones(len(y)), formulation)

    def signal_to_noise(self):
        """``κ|σ_r|/ν`` of the true noise."""
        problem = self.problem(self.y)
        unit = problem.scaling.unit
        epsilon = self.epsilon - problem.profiles_offset * self.epsilon.mean()
        level = np.linalg.norm(problem.residual_matrix(epsilon / unit("y")), 2)
        weakest = np.abs(self.signals).min() / unit("M")
        return weakest / level if level > 0 else np.inf


def draw(seed, *, sides=(15, 41), ratios=(3, 10), noise=(0.0, 0.03, 0.1, 0.3, 0.6)):
    """Signals from 1 down to 1/condition number, in random order of signs."""
    rng = np.random.default_rng(seed)
    measurement = ("rank-one", "matrix")[seed % 2]
    positive, negative = INERTIAS[rng.integers(len(INERTIAS))]
    r, d = positive + negative, int(rng.integers(*sides))
    n = round(rng.uniform(*ratios) * degrees_of_freedom(d, r))
    sizes = np.linspace(1.0, 1.0 / rng.uniform(1, 6), r)
    signals = sizes * rng.permutation(np.repeat([1.0, -1.0], [positive, negative]))
    factor = np.linalg.qr(rng.standard_normal((d, r)))[0] * np.sqrt(sizes)
    M = factor * np.sign(signals) @ factor.T
    if measurement == "rank-one":
        X = rng.standard_normal((n, d))
        y = np.einsum("ia,ab,ib->i", X, M, X)
    else:
        B = rng.standard_normal((n, d, d))
        X = (0.5 * (B + B.transpose(0, 2, 1))).reshape(n, -1)
        y = X @ M.ravel()
    epsilon = float(rng.choice(noise)) * rng.standard_normal(n)
    settings = {"measurement": measurement, "fit_intercept": bool(seed // 2 % 2)}
    return Drawn(X, y + epsilon, factor, signals, epsilon, settings)


def matrix_of(model):
    return model.factor_ * model.signs_ @ model.factor_.T


def inertia_of(signs):
    return int(np.sum(signs > 0)), int(np.sum(signs < 0))


def single_threaded(solve, seed):
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return solve(seed)


def oracle_error(drawn):
    """The error of least squares over the right inertia, started at the truth."""
    tuner = FineTuner(len(drawn.signals), init=drawn.factor, positive=False, **drawn.settings)
    tuner.fit(drawn.X, drawn.y)
    assert inertia_of(tuner.signs_) == drawn.inertia
    return np.linalg.norm(matrix_of(tuner) - drawn.truth)


def solve_grid(seed):
    drawn = draw(seed)
    pipe = make_pruning_pipeline(positive=False, random_state=0, **drawn.settings)
    pipe.fit(drawn.X, drawn.y)
    error = np.linalg.norm(matrix_of(pipe["tune"]) - drawn.truth)
    found = inertia_of(pipe["tune"].signs_)
    ratio, size = drawn.signal_to_noise(), np.linalg.norm(drawn.truth)
    over = np.nan if np.isinf(ratio) or found != drawn.inertia else error / oracle_error(drawn)
    return {
        "seed": seed,
        "ratio": ratio,
        "right": found == drawn.inertia,
        "found": found,
        "inertia": drawn.inertia,
        "certified": pipe["sense"].certificate_.holds,
        "error": error / size,
        "over oracle": over,
    }


def grid(problems, n_jobs):
    first = 50_000
    seeds = range(first, first + problems)
    found = Parallel(n_jobs=n_jobs)(delayed(single_threaded)(solve_grid, s) for s in seeds)
    print(f"rank and inertia, seeds {first} to {first + problems - 1}")
    print(f"{'':22}{'':5}{'right':>8}  error / oracle where right: median, 95 %, max")
    exact = [o for o in found if np.isinf(o["ratio"])]
    right, largest = np.mean([o["right"] for o in exact]), max(o["error"] for o in exact)
    print(f"{'noiseless':22}{len(exact):5}{right:8.3f}   largest error {largest:.1e}")
    for low, high in BANDS:
        inside = [o for o in found if low < o["ratio"] <= high and o not in exact]
        right = np.mean([o["right"] for o in inside]) if inside else np.nan
        over = [o["over oracle"] for o in inside if o["right"]]
        text = f"κ|σ_r|/ν {low} to {high}"
        quantiles = np.quantile(over, [0.5, 0.95, 1.0]) if over else [np.nan] * 3
        print(f"{text:22}{len(inside):5}{right:8.3f}" + "".join(f"{q:10.5f}" for q in quantiles))
    print(f"certificates that hold: {sum(o['certified'] for o in found)} of {len(found)}")
    for o in found:
        if o["ratio"] > 2.5 and not o["right"]:
            print(f"  seed {o['seed']}: {o['inertia']}, ratio {o['ratio']:.2f}, found {o['found']}")


def solve_start(seed):
    drawn = draw(seed, noise=(0.1,))
    alpha = 0.1 * alpha_max(drawn.X, drawn.y, positive=False, **drawn.settings)
    settings = drawn.settings | {"alpha": alpha, "positive": False, "tol": 1e-9}
    values = [
        GroupLassoMatrixSensing(
            2 * len(drawn.factor), init=init, random_state=seed, **settings
        ).fit(drawn.X, drawn.y).objective_
        for init in ("spectral", "random")
    ]  # fmt: skip
    return abs(values[1] / values[0] - 1.0)


def starts(problems, n_jobs):
    seeds = range(60_000, 60_020)
    found = Parallel(n_jobs=n_jobs)(delayed(single_threaded)(solve_start, s) for s in seeds)
    same = sum(d < 1e-8 for d in found)
    print(f"a random start of 2 d columns ends at the same value: {same} of {len(found)},")
    print(f"largest relative difference {max(found):.1e}")


def solve_guarantee(seed):
    rng = np.random.default_rng(seed)
    drawn = draw(seed, sides=(6, 21), ratios=(2.5, 20), noise=(0.03, 0.1, 0.3, 0.6))
    X, y = drawn.X, drawn.y
    settings = {
        "measurement": drawn.settings["measurement"],
        "fit_intercept": drawn.settings["measurement"] == "rank-one",
        "positive": False,
    }
    alpha = "auto"
    if seed % 4 >= 2:
        alpha = alpha_max(X, y, **settings) * np.exp(rng.uniform(np.log(0.003), np.log(0.5)))
    model = GroupLassoMatrixSensing(alpha=alpha, random_state=0, **settings).fit(X, y)
    guarantee = rank_guarantee(model, X, y)
    if not guarantee.applies:
        return None
    kept, limit = np.array(guarantee.inertia), guarantee.detection_limit
    visible = np.array([np.sum(drawn.signals > limit), np.sum(drawn.signals < -limit)])
    return {
        "no spurious column claimed": guarantee.no_spurious_column,
        "(a) holds as claimed": not guarantee.no_spurious_column
        or bool(np.all(kept <= drawn.inertia)),
        "(b) holds as claimed": bool(np.all(kept >= visible)),
        "both tell the inertia": guarantee.no_spurious_column
        and bool(np.all(visible == drawn.inertia)),
        "right inertia": bool(np.all(kept == drawn.inertia)),
    }


def guarantees(problems, n_jobs):
    first = 70_000
    seeds = range(first, first + 2 * problems)
    found = Parallel(n_jobs=n_jobs)(delayed(single_threaded)(solve_guarantee, s) for s in seeds)
    made = [o for o in found if o]
    print(f"the statement of rank_guarantee is made in {len(made)} of {len(found)} problems")
    for name in made[0]:
        print(f"  {name:30}{sum(o[name] for o in made):5} of {len(made)}")


def cpu_seconds(settings, X, y):
    began = process_time()
    make_pruning_pipeline(random_state=0, **settings).fit(X, y)
    return process_time() - began


def times(problems, n_jobs):
    """Fits of positive matrices with both models, in turns."""
    print("CPU time of the signed model over that of the positive one, on positive matrices")
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for measurement, d, r, n in (
            ("rank-one", 20, 2, 400),
            ("rank-one", 50, 3, 2000),
            ("rank-one", 100, 5, 5000),
            ("matrix", 20, 2, 400),
            ("matrix", 40, 3, 1000),
        ):
            ratios = []
            for seed in range(9):
                rng = np.random.default_rng(seed)
                factor = np.linalg.qr(rng.standard_normal((d, r)))[0]
                if measurement == "rank-one":
                    X = rng.standard_normal((n, d))
                    y = np.sum((X @ factor) ** 2, axis=1)
                else:
                    B = rng.standard_normal((n, d, d))
                    X = (0.5 * (B + B.transpose(0, 2, 1))).reshape(n, -1)
                    y = X @ (factor @ factor.T).ravel()
                y = y + 0.1 * rng.standard_normal(n)
                settings = {"measurement": measurement, "fit_intercept": True}
                one = cpu_seconds(settings, X, y)
                ratios.append(cpu_seconds(settings | {"positive": False}, X, y) / one)
            name = f"{measurement} d={d} r={r} n={n}"
            spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
            print(f"  {name:30}{np.median(ratios):8.2f}   ({spread})", flush=True)


def tables():
    yield "friedman1 (500, 10, noise 1)", *make_friedman1(500, noise=1.0, random_state=0)
    yield "friedman2 (500, noise 100)", *make_friedman2(500, noise=100.0, random_state=0)
    yield "friedman3 (500, noise 0.1)", *make_friedman3(500, noise=0.1, random_state=0)
    yield "diabetes", *load_diabetes(return_X_y=True)


def scores(problems, n_jobs):
    """Mean R² of five folds; features are standardised on each training part."""
    folds = KFold(5, shuffle=True, random_state=0)
    print("R², KFold(5, shuffle=True, random_state=0), and columns of the fit to all")
    print(f"{'':30}{'positive':>10}{'signed':>10}{'ridge':>10}{'ridge 2':>10}   columns + and −")
    alphas = np.geomspace(1e-3, 1e4, 15)
    quadratic = PolynomialFeatures(2, include_bias=False)
    for name, X, y in tables():
        models = [
            GroupLassoMatrixSensingCV(fit_bias=True, positive=True),
            GroupLassoMatrixSensingCV(fit_bias=True, positive=False),
            RidgeCV(alphas),
            make_pipeline(quadratic, StandardScaler(), RidgeCV(alphas)),
        ]
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = [
                cross_val_score(make_pipeline(StandardScaler(), m), X, y, cv=folds).mean()
                for m in models
            ]
            signs = models[1].fit(StandardScaler().fit_transform(X), y).signs_
        numbers = "".join(f"{v:10.3f}" for v in values)
        print(f"{name:30}{numbers}   {inertia_of(signs)}", flush=True)


PARTS = {"grid": grid, "starts": starts, "guarantee": guarantees, "time": times, "tables": scores}


def main(problems=400, only=None, jobs=2):
    for part, run in PARTS.items():
        if only in (None, part):
            run(problems, jobs)
            print()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=400, help="of the grid; twice for part 3")
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.problems, arguments.only, arguments.jobs)
