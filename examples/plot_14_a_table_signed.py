"""
A table, signed
===============

With ``fit_bias=True`` a prediction is a quadratic function of the features. With ``positive=True``
it is convex; with ``positive=False`` it is any quadratic function of few directions, some of which
count negatively. Degree-2 ridge regression fits any quadratic function of all features, and boosted
trees are not quadratic at all.

Five tables, each cross-validated in five folds; alpha and the ridges are chosen by a further
cross-validation inside each fold. The table shows R² and, for the two quadratic models, the mean
number of columns.

Run it with ``python examples/plot_14_a_table_signed.py`` (a minute or two).
"""

import argparse
import warnings

import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import (
    load_diabetes,
    make_friedman1,
    make_friedman2,
    make_friedman3,
)
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from vega_datasets import data

from sklearn_prune import GroupLassoMatrixSensingCV

NAMES = ("positive", "signed", "ridge", "degree-2 ridge", "boosting")


def cars():
    """Miles per gallon from six numbers; rows with a missing number are left out."""
    table = data.cars().dropna()
    table["Year"] = table["Year"].dt.year
    names = ["Cylinders", "Displacement", "Horsepower", "Weight_in_lbs", "Acceleration", "Year"]
    return table[names].to_numpy(float), table["Miles_per_Gallon"].to_numpy(float)


def tables():
    return {
        "friedman1": make_friedman1(500, noise=1.0, random_state=0),
        "friedman2": make_friedman2(500, noise=125.0, random_state=0),
        "friedman3": make_friedman3(500, noise=0.1, random_state=0),
        "diabetes": load_diabetes(return_X_y=True),
        "cars": cars(),
    }


def models():
    penalties = np.geomspace(1e-2, 1e4, 13)
    quadratic = {"fit_bias": True, "fit_intercept": True, "cv": 5}
    return {
        "positive": GroupLassoMatrixSensingCV(**quadratic),
        "signed": GroupLassoMatrixSensingCV(positive=False, **quadratic),
        "ridge": RidgeCV(penalties),
        "degree-2 ridge": make_pipeline(
            PolynomialFeatures(2, include_bias=False), StandardScaler(), RidgeCV(penalties)
        ),
        "boosting": HistGradientBoostingRegressor(random_state=0),
    }


def predict(X, y, train, test, name):
    """Predictions for the test samples, and the number of columns if there are any."""
    scaler = StandardScaler().fit(X[train])
    model = models()[name]
    with warnings.catch_warnings():
        # Of the smallest alphas of a grid, some do not converge.
        warnings.simplefilter("ignore")
        model.fit(scaler.transform(X[train]), y[train])
    return model.predict(scaler.transform(X[test])), getattr(model, "rank_", np.nan)


def score(X, y, name):
    """R² of the predictions of all folds, and the mean number of columns."""
    folds = list(KFold(5, shuffle=True, random_state=0).split(X))
    results = [predict(X, y, train, test, name) for train, test in folds]
    predicted = np.empty_like(y)
    for (_, test), (values, _) in zip(folds, results, strict=True):
        predicted[test] = values
    return r2_score(y, predicted), np.mean([columns for _, columns in results])


def main(quick=False, picture="a_table_signed.png"):
    chosen = {n: t for n, t in tables().items() if not quick or n in ("friedman3", "cars")}
    jobs = [(X, y, name) for X, y in chosen.values() for name in NAMES]
    results = Parallel(n_jobs=2)(delayed(score)(*job) for job in jobs)
    scores = np.array([r for r, _ in results]).reshape(len(chosen), -1)
    columns = np.array([c for _, c in results]).reshape(len(chosen), -1)
    print("R² in five folds; columns of the quadratic models in brackets")
    print(f"{'table':12}{'n':>6}{'d':>4}" + "".join(f"{name:>16}" for name in NAMES))
    for (name, (X, _)), row, numbers in zip(chosen.items(), scores, columns, strict=True):
        print(f"{name:12}{X.shape[0]:6}{X.shape[1]:4}", end="")
        texts = [
            f"{r:.3f}" + ("" if np.isnan(c) else f" ({c:.1f})")
            for r, c in zip(row, numbers, strict=True)
        ]
        print("".join(f"{text:>16}" for text in texts))
    draw(list(chosen), scores, picture)
    gain = scores[:, 1] - np.maximum(scores[:, 0], scores[:, 3])
    lead = dict(zip(chosen, scores[:, 4] - scores[:, 1], strict=True))
    better = ", ".join(name for name in lead if lead[name] > 0.01) or "none"
    worse = ", ".join(name for name in lead if lead[name] < -0.01) or "none"
    print(
        f"\nWhat to see: the signed model differs from the better of the positive one and degree-2 "
        f"ridge by {gain.min():+.3f}\nto {gain.max():+.3f}; less than .01 is a tie. Boosting is "
        f"better by more than that on {better}, and worse on {worse}."
    )


def draw(names, scores, picture):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6.5, 3.8), layout="constrained")
    markers = "osv^D"
    for values, name, marker in zip(scores.T, NAMES, markers, strict=True):
        ax.plot(values, range(len(names)), marker, label=name, markersize=7, alpha=0.8)
    ax.set(yticks=range(len(names)), yticklabels=names, xlabel="R² in five folds", ylabel="table")
    ax.invert_yaxis()
    ax.grid(axis="y", alpha=0.3)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    if picture:
        figure.savefig(picture, dpi=200)
        print(f"picture: {picture}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="two tables")
    parser.add_argument("--picture", default="a_table_signed.png", help="file to save; '' for none")
    arguments = parser.parse_args()
    main(arguments.quick, arguments.picture)
