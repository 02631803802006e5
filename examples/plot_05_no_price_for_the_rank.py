"""
The same error without knowing the rank
=======================================

This example shows the error of M against the noise in the responses. The pruning pipeline, which
has to find the rank, is compared with an oracle that is given the rank, and with two methods
without the group lasso.

The command ``python examples/plot_05_no_price_for_the_rank.py`` runs the full version in seconds.
"""

import argparse
import warnings

import matplotlib.pyplot as plt
import numpy as np
from joblib import Parallel, delayed
from scipy.optimize import minimize

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing

quick = False  # True takes a smaller matrix, fewer draws and two levels of the noise.
# sphinx_gallery_start_ignore
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="a smaller problem")
parser.add_argument(
    "--picture", default="error_against_noise.png", help="file to save; '' for none"
)
arguments = parser.parse_args()
quick = arguments.quick
# sphinx_gallery_end_ignore

# %%
# Four methods
# ------------
#
# The methods are
#
# * an oracle that is given the rank, and starts at the truth;
# * the pruning pipeline, with no argument set but ``measurement``;
# * a simple competitor: weight decay instead of the group lasso (which is the trace norm of M),
#   followed by an SVD, a cut at the largest gap between the singular values, and the same
#   fine-tuning. It is given the true level of the noise, which sets its strength;
# * the unregularised fit of all columns.

METHODS = ("oracle", "pruning pipeline", "weight decay, SVD", "unregularised")


def weight_decay(X, y, level):
    """``min_U mean (<A_i, U Uᵀ> − y_i)² + λ ||U||²``; λ = 2 × level suppresses that noise."""
    n, d = X.shape[0], int(np.sqrt(X.shape[1]))
    start = 0.1 * np.random.default_rng(0).standard_normal(d * d)

    def value_and_gradient(u):
        U = u.reshape(d, d)
        e = X @ (U @ U.T).ravel() - y
        gradient = (4 / n) * (e @ X).reshape(d, d) @ U + 4 * level * U
        return np.mean(e**2) + 2 * level * np.sum(U**2), gradient.ravel()

    result = minimize(
        value_and_gradient, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000}
    )
    P, s, _ = np.linalg.svd(result.x.reshape(d, d))
    return P * s, s


def cut_at_largest_gap(X, y, level):
    U, s = weight_decay(X, y, level)
    # Columns below a thousandth of the longest count as zero; gaps between them have no meaning.
    s = np.maximum(s, 1e-3 * s[0])
    r = 1 + int(np.argmax(s[:-1] / s[1:]))
    return FineTuner(r, measurement="matrix", init=U[:, :r]).fit(X, y).factor_


def errors(noise, d, r, n, seed):
    """The relative error of M and the rank by each method."""
    X, y, factor = make_matrix_sensing(
        n, d, r, measurement="matrix", noise=noise, condition_number=4, random_state=seed
    )
    truth = factor @ factor.T
    epsilon = y - X @ truth.ravel()
    level = np.linalg.norm((epsilon @ X).reshape(d, d) / n, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        factors = (
            FineTuner(r, measurement="matrix", init=factor).fit(X, y).factor_,
            make_pruning_pipeline(measurement="matrix", random_state=0).fit(X, y)["tune"].factor_,
            cut_at_largest_gap(X, y, level),
            GroupLassoMatrixSensing(alpha=0.0, measurement="matrix", tol=1e-6).fit(X, y).factor_,
        )
    found = [int(np.any(U, axis=0).sum()) for U in factors]
    return [np.linalg.norm(U @ U.T - truth) / np.linalg.norm(truth) for U in factors], found


# %%
# The error against the noise
# ---------------------------
#
# There are five samples for each degree of freedom, and the largest singular value is four times
# the smallest. The table has the median error over the draws, and in brackets the share of draws in
# which the rank is right.

d, r, draws = (10, 2, 2) if quick else (25, 3, 8)
n = 5 * (d * r - r * (r - 1) // 2)
noises = (0.03, 0.3) if quick else (0.01, 0.03, 0.1, 0.2, 0.4, 0.8)
jobs = [(noise, d, r, n, seed) for noise in noises for seed in range(draws)]
results = Parallel(n_jobs=2)(delayed(errors)(*job) for job in jobs)

print(f"matrix measurements, d = {d}, r = {r}, n = {n}, σ_1/σ_r = 4, {draws} draws")
print(f"{'noise':>6}" + "".join(f"{name:>20}" for name in METHODS))
medians = np.empty((len(noises), len(METHODS)))
for i, noise in enumerate(noises):
    part = results[i * draws : (i + 1) * draws]
    medians[i] = np.median([error for error, _ in part], axis=0)
    right = np.mean([np.equal(found, r) for _, found in part], axis=0)
    cells = (f"{e:.2e} ({p:.2f})" for e, p in zip(medians[i], right, strict=True))
    print(f"{noise:6}" + "".join(f"{cell:>20}" for cell in cells))

figure, ax = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
styles = (("black", "-"), ("tab:blue", "o--"), ("tab:orange", "s:"), ("0.5", "^-."))
for name, values, (color, style) in zip(METHODS, medians.T, styles, strict=True):
    ax.loglog(noises, values, style, color=color, label=name, mfc="none")
ax.set_xticks(noises, [f"{value:g}" for value in noises])
ax.set_xticks([], minor=True)
ax.set(xlabel="noise  (standard deviation, unit of y)", ylabel="relative error of M")
ax.set_title("Error with and without knowing the rank", fontsize="medium")
ax.legend()
# sphinx_gallery_start_ignore
if arguments.picture:
    figure.savefig(arguments.picture, dpi=120)
    print(f"picture: {arguments.picture}")
# sphinx_gallery_end_ignore

# %%
# The markers of the pipeline lie on the line of the oracle as long as the weakest signal is above
# the noise: not knowing the rank costs nothing there. The simple competitor, which is given the
# level of the noise, is as good where the noise is smallest. With more noise, it cuts at a wrong
# place in many of the draws, because its shrinkage of the weakest signals closes the gap. The
# unregularised fit has a larger error at every level, because it also fits the noise.
#
# At the largest level of the full version, the weakest signal is below the noise. The pipeline then
# leaves it out, and its error is no larger than that of the oracle. The competitor still has the
# right rank in more than half of the draws, with a larger error.
