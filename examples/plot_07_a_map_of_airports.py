"""
A map of airports from distances
================================

The data are the great-circle distances of some of the pairs of airports of the contiguous United
States: 15 % of the pairs of 120 airports in the full version, and 40 % of those of 40 airports in
the quick one. As in the example of the molecule, a row of X is ``e_a − e_b`` and y is the squared
distance. The fit is not given the dimension of a map; pruning finds that it is two.

The command ``python examples/plot_07_a_map_of_airports.py`` runs the full version in about ten
seconds.
It needs the package ``vega_datasets``, from the extra ``doc``, which carries the airports with it.
"""

# sphinx_gallery_thumbnail_number = 1

import argparse
import warnings

import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import orthogonal_procrustes
from sklearn.model_selection import GridSearchCV, KFold
from vega_datasets import data

from sklearn_prune import (
    GroupLassoMatrixSensing,
    RankWarning,
    alpha_max,
    make_pruning_pipeline,
    pair_differences,
)

quick = False  # True takes fewer airports and fewer values of alpha.
# sphinx_gallery_start_ignore
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="fewer airports and values of alpha")
parser.add_argument("--picture", default="airports.png", help="file to save; '' for none")
arguments = parser.parse_args()
quick = arguments.quick
# sphinx_gallery_end_ignore

# %%
# Airports and distances
# ----------------------
#
# Great-circle distances are only approximately Euclidean, which causes an error that does not
# vanish with more columns. Chords through the Earth are Euclidean distances in space.

EARTH = 6.371  # mean radius, 1000 km
OUTSIDE = ("AK", "HI", "AS", "CQ", "GU", "PR", "VI")  # not in the contiguous United States


def airports(n_airports, seed):
    """Positions on the sphere, in 1000 km, of shape (n_airports, 3)."""
    table = data.airports()
    table = table[(table["country"] == "USA") & ~table["state"].isin(OUTSIDE)]
    table = table.sample(n_airports, random_state=seed)
    latitude, longitude = np.radians(table[["latitude", "longitude"]].to_numpy().T)
    equator = np.column_stack([np.cos(longitude), np.sin(longitude)]) * np.cos(latitude)[:, None]
    return EARTH * np.column_stack([equator, np.sin(latitude)])


n_airports, share, n_alphas = (40, 0.4, 3) if quick else (120, 0.15, 10)
positions = airports(n_airports, seed=0)
pairs = np.transpose(np.triu_indices(n_airports, 1))
X = pair_differences(pairs, n_airports)
chord = np.linalg.norm(positions[pairs[:, 0]] - positions[pairs[:, 1]], axis=1)
circle = 2 * EARTH * np.arcsin(chord / (2 * EARTH))

rng = np.random.default_rng(0)
seen, unseen = np.split(rng.permutation(len(pairs)), [round(share * len(pairs))])
noise = 1 + 0.01 * rng.standard_normal(len(pairs))

# %%
# The map
# -------
#
# The pipeline is fitted to the squared distances of the pairs that are seen, and its two columns
# are laid on a true map: east and north of the mean airport, with exact distances and directions
# from there.


def true_map(positions):
    """East and north of the mean airport; distances and directions from there are exact."""
    middle = positions.mean(axis=0)
    middle /= np.linalg.norm(middle)
    east = np.cross([0, 0, 1], middle)
    east /= np.linalg.norm(east)
    plane = positions @ np.column_stack([east, np.cross(middle, east)])
    radius = np.linalg.norm(plane, axis=1, keepdims=True)
    return plane * EARTH * np.arcsin(radius / EARTH) / radius


def laid_on(factor, truth):
    """The first two columns of the factor as a map, aligned with the truth."""
    found = np.zeros_like(truth)
    columns = min(2, factor.shape[1])
    found[:, :columns] = factor[:, :columns] - factor[:, :columns].mean(axis=0)
    middle = truth.mean(axis=0)
    rotation, _ = orthogonal_procrustes(found, truth - middle)
    return found @ rotation + middle


def draw(truth, found, title):
    """The true places, those found, and lines between them."""
    figure, ax = plt.subplots(figsize=(6.8, 4.4), layout="constrained")
    ax.plot(*np.stack([truth, found]).transpose(2, 0, 1), color="0.75", linewidth=0.8, zorder=1)
    ax.plot(*truth.T, "o", color="black", mfc="none", label="true place")
    ax.plot(*found.T, "x", color="tab:orange", label="found from distances")
    ax.set(xlabel="east  (1000 km)", ylabel="north  (1000 km)")
    ax.set(aspect="equal", adjustable="datalim")
    ax.set_title(title, fontsize="medium")
    figure.legend(handles=ax.get_lines()[-2:], loc="outside upper center", ncols=2)
    return figure


