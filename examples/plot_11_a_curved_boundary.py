"""
A curved boundary
=================

Two normal distributions in 20 dimensions have equal means, and covariances that differ in two
directions only: the second class spreads wider along one of them and less along the other. The log
odds are then a quadratic form of rank two. Three standard classifiers estimate quadratic forms of
full rank:

* quadratic discriminant analysis, which estimates two covariance matrices;
* logistic regression on all products of two features, with its penalty chosen by cross-validation;
* support vectors with a kernel of degree 2, whose values are calibrated to probabilities.

``make_pruning_pipeline(loss="log_loss", positive=False)`` finds that there are two directions,
which they are, and their signs. The example prints the log loss on held-out samples, beside that of
the true densities, and draws the samples and the lines of even odds in the plane of the two
directions that it found. The other classifiers' lines are drawn in that plane too, where their
remaining coordinates are zero.

Run it with ``python examples/plot_11_a_curved_boundary.py`` (a quarter of a minute).
"""

import argparse

import numpy as np
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC

from sklearn_prune import make_pruning_pipeline

WIDER, NARROWER = 5.0, 0.2


def two_classes(n, d, rng):
    """Standard normal samples, of which the second class is stretched along two directions."""
    Q = np.linalg.qr(rng.standard_normal((d, 2)))[0]
    y = rng.integers(0, 2, n)
    X = rng.standard_normal((n, d))
    stretched = X + (X @ Q) * (np.sqrt([WIDER, NARROWER]) - 1.0) @ Q.T
    return np.where(y[:, None] == 1, stretched, X), y, Q


def true_odds(X, Q):
    """``log p_1(x) − log p_0(x)`` of the two densities."""
    variances = np.array([WIDER, NARROWER])
    return (X @ Q) ** 2 @ (0.5 * (1.0 - 1.0 / variances)) - 0.5 * np.log(variances).sum()


def classifiers():
    products = [StandardScaler(), PolynomialFeatures(2, include_bias=False), StandardScaler()]
    strengths = {"logisticregression__C": np.geomspace(1e-4, 1.0, 9)}
    return {
        "this package": make_pruning_pipeline(loss="log_loss", positive=False, random_state=0),
        "QDA": QuadraticDiscriminantAnalysis(),
        "logistic, degree 2": GridSearchCV(
            make_pipeline(*products, LogisticRegression(max_iter=2000)),
            strengths,
            scoring="neg_log_loss",
            cv=5,
        ),
        "SVC, degree 2": CalibratedClassifierCV(
            make_pipeline(StandardScaler(), SVC(kernel="poly", degree=2, coef0=1.0)), cv=5
        ),
    }


def draw(fitted, X, y, Q, factor):
    import matplotlib.pyplot as plt

    plane = np.linalg.qr(factor)[0]
    # Turned so that the plane looks the same whatever the basis of it that was found.
    plane = plane @ np.linalg.qr(plane.T @ Q)[0]
    plane *= np.sign(np.sum(plane * Q, axis=0))
    limit = 6.0
    grid = np.linspace(-limit, limit, 121)
    a, b = np.meshgrid(grid, grid)
    points = np.column_stack([a.ravel(), b.ravel()]) @ plane.T
    flat = X @ plane
    figure, axes = plt.subplots(2, 2, figsize=(7.4, 7.6), sharex=True, sharey=True)
    figure.set_layout_engine("constrained")
    for ax, (name, (model, loss)) in zip(axes.ravel(), fitted.items(), strict=True):
        for label, colour in ((0, "tab:blue"), (1, "tab:orange")):
            ax.plot(*flat[y == label].T, ".", ms=3, alpha=0.5, color=colour, label=f"class {label}")
        probabilities = model.predict_proba(points)[:, 1].reshape(a.shape)
        ax.contour(a, b, probabilities, [0.5], colors="k", linewidths=1.6)
        odds = true_odds(points, Q).reshape(a.shape)
        ax.contour(a, b, odds, [0.0], colors="k", linewidths=1.0, linestyles="dotted")
        ax.set(title=f"{name}: {loss:.3f}", aspect="equal", xlim=(-limit, limit))
        ax.set(ylim=(-limit, limit))
    axes[0, 0].legend(loc="upper right", fontsize=8)
    figure.supxlabel("the direction along which class 1 spreads wider")
    figure.supylabel("the direction along which class 1 is narrower")
    figure.suptitle(
        "Even odds in the plane that was found (dotted: the truth), with held-out log losses",
        fontsize=10,
    )
    return figure


def main(quick, picture):
    n, d, others = 1000, 20, 4_000 if quick else 20_000
    rng = np.random.default_rng(0)
    X, y, Q = two_classes(n + others, d, rng)
    train, test = slice(n), slice(n, None)
    fitted = {}
    print(f"{n} samples in {d} dimensions; log loss on {others} others")
    for name, model in classifiers().items():
        probabilities = model.fit(X[train], y[train]).predict_proba(X[test])
        fitted[name] = model, log_loss(y[test], probabilities)
        print(f"{name:20} {fitted[name][1]:.3f}", flush=True)
    print(f"{'the true densities':20} {log_loss(y[test], expit(true_odds(X[test], Q))):.3f}")
    tune = fitted["this package"][0]["tune"]
    figure = draw(fitted, X[train], y[train], Q, tune.factor_)
    if picture:
        figure.savefig(picture, dpi=120)

    numbers = [loss for _, loss in fitted.values()]
    print(
        f"\nWhat to see: {tune.factor_.shape[1]} columns are found, with the signs "
        f"{tune.signs_.astype(int).tolist()}. Their log loss is {numbers[0]:.3f}, that of the\n"
        f"best of the others {min(numbers[1:]):.3f}: those spend the samples on "
        f"{d * (d + 1) // 2} numbers, and two columns have {2 * d - 1}."
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer held-out samples")
    parser.add_argument(
        "--picture", default="curved_boundary.png", help="file to save; '' for none"
    )
    arguments = parser.parse_args()
    main(arguments.quick, arguments.picture)
