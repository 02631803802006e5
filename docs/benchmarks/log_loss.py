"""Two classes: the rank by its two statistics, maximum likelihood, few samples, and two Gaussians.

``python docs/benchmarks/log_loss.py`` prints, on fresh random problems of columns of both signs,

1. how often rank and inertia are right at 20 to 40 samples per degree of freedom, by the ratio
   ``κ h̄ |σ_r| / ν`` of the weakest signal to the true level of the noise, where h̄ is the mean
   variance of a label; the error over that of maximum likelihood with the inertia known; and, where
   a column is missing, the likelihood ratio of the column that matters least, from fits of the
   known inertia and of one column less that start at the truth;
2. the quantiles of the likelihood ratio and of the score statistic at the true rank, which is their
   null, and at the ranks below;
3. held-out log losses with few samples;
4. two normal distributions whose covariances differ in two directions, beside quadratic
   discriminant analysis, logistic regression and support vectors on all products;
5. how often a fit with ``positive=True`` warns that a column which counts negatively is missing,
   where one is and where none is.

``--only grid`` and the like takes one of the parts.
"""

import argparse
import warnings
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from scipy import special
from signed import BANDS, INERTIAS, Hidden, degrees_of_freedom
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from sklearn_prune import (
    FineTunerClassifier,
    GroupLassoMatrixSensingClassifier,
    GroupLassoMatrixSensingClassifierCV,
    make_pruning_pipeline,
)
from sklearn_prune.losses import LogLoss
from sklearn_prune.models import Factor, Signed
from sklearn_prune.objective import Formulation, Objective, Problem
from sklearn_prune.selection import RankFit, likelihood_ratio_statistic, rank_path
from sklearn_prune.solvers import gauss_newton

# The 98 % quantile of the likelihood ratio at the true rank, from the second part.
LIKELY_NOISE = 2.71


@dataclass
class Drawn(Hidden):
    """A random problem."""

    odds: np.ndarray
    measurement: str

    def problem(self):
        formulation = Formulation(self.measurement, True, model=Signed(), loss=LogLoss())
        return Problem.from_data(self.X, self.y, np.ones(len(self.y)), formulation)

    def signal_to_noise(self):
        problem, p = self.problem(), special.expit(self.odds)
        noise = self.y - p
        level = np.linalg.norm(problem.residual_matrix(noise - noise.mean()), 2)
        share = np.mean(p * (1 - p)) / (self.y.mean() * (1 - self.y.mean()))
        return share * np.abs(self.signals).min() / problem.scaling.unit("M") / level


def draw(seed, ratios=(20, 40), sides=(10, 25), *, signed=True):
    """Log odds of standard deviation 1 to 3; signals of condition number up to 4."""
    rng = np.random.default_rng(seed)
    measurement = ("rank-one", "matrix")[seed % 2]
    positive, negative = INERTIAS[rng.integers(len(INERTIAS))]
    r, d = positive + negative, int(rng.integers(*sides))
    n = round(rng.uniform(*ratios) * degrees_of_freedom(d, r))
    sizes = np.linspace(1.0, 1.0 / rng.uniform(1, 4), r)
    signs = rng.permutation(np.repeat([1.0, -1.0], [positive, negative]))
    signals = sizes * signs if signed else sizes
    # <A, M> has the variance 2 ||M||² for a Gaussian x xᵀ, and ||M||² for a matrix.
    deviation = np.linalg.norm(signals) * (np.sqrt(2) if measurement == "rank-one" else 1.0)
    signals = signals * (rng.uniform(1, 3) / deviation)
    directions = np.linalg.qr(rng.standard_normal((d, r)))[0]
    factor = directions * np.sqrt(np.abs(signals))
    if measurement == "rank-one":
        X = rng.standard_normal((n, d))
        odds = (X @ directions) ** 2 @ signals - signals.sum()
    else:
        B = rng.standard_normal((n, d, d))
        X = (0.5 * (B + B.transpose(0, 2, 1))).reshape(n, -1)
        odds = X @ (directions * signals @ directions.T).ravel()
    odds = odds + rng.uniform(-0.5, 0.5)
    y = (rng.uniform(size=n) < special.expit(odds)) * 1.0
    return Drawn(X, y, factor, signals, odds, measurement)


