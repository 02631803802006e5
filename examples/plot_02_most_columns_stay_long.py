"""
Without the group lasso most columns stay long
==============================================

This is the first picture of the paper, at d = k = 500 and r = 4. Gradient descent from a small
random start, without a regulariser, fits the data. It distributes the four signals over all 500
columns: most of the columns are about as long as the longest, and no column can be pruned. With the
group lasso exactly four columns are left, with no argument set.

Run it with ``python examples/plot_02_most_columns_stay_long.py`` (about a minute);
``--quick`` takes d = k = 60.
"""

import argparse

import numpy as np

from sklearn_prune import make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing


def gradient_descent(X, y, steps, rng):
    """Plain gradient descent on all columns from a small start; pruning fails after it."""
    n, d = X.shape
    U = 1e-2 * rng.standard_normal((d, d)) / np.sqrt(d)
    losses = []
    for _ in range(steps):
        P = X @ U
        e = np.einsum("ij,ij->i", P, P) - y
        losses.append(np.mean(e**2))
        U -= 0.015 * (4 / n) * (X.T @ (e[:, None] * P))
    return U, losses


def main(quick=False, picture="norms.png"):
    d, r, steps = (60, 4, 150) if quick else (500, 4, 400)
    n = 3 * d * r
    X, y, factor = make_matrix_sensing(n, d, r, random_state=0)
    print(f"rank-one measurements, d = k = {d}, r = {r}, n = {n}, no noise")

    U, losses = gradient_descent(X, y, steps, np.random.default_rng(0))
    spread = np.sort(np.linalg.norm(U, axis=0))[::-1]
    pipe = make_pruning_pipeline().fit(X, y)
    norms = pipe["sense"].column_norms_

    truth = factor @ factor.T

    def error(U):
        return np.linalg.norm(U @ U.T - truth) / np.linalg.norm(truth)

    print(f"loss of gradient descent, first to last: {losses[0]:.2f} -> {losses[-1]:.1e}")
    print(f"{'':38}{'error of M':>12}{'columns longer than half the longest':>40}")
    rows = [("gradient descent, no regulariser", error(U), spread)]
    rows += [("group lasso", error(pipe["sense"].factor_), norms)]
    for name, value, lengths in rows:
        print(f"{name:38}{value:12.1e}{np.sum(lengths > 0.5 * lengths[0]):40}")
    tuned = pipe["tune"].factor_
    print(f"{'group lasso, pruned and fine-tuned':38}{error(tuned):12.1e}{tuned.shape[1]:40}")
    draw(spread, norms, picture)
    print(
        f"\nWhat to see: without the regulariser {np.mean(spread > 0.5 * spread[0]):.0%} of the "
        f"columns are longer than half of the\nlongest, and no threshold separates {r} of them. "
        f"With the group lasso {np.sum(norms > 0)} columns are nonzero."
    )


def draw(spread, norms, picture):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    x = np.linspace(0, 1, 201)
    for name, lengths, color in [
        ("gradient descent, no regulariser", spread, "0.5"),
        ("group lasso", norms, "tab:blue"),
    ]:
        relative = lengths / lengths[0]
        left.plot(x[1:], [np.mean(relative >= t) for t in x[1:]], color=color, label=name)
        right.hist(relative, bins=np.linspace(0, 1, 26), color=color, alpha=0.6, label=name)
    left.set(xlabel="x", ylabel="fraction of columns with norm ≥ x · longest", ylim=(-0.03, 1.03))
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=2)
    right.set(xlabel="norm / longest norm", ylabel="columns", yscale="log")
    if picture:
        figure.savefig(picture, dpi=120)
        print(f"picture: {picture}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a smaller problem")
    parser.add_argument("--picture", default="norms.png", help="file to save; '' for none")
    arguments = parser.parse_args()
    main(arguments.quick, arguments.picture)
