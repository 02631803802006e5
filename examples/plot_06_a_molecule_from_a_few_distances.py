"""
A molecule from a few distances
===============================

The 60 atoms of buckminsterfullerene have 1,770 distances between them. A quarter of these, each
known to one per cent, is enough to find the positions of the atoms and the dimension of the space.
The dimension is the rank of ``M = U Uᵀ``, and a row of U is the position of an atom.

The squared distance between atoms a and b is ``<(e_a − e_b)(e_a − e_b)ᵀ, U Uᵀ>``, so a row of X is
``e_a − e_b``. A shift, rotation or reflection of the molecule changes no distance, so the positions
are found only up to these; a Procrustes fit aligns them with the truth. A common shift is in the
null space of all measurements. The penalty keeps it near zero, and centring removes it here.

Run it with ``python examples/plot_06_a_molecule_from_a_few_distances.py`` (a minute or two).
"""

import argparse
import itertools
import warnings

import numpy as np
from joblib import Parallel, delayed
from scipy.linalg import orthogonal_procrustes

from sklearn_prune import (
    FineTuner,
    GroupLassoMatrixSensing,
    make_pruning_pipeline,
    pair_differences,
)

BOND = 1.42  # Å
NOISE = 0.01  # standard deviation of the noise, relative to each distance
# A molecule counts as found below this root mean square error of the positions.
CLOSE = 0.1 * BOND
METHODS = ("pruned, rank found", "given rank 3", "unpruned, cut to 3")


def buckminsterfullerene():
    """The 60 corners of a truncated icosahedron, in Å."""
    phi = (1 + np.sqrt(5)) / 2
    corners = set()
    for corner in [(0, 1, 3 * phi), (1, 2 + phi, 2 * phi), (phi, 2, 2 * phi + 1)]:
        for signs in itertools.product((1, -1), repeat=3):
            signed = np.multiply(corner, signs)
            corners |= {tuple(np.roll(signed, shift)) for shift in range(3)}
    return np.array(sorted(corners)) * BOND / 2


def distances(positions):
    a, b = np.triu_indices(len(positions), 1)
    return np.linalg.norm(positions[a] - positions[b], axis=1)


def laid_on(factor, truth):
    """The first three columns of the factor as positions, aligned with the truth."""
    found = np.zeros_like(truth)
    columns = min(3, factor.shape[1])
    found[:, :columns] = factor[:, :columns] - factor[:, :columns].mean(axis=0)
    rotation, _ = orthogonal_procrustes(found, truth)
    return found @ rotation


def root_mean_square(errors):
    return np.sqrt(np.mean(np.square(errors)))


def fit_molecule(share, seed):
    """Position errors, distance errors and rank of all methods on one draw of pairs and noise."""
    truth = buckminsterfullerene()
    exact = distances(truth)
    rng = np.random.default_rng(seed)
    pairs = np.transpose(np.triu_indices(len(truth), 1))
    X = pair_differences(pairs, len(truth)).toarray()
    y = (exact * (1 + NOISE * rng.standard_normal(exact.size))) ** 2
    seen, unseen = np.split(rng.permutation(exact.size), [round(share * exact.size)])
    with warnings.catch_warnings():
        # The fits warn where the pairs are few.
        warnings.simplefilter("ignore")
        pipe = make_pruning_pipeline(random_state=0).fit(X[seen], y[seen])
        unpruned = GroupLassoMatrixSensing(alpha=0.0).fit(X[seen], y[seen])
        told = FineTuner(3).fit(X[seen], y[seen])
        cut = FineTuner(3, init=unpruned.factor_[:, :3]).fit(X[seen], y[seen])
    factors = (pipe["tune"].factor_, told.factor_, cut.factor_)
    molecules = [laid_on(U, truth) for U in factors]
    position_errors = [
        root_mean_square(np.linalg.norm(found - truth, axis=1)) for found in molecules
    ]
    distance_errors = [
        root_mean_square(np.sqrt(np.maximum(model.predict(X[unseen]), 0)) - exact[unseen])
        for model in (pipe, told, unpruned)
    ]
    columns = [int(np.sum(model.factor_.any(axis=0))) for model in (pipe["tune"], unpruned)]
    return position_errors, distance_errors, columns, molecules[0]


