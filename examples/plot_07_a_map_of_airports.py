"""
A map of airports from distances
================================

The data are the great-circle distances of 15 % of the pairs of 120 airports of the contiguous
United States. As in the example of the molecule, a row of X is ``e_a − e_b`` and y is the squared
distance. The fit is not given the dimension of a map; pruning finds that it is two. The example
shows

* ``alpha`` chosen by cross-validation (``GridSearchCV``) beside ``alpha="auto"``;
* an alpha that is too large, which leaves one column and shows the country as a line;
* chords through the Earth instead of great circles. These are Euclidean distances in space, and
  the curvature of the Earth gives a small third column.

Great-circle distances are only approximately Euclidean, which causes an error that does not vanish
with more columns. There is other noise only where the table says "1 % noise" (of each distance).

Run it with ``python examples/plot_07_a_map_of_airports.py`` (half a minute). It needs the package
``vega_datasets``, from the extra ``doc``, which carries the airports with it.
"""

import argparse

import numpy as np
from scipy.linalg import orthogonal_procrustes
from sklearn.model_selection import GridSearchCV, KFold
from vega_datasets import data

from sklearn_prune import (
    GroupLassoMatrixSensing,
    alpha_max,
    make_pruning_pipeline,
    pair_differences,
)

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


def chords(positions):
    a, b = np.triu_indices(len(positions), 1)
    return np.linalg.norm(positions[a] - positions[b], axis=1)


def great_circles(positions):
    return 2 * EARTH * np.arcsin(chords(positions) / (2 * EARTH))


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


def radius_of_sphere(points):
    """Radius of a fitted sphere, from ``|p|² = 2 <c, p> + (radius² − |c|²)``, linear in c."""
    rows = np.column_stack([2 * points, np.ones(len(points))])
    *centre, rest = np.linalg.lstsq(rows, np.sum(points**2, axis=1))[0]
    return np.sqrt(rest + np.sum(np.square(centre)))


def factor_of(model):
    model = getattr(model, "best_estimator_", model)
    U = (model["tune"] if hasattr(model, "steps") else model).factor_
    return U[:, U.any(axis=0)]


def error_in_km(model, X, distance):
    predicted = np.sqrt(np.maximum(model.predict(X), 0))
    return 1000 * np.sqrt(np.mean((predicted - distance) ** 2))


