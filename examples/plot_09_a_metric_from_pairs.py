"""
A metric from pairs
===================

A Mahalanobis metric is learned from pairs of samples, of which it is only known whether both are of
the same class. A row of X is ``x_a − x_b``, and y is 0 for the same class and 1 for different
classes, so that ``‖Uᵀ (x_a − x_b)‖²`` is fitted to 0 or 1. Pruning finds the dimension of the space
``X @ U``, in which a 3-nearest-neighbour classifier is then trained.

The command ``python examples/plot_09_a_metric_from_pairs.py`` runs the full version in a quarter of
a minute.
"""

import argparse
import warnings

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier, NeighborhoodComponentsAnalysis
from sklearn.preprocessing import StandardScaler

from sklearn_prune import RankWarning, make_pruning_pipeline, pair_differences

quick = False  # True takes fewer pairs and fewer splits.
# sphinx_gallery_start_ignore
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="fewer pairs and splits")
parser.add_argument("--picture", default="metric.png", help="file to save; '' for none")
arguments = parser.parse_args()
quick = arguments.quick
# sphinx_gallery_end_ignore

# %%
# The space of the metric
# -----------------------
#
# Half of the pairs are of the same class; of random pairs of digits, 90 % would have y = 1.
# ``fit_intercept=True`` is set because a constant added to all squared distances changes no
# neighbour, so that no column has to represent it. Points with a distance of 1 between all pairs of
# classes do not exist in general. The fit is therefore approximate, and only its order of
# neighbours is used.


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
    with warnings.catch_warnings():
        # Squared distances are no good model of 0 and 1, and the fit warns of its residuals.
        warnings.simplefilter("ignore", RankWarning)
        return pipe.fit(pair_differences(pairs, train), y)["tune"].factor_


train, test, classes, truth = split_and_scale(load_wine, seed=0)
U = learned_metric(train, classes, 1000, seed=0)
space = test @ U
print(f"wine: {U.shape[1]} dimensions of {U.shape[0]}")

figure, ax = plt.subplots(figsize=(5.6, 4.6), layout="constrained")
for c, (marker, color) in enumerate(zip("o^s", ("tab:blue", "tab:orange", "black"), strict=True)):
    ax.plot(*space[truth == c, :2].T, marker, color=color, mfc="none", label=f"class {c}")
ax.set(
    xlabel="first column of X @ U  (no unit)",
    ylabel="second column of X @ U  (no unit)",
)
ax.set_title("Wines of the test part in two learned directions", fontsize="medium")
figure.legend(loc="outside upper center", ncols=3)
# sphinx_gallery_start_ignore
if arguments.picture:
    figure.savefig(arguments.picture, dpi=120)
    print(f"picture: {arguments.picture}")
# sphinx_gallery_end_ignore

# %%
# Two dimensions of the 13 are left. The points are test samples of wine, of which no pair was used;
# the three classes hardly touch.
#
# The accuracy of neighbours
# --------------------------
#
# The metric is compared with the standardised features, with PCA and
# ``NeighborhoodComponentsAnalysis`` (NCA) of the dimension found, and with linear discriminant
# analysis (LDA), which has one dimension less than there are classes. NCA and LDA are given the
# classes, not only pairs.

METHODS = (
    "pruned metric",
    "NCA, same dimension",
    "PCA, same dimension",
    "LDA",
    "standardised features",
)


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


# Loader, pairs and splits.
problems = {
    "wine": (load_wine, 1000 if quick else 3000, 2 if quick else 20),
    "digits": (load_digits, 2000 if quick else 6000, 1 if quick else 6),
}
print("accuracy of 3 nearest neighbours, mean ± standard deviation over random splits")
print(f"{'':10}{'splits':>8}{'features':>10}{'dimensions':>12}")
scores = {}
for name, (load, n_pairs, splits) in problems.items():
    results = Parallel(n_jobs=2)(delayed(accuracies)(load, n_pairs, seed) for seed in range(splits))
    scores[name] = np.array([accuracy for accuracy, _ in results])
    found = [r for _, r in results]
    features = load().data.shape[1]
    dimensions = " - ".join(map(str, sorted({min(found), max(found)})))
    print(f"{name:10}{splits:8}{features:10}{dimensions:>12}", flush=True)

print("\n" + f"{'':22}" + "".join(f"{name:>18}" for name in scores))
for i, method in enumerate(METHODS):
    cells = (f"{part[:, i].mean():.3f} ± {part[:, i].std():.3f}" for part in scores.values())
    print(f"{method:22}" + "".join(f"{cell:>18}" for cell in cells))

figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
places = np.arange(len(METHODS))
styles = (("tab:blue", "o"), ("tab:orange", "s"))
for shift, (name, part), (color, marker) in zip((-0.1, 0.1), scores.items(), styles, strict=True):
    ax.errorbar(
        part.mean(axis=0),
        places + shift,
        xerr=part.std(axis=0),
        fmt=marker,
        capsize=3,
        color=color,
        label=f"{name}, ± standard deviation",
    )
ax.set(yticks=places, yticklabels=METHODS, xlabel="accuracy of 3 nearest neighbours")
ax.set_title("Accuracy of neighbours by each metric", fontsize="medium")
ax.invert_yaxis()
figure.legend(loc="outside upper center", ncols=2)

# %%
# On wine the metric learned from pairs is about as good as LDA, which is given the classes, and
# better than the standardised features. On digits the metric is better than PCA of the same
# dimension and about as good as LDA, but worse than NCA, which is given the classes, and worse than
# all 64 features. One split, as on digits in the quick version, allows no comparison of small
# differences.
