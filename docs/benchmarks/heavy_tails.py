"""Tables whose features have long tails: where fine-tuning predicts badly, is this warned of?

``python docs/benchmarks/heavy_tails.py`` draws tables of 150 to 800 rows and 4 to 14 features, most
of them correlated, and fits `PrunedMatrixSensing` with biases, positive with an offset and signed
without. The features are normal, log-normal or of Student's t with 3 degrees of freedom, and y is
one of five functions that are not quadratic, with noise. A fit is bad if its R² on 5,000 fresh rows
is 0.1 or more below that of the penalised fit, or below zero. The script prints for each kind of
feature how many fits are bad, how many of these are warned of by any `RankWarning`, and by that of
fine-tuning, how many of the others are warned of by that, and the quartiles of the R² on fresh rows
of the fits warned of and of `GroupLassoMatrixSensingCV` on the same tables.

``--tables 200`` is their number, and ``--first 0`` the first seed.
"""

import argparse
import warnings

import numpy as np
from joblib import Parallel, delayed
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sklearn_prune import GroupLassoMatrixSensingCV, PrunedMatrixSensing, RankWarning

FEATURES = {
    "Student's t": lambda rng, shape: rng.standard_t(3, shape),
    "log-normal": lambda rng, shape: np.exp(rng.standard_normal(shape)),
    "normal": lambda rng, shape: rng.standard_normal(shape),
}
FUNCTIONS = (
    lambda u, v: np.abs(u) + 0.3 * v,
    lambda u, v: np.tanh(u) + np.tanh(v) ** 2,
    lambda u, v: u + u * v,
    lambda u, v: np.sin(2 * u) + v,
    lambda u, v: np.log1p(u**2) + np.sign(v) * np.sqrt(np.abs(v)),
)
N_FRESH = 5000
BAD = 0.1


def draw(seed):
    """The kind of features, and a table with fresh rows at its end."""
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(150, 801)), int(rng.integers(4, 15))
    mixing = rng.standard_normal((d, d)) if rng.random() < 0.7 else np.eye(d)
    kind = list(FEATURES)[rng.integers(3)]
    X = FEATURES[kind](rng, (n + N_FRESH, d)) @ mixing
    X /= X.std(axis=0)
    directions = rng.standard_normal((d, 2)) / np.sqrt(d)
    y = FUNCTIONS[rng.integers(5)](*(X @ directions).T)
    y /= np.median(np.abs(y - np.median(y)))
    noise = rng.standard_t(3, len(y)) if rng.random() < 0.5 else rng.standard_normal(len(y))
    return kind, X, y + rng.uniform(0.1, 1.0) * noise, n


def solve(seed, positive):
    """Kind of features, whether a fit is bad, its warnings, and R² of it and of the CV class."""
    kind, X, y, n = draw(seed)
    settings = {"positive": positive, "fit_bias": True, "fit_intercept": positive}
    scaler = StandardScaler().fit(X[:n])
    Z, fresh = scaler.transform(X[:n]), scaler.transform(X[n:])
    model = PrunedMatrixSensing(**settings)
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(Z, y[:n])
    texts = [str(w.message) for w in caught if w.category is RankWarning]
    told = any("decide the columns found" in text for text in texts)
    tuned, penalized = (m.score(fresh, y[n:]) for m in (model, model.pipeline_["sense"]))
    by_cv = np.nan
    if told:
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            chosen = make_pipeline(StandardScaler(), GroupLassoMatrixSensingCV(**settings))
            by_cv = chosen.fit(X[:n], y[:n]).score(X[n:], y[n:])
    return kind, tuned < max(penalized, 0.0) - BAD, bool(texts), told, tuned, by_cv


def row(name, outcomes):
    bad, warned, told = (np.array([o[i] for o in outcomes], dtype=bool) for i in (1, 2, 3))
    text = (
        f"{name:14}{len(outcomes):6}{bad.sum():6}{np.sum(bad & warned):8}{np.sum(bad & told):6}"
        f"{np.sum(~bad & told):8}"
    )
    for i in (4, 5):
        if told.any():
            values = [o[i] for o in outcomes if o[3]]
            text += "   " + " ".join(f"{v:6.2f}" for v in np.quantile(values, [0.25, 0.5, 0.75]))
    return text


def main(tables, first, n_jobs):
    tasks = [
        (seed, positive) for seed in range(first, first + tables) for positive in (True, False)
    ]
    outcomes = Parallel(n_jobs=n_jobs)(delayed(solve)(*task) for task in tasks)
    print(f"seeds {first} to {first + tables - 1}, each positive and signed")
    print(
        f"{'features':14}{'fits':>6}{'bad':>6}{'warned':>8}{'told':>6}{'others':>8}"
        f"{'R² of those told':>23}{'of the CV class':>23}"
    )
    for kind in FEATURES:
        print(row(kind, [o for o in outcomes if o[0] == kind]))
    print(row("all", outcomes))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.tables, arguments.first, arguments.jobs)