def matrix_of(model):
    return model.factor_ * model.signs_ @ model.factor_.T


def inertia_of(signs):
    return int(np.sum(signs > 0)), int(np.sum(signs < 0))


def single_threaded(solve, *arguments):
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return solve(*arguments)


def in_parallel(solve, arguments, n_jobs):
    return Parallel(n_jobs=n_jobs)(delayed(single_threaded)(solve, *a) for a in arguments)


def pipeline(drawn, **settings):
    return make_pruning_pipeline(
        loss="log_loss", positive=False, measurement=drawn.measurement, random_state=0, **settings
    )


def maximum_likelihood(drawn):
    """The fit of the right inertia, started at the truth."""
    model = FineTunerClassifier(
        len(drawn.signals), positive=False, measurement=drawn.measurement, init=drawn.factor
    )
    return model.fit(drawn.X, drawn.y)


def ratio_of_least_column(drawn):
    """The smallest likelihood ratio of a column, per degree of freedom, in fits from the truth."""
    problem = drawn.problem()
    truth = problem.import_columns(Factor(drawn.factor, np.sign(drawn.signals)), "the truth")
    problem = problem.whitened()
    truth = problem.from_parent(truth)
    objective, rank = Objective(problem), truth.n_columns

    def solved(start):
        return RankFit.of(gauss_newton(objective, start, tol=1e-8, max_iter=300).point)

    smaller = [solved(truth.take(np.arange(rank) != j)) for j in range(rank)]
    fits = [min(smaller, key=lambda fit: fit.loss), solved(truth)]
    # Only the last two are read.
    return likelihood_ratio_statistic(problem, [fits[0]] * rank + [fits[1]], rank - 1)


def solve_grid(seed):
    drawn = draw(seed)
    pipe = pipeline(drawn).fit(drawn.X, drawn.y)
    found = inertia_of(pipe["tune"].signs_)
    over = np.nan
    if found == drawn.inertia:
        oracle = maximum_likelihood(drawn)
        errors = [np.linalg.norm(matrix_of(m) - drawn.truth) for m in (pipe["tune"], oracle)]
        if inertia_of(oracle.signs_) == drawn.inertia:
            over = errors[0] / errors[1]
    return {
        "seed": seed,
        "ratio": drawn.signal_to_noise(),
        "right": found == drawn.inertia,
        "more": sum(found) - sum(drawn.inertia),
        "certified": pipe["sense"].certificate_.holds,
        "over oracle": over,
        "least": np.nan if found == drawn.inertia else ratio_of_least_column(drawn),
    }


def grid(problems, n_jobs):
    first = 70_000
    found = in_parallel(solve_grid, [(first + i,) for i in range(problems)], n_jobs)
    print(f"rank and inertia, n/q 20 to 40, seeds {first} to {first + problems - 1}")
    for low, high in BANDS:
        band = [o for o in found if low < o["ratio"] <= high]
        right, more = sum(o["right"] for o in band), sum(o["more"] > 0 for o in band)
        print(f"  signal over noise {low} to {high}: right {right} of {len(band)}, more {more}")
    over = np.array([o["over oracle"] for o in found])
    over = over[np.isfinite(over)]
    print(f"  too many columns: {sum(o['more'] > 0 for o in found)} of {problems}")
    print(f"  certified: {sum(o['certified'] for o in found)} of {problems}")
    print(f"  error over that of maximum likelihood: {over.min():.6f} to {over.max():.6f}")
    wrong = [o["seed"] for o in found if not o["right"] and o["ratio"] > BANDS[-1][0]]
    print(f"  seeds wrong in the last band: {wrong}")
    least = np.array([o["least"] for o in found if not o["right"]])
    print(
        f"  likelihood ratio of the least column below {LIKELY_NOISE}, where a rank is wrong: "
        f"{np.sum(least < LIKELY_NOISE)} of {len(least)}"
    )


