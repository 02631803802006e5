"""
Phase retrieval
===============

An image u of 16 × 16 pixels, d = 256, is observed through intensities ``y_i = <x_i, u>²`` with
Gaussian ``x_i``; the signs of the products are lost. The measurements are linear in ``M = u uᵀ``,
which has rank one. Pruning has to find both this rank and u. Intensities do not distinguish u from
−u, so the sign is taken from the truth here.

The pipeline is compared with least squares that are given the rank, with the start of most other
methods (the top eigenvector of ``Σ y_i x_i x_iᵀ``), and with the longest column of the unpruned
fit.

All data are real. With complex images or measurements, a phase is lost instead of each sign, and M
is Hermitian; this package does not cover that case.

Run it with ``python examples/plot_08_phase_retrieval.py`` (a minute or two). The image is a part of
one that comes with scikit-learn.
"""

import argparse
import warnings

import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import load_sample_image

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, make_pruning_pipeline

METHODS = ("pruned", "given rank 1", "top eigenvector", "unpruned, longest")
RATIOS = (2, 4)
NOISES = (0.0, 0.01)


def grey_image(side):
    """A square of the picture with values between 0 and 1; each pixel is the mean of a block."""
    grey = load_sample_image("china.jpg").mean(axis=2)[:416, 112:528] / 255
    block = 416 // side
    return grey.reshape(side, block, side, block).mean(axis=(1, 3))


def top_eigenvector(X, y):
    """The top eigenvector, scaled so that its mean intensity is that of y."""
    _, vectors = np.linalg.eigh((X.T * y) @ X)
    return vectors[:, -1] * np.sqrt(y.mean() / np.mean((X @ vectors[:, -1]) ** 2))


def with_sign_of(u, found):
    return found if u @ found >= 0 else -found


def recover(side, ratio, noise, seed):
    """The image that each method finds, and the number of columns that pruning leaves."""
    u = grey_image(side).ravel()
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((ratio * u.size, u.size))
    y = (X @ u) ** 2
    y += noise * y.std() * rng.standard_normal(y.size)
    with warnings.catch_warnings():
        # With noise, so few samples cannot show that no column is missing; the fit warns of it.
        warnings.simplefilter("ignore")
        U = make_pruning_pipeline(random_state=seed).fit(X, y)["tune"].factor_
        told = FineTuner(1).fit(X, y).factor_
        unpruned = GroupLassoMatrixSensing(alpha=0.0, tol=1e-6).fit(X, y).factor_
    candidates = (U[:, 0], told[:, 0], top_eigenvector(X, y), unpruned[:, 0])
    return np.array([with_sign_of(u, found) for found in candidates]), int(U.any(axis=0).sum())


def main(quick=False, picture="phase_retrieval.png"):
    side, draws = (8, 1) if quick else (16, 3)
    u = grey_image(side).ravel()
    print(
        f"image of {side} × {side} pixels, d = {u.size}, {draws} draws; median relative error of u"
    )
    print(f"{'samples':>8}{'noise':>8}" + "".join(f"{name:>20}" for name in METHODS), end="")
    print(f"{'columns left':>16}")
    settings = [(ratio, noise) for ratio in RATIOS for noise in NOISES]
    jobs = [(side, *setting, seed) for setting in settings for seed in range(draws)]
    results = Parallel(n_jobs=2)(delayed(recover)(*job) for job in jobs)
    errors = {}
    for i, (ratio, noise) in enumerate(settings):
        part = results[i * draws : (i + 1) * draws]
        off = [np.linalg.norm(found - u, axis=1) / np.linalg.norm(u) for found, _ in part]
        errors[ratio, noise] = np.median(off, axis=0)
        columns = sorted({columns for _, columns in part})
        print(f"{ratio:7}d{noise:8.0%}", end="")
        print("".join(f"{error:20.1e}" for error in errors[ratio, noise]), end="")
        print(f"{' or '.join(map(str, columns)):>16}", flush=True)
    found = results[-draws][0][0]
    draw(u.reshape(side, side), found.reshape(side, side), picture)
    few, many = errors[2, 0.0], errors[4, 0.01]
    print(
        f"\nWhat to see: from 4d intensities with 1 % noise (of their standard deviation), the "
        f"pipeline has an\nerror of {many[0]:.1%}. Least squares that are given the rank have "
        f"{many[1]:.1%}, and the longest column of the unpruned\nfit has {many[3]:.1%}. There, "
        "pruning finds that the rank is one, but does not reduce the error. From 2d\n"
        f"intensities without noise, the errors are {few[0]:.1e} with pruning and {few[1]:.1e} "
        "with the rank given. A large\nerror of the latter is a spurious minimum of the least "
        "squares of one column, which pruning avoids by\nstarting from more columns."
    )


def draw(truth, found, picture):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 3.6), layout="constrained")
    for ax, image, title in [(left, truth, "truth"), (middle, found, "recovered")]:
        grey = ax.imshow(image, cmap="gray", vmin=0, vmax=1)
        ax.set(title=title)
    figure.colorbar(grey, ax=[left, middle], label="brightness  (white = 1)", shrink=0.8)
    error = found - truth
    size = np.abs(error).max()
    colours = right.imshow(error, cmap="PuOr", vmin=-size, vmax=size)
    right.set(title="recovered − truth")
    figure.colorbar(colours, ax=right, label="brightness  (white = 1)", shrink=0.8)
    for ax in (left, middle, right):
        ax.set(xlabel="column  (pixel)", ylabel="row  (pixel)")
    figure.suptitle("From 4d intensities with 1 % noise")
    if picture:
        figure.savefig(picture, dpi=120)
        print(f"picture: {picture}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a smaller image, one draw")
    parser.add_argument(
        "--picture", default="phase_retrieval.png", help="file to save; '' for none"
    )
    arguments = parser.parse_args()
    main(arguments.quick, arguments.picture)
