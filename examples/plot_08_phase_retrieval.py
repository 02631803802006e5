"""
Phase retrieval
===============

An image u is observed through intensities ``y_i = <x_i, u>²`` with Gaussian ``x_i``; the signs of
the products are lost. The measurements are linear in ``M = u uᵀ``, which has rank one. Pruning has
to find both this rank and u.

All data are real. With complex images or measurements, a phase is lost instead of each sign, and M
is Hermitian; this package does not cover that case.

The command ``python examples/plot_08_phase_retrieval.py`` runs the full version in about a minute.
The image is a part of one that comes with scikit-learn.
"""

import argparse
import warnings

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import load_sample_image

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, RankWarning, make_pruning_pipeline

quick = False  # True takes an image of 8 × 8 pixels instead of 16 × 16, and one draw.
# sphinx_gallery_start_ignore
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="a smaller image, one draw")
parser.add_argument("--picture", default="phase_retrieval.png", help="file to save; '' for none")
arguments = parser.parse_args()
quick = arguments.quick
# sphinx_gallery_end_ignore

# %%
# The image from its intensities
# ------------------------------
#
# There are four intensities for each pixel, with noise of 1 % of their standard deviation.
# Intensities do not distinguish u from −u, so the sign is taken from the truth here.


def grey_image(side):
    """A square of the picture with values between 0 and 1; each pixel is the mean of a block."""
    grey = load_sample_image("china.jpg").mean(axis=2)[:416, 112:528] / 255
    block = 416 // side
    return grey.reshape(side, block, side, block).mean(axis=(1, 3))


def intensities(u, ratio, noise, seed):
    """The vectors x_i and the squares of their products with u, `ratio` for each pixel."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((ratio * u.size, u.size))
    y = (X @ u) ** 2
    return X, y + noise * y.std() * rng.standard_normal(y.size)


def with_sign_of(u, found):
    return found if u @ found >= 0 else -found


def show(ax, image, title, label="brightness  (white = 1)", **colours):
    """Draw an image with its colour bar."""
    drawn = ax.imshow(image, **colours)
    ax.set_title(title, fontsize="medium")
    ax.set(xlabel="column  (pixel)", ylabel="row  (pixel)")
    ax.locator_params(integer=True)
    ax.figure.colorbar(drawn, ax=ax, label=label, shrink=0.8)


side = 8 if quick else 16
truth = grey_image(side)
X, y = intensities(truth.ravel(), ratio=4, noise=0.01, seed=0)
pipe = make_pruning_pipeline(random_state=0)
factor = pipe.fit(X, y)["tune"].factor_
recovered = with_sign_of(truth.ravel(), factor[:, 0]).reshape(side, side)

figure, ax = plt.subplots(figsize=(5, 4), layout="constrained")
show(ax, recovered, "recovered", cmap="gray", vmin=0, vmax=1)
# sphinx_gallery_start_ignore
if arguments.picture:
    figure.savefig(arguments.picture, dpi=120)
    print(f"picture: {arguments.picture}")
# sphinx_gallery_end_ignore

# %%
# This is the longest column that pruning has left. The next picture compares it with the truth.

error = recovered - truth
size = np.abs(error).max()
figure, (above, below) = plt.subplots(2, 1, figsize=(5, 7.6), layout="constrained")
show(above, truth, "truth", cmap="gray", vmin=0, vmax=1)
show(below, error, "recovered − truth", "difference", cmap="PuOr", vmin=-size, vmax=size)

# %%
# The two images look the same. The scale below shows how small the errors are, and they look
# like noise: nothing of the image is left in them.
#
# Other methods, fewer intensities
# --------------------------------
#
# The pipeline is compared with least squares that are given the rank, with the start of most other
# methods (the top eigenvector of ``Σ y_i x_i x_iᵀ``), and with the longest column of the unpruned
# fit. The last two columns of the table are the number of columns that pruning leaves, and the
# number of draws in which the pipeline gives a ``RankWarning``.

METHODS = ("pruned", "rank 1 given", "top eigenvector", "unpruned")


def top_eigenvector(X, y):
    """The top eigenvector, scaled so that its mean intensity is that of y."""
    _, vectors = np.linalg.eigh((X.T * y) @ X)
    return vectors[:, -1] * np.sqrt(y.mean() / np.mean((X @ vectors[:, -1]) ** 2))


def relative_errors(u, ratio, noise, seed):
    """The error by each method, the columns that pruning leaves, and whether it warns of them."""
    X, y = intensities(u, ratio, noise, seed)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        U = make_pruning_pipeline(random_state=seed).fit(X, y)["tune"].factor_
        warned = any(issubclass(warning.category, RankWarning) for warning in caught)
        told = FineTuner(1).fit(X, y).factor_
        unpruned = GroupLassoMatrixSensing(alpha=0.0, tol=1e-6).fit(X, y).factor_
    candidates = (U[:, 0], told[:, 0], top_eigenvector(X, y), unpruned[:, 0])
    errors = [np.linalg.norm(with_sign_of(u, found) - u) for found in candidates]
    return np.array(errors) / np.linalg.norm(u), int(U.any(axis=0).sum()), warned


draws = 1 if quick else 3
settings = [(ratio, noise) for ratio in (2, 3, 4) for noise in (0.0, 0.01)]
jobs = [(truth.ravel(), *setting, seed) for setting in settings for seed in range(draws)]
results = Parallel(n_jobs=2)(delayed(relative_errors)(*job) for job in jobs)

print(f"image of {side} × {side} pixels, d = {side**2}, {draws} draws; median relative error of u")
print(f"{'samples':>8}{'noise':>7}" + "".join(f"{name:>17}" for name in METHODS), end="")
print(f"{'columns':>9}{'warned':>8}")
for i, (ratio, noise) in enumerate(settings):
    part = results[i * draws : (i + 1) * draws]
    medians = np.median([errors for errors, _, _ in part], axis=0)
    columns = "/".join(str(c) for c in sorted({columns for _, columns, _ in part}))
    warned = f"{sum(warned for *_, warned in part)} of {draws}"
    print(f"{ratio:7}d{noise:7.0%}" + "".join(f"{e:17.1e}" for e in medians), end="")
    print(f"{columns:>9}{warned:>8}")

# %%
# From 3d intensities or more, the pipeline recovers the image: to many digits without noise, and up
# to an error of its size with noise. From 4d intensities with noise, it has the error of least
# squares that are given the rank. There, pruning finds that the rank is one, but does not reduce
# the error. Where the pipeline recovers the image, a large error of least squares that are given
# the rank is a spurious minimum of the fit of one column, which pruning avoids by starting from
# more columns. The full version shows this at 3d, and the quick version at 2d.
#
# 2d intensities are too few for the image of the full version: no method recovers it, and the
# pipeline warns that it cannot tell the rank. The top eigenvector is only a start.
