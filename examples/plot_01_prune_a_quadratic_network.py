"""
Prune a quadratic network
=========================

A two-layer network with quadratic activations, ``y ≈ Σ_j (u_jᵀ x + b_j)²``, starts with one hidden
unit more than there are inputs. It is trained with the group lasso, pruned and fine-tuned. On
scikit-learn's diabetes data, pruning removes all but a few hidden units, and the score is as good
as before.

All scores are from nested cross-validation: the strength ``alpha`` and the threshold for pruning
are chosen on the training folds only.

Run it with ``python examples/plot_01_prune_a_quadratic_network.py``. It prints a table and writes a
picture to ``--picture``. ``--quick`` is a smaller version for tests.
"""

import argparse

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GridSearchCV, RepeatedKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from sklearn_prune import GroupLassoMatrixSensing, alpha_max, make_pruning_pipeline


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


def draw(pipe, unpruned, path):
    """Draw the norms of the columns before pruning, without and with the group lasso."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    pruner = pipe["prune"]
    positions = np.arange(1, len(pruner.column_norms_) + 1)
    figure, axes = plt.subplots(figsize=(6.5, 3.8), layout="constrained")
    axes.bar(positions - 0.2, unpruned.column_norms_, 0.4, color="0.7", label="alpha = 0")
    axes.bar(positions + 0.2, pruner.column_norms_, 0.4, color="tab:blue", label="group lasso")
    axes.axhline(pruner.threshold_, color="tab:red", linestyle="--", label="threshold for pruning")
    axes.set(
        xticks=positions,
        xlabel="hidden unit, in order of falling norm",
        ylabel="norm of its weights  (√ unit of y)",
        title=f"Diabetes: {pruner.n_columns_} of {len(positions)} hidden units are kept",
    )
    axes.legend()
    if path:
        figure.savefig(path, dpi=120)
        print(f"picture: {path}")


def main(quick=False, picture="column_norms.png"):
    X, y = load_diabetes(return_X_y=True)
    y = y / y.std()
    outer = RepeatedKFold(n_splits=3 if quick else 5, n_repeats=1 if quick else 3, random_state=0)

    scaled = StandardScaler().fit_transform(X)
    pipe = make_pruning_pipeline(fit_bias=True).fit(scaled, y)
    unpruned = GroupLassoMatrixSensing(alpha=0.0, fit_bias=True).fit(scaled, y)
    draw(pipe, unpruned, picture)
    top = alpha_max(scaled, y, fit_bias=True)

    print(f"diabetes: {X.shape[0]} patients, {X.shape[1]} features, {outer.get_n_splits()} splits")
    print(f"{'':32}{'R²':>6}  ± std   hidden units kept")
    for name, model in candidates(top, quick).items():
        scores = cross_validate(model, X, y, cv=outer, return_estimator=True)
        units = [hidden_units(fitted) for fitted in scores["estimator"]]
        kept = "" if units[0] is None else f"{np.median(units):g} ({min(units)} - {max(units)})"
        r2 = scores["test_score"]
        print(f"{name:32}{r2.mean():6.3f}  {r2.std():5.3f}   {kept}", flush=True)
    print(
        f"\nWhat to see: {min(units)} to {max(units)} of {X.shape[1] + 1} hidden units are left, "
        "and the score is as good as before. The scores of\nthe models differ by less than the "
        "spread between splits. Pruning gives a much smaller model\nwith an equal score, not a "
        "better score."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer splits and values")
    parser.add_argument("--picture", default="column_norms.png", help="file to save; '' for none")
    arguments = parser.parse_args()
    main(arguments.quick, arguments.picture)