def main(quick=False, picture="molecule.png"):
    shares = (0.14, 0.25, 0.4) if quick else (0.1, 0.14, 0.16, 0.18, 0.2, 0.25, 0.3, 0.4)
    draws = 1 if quick else 5
    truth = buckminsterfullerene()
    n_pairs = distances(truth).size
    print(f"C60: {len(truth)} atoms, {n_pairs} pairs, noise {NOISE:.0%} of each distance")
    print(f"{'':15}error on unseen distances, Å{'':16}share found within {CLOSE:.2f} Å")
    names = ("pruned", "given rank 3", "unpruned", *METHODS)
    print(f"{'pairs':8}" + "".join(f"{name:>20}" for name in names))
    jobs = [(share, seed) for share in shares for seed in range(draws)]
    results = Parallel(n_jobs=2)(delayed(fit_molecule)(*job) for job in jobs)
    found = np.empty((len(shares), len(METHODS)))
    medians = np.empty_like(found)
    for i, share in enumerate(shares):
        part = results[i * draws : (i + 1) * draws]
        close = np.array([errors for errors, *_ in part]) < CLOSE
        close[:, 0] &= [columns[0] == 3 for _, _, columns, _ in part]
        found[i], medians[i] = close.mean(axis=0), np.median([p[1] for p in part], axis=0)
        cells = [f"{e:20.3f}" for e in medians[i]] + [f"{p:20.2f}" for p in found[i]]
        print(f"{share:8.0%}" + "".join(cells), flush=True)
    quarter = shares.index(0.25)
    errors, _, columns, molecule = results[quarter * draws]
    draw(truth, molecule, shares, found, picture)
    told, unpruned = medians[quarter, 1:] / medians[quarter, 0]
    print(
        f"\nWhat to see: from a quarter of the pairs, {columns[0]} columns of {len(truth)} are "
        f"left, and the positions of the atoms\nhave an error of {errors[0]:.3f} Å, "
        f"{errors[0] / BOND:.0%} of a bond. The unpruned fit has {columns[1]} columns, and "
        f"{unpruned:.1f} times the error on unseen\ndistances. Pruning finds the dimension: least "
        f"squares that are given the rank 3 have {told:.2f} times the error\nof the pipeline on "
        f"unseen distances. With {shares[0]:.0%} of the pairs, the best method finds the molecule "
        f"in {found[0].max():.0%} of\nthe draws."
    )


def draw(truth, molecule, shares, found, picture):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(9.6, 4.6), layout="constrained")
    space = figure.add_subplot(1, 2, 1, projection="3d")
    a, b = np.triu_indices(len(truth), 1)
    bonded = distances(truth) < 1.1 * BOND
    for positions, style, name in [
        (truth, {"color": "0.6", "linewidth": 3}, "truth"),
        (molecule, {"color": "tab:blue", "linewidth": 1}, "from a quarter of the distances"),
    ]:
        ends = np.stack([positions[a[bonded]], positions[b[bonded]]], axis=1)
        for n, (start, end) in enumerate(ends):
            space.plot(*np.transpose([start, end]), **style, label=name if n == 0 else None)
    space.scatter(*molecule.T, color="tab:blue", s=12, depthshade=False)
    ticks = (-3, 0, 3)
    space.set(xticks=ticks, yticks=ticks, zticks=ticks)
    space.set(xlabel="x  (Å)", ylabel="y  (Å)", zlabel="z  (Å)")
    space.set_box_aspect((1, 1, 1), zoom=0.95)
    curve = figure.add_subplot(1, 2, 2)
    styles = [("o-", "tab:blue"), ("s--", "tab:orange"), ("^:", "black")]
    for name, values, (style, color) in zip(METHODS, found.T, styles, strict=True):
        curve.plot(100 * np.array(shares), values, style, color=color, label=name, mfc="none")
    curve.set(
        xlabel="pairs whose distance is known  (%)",
        ylabel=f"share of draws found within {CLOSE:.2f} Å",
        ylim=(-0.04, 1.04),
    )
    space.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    curve.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, fontsize="small")
    if picture:
        figure.savefig(picture, dpi=120)
        print(f"picture: {picture}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="fewer draws and shares")
    parser.add_argument("--picture", default="molecule.png", help="file to save; '' for none")
    arguments = parser.parse_args()
    main(arguments.quick, arguments.picture)