# The errors of a map grow with the distance, of which the fits warn: this example has no weights.
warnings.simplefilter("ignore", RankWarning)
pipe = make_pruning_pipeline().fit(X[seen], circle[seen] ** 2)
truth = true_map(positions)
found = laid_on(pipe["tune"].factor_, truth)
off = 1000 * np.linalg.norm(found - truth, axis=1)
print(
    f"{n_airports} airports, {len(seen)} of {len(pairs)} pairs: {pipe['prune'].n_columns_} columns"
)
print(f"error of a place: {np.median(off):.1f} km in the median, at most {off.max():.0f} km")
figure = draw(truth, found, "Airports from their distances, alpha from the data")
# sphinx_gallery_start_ignore
if arguments.picture:
    figure.savefig(arguments.picture, dpi=120)
    print(f"picture: {arguments.picture}")
# sphinx_gallery_end_ignore

# %%
# Two columns are left, and each cross lies in its circle: the places are a few kilometres off, in a
# country that is more than 4,000 km wide. What is left of the error is the curvature of the Earth.
#
# An alpha that is too large
# --------------------------
#
# With seven tenths of ``alpha_max`` only one column is left.

top = alpha_max(X[seen], circle[seen] ** 2)
flat = make_pruning_pipeline(alpha=0.7 * top).fit(X[seen], circle[seen] ** 2)
figure = draw(truth, laid_on(flat["tune"].factor_, truth), "Airports with an alpha too large")

# %%
# The country is a line from east to west, its longest direction.
#
# Alpha by cross-validation
# -------------------------
#
# Instead of ``alpha="auto"``, a grid search over the whole pipeline can choose alpha.

search = GridSearchCV(
    make_pruning_pipeline(),
    {"sense__alpha": top * np.geomspace(1e-4, 0.7, n_alphas)},
    cv=KFold(5, shuffle=True, random_state=0),
    n_jobs=2,
)
search.fit(X[seen], circle[seen] ** 2)

figure, curve = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
alphas = np.asarray(search.cv_results_["param_sense__alpha"], dtype=float) / top
curve.loglog(alphas, 1 - search.cv_results_["mean_test_score"], "o-", color="tab:blue")
chosen = search.best_params_["sense__alpha"] / top
curve.axvline(chosen, color="0.4", linestyle="--", label="alpha of the best score")
curve.set(xlabel="alpha / alpha_max", ylabel="cross-validated 1 − R²\nof squared distances")
curve.set_title("Cross-validated error along the values of alpha", fontsize="medium")
figure.legend(loc="outside upper center")

# %%
# The curve rises steeply where alpha is so large that a column is lost. Below that, fine-tuning
# removes the effect of alpha, and the choice hardly matters.
#
# Noise, and chords through the Earth
# -----------------------------------
#
# The table has the error on the distances that are not seen, and the number of columns. With noise,
# each distance is known to one per cent.


def fit(name, model, distance):
    """Fit, print the error and the columns, and return the nonzero columns."""
    model.fit(X[seen], distance[seen] ** 2)
    exact = chord if "chords" in name else circle
    predicted = np.sqrt(np.maximum(model.predict(X[unseen]), 0))
    error = 1000 * np.sqrt(np.mean((predicted - exact[unseen]) ** 2))
    U = getattr(model, "best_estimator_", model)
    U = (U["tune"] if hasattr(U, "steps") else U).factor_
    U = U[:, U.any(axis=0)]
    print(f"{name:34}{error:12.2g}{U.shape[1]:10}", flush=True)
    return U


unpruned = GroupLassoMatrixSensing(alpha=0.0)
print(f"{'':34}{'error, km':>12}{'columns':>10}")
fit("alpha='auto'", pipe, circle)
fit("GridSearchCV", search, circle)
fit("alpha too large", flat, circle)
fit("unpruned", unpruned, circle)
fit("alpha='auto', 1 % noise", pipe, circle * noise)
fit("unpruned, 1 % noise", unpruned, circle * noise)
in_space = fit("chords, alpha='auto'", pipe, chord)
fit("chords, unpruned", unpruned, chord)
fit("chords, alpha='auto', 1 % noise", pipe, chord * noise)

# %%
# Cross-validation is not needed here: its error is that of ``alpha="auto"``. With noise the error
# of the unpruned fit is several times that of the pruned one. Exact chords give a third column, the
# curvature of the Earth; with noise of one per cent the curvature is below the noise, and two
# columns are left.
#
# The three columns of the exact chords are places on a sphere, up to a shift and a rotation. From
# ``|p|² = 2 <c, p> + (radius² − |c|²)``, which is linear in the centre c, least squares find the
# radius of this sphere.

rows = np.column_stack([2 * in_space, np.ones(n_airports)])
*centre, rest = np.linalg.lstsq(rows, np.sum(in_space**2, axis=1))[0]
radius = np.sqrt(rest + np.sum(np.square(centre)))
print(f"radius of the sphere: {1000 * radius:.1f} km; of the Earth: {1000 * EARTH:.0f} km")

# %%
# The radius of the Earth follows from distances between airports of one country.