def solve_statistics(seed, ratio):
    drawn = draw(seed, (ratio, ratio))
    problem, rank = drawn.problem().whitened(), len(drawn.signals)
    fits = list(rank_path(problem, rank + 1, tol=1e-8))
    return [
        (j == rank, likelihood_ratio_statistic(problem, fits, j), fits[j].score)
        for j in range(min(rank + 1, len(fits) - 1))
    ]


def statistics(problems, n_jobs):
    for ratio in (20, 10, 5):
        seeds = [(80_000 + i, ratio) for i in range(problems)]
        rows = np.concatenate(in_parallel(solve_statistics, seeds, n_jobs))
        print(f"statistics at n/q = {ratio}: 5 %, 50 %, 95 %, 98 %")
        for is_null, name in ((1, "true rank"), (0, "below it")):
            some = rows[rows[:, 0] == is_null]
            for column, statistic in ((1, "likelihood ratio"), (2, "score")):
                values = np.quantile(some[:, column], [0.05, 0.5, 0.95, 0.98])
                print(f"  {name}, {statistic:17}", " ".join(f"{v:6.2f}" for v in values))


def solve_few(seed, ratio):
    drawn = draw(seed, (ratio, ratio), (10, 16))
    other = np.random.default_rng(seed + 1)
    n = 4000
    if drawn.measurement == "rank-one":
        X = other.standard_normal((n, len(drawn.truth)))
        odds = np.einsum("ia,ab,ib->i", X, drawn.truth, X)
    else:
        X = other.standard_normal((n, drawn.truth.size))
        odds = X @ drawn.truth.ravel()
    odds += np.mean(drawn.odds - pipeline_images(drawn))
    p = special.expit(odds)

    def held_out(model):
        q = np.clip(model.predict_proba(X)[:, 1], 1e-15, 1 - 1e-15)
        return -np.mean(p * np.log(q) + (1 - p) * np.log(1 - q))

    pipe = pipeline(drawn).fit(drawn.X, drawn.y)
    chosen = GroupLassoMatrixSensingClassifierCV(positive=False, measurement=drawn.measurement).fit(
        drawn.X, drawn.y
    )
    bayes = -np.mean(p * np.log(p) + (1 - p) * np.log(1 - p))
    losses = [held_out(m) - bayes for m in (pipe, chosen, maximum_likelihood(drawn))]
    return [*losses, pipe["sense"]._decided]


def pipeline_images(drawn):
    if drawn.measurement == "rank-one":
        return np.einsum("ia,ab,ib->i", drawn.X, drawn.truth, drawn.X)
    return drawn.X @ drawn.truth.ravel()


def few(problems, n_jobs):
    print("held-out log loss above that of the truth, mean: pipeline, CV, known inertia; decided")
    for ratio in (3, 5, 8, 12, 20):
        seeds = [(90_000 + i, ratio) for i in range(problems)]
        rows = np.array(in_parallel(solve_few, seeds, n_jobs))
        print(f"  n/q = {ratio:2}:", " ".join(f"{v:7.4f}" for v in rows.mean(axis=0)))
        for decided in (0, 1):
            some = rows[rows[:, 3] == decided]
            if len(some):
                means = " ".join(f"{v:7.4f}" for v in some.mean(axis=0)[:3])
                print(f"     {'decided' if decided else 'not':8} ({len(some)}): {means}")


