"""
Choosing alpha three ways
=========================

This example fits a network of quadratic hidden units to the diabetes data. Its ``alpha`` is

* chosen from the data, ``alpha="auto"``;
* chosen by `sklearn_prune.GroupLassoMatrixSensingCV`, which fits the penalised problem along a path
  of alphas in every fold;
* chosen by ``GridSearchCV`` over the whole pipeline with pruning and fine-tuning, together with the
  threshold; ``memory`` keeps the trained steps, so that each alpha is trained once per fold.

The command ``python examples/plot_10_choosing_alpha_three_ways.py`` runs the full version in half a
minute.
"""

import argparse
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_prune import (
    FineTuner,
    GreedyColumnPruner,
    GroupLassoMatrixSensingCV,
    alpha_max,
    make_pruning_pipeline,
)

quick = False  # True takes fewer folds and fewer values of alpha.
# sphinx_gallery_start_ignore
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="fewer folds and values")
parser.add_argument("--picture", default="choosing_alpha.png", help="file to save; '' for none")
arguments = parser.parse_args()
quick = arguments.quick
# sphinx_gallery_end_ignore

# %%
# Three models
# ------------
#
# Each model chooses alpha on the patients that it is fitted to.


def candidates(top, values, memory):
    """The three ways by name."""
    path = GroupLassoMatrixSensingCV(n_alphas=values, fit_bias=True)
    by_path = Pipeline(
        [("sense", path), ("prune", GreedyColumnPruner()), ("tune", FineTuner(fit_bias=True))]
    )
    grid = {
        "sense__alpha": top * np.geomspace(1e-3, 0.5, values),
        "prune__threshold": ["auto", "0.1*max", "0.3*max"],
    }
    searched = make_pruning_pipeline(fit_bias=True, memory=memory)
    return {
        'alpha="auto"': make_pruning_pipeline(fit_bias=True),
        "GroupLassoMatrixSensingCV": by_path,
        "GridSearchCV, memory": GridSearchCV(searched, grid, cv=5),
    }


def measure(model, X, y, folds):
    """R² on each fold, hidden units kept, alpha, and seconds of a fit."""
    results = cross_validate(
        make_pipeline(StandardScaler(), model), X, y, cv=folds, return_estimator=True
    )
    fitted = [estimator[-1] for estimator in results["estimator"]]
    pipes = [getattr(model, "best_estimator_", model) for model in fitted]
    units = np.array([pipe["prune"].n_columns_ for pipe in pipes])
    alphas = np.array([pipe["sense"].alpha_ for pipe in pipes])
    return results["test_score"], units, alphas, results["fit_time"]


# %%
# Scores, hidden units and times
# ------------------------------
#
# The table has the score on held-out patients, the number of hidden units kept (median, smallest
# and largest), alpha as a part of the smallest one at which all columns are zero, and the seconds
# of choosing and fitting.

X, y = load_diabetes(return_X_y=True)
y = y / y.std()
folds = KFold(2 if quick else 5, shuffle=True, random_state=0)
scaled = StandardScaler().fit_transform(X)
top = alpha_max(scaled, y, fit_bias=True)
values = 5 if quick else 20

print(f"diabetes: {X.shape[0]} patients, {X.shape[1]} features, {folds.get_n_splits()} folds")
print(f"{'':28}{'R²':>6}  ± std   units kept  alpha/alpha_max  seconds per fit")
chosen = {}
with TemporaryDirectory() as memory:
    for name, model in candidates(top, values, memory).items():
        scores, units, alphas, seconds = measure(model, X, y, folds)
        chosen[name] = np.median(alphas)
        print(
            f"{name:28}{scores.mean():6.3f}  {scores.std():5.3f}   "
            f"{f'{np.median(units):g} ({units.min()} - {units.max()})':12}"
            f"{np.median(alphas) / top:<15.3f}  {np.median(seconds):.2f}",
            flush=True,
        )

# %%
# The mean scores differ by less than the scores of one model do from fold to fold. ``alpha="auto"``
# is the fastest by far, because it needs no folds; the grid search is the slowest.
#
# The three alphas on the path
# ----------------------------
#
# The curve is the held-out error of the penalised fit along the path, before any fine-tuning. It
# begins above the variance of y, because the mean of y is fitted by the columns as well.

model = GroupLassoMatrixSensingCV(n_alphas=values, fit_bias=True).fit(scaled, y)
mean = model.mse_path_.mean(axis=1)
spread = model.mse_path_.std(axis=1) / np.sqrt(model.mse_path_.shape[1])
figure, ax = plt.subplots(figsize=(6.8, 4.4), layout="constrained")
ax.fill_between(model.alphas_ / top, mean - spread, mean + spread, color="0.85", lw=0)
ax.plot(model.alphas_ / top, mean, color="0.4", label="held-out error, ± its standard error")
styles = (("black", "-"), ("tab:orange", "--"), ("tab:blue", ":"))
for (name, alpha), (color, style) in zip(chosen.items(), styles, strict=True):
    ax.axvline(alpha / top, color=color, linestyle=style, linewidth=2, label=name)
ax.set(xscale="log", xlabel="alpha / alpha_max", ylabel="mean squared error  (variance of y = 1)")
ax.set_title("Cross-validated error, and alpha by three choices", fontsize="medium")
figure.legend(loc="outside upper center", ncols=2)
# sphinx_gallery_start_ignore
if arguments.picture:
    figure.savefig(arguments.picture, dpi=120)
    print(f"picture: {arguments.picture}")
# sphinx_gallery_end_ignore

# %%
# ``GroupLassoMatrixSensingCV`` minimises this curve. A smaller alpha shrinks the columns less, so
# that its choice suits prediction better than finding a rank. The alpha of ``alpha="auto"`` is
# larger, because it only has to decide which columns are nonzero: fine-tuning removes the
# shrinkage. The grid search scores the model after fine-tuning, so that it does not need as small
# an alpha as the cross-validation of the penalised fit.
