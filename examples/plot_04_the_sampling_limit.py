"""
The sampling limit
==================

A symmetric d × d matrix of rank r has ``d r − r(r−1)/2`` degrees of freedom, and no method recovers
it from fewer measurements. This example counts exact recoveries over random draws for increasing
numbers of measurements. No method is given the rank, and there is no noise. The methods are

* the pruning pipeline, with no argument set but ``measurement``;
* trace-norm minimisation, the convex relaxation (by cvxpy, from the extra ``bench``; left out if
  cvxpy is not installed);
* gradient descent on all columns from a tiny start, which is biased towards low rank;
* the unregularised fit of all columns.

Run it with ``python examples/plot_04_the_sampling_limit.py`` (two minutes).
"""

import argparse
import warnings

import numpy as np
from joblib import Parallel, delayed

from sklearn_prune import GroupLassoMatrixSensing, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing


def pruned(X, y, d):
    U = make_pruning_pipeline(measurement="matrix", random_state=0).fit(X, y)["tune"].factor_
    return U @ U.T


def trace_norm(X, y, d):
    import cvxpy

    M = cvxpy.Variable((d, d), PSD=True)
    fits = [X @ cvxpy.vec(M, order="C") == y]
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.trace(M)), fits)
    problem.solve(solver=cvxpy.SCS, eps=1e-7, max_iters=20_000)
    return np.full((d, d), np.inf) if M.value is None else M.value


def tiny_start(X, y, d):
    U = 1e-4 * np.random.default_rng(0).standard_normal((d, d)) / np.sqrt(d)
    for _ in range(6000):
        e = X @ (U @ U.T).ravel() - y
        if np.mean(e**2) < 1e-14:
            break
        U -= 0.1 * (e @ X).reshape(d, d) @ U / len(y)
    return U @ U.T


def unregularised(X, y, d):
    U = GroupLassoMatrixSensing(alpha=0.0, measurement="matrix").fit(X, y).factor_
    return U @ U.T


def recovered(method, d, r, n, seed):
    X, y, factor = make_matrix_sensing(n, d, r, measurement="matrix", random_state=seed)
    truth = factor @ factor.T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        M = method(X, y, d)
    # Convex solvers stop at about 1e-4; without recovery the error is a tenth or more.
    return np.linalg.norm(M - truth) < 1e-3 * np.linalg.norm(truth)


def main(quick=False, picture="sampling_limit.png"):
    d, r, draws = (8, 1, 3) if quick else (20, 2, 12)
    ratios = (1.25, 2.0, 3.5) if quick else (1.08, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5)
    methods = {
        "pruning pipeline": pruned,
        "gradient descent, tiny start": tiny_start,
        "unregularised, all columns": unregularised,
    }
    try:
        import cvxpy  # noqa: F401

        methods["trace norm (convex)"] = trace_norm
    except ImportError:
        print("cvxpy is not installed; the trace norm is left out")
    q = d * r - r * (r - 1) // 2
    print(f"matrix measurements, d = {d}, r = {r} (unknown), {draws} draws; share recovered")
    print(f"{'samples / degrees of freedom':32}" + "".join(f"{ratio:7}" for ratio in ratios))
    shares = {}
    for name, method in methods.items():
        jobs = [(method, d, r, int(np.ceil(t * q)), s) for t in ratios for s in range(draws)]
        hits = Parallel(n_jobs=2)(delayed(recovered)(*job) for job in jobs)
        shares[name] = np.reshape(hits, (len(ratios), draws)).mean(axis=1)
        print(f"{name:32}" + "".join(f"{share:7.2f}" for share in shares[name]), flush=True)
    draw(shares, ratios, picture)
    best = {name: next((t for t, s in zip(ratios, v, strict=True) if s > 0.9), None)
            for name, v in shares.items()}  # fmt: skip
    print(
        "\nWhat to see: the fewest samples per degree of freedom at which more than nine in ten "
        "draws are\nrecovered: "
        + ", ".join(f"{name} {ratio or 'none of these'}" for name, ratio in best.items())
        + "."
    )


def draw(shares, ratios, picture):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
    for (name, share), marker in zip(shares.items(), "os^D", strict=False):
        ax.plot(ratios, share, marker=marker, label=name)
    ax.set(
        xlabel="samples / degrees of freedom",
        ylabel="share of exact recoveries",
        ylim=(-0.04, 1.04),
    )
    figure.legend(loc="outside upper center", ncols=2)
    if picture:
        figure.savefig(picture, dpi=120)
        print(f"picture: {picture}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a smaller problem")
    parser.add_argument("--picture", default="sampling_limit.png", help="file to save; '' for none")
    arguments = parser.parse_args()
    main(arguments.quick, arguments.picture)
