"""
Fine-tuning at a linear rate
============================

After pruning, gradient descent converges at a linear rate, as the paper states: each step
multiplies the distance to the optimum by ``1 − μ/L``, with μ and L the smallest nonzero and the
largest curvature there. For matrix measurements this factor is about ``1 − σ_r/(2 σ_1)``, which
gets worse with the condition number. The rate of scaled gradient descent does not depend on the
condition number, and Gauss-Newton needs only a few steps.

All solvers start from the same pruned columns. Therefore alpha is chosen first and then passed to
the pipelines: after ``alpha="auto"``, "gauss-newton" and "lbfgs" would start from a factor that is
already tuned.

Run it with ``python examples/plot_03_fine_tuning_at_a_linear_rate.py`` (seconds).
"""

import argparse

import numpy as np

from sklearn_prune import GroupLassoMatrixSensing, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.inspection import ConvergenceDisplay

SOLVERS = ("gd", "scaled-gd", "lbfgs", "gauss-newton")


def curvature_rate(X, factor):
    """``1 − μ/L`` from the Hessian of the loss at the truth, where the residual is zero."""
    d, r = factor.shape
    A = X.reshape(-1, d, d)
    J = 2 * np.einsum("iab,bk->iak", A, factor).reshape(len(A), d * r)
    curvatures = np.linalg.eigvalsh(2 * J.T @ J / len(A))
    return 1 - curvatures[curvatures > 1e-8 * curvatures[-1]][0] / curvatures[-1]


def main(quick=False, picture="rates.png"):
    d, r, n = (10, 2, 400) if quick else (20, 3, 2000)
    conditions = (1, 4) if quick else (1, 4, 16)
    print(f"matrix measurements, d = {d}, r = {r}, n = {n}, no noise; factor of the error per step")
    print(f"{'σ_1/σ_r':>8}{'curvatures':>12}{'1-σ_r/2σ_1':>12}  ", end="")
    print("".join(f"{solver:>14}" for solver in SOLVERS) + "   (steps)")
    displays = {}
    for condition in conditions:
        X, y, factor = make_matrix_sensing(
            n, d, r, measurement="matrix", condition_number=condition, random_state=0
        )
        alpha = GroupLassoMatrixSensing(measurement="matrix").fit(X, y).alpha_
        cells = []
        for solver in SOLVERS:
            pipe = make_pruning_pipeline(alpha=alpha, measurement="matrix")
            pipe.set_params(tune__solver=solver, tune__tol=1e-11, tune__max_iter=20_000)
            tune = pipe.fit(X, y)["tune"]
            display = displays[solver, condition] = ConvergenceDisplay(tune.loss_curve_)
            rate = f"{display.rate:.3f}" if solver.endswith("gd") else ""
            cells.append(f"{rate} ({tune.n_iter_})")
        theory = curvature_rate(X, factor), 1 - 0.5 / condition
        print(f"{condition:8}{theory[0]:12.3f}{theory[1]:12.3f}  ", end="")
        print("".join(f"{cell:>14}" for cell in cells), flush=True)
    draw(displays, conditions, picture)
    print(
        "\nWhat to see: the rate of gd agrees with the one computed from the curvatures. The rate "
        "of scaled-gd\ndoes not depend on the condition number. gauss-newton converges in too few "
        "steps for a linear rate."
    )


def draw(displays, conditions, picture):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, len(conditions), figsize=(3.6 * len(conditions), 3.8), sharey=True, layout="constrained"
    )
    for ax, condition in zip(axes, conditions, strict=True):
        for solver in SOLVERS:
            displays[solver, condition].plot(ax, label=solver)
        ax.set(title=f"σ_1/σ_r = {condition}")
        ax.legend(fontsize="small", loc="upper right")
    for ax in axes[1:]:
        ax.set(ylabel="")
    if picture:
        figure.savefig(picture, dpi=120)
        print(f"picture: {picture}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a smaller problem")
    parser.add_argument("--picture", default="rates.png", help="file to save; '' for none")
    arguments = parser.parse_args()
    main(arguments.quick, arguments.picture)
