"""
Five thousand points from half a per cent of their distances
============================================================

Five thousand points of a knot in space have twelve million distances. Half a per cent of these,
each with an error of one per cent, is enough to find the points and the dimension of their space,
and neither a matrix of all distances nor M itself is ever formed.

The command ``python examples/plot_15_five_thousand_points.py`` runs the full version in half a
minute.
"""

import argparse
import time
import tracemalloc
import warnings

import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import orthogonal_procrustes

from sklearn_prune import PrunedMatrixSensing, pair_differences

quick = False  # True takes 300 points.
# sphinx_gallery_start_ignore
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="300 points")
parser.add_argument("--picture", default="knot.png", help="file to save; '' for none")
arguments = parser.parse_args()
quick = arguments.quick
# sphinx_gallery_end_ignore

# %%
# Distances of some pairs
# -----------------------
#
# The points are scattered about a trefoil knot. A row of X is ``e_a − e_b``, from
# `sklearn_prune.pair_differences`, and its response is the squared distance of the points a and b.
# X has two numbers a row, and the pairs are drawn one by one: a list of all pairs would be the
# largest array of this page. The quick version has fewer points, and a larger share of their
# pairs, so that there are as many distances for each number to be found.

NOISE = 0.01  # standard deviation of the error, relative to each distance
n_points, share = (300, 0.08) if quick else (5000, 0.005)


def knot(n_points, rng):
    """Positions along a trefoil knot, and points about it."""
    along = np.sort(rng.uniform(0, 2 * np.pi, n_points))
    curve = np.transpose(
        [
            np.sin(along) + 2 * np.sin(2 * along),
            np.cos(along) - 2 * np.cos(2 * along),
            -1.5 * np.sin(3 * along),
        ]
    )
    return along, curve + 0.1 * rng.standard_normal(curve.shape)


def some_pairs(n_points, share, rng):
    """Different pairs of different points."""
    n = round(share * n_points * (n_points - 1) / 2)
    pairs = np.sort(rng.integers(n_points, size=(2 * n, 2)), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)
    return rng.permutation(pairs)[:n]


rng = np.random.default_rng(0)
along, truth = knot(n_points, rng)
truth -= truth.mean(axis=0)  # distances do not tell a common shift
pairs = some_pairs(n_points, share, rng)
X = pair_differences(pairs, n_points)
distances = np.linalg.norm(truth[pairs[:, 0]] - truth[pairs[:, 1]], axis=1)
y = (distances * (1 + NOISE * rng.standard_normal(len(pairs)))) ** 2

in_csr = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
print(f"{len(pairs):,} of {n_points * (n_points - 1) // 2:,} pairs")
print(f"X takes {in_csr / 1e6:.1f} MB, and would take {8e-6 * np.prod(X.shape):,.0f} MB if dense")

# %%
# With weights and without
# ------------------------
#
# The error of a squared distance is in proportion to it, so that the long ones would decide. A fit
# without weights warns of this. Weights of one over the variance undo it. They are bounded, since
# no distance should count for everything, and are divided by their mean, since weights are repeats
# (:doc:`/user_guide/limits`). The memory is that of the largest arrays of a fit at one time, as
# ``tracemalloc`` counts them.


def fit(weights):
    """The fitted model, its CPU seconds, its peak memory in MB, and what it warned of."""
    tracemalloc.start()
    began = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = PrunedMatrixSensing(alpha="auto", random_state=0).fit(X, y, weights)
    seconds = time.process_time() - began
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return model, seconds, peak, [str(warning.message) for warning in caught]


def relative_error(U, V):
    """``‖U Uᵀ − V Vᵀ‖ / ‖V Vᵀ‖``, without these matrices."""
    size = np.linalg.norm(V.T @ V)
    squared = np.linalg.norm(U.T @ U) ** 2 + size**2 - 2 * np.linalg.norm(U.T @ V) ** 2
    return np.sqrt(max(squared, 0.0)) / size


weights = 1 / np.maximum(y, 0.1 * y.mean()) ** 2
weights /= weights.mean()
fits = {"weights": fit(weights), "no weights": fit(None)}