def main(quick=False, picture="airports.png"):
    n_airports, share, n_alphas = (40, 0.4, 3) if quick else (120, 0.15, 10)
    positions = airports(n_airports, seed=0)
    pairs = np.transpose(np.triu_indices(n_airports, 1))
    X = pair_differences(pairs, n_airports).toarray()
    circle, chord = great_circles(positions), chords(positions)
    rng = np.random.default_rng(0)
    seen, unseen = np.split(rng.permutation(len(X)), [round(share * len(X))])
    noise = 1 + 0.01 * rng.standard_normal(len(X))

    top = alpha_max(X[seen], circle[seen] ** 2)
    pipe = make_pruning_pipeline()
    search = GridSearchCV(
        pipe,
        {"sense__alpha": top * np.geomspace(1e-4, 0.7, n_alphas)},
        cv=KFold(5, shuffle=True, random_state=0),
        n_jobs=2,
    )
    flat = make_pruning_pipeline(alpha=0.7 * top)
    unpruned = GroupLassoMatrixSensing(alpha=0.0)
    cases = {
        "alpha='auto'": (pipe, circle, 1),
        "GridSearchCV": (search, circle, 1),
        "alpha too large": (flat, circle, 1),
        "unpruned": (unpruned, circle, 1),
        "alpha='auto', 1 % noise": (pipe, circle, noise),
        "unpruned, 1 % noise": (unpruned, circle, noise),
        "chords, alpha='auto'": (pipe, chord, 1),
        "chords, unpruned": (unpruned, chord, 1),
        "chords, alpha='auto', 1 % noise": (pipe, chord, noise),
    }
    print(
        f"{n_airports} airports, {len(seen)} of {len(X)} pairs; errors are those of the other pairs"
    )
    print(f"{'':34}{'error, km':>12}{'columns':>10}")
    errors, factors = {}, {}
    for name, (model, distance, factor) in cases.items():
        model.fit(X[seen], (distance * factor)[seen] ** 2)
        errors[name] = error_in_km(model, X[unseen], distance[unseen])
        factors[name] = factor_of(model)
        print(f"{name:34}{errors[name]:12.2g}{factors[name].shape[1]:10}", flush=True)

    truth = true_map(positions)
    maps = [laid_on(factors[name], truth) for name in ("alpha='auto'", "alpha too large")]
    draw(truth, maps, search, top, picture)
    off = 1000 * np.linalg.norm(maps[0] - truth, axis=1)
    columns = {name: U.shape[1] for name, U in factors.items()}
    auto, in_space, noisy = (
        "alpha='auto'",
        "chords, alpha='auto'",
        "chords, alpha='auto', 1 % noise",
    )
    print(
        f"\nWhat to see: {columns[auto]} columns of {n_airports} are left, and half of the "
        f"airports are within {np.median(off):.0f} km of their true place\n(all within "
        f"{off.max():.0f} km), in a country that is {1000 * circle.max():.0f} km wide. "
        f"Cross-validation has an error of {errors['GridSearchCV']:.3g} km,\nand alpha='auto' has "
        f"{errors[auto]:.3g} km, so that cross-validation is not needed here. Too large an alpha\n"
        f"leaves {columns['alpha too large']} column, which is a line. Chords give "
        f"{columns[in_space]} columns. A sphere fitted to these\npositions has a radius of "
        f"{1000 * radius_of_sphere(factors[in_space]):.1f} km, and the Earth has "
        f"{1000 * EARTH:.0f} km.\nWith 1 % noise, chords give {columns[noisy]} columns, "
        "since the curvature of the Earth is then below the noise.\nWith 1 % noise, the error of "
        f"the unpruned fit is {errors['unpruned, 1 % noise']:.0f} km, and that of the pruned fit "
        f"is {errors[auto + ', 1 % noise']:.0f} km."
    )


def draw(truth, maps, search, top, picture):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplot_mosaic(
        [["auto", "flat"], ["curve", "curve"]], figsize=(9.6, 6.6), layout="constrained"
    )
    left, right, curve = axes.values()
    titles = ("alpha='auto'", "alpha too large")
    for ax, found, title in zip((left, right), maps, titles, strict=True):
        ax.plot(*np.stack([truth, found]).transpose(2, 0, 1), color="0.75", linewidth=0.8, zorder=1)
        ax.plot(*truth.T, "o", color="black", mfc="none", label="true place")
        ax.plot(*found.T, ".", color="tab:orange", label="found from distances")
        ax.set(xlabel="east  (1000 km)", ylabel="north  (1000 km)", title=title, aspect="equal")
    alphas = np.asarray(search.cv_results_["param_sense__alpha"], dtype=float) / top
    curve.loglog(alphas, 1 - search.cv_results_["mean_test_score"], "o-", color="tab:blue")
    chosen = search.best_params_["sense__alpha"] / top
    curve.axvline(chosen, color="0.4", linestyle="--", label="alpha of the best score")
    curve.set(xlabel="alpha / alpha_max", ylabel="cross-validated 1 − R²\nof squared distances")
    handles = [*left.get_lines()[-2:], curve.get_lines()[-1]]
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
    if picture:
        figure.savefig(picture, dpi=120)
        print(f"picture: {picture}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer airports and values of alpha")
    parser.add_argument("--picture", default="airports.png", help="file to save; '' for none")
    arguments = parser.parse_args()
    main(arguments.quick, arguments.picture)
