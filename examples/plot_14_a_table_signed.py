"""
A table, signed
===============

With ``fit_bias=True`` a prediction is a quadratic function of the features. With ``positive=True``
it is convex; with ``positive=False`` it is any quadratic function of few directions, some of which
count negatively. This example compares both on five tables with models that are not of low rank.

The command ``python examples/plot_14_a_table_signed.py`` runs the full version in half a minute.
It needs the package ``vega_datasets``, from the extra ``doc``, which carries one of the tables, and
compares with a factorisation machine where the package ``myfm``, from the same extra, is installed.
"""

import argparse
import importlib.util
import warnings
from contextlib import redirect_stderr
from io import StringIO

import matplotlib.pyplot as plt
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

quick = False  # True takes two of the five tables.
# sphinx_gallery_start_ignore
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="two tables")
parser.add_argument("--picture", default="a_table_signed.png", help="file to save; '' for none")
arguments = parser.parse_args()
quick = arguments.quick
# sphinx_gallery_end_ignore

# %%
# Tables and models
# -----------------
#
# Degree-2 ridge regression fits any quadratic function of all features, and boosted trees are not
# quadratic at all. A factorisation machine has a linear function and products of different
# features, whose coefficients are those of a matrix of low rank off its diagonal, and no squares.
# Alpha and the ridges are chosen by cross-validation on the training samples, and the factorisation
# machine averages over samples of its posterior.


def cars():
    """Miles per gallon from six numbers; rows with a missing number are left out."""
    table = data.cars().dropna()
    table["Year"] = table["Year"].dt.year
    names = ["Cylinders", "Displacement", "Horsepower", "Weight_in_lbs", "Acceleration", "Year"]
    return table[names].to_numpy(float), table["Miles_per_Gallon"].to_numpy(float)


class FactorisationMachine:
    """That of myfm, for a response of variance one."""

    def fit(self, X, y):
        from myfm import MyFMRegressor

        self.mean, self.deviation = y.mean(), y.std()
        self.machine = MyFMRegressor(rank=4, random_seed=0)
        self.machine.fit(X, (y - self.mean) / self.deviation)
        return self

    def predict(self, X):
        return self.mean + self.deviation * self.machine.predict(X)


def models():
    penalties = np.geomspace(1e-2, 1e4, 13)
    quadratic = {"fit_bias": True, "fit_intercept": True, "cv": 5}
    return {
        "positive": GroupLassoMatrixSensingCV(**quadratic),
        "signed": GroupLassoMatrixSensingCV(positive=False, **quadratic),
        "ridge": RidgeCV(penalties),
        "ridge, deg 2": make_pipeline(
            PolynomialFeatures(2, include_bias=False), StandardScaler(), RidgeCV(penalties)
        ),
        "boosting": HistGradientBoostingRegressor(random_state=0),
    } | ({"factor. m.": FactorisationMachine()} if importlib.util.find_spec("myfm") else {})


tables = {"friedman3": make_friedman3(500, noise=0.1, random_state=0), "cars": cars()}
if not quick:
    tables["friedman1"] = make_friedman1(500, noise=1.0, random_state=0)
    tables["friedman2"] = make_friedman2(500, noise=125.0, random_state=0)
    tables["diabetes"] = load_diabetes(return_X_y=True)

# %%
# R² in five folds
# ----------------
#
# The table has R² of the predictions of all folds, and in brackets the mean number of columns of
# the two models of this package.


def predict(X, y, train, test, name):
    """Predictions for the test samples, and the number of columns if there are any."""
    scaler = StandardScaler().fit(X[train])
    model = models()[name]
    with warnings.catch_warnings(), redirect_stderr(StringIO()):
        # Of the smallest alphas of a grid, some do not converge; myfm shows its progress.
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


NAMES = tuple(models())
jobs = [(X, y, name) for X, y in tables.values() for name in NAMES]
results = np.array(Parallel(n_jobs=2)(delayed(score)(*job) for job in jobs))
scores, columns = results.T.reshape(2, len(tables), len(NAMES))

print(f"{'table':10}{'n':>6}{'d':>4}" + "".join(f"{name:>13}" for name in NAMES))
for (table, (X, _)), row, numbers in zip(tables.items(), scores, columns, strict=True):
    print(f"{table:10}{X.shape[0]:6}{X.shape[1]:4}", end="")
    for r, c in zip(row, numbers, strict=True):
        print(f"{f'{r:.3f}' if np.isnan(c) else f'{r:.3f} ({c:.1f})':>13}", end="")
    print()

figure, ax = plt.subplots(figsize=(6.8, 4), layout="constrained")
markers = ("o", "s", "v", "^", "D", "x")
colors = ("tab:blue", "tab:orange", "0.6", "0.3", "black", "tab:green")
for values, name, marker, color in zip(scores.T, NAMES, markers, colors, strict=False):
    ax.plot(values, range(len(tables)), marker, color=color, label=name, markersize=8, mfc="none")
ax.set(yticks=range(len(tables)), yticklabels=list(tables), xlabel="R² in five folds")
ax.set_title("Held-out R² of each model on each table", fontsize="medium")
ax.margins(y=0.2)
ax.invert_yaxis()
ax.grid(axis="y", alpha=0.3)
figure.legend(loc="outside upper center", ncols=3)
# sphinx_gallery_start_ignore
if arguments.picture:
    figure.savefig(arguments.picture, dpi=120)
    print(f"picture: {arguments.picture}")
# sphinx_gallery_end_ignore

# %%
# On friedman3 and the cars the signed model has about the score of the better one of the positive
# model and of degree-2 ridge, with two or three columns. Friedman3 is not convex, and the positive
# model cannot follow it; a convex function is enough for the cars, where all quadratic models
# agree. Boosting has the best score on both. The factorisation machine is as good as the quadratic
# models where squares are not needed: on the cars, but not on friedman3. In the full version, with
# three further tables, the signed model was within 0.012 of the better one of positive and degree-2
# ridge on each table, and the factorisation machine 0.19 below it where friedman1 has a square.
