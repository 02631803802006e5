"""
The sampling limit
==================

A symmetric d × d matrix of rank r has ``d r − r(r−1)/2`` degrees of freedom, and no method recovers
it from fewer measurements. This example counts exact recoveries over random draws for increasing
numbers of measurements. No method is given the rank, and there is no noise.

The command ``python examples/plot_04_the_sampling_limit.py`` runs the full version in half a
minute, and in about two minutes where cvxpy is installed.
"""

import argparse
import warnings
from importlib.util import find_spec

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed

from sklearn_prune import GroupLassoMatrixSensing, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing

quick = False  # True takes a smaller matrix and fewer draws.
# sphinx_gallery_start_ignore
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="a smaller problem")
parser.add_argument("--picture", default="sampling_limit.png", help="file to save; '' for none")
arguments = parser.parse_args()
quick = arguments.quick
# sphinx_gallery_end_ignore

# %%
# The methods
# -----------
#
# The methods are
#
# * the pruning pipeline, with no argument set but ``measurement``;
# * gradient descent on all columns from a tiny start, which is biased towards low rank;
# * the unregularised fit of all columns;
# * trace-norm minimisation, the convex relaxation, where cvxpy is installed (from the extra
#   ``bench``).


def pruned(X, y, d):
    U = make_pruning_pipeline(measurement="matrix", random_state=0).fit(X, y)["tune"].factor_
    return U @ U.T


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


def trace_norm(X, y, d):
    import cvxpy

    M = cvxpy.Variable((d, d), PSD=True)
    fits = [X @ cvxpy.vec(M, order="C") == y]
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.trace(M)), fits)
    problem.solve(solver=cvxpy.SCS, eps=1e-7, max_iters=20_000)
    return np.full((d, d), np.inf) if M.value is None else M.value


methods = {
    "pruning pipeline": pruned,
    "gradient descent, tiny start": tiny_start,
    "unregularised, all columns": unregularised,
}
if find_spec("cvxpy"):
    methods["trace norm (convex)"] = trace_norm

# %%
# The share of exact recoveries
# -----------------------------
#
# The number of samples is a multiple of the degrees of freedom. A draw counts as recovered if the
# relative error of M is below a thousandth. Without recovery the error is a tenth or more, and the
# solver of the trace norm stops at about 1e-4.


def recovered(method, d, r, n, seed):
    X, y, factor = make_matrix_sensing(n, d, r, measurement="matrix", random_state=seed)
    truth = factor @ factor.T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        M = method(X, y, d)
    return np.linalg.norm(M - truth) < 1e-3 * np.linalg.norm(truth)


d, r, draws = (8, 1, 3) if quick else (20, 2, 12)
ratios = (1.25, 2.0, 3.5) if quick else (1.08, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5)
q = d * r - r * (r - 1) // 2
print(f"matrix measurements, d = {d}, r = {r} (unknown), {draws} draws; share recovered")
print(f"{'samples / degrees of freedom':32}" + "".join(f"{ratio:7}" for ratio in ratios))
shares = {}
for name, method in methods.items():
    jobs = [(method, d, r, int(np.ceil(t * q)), s) for t in ratios for s in range(draws)]
    hits = Parallel(n_jobs=2)(delayed(recovered)(*job) for job in jobs)
    shares[name] = np.reshape(hits, (len(ratios), draws)).mean(axis=1)
    print(f"{name:32}" + "".join(f"{share:7.2f}" for share in shares[name]), flush=True)

figure, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
styles = (("tab:blue", "o-"), ("tab:orange", "s--"), ("black", "^:"), ("0.5", "D-."))
for (name, share), (color, style) in zip(shares.items(), styles, strict=False):
    ax.plot(ratios, share, style, color=color, label=name)
ax.set(
    xlabel="samples / degrees of freedom",
    ylabel="share of exact recoveries",
    ylim=(-0.04, 1.04),
)
ax.set_title("Exact recoveries without noise", fontsize="medium")
figure.legend(loc="outside upper center", ncols=2)
# sphinx_gallery_start_ignore
if arguments.picture:
    figure.savefig(arguments.picture, dpi=120)
    print(f"picture: {arguments.picture}")
# sphinx_gallery_end_ignore

# %%
# No method can recover M with less than one sample for each degree of freedom. The pruning pipeline
# already recovers it with few samples more than that. The other methods need a larger multiple:
# without a penalty on the rank, a fit of all columns has other matrices to choose from until there
# are enough samples. With only a few draws for each number of samples, a share is known to within a
# draw or two.