def gaussians(seed, n, *, shift):
    """Two classes in 20 dimensions; variances 5 and .2 in two random directions of the second."""
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.standard_normal((20, 2)))[0]
    y = rng.integers(0, 2, n)
    X = rng.standard_normal((n, 20))
    stretched = X + (X @ Q) * (np.sqrt([5.0, 0.2]) - 1.0) @ Q.T + shift * Q[:, 0]
    return np.where(y[:, None] == 1, stretched, X), y


def competitors():
    products = [StandardScaler(), PolynomialFeatures(2, include_bias=False), StandardScaler()]
    strengths = {"logisticregression__C": np.geomspace(1e-4, 1e2, 13)}
    logistic = make_pipeline(*products, LogisticRegression(max_iter=3000))
    svc = make_pipeline(StandardScaler(), SVC(kernel="poly", degree=2, coef0=1.0))
    return {
        "QDA": QuadraticDiscriminantAnalysis(),
        "degree-2 logistic regression": logistic,
        "the same, C by cross-validation": GridSearchCV(
            logistic, strengths, scoring="neg_log_loss", cv=5
        ),
        "SVC of degree 2, calibrated": CalibratedClassifierCV(svc, cv=5),
        "SVC of degree 2, C by cross-validation": CalibratedClassifierCV(
            GridSearchCV(svc, {"svc__C": np.geomspace(1e-3, 10, 5)}, cv=5), cv=5
        ),
    }


def solve_gaussians(seed, shift):
    X, y = gaussians(seed, 21_000, shift=shift)
    X_train, y_train, X_test, y_test = X[:1000], y[:1000], X[1000:], y[1000:]
    models = {
        "this package": make_pruning_pipeline(
            loss="log_loss", positive=False, fit_bias=bool(shift), random_state=0
        ),
        **competitors(),
    }
    losses = {}
    for name, model in models.items():
        losses[name] = log_loss(y_test, model.fit(X_train, y_train).predict_proba(X_test))
    return losses | {"columns": models["this package"]["tune"].factor_.shape[1]}


def two_gaussians(problems, n_jobs):
    for shift in (0.0, 1.0):
        outcomes = in_parallel(solve_gaussians, [(s, shift) for s in range(problems)], n_jobs)
        print(f"two Gaussians, d = 20, n = 1000, means apart by {shift}: held-out log loss")
        for name in outcomes[0]:
            values = np.array([o[name] for o in outcomes])
            print(f"  {name:40} {values.mean():.3f} ({values.min():.3f} to {values.max():.3f})")


def solve_signs(seed, signed):
    drawn = draw(seed, signed=signed)
    model = GroupLassoMatrixSensingClassifier(measurement=drawn.measurement, tol=1e-3)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(drawn.X, drawn.y)
    return drawn.inertia[1] > 0, any("counts negatively" in str(w.message) for w in caught)


def signs(problems, n_jobs):
    first = 95_000
    seeds = range(first, first + problems)
    found = in_parallel(solve_signs, [(s, k) for s in seeds for k in (False, True)], n_jobs)
    print(f"positive=True, seeds {first} to {first + problems - 1}: warnings of a missing column")
    for is_missing, name in ((False, "no column counts negatively"), (True, "some column does")):
        warned = [w for missing, w in found if missing == is_missing]
        print(f"  {name:27}: {sum(warned)} of {len(warned)}")


PARTS = {
    "grid": grid,
    "statistics": statistics,
    "few": few,
    "gaussians": two_gaussians,
    "signs": signs,
}
PROBLEMS = {"grid": 400, "statistics": 40, "few": 4, "gaussians": 3, "signs": 200}


def main(only=None, problems=None, n_jobs=1):
    for name in [only] if only else PARTS:
        PARTS[name](problems or PROBLEMS[name], n_jobs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, default=None)
    parser.add_argument("--problems", type=int, default=None)
    parser.add_argument("--n-jobs", type=int, default=1)
    options = parser.parse_args()
    main(options.only, options.problems, options.n_jobs)