print(f"{'':12}{'rank':>5}{'error of M':>12}{'CPU seconds':>13}{'MB':>6}   certificate")
factors = {}
for name, (model, seconds, peak, _) in fits.items():
    U = model.factor_ - model.factor_.mean(axis=0)
    factors[name] = U
    holds = "holds" if model.certificate_.holds else "does not hold"
    print(f"{name:12}{model.rank_:5}{relative_error(U, truth):12.4f}", end="")
    print(f"{seconds:13.1f}{peak:6.0f}   {holds}")
for name, (_, _, _, caught) in fits.items():
    for text in caught:
        print(f"{name}: {text[:76]} …")
print(f"one matrix of all pairs would take {8e-6 * n_points**2:.0f} MB")

# %%
# The picture has the points found, moved and rotated onto the true ones, which the fit has not
# seen. The colour goes once around the knot.


def laid_on(U, truth):
    """The first three columns as positions, aligned with the truth."""
    found = np.zeros_like(truth)
    found[:, : min(3, U.shape[1])] = U[:, :3]
    rotation, _ = orthogonal_procrustes(found, truth)
    return found @ rotation


found = laid_on(factors["weights"], truth)
off = np.sqrt(np.mean(np.sum((found - truth) ** 2, axis=1)))
print(f"root mean square error of the positions: {off / np.ptp(truth):.2%} of the width")

figure = plt.figure(figsize=(5.4, 4.8), layout="constrained")
space = figure.add_subplot(projection="3d")
space.scatter(*found.T, c=along, cmap="twilight_shifted", s=14 if quick else 3, depthshade=False)
space.set(xticks=(-2, 0, 2), yticks=(-2, 0, 2), zticks=(-1, 1))
space.set(xlabel="x", ylabel="y", zlabel="z")
space.set_box_aspect(np.ptp(found, axis=0), zoom=0.92)
space.view_init(elev=65, azim=-60)
space.set_title("The points, found from a few of their distances", fontsize="medium")
# sphinx_gallery_start_ignore
if arguments.picture:
    figure.savefig(arguments.picture, dpi=120)
    print(f"picture: {arguments.picture}")
# sphinx_gallery_end_ignore

# %%
# The knot is there, from a small part of its noisy distances. Both fits find three columns, the
# dimension of the space.
#
# Distances that nobody measured
# ------------------------------
#
# Further pairs tell how well other distances are known. The picture has the median relative error
# of the distances by their length, for both fits and for a measurement.

further = some_pairs(n_points, share, np.random.default_rng(1))
differences = pair_differences(further, n_points)
exact = np.linalg.norm(differences @ truth, axis=1)
edges = np.quantile(exact, np.linspace(0, 1, 16))
groups = np.clip(np.searchsorted(edges, exact) - 1, 0, 14)
middles = [np.median(exact[groups == group]) for group in range(15)]

figure, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
for (name, U), style in zip(factors.items(), ("o-", "s--"), strict=True):
    errors = np.abs(np.linalg.norm(differences @ U, axis=1) / exact - 1)
    print(f"{name:12} median relative error of a distance: {np.median(errors):.2%}")
    medians = [100 * np.median(errors[groups == group]) for group in range(15)]
    color = "tab:blue" if name == "weights" else "tab:orange"
    ax.plot(middles, medians, style, color=color, label=f"fit, {name}", mfc="none")
# Half of the errors of a normal distribution are below 0.6745 standard deviations.
ax.axhline(67.45 * NOISE, color="black", linestyle=":", label="a measurement")
ax.set(xlabel="distance", ylabel="median relative error  (%)", yscale="log")
ax.set_title("Error of distances that were not measured", fontsize="medium")
ax.set_yticks([0.2, 0.5, 1, 2, 4], labels=["0.2", "0.5", "1", "2", "4"])
ax.minorticks_off()
ax.legend()

# %%
# With weights a distance that was not measured is known better than by a measurement, unless it is
# short: each point has more distances than coordinates, and their errors average out. Without
# weights distances of every length are known less well, since the errors of the long ones decide.
