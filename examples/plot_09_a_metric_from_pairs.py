"""
A metric from pairs
===================

A Mahalanobis metric is learned from pairs of samples, of which it is only known whether both are of
the same class. A row of X is ``x_a − x_b``, and y is 0 for the same class and 1 for different
classes, so that ``‖Uᵀ (x_a − x_b)‖²`` is fitted to 0 or 1. Pruning finds the dimension of the space
``X @ U``, in which a 3-nearest-neighbour classifier is then trained.

Half of the pairs are of the same class; of random pairs of digits, 90 % would have y = 1.
``fit_intercept=True`` is set because a constant added to all squared distances changes no
neighbour, so that no column has to represent it. Points with a distance of 1 between all pairs of
classes do not exist in general. The fit is therefore approximate, and only its order of neighbours
is used.

The metric is compared with the standardised features, with PCA and
``NeighborhoodComponentsAnalysis`` (NCA) of the dimension found, and with linear discriminant
analysis (LDA), which has one dimension less than there are classes. NCA and LDA are given the
classes, not only pairs.

Run it with ``python examples/plot_09_a_metric_from_pairs.py`` (a minute or two).
"""

import argparse

import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier, NeighborhoodComponentsAnalysis
from sklearn.preprocessing import StandardScaler

from sklearn_prune import make_pruning_pipeline, pair_differences

METHODS = (
    "pruned metric",
    "NCA, same dimension",
    "PCA, same dimension",
    "LDA",
    "standardised features",
)


def draw_pairs(classes, n_pairs, rng):
    """Pairs of samples, half of them of the same class, and y (1 for different classes)."""
    a, b = rng.integers(len(classes), size=(2, 40 * n_pairs))
    different = classes[a] != classes[b]
    halves = [np.flatnonzero(different), np.flatnonzero(~different & (a != b))]
    kept = np.concatenate([half[: n_pairs // 2] for half in halves])
    return np.column_stack([a, b])[kept], different[kept].astype(float)


def split_and_scale(load, seed):
    X, classes = load(return_X_y=True)
    train, test, *classes = train_test_split(
        X, classes, test_size=0.3, stratify=classes, random_state=seed
    )
    scaler = StandardScaler().fit(train)
    return scaler.transform(train), scaler.transform(test), *classes


def learned_metric(train, classes, n_pairs, seed):
    """The factor U of the metric, without zero columns."""
    pairs, y = draw_pairs(classes, n_pairs, np.random.default_rng(seed))
    pipe = make_pruning_pipeline(fit_intercept=True, random_state=seed)
    return pipe.fit(pair_differences(pairs, train), y)["tune"].factor_


def accuracies(load, n_pairs, seed):
    """Accuracy of 3 nearest neighbours in each space, and the dimension found."""
    train, test, classes, truth = split_and_scale(load, seed)
    U = learned_metric(train, classes, n_pairs, seed)
    r = U.shape[1]
    nca = NeighborhoodComponentsAnalysis(r, random_state=seed).fit(train, classes)
    pca = PCA(r).fit(train)
    lda = LinearDiscriminantAnalysis().fit(train, classes)
    spaces = [
        (train @ U, test @ U),
        (nca.transform(train), nca.transform(test)),
        (pca.transform(train), pca.transform(test)),
        (lda.transform(train), lda.transform(test)),
        (train, test),
    ]
    scores = [KNeighborsClassifier(3).fit(A, classes).score(B, truth) for A, B in spaces]
    return scores, r


def comparison(scores):
    """Whether the metric is better or worse than the features by more than two standard errors."""
    gain = scores[:, 0] - scores[:, -1]
    if len(gain) == 1:
        return "has only one split, which allows no comparison"
    spread = gain.std(ddof=1) / np.sqrt(len(gain))
    if abs(gain.mean()) <= 2 * spread:
        return "makes no clear difference"
    return "improves the accuracy" if gain.mean() > 0 else "reduces the accuracy"


def main(quick=False, picture="metric.png"):
    # Loader, pairs and splits.
    problems = {
        "wine": (load_wine, 1000 if quick else 3000, 2 if quick else 20),
        "digits": (load_digits, 2000 if quick else 6000, 1 if quick else 6),
    }
    print("accuracy of 3 nearest neighbours, mean ± standard deviation over random splits")
    print(f"{'':8}{'dimension':>12}" + "".join(f"{name:>24}" for name in METHODS))
    scores = {}
    sentences = []
    for name, (load, n_pairs, splits) in problems.items():
        results = Parallel(n_jobs=2)(
            delayed(accuracies)(load, n_pairs, seed) for seed in range(splits)
        )
        scores[name] = np.array([accuracy for accuracy, _ in results])
        found = [r for _, r in results]
        full = load().data.shape[1]
        cells = "".join(
            f"{f'{mean:.3f} ± {sd:.3f}':>24}"
            for mean, sd in zip(scores[name].mean(axis=0), scores[name].std(axis=0), strict=True)
        )
        print(f"{name:8}{f'{min(found)} - {max(found)} of {full}':>12}{cells}", flush=True)
        sentences.append(
            f"on {name}, {np.median(found):g} dimensions of {full}, it {comparison(scores[name])}\n"
            f"({scores[name][:, 0].mean():.3f} against {scores[name][:, -1].mean():.3f} with the "
            f"standardised features, NCA {scores[name][:, 1].mean():.3f}, "
            f"LDA {scores[name][:, 3].mean():.3f})"
        )
    draw(scores, picture)
    print("\nWhat to see, for the metric learned from pairs:\n" + ";\n".join(sentences) + ".")


def draw(scores, picture):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    train, test, classes, truth = split_and_scale(load_wine, seed=0)
    U = learned_metric(train, classes, 1000, seed=0)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    space = test @ U
    for c, (marker, color) in enumerate(zip("o^s", ("#0072B2", "#E69F00", "black"), strict=True)):
        left.plot(*space[truth == c, :2].T, marker, color=color, mfc="none", label=f"class {c}")
    left.set(
        xlabel="first column of X @ U  (no unit)",
        ylabel="second column of X @ U  (no unit)",
        title="Wine: test samples in the learned space",
    )
    left.legend(loc="upper left", bbox_to_anchor=(0, -0.16), ncols=3)
    places = np.arange(len(METHODS))
    for shift, (name, values), style in zip((-0.1, 0.1), scores.items(), "os", strict=True):
        right.errorbar(
            values.mean(axis=0),
            places + shift,
            xerr=values.std(axis=0),
            fmt=style,
            capsize=3,
            color="#0072B2" if name == "wine" else "#D55E00",
            label=f"{name}, ± standard deviation",
        )
    right.set(yticks=places, yticklabels=METHODS, xlabel="accuracy of 3 nearest neighbours")
    right.invert_yaxis()
    right.legend(loc="upper right", bbox_to_anchor=(1, -0.16), ncols=2)
    if picture:
        figure.savefig(picture, dpi=120)
        print(f"picture: {picture}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer pairs and splits")
    parser.add_argument("--picture", default="metric.png", help="file to save; '' for none")
    arguments = parser.parse_args()
    main(arguments.quick, arguments.picture)
