"""
Fine-tuning at a linear rate
============================

After pruning, gradient descent converges at a linear rate, as the paper states: each step
multiplies the distance to the optimum by ``1 − μ/L``, with μ and L the smallest nonzero and the
largest curvature there. As matrix measurements become many, this factor tends to
``1 − σ_r/(2 σ_1)``, which gets worse with the condition number ``σ_1/σ_r``. The rate of scaled
gradient descent does not depend on the condition number, and Gauss-Newton needs only a few steps.

The command ``python examples/plot_03_fine_tuning_at_a_linear_rate.py`` runs the full version in
seconds.
"""

import argparse

import matplotlib.pyplot as plt
import numpy as np

from sklearn_prune import GroupLassoMatrixSensing, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.inspection import ConvergenceDisplay

quick = False  # True takes a smaller problem, and two condition numbers instead of three.
# sphinx_gallery_start_ignore
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="a smaller problem")
parser.add_argument("--picture", default="rates.png", help="file to save; '' for none")
arguments = parser.parse_args()
quick = arguments.quick
# sphinx_gallery_end_ignore

# %%
# Four solvers from one start
# ---------------------------
#
# All solvers start from the same pruned columns. Therefore alpha is chosen first and then passed to
# the pipelines: after ``alpha="auto"``, "gauss-newton" and "lbfgs" would start from a factor that
# is already tuned.

SOLVERS = ("gd", "scaled-gd", "lbfgs", "gauss-newton")
STYLES = (("tab:blue", "-"), ("tab:orange", "--"), ("black", ":"), ("0.5", "-."))
d, r, n = (10, 2, 400) if quick else (20, 3, 2000)
conditions = (1, 4) if quick else (1, 4, 16)


def problem(condition):
    return make_matrix_sensing(
        n, d, r, measurement="matrix", condition_number=condition, random_state=0
    )


def fine_tunings(condition):
    """The fitted last step of the pipeline by each solver."""
    X, y, _ = problem(condition)
    alpha = GroupLassoMatrixSensing(measurement="matrix").fit(X, y).alpha_
    tuned = {}
    for solver in SOLVERS:
        pipe = make_pruning_pipeline(alpha=alpha, measurement="matrix")
        pipe.set_params(tune__solver=solver, tune__tol=1e-11, tune__max_iter=20_000)
        tuned[solver] = pipe.fit(X, y)["tune"]
    return tuned


def draw(ax, tuned):
    """The excess loss of each solver, with lines that differ."""
    for (solver, tune), (color, style) in zip(tuned.items(), STYLES, strict=True):
        ConvergenceDisplay(tune.loss_curve_).plot(ax, label=solver)
        ax.get_lines()[-1].set(color=color, linestyle=style)
    ax.legend()


tuned = {condition: fine_tunings(condition) for condition in conditions}

# %%
# The picture is for the largest condition number. The legend has the factor by which a step
# multiplies the distance to the optimum, measured over the second half of the steps.

hardest = conditions[-1]
figure, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
draw(ax, tuned[hardest])
ax.set_title(rf"$\sigma_1/\sigma_r = {hardest}$", fontsize="medium")
# sphinx_gallery_start_ignore
if arguments.picture:
    figure.savefig(arguments.picture, dpi=120)
    print(f"picture: {arguments.picture}")
# sphinx_gallery_end_ignore

# %%
# After its first steps the loss of gradient descent falls along a straight line on the log axis:
# its rate is linear.
# Scaled gradient descent falls along a steeper line. Gauss-Newton and L-BFGS need far fewer steps.
# The next picture has the smaller condition numbers.

figure, axes = plt.subplots(
    len(conditions) - 1,
    1,
    figsize=(6.4, 3.6 * (len(conditions) - 1)),
    squeeze=False,
    layout="constrained",
)
for ax, condition in zip(axes[:, 0], conditions, strict=False):
    draw(ax, tuned[condition])
    ax.set_title(rf"$\sigma_1/\sigma_r = {condition}$", fontsize="medium")

# %%
# With all singular values equal (condition number 1) gradient descent and scaled gradient descent
# have about the same rate.
#
# The rates that the theory gives
# -------------------------------
#
# The factor ``1 − μ/L`` is computed from the Hessian of the loss at the truth, where the residual
# is zero. The table has this factor, its approximation, and for each solver the measured factor and
# in brackets the number of steps.


def curvature_rate(X, factor):
    """``1 − μ/L`` from the Hessian of the loss at the truth."""
    d, r = factor.shape
    A = X.reshape(-1, d, d)
    J = 2 * np.einsum("iab,bk->iak", A, factor).reshape(len(A), d * r)
    curvatures = np.linalg.eigvalsh(2 * J.T @ J / len(A))
    return 1 - curvatures[curvatures > 1e-8 * curvatures[-1]][0] / curvatures[-1]


print(f"matrix measurements, d = {d}, r = {r}, n = {n}, no noise; factor of the error per step")
print(f"{'σ_1/σ_r':>8}{'1 - μ/L':>10}{'1-σ_r/2σ_1':>12}", end="")
print("".join(f"{solver:>15}" for solver in SOLVERS))
for condition in conditions:
    X, _, factor = problem(condition)
    print(f"{condition:8}{curvature_rate(X, factor):10.3f}{1 - 0.5 / condition:12.3f}", end="")
    for solver, tune in tuned[condition].items():
        rate = ConvergenceDisplay(tune.loss_curve_).rate
        measured = f"{rate:.3f}" if solver.endswith("gd") else ""
        print(f"{f'{measured} ({tune.n_iter_})':>15}", end="")
    print()

# %%
# The rate of gradient descent agrees with the one computed from the curvatures, and gets closer to
# one as the condition number grows. The rate of scaled gradient descent hardly changes.
# Gauss-Newton converges in too few steps for a linear rate.
