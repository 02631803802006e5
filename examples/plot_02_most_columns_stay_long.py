"""
Without the group lasso most columns stay long
==============================================

This is the first picture of the paper. Gradient descent from a small random start, without a
regulariser, fits the data, but it distributes the four signals over all columns, so that no column
can be pruned. With the group lasso exactly four columns are left, and no argument has to be set.

The command ``python examples/plot_02_most_columns_stay_long.py`` runs the full version, with 500
columns, in about a minute; the quick version has 60 columns.
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np

from sklearn_prune import make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing

quick = False  # True takes 60 features and columns instead of 500.
# sphinx_gallery_start_ignore
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="a smaller problem")
parser.add_argument("--picture", default="norms.png", help="file to save; '' for none")
arguments = parser.parse_args()
quick = arguments.quick
# sphinx_gallery_end_ignore

# %%
# Two fits of the same data
# -------------------------
#
# The measurements are ``y_i = x_iᵀ M x_i`` without noise, with three times ``d r`` samples of a
# matrix M of rank ``r = 4``. The factor has ``k = d`` columns, the most that could be needed.

d, r, steps = (60, 4, 150) if quick else (500, 4, 400)
n = 3 * d * r
X, y, factor = make_matrix_sensing(n, d, r, random_state=0)


def gradient_descent(X, y, steps, rng):
    """Plain gradient descent on all columns from a small start."""
    n, d = X.shape
    U = 1e-2 * rng.standard_normal((d, d)) / np.sqrt(d)
    losses = []
    for _ in range(steps):
        P = X @ U
        e = np.einsum("ij,ij->i", P, P) - y
        losses.append(np.mean(e**2))
        U -= 0.015 * (4 / n) * (X.T @ (e[:, None] * P))
    return U, losses


U, losses = gradient_descent(X, y, steps, np.random.default_rng(0))
pipe = make_pruning_pipeline().fit(X, y)
fits = {
    "gradient descent, no regulariser": np.sort(np.linalg.norm(U, axis=0))[::-1],
    "group lasso": pipe["sense"].column_norms_,
}

# %%
# The curves tell which fraction of the columns is at least as long as a part x of the longest one.

styles = {"gradient descent, no regulariser": ("0.4", "--"), "group lasso": ("tab:blue", "-")}
figure, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
x = np.linspace(0, 1, 201)[1:]
for name, norms in fits.items():
    color, line = styles[name]
    fractions = [np.mean(norms >= t * norms[0]) for t in x]
    ax.plot(x, fractions, color=color, linestyle=line, linewidth=2, label=name)
ax.set(
    xlabel="x  (part of the longest norm)",
    ylabel="fraction of columns with norm ≥ x · longest",
    ylim=(-0.03, 1.03),
)
ax.set_title("How many of the columns are long", fontsize="medium")
ax.legend()
# sphinx_gallery_start_ignore
if arguments.picture:
    figure.savefig(arguments.picture, dpi=120)
    print(f"picture: {arguments.picture}")
# sphinx_gallery_end_ignore

# %%
# Without the regulariser the curve stays high: most columns are longer than half of the longest.
# With the group lasso the curve is low and flat, because only the four columns of the answer are
# longer than zero. The next picture shows the same norms as a histogram, on a log axis.

figure, axes = plt.subplots(1, 2, figsize=(8, 3.4), sharey=True, layout="constrained")
for ax, (name, norms) in zip(axes, fits.items(), strict=True):
    ax.hist(norms / norms[0], bins=np.linspace(0, 1, 26), color=styles[name][0])
    ax.set_title(name, fontsize="medium")
    ax.set(xlabel="norm / longest norm", yscale="log")
axes[0].set(ylabel="columns")

# %%
# On the left there is no gap between short and long columns, and no threshold separates four of
# them. On the right one group is at zero, and the four columns of the answer are far from it.
#
# The error
# ---------
#
# The table has the relative error of M, and how many columns are longer than half of the longest.

truth = factor @ factor.T


def row(name, U):
    """Print the relative error of M and the number of long columns."""
    error = np.linalg.norm(U @ U.T - truth) / np.linalg.norm(truth)
    norms = np.linalg.norm(U, axis=0)
    print(f"{name:38}{error:14.1e}{np.sum(norms > 0.5 * norms.max()):16}")


print(f"rank-one measurements, d = k = {d}, r = {r}, n = {n}, no noise")
print(f"loss of gradient descent, first to last: {losses[0]:.2f} -> {losses[-1]:.1e}")
print(f"{'':38}{'error of M':>14}{'long columns':>16}")
row("gradient descent, no regulariser", U)
row("group lasso", pipe["sense"].factor_)
row("group lasso, pruned and fine-tuned", pipe["tune"].factor_)

# %%
# The group lasso shortens the columns that it keeps, which leaves a small error of M. Fine-tuning
# without the penalty removes this error, and M is exact to many digits.
