"""
Choosing alpha three ways
=========================

This example fits a network of quadratic hidden units to the diabetes data. Its ``alpha`` is

* chosen from the data, ``alpha="auto"``;
* chosen by `sklearn_prune.GroupLassoMatrixSensingCV`, which fits the penalised problem along a path
  of alphas in every fold;
* chosen by ``GridSearchCV`` over the whole pipeline with pruning and fine-tuning, together with the
  threshold; ``memory`` keeps the trained steps, so that each alpha is trained once per fold.

It prints the score on held-out patients, the number of hidden units kept, and the time of choosing
and fitting.

Run it with ``python examples/plot_10_choosing_alpha_three_ways.py`` (half a minute).
"""

import argparse
from tempfile import TemporaryDirectory

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


def candidates(top, values, memory):
    """The three ways by name; each chooses alpha on the patients that it is fitted to."""
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


def draw(model, top, chosen, picture):
    """Draw the errors along the path, and the alpha of each way."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
    mean, folds = model.mse_path_.mean(axis=1), model.mse_path_.shape[1]
    spread = model.mse_path_.std(axis=1) / np.sqrt(folds)
    alphas = model.alphas_ / top
    ax.fill_between(alphas, mean - spread, mean + spread, color="tab:blue", alpha=0.2, lw=0)
    ax.plot(
        alphas,
        mean,
        color="tab:blue",
        label="held-out error before fine-tuning, ± its standard error",
    )
    styles = (("black", "-"), ("tab:orange", "--"), ("tab:green", ":"))
    for (name, alpha), (color, style) in zip(chosen.items(), styles, strict=True):
        ax.axvline(alpha / top, color=color, linestyle=style, label=name)
    ax.set(
        xscale="log", xlabel="alpha / alpha_max", ylabel="mean squared error  (variance of y = 1)"
    )
    figure.legend(loc="outside upper center", ncols=2)
    if picture:
        figure.savefig(picture, dpi=120)
        print(f"picture: {picture}")


def main(quick=False, picture="choosing_alpha.png"):
    X, y = load_diabetes(return_X_y=True)
    y = y / y.std()
    folds = KFold(2 if quick else 5, shuffle=True, random_state=0)
    scaled = StandardScaler().fit_transform(X)
    top = alpha_max(scaled, y, fit_bias=True)
    values = 5 if quick else 20

    print(f"diabetes: {X.shape[0]} patients, {X.shape[1]} features, {folds.get_n_splits()} folds")
    print(f"{'':28}{'R²':>6}  ± std   units kept  alpha/alpha_max  seconds per fit")
    rows, chosen = {}, {}
    with TemporaryDirectory() as memory:
        for name, model in candidates(top, values, memory).items():
            scores, units, alphas, seconds = measure(model, X, y, folds)
            rows[name] = scores.mean(), np.median(units), np.median(seconds)
            chosen[name] = np.median(alphas)
            print(
                f"{name:28}{scores.mean():6.3f}  {scores.std():5.3f}   "
                f"{f'{np.median(units):g} ({units.min()} - {units.max()})':12}"
                f"{np.median(alphas) / top:<15.3f}  {np.median(seconds):.2f}",
                flush=True,
            )
    path = GroupLassoMatrixSensingCV(n_alphas=values, fit_bias=True).fit(scaled, y)
    draw(path, top, chosen, picture)

    scores, units, seconds = np.array(list(rows.values())).T
    names = list(rows)
    print(
        f"\nWhat to see: the mean scores differ by {np.ptp(scores):.3f}, and {units.min():g} to "
        f"{units.max():g} units are kept in the median fold.\n"
        f"{names[seconds.argmin()]} is the fastest, {seconds.max() / seconds.min():.0f} times "
        f"faster than\n{names[seconds.argmax()]}. GroupLassoMatrixSensingCV minimises the error of "
        "the penalised fit.\nA smaller alpha reduces its shrinkage, so that the choice suits "
        "prediction better than finding a rank.\nThe picture shows the error of the fit before "
        "fine-tuning, which removes the shrinkage."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer folds and values")
    parser.add_argument("--picture", default="choosing_alpha.png", help="file to save; '' for none")
    arguments = parser.parse_args()
    main(arguments.quick, arguments.picture)
