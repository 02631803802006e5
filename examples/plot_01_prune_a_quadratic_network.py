"""
Prune a quadratic network
=========================

A two-layer network with quadratic activations, ``y ≈ Σ_j (u_jᵀ x + b_j)²``, starts with one hidden
unit more than there are inputs. This example trains the network on scikit-learn's diabetes data
with the group lasso, prunes it and fine-tunes it. Pruning removes all but a few hidden units, and
the score on held-out patients stays about the same.

The command ``python examples/plot_01_prune_a_quadratic_network.py`` runs the full version in about
a minute.
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GridSearchCV, RepeatedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from sklearn_prune import GroupLassoMatrixSensing, alpha_max, make_pruning_pipeline

quick = False  # True takes fewer splits and fewer values of alpha.
# sphinx_gallery_start_ignore
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="fewer splits and values")
parser.add_argument("--picture", default="column_norms.png", help="file to save; '' for none")
arguments = parser.parse_args()
quick = arguments.quick
# sphinx_gallery_end_ignore

# %%
# The columns before pruning
# --------------------------
#
# The response is divided by its standard deviation, and the features are standardised. Each hidden
# unit is one column of the factor. The network is fitted twice: without a penalty (``alpha = 0``)
# and with the group lasso, whose strength ``alpha="auto"`` takes from the data. The bars are the
# norms of the columns before any of them is pruned.

X, y = load_diabetes(return_X_y=True)
y = y / y.std()
scaled = StandardScaler().fit_transform(X)

unpruned = GroupLassoMatrixSensing(alpha=0.0, fit_bias=True).fit(scaled, y)
pipe = make_pruning_pipeline(fit_bias=True).fit(scaled, y)
pruner = pipe["prune"]

positions = np.arange(1, len(pruner.column_norms_) + 1)
figure, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
ax.bar(positions - 0.2, unpruned.column_norms_, 0.4, color="0.75", label="alpha = 0")
ax.bar(
    positions + 0.2, pruner.column_norms_, 0.4, color="tab:blue", hatch="//", label="group lasso"
)
ax.axhline(pruner.threshold_, color="black", linestyle="--", label="threshold for pruning")
ax.set(
    xticks=positions,
    xlabel="hidden unit, in order of falling norm",
    ylabel="norm of its weights  (√ unit of y)",
)
ax.set_title("Norms of the hidden units, and the threshold", fontsize="medium")
ax.legend()
# sphinx_gallery_start_ignore
if arguments.picture:
    figure.savefig(arguments.picture, dpi=120)
    print(f"picture: {arguments.picture}")
# sphinx_gallery_end_ignore

# %%
# Without the penalty eight of the eleven hidden units have weights, and their norms fall without a
# gap in which a threshold could be placed. With the group lasso two hidden units are left, and the
# other nine are exactly zero. The pruner therefore has nothing to decide.
#
# Six models
# ----------
#
# The scores are from nested cross-validation: the strength ``alpha`` and the threshold for pruning
# are chosen on the training folds only. The other models have their usual inner search.


def candidates(top, quick):
    """The models, each with its usual inner search."""
    n_alphas = 3 if quick else 8
    search = {"cv": 3 if quick else 5, "n_jobs": -1}
    ridges = np.geomspace(1e-2, 1e4, 25)
    pruned = make_pruning_pipeline(fit_bias=True)
    pruned.steps.insert(0, ("scale", StandardScaler()))
    return {
        "Ridge": make_pipeline(StandardScaler(), RidgeCV(ridges)),
        "Ridge, degree-2 polynomials": make_pipeline(
            StandardScaler(), PolynomialFeatures(2), StandardScaler(), RidgeCV(ridges)
        ),
        "gradient boosting": GridSearchCV(
            GradientBoostingRegressor(n_estimators=100, random_state=0),
            {"max_depth": [1, 2], "learning_rate": [0.03, 0.1]},
            **search,
        ),
        "network, unpruned (alpha = 0)": make_pipeline(
            StandardScaler(), GroupLassoMatrixSensing(alpha=0.0, fit_bias=True)
        ),
        "network, pruned, alpha='auto'": pruned,
        "network, pruned, grid search": GridSearchCV(
            pruned,
            {
                "sense__alpha": top * np.geomspace(3e-3, 0.3, n_alphas),
                "prune__threshold": ["auto", "0.2*max", "0.4*max"],
            },
            **search,
        ),
    }


def hidden_units(model):
    """Hidden units of a fitted network, or None for other models."""
    model = getattr(model, "best_estimator_", model)
    last = model[-1] if hasattr(model, "steps") else model
    if hasattr(last, "factor_"):
        return int(np.any(last.factor_, axis=0).sum())
    return None


# %%
# The table has the mean and the standard deviation of R² over the splits, and the median, the
# smallest and the largest number of hidden units that are left.

outer = RepeatedKFold(n_splits=3 if quick else 5, n_repeats=1 if quick else 3, random_state=0)
top = alpha_max(scaled, y, fit_bias=True)

print(f"diabetes: {X.shape[0]} patients, {X.shape[1]} features, {outer.get_n_splits()} splits")
print(f"{'':32}{'R²':>6}  ± std   hidden units kept")
for name, model in candidates(top, quick).items():
    scores = cross_validate(model, X, y, cv=outer, return_estimator=True)
    units = [hidden_units(fitted) for fitted in scores["estimator"]]
    kept = "" if units[0] is None else f"{np.median(units):g} ({min(units)} - {max(units)})"
    r2 = scores["test_score"]
    print(f"{name:32}{r2.mean():6.3f}  {r2.std():5.3f}   {kept}", flush=True)

# %%
# The mean scores of the models differ by about as much as one score does from split to split, or by
# less. Pruning gives a much smaller network with an equal score, not a better score. The number of
# hidden units does not have to be known: both ways of choosing ``alpha`` leave at most a few.
