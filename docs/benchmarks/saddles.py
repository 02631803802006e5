"""Does a fit rest in a saddle, or in a poor minimum, on data that come in groups?

``python docs/benchmarks/saddles.py --draws 200`` draws that many problems in turn from the rows of
``field_data.py`` with separate groups of points, categories times features, and bipartite and star
graphs: there a gradient can be zero for a whole group of samples.

- tuned: `FineTuner` with the true rank is as good as the best of 10 random starts, up to 1e-6 of
  the sum of squares of y.
- penalised: `GroupLassoMatrixSensing` at a random alpha, 0.001 to 0.3 of `alpha_max`, is no worse
  than the best of 3 random starts of all columns by more than 1e-6 of the same.
- false: its certificate, or one of a random start, holds although the Hessian of the living
  columns, formed from its definition, has an eigenvalue below −0.02 of its largest one off the
  directions that only rotate the columns.

Seeds of draws that fail are printed; ``--seed S`` runs one draw.
"""

import argparse
import warnings
from collections import defaultdict
from time import process_time

import field_data
import numpy as np
from scipy.linalg import eigvalsh, null_space
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, alpha_max

KINDS = ("groups", "categories x", "bipartite", "star")
SAME = 1e-6
NEGATIVE = 0.02
RANDOM_STARTS = {"tuned": 10, "penalised": 3}


def relative_hessian_bottom(X, y, factor, alpha, beta):
    """The smallest eigenvalue of the Hessian off the rotations, over the largest; 0 with no column.

    Of ``Σ (y_i − ‖Uᵀ x_i‖²)² / n + α Σ ψ(s_j)`` with ``ψ(s) = s / √(s + β)``.
    """
    U = factor[:, factor.any(axis=0)]
    d, r = U.shape
    if r == 0:
        return 0.0
    n, products, s = len(y), X @ U, np.sum(U**2, axis=0)
    residuals = y - np.sum(products**2, axis=1)
    first = (0.5 * s + beta) / (s + beta) ** 1.5
    second = -(0.25 * s + beta) / (s + beta) ** 2.5
    H = np.empty((r, d, r, d))
    for j in range(r):
        for k in range(r):
            H[j, :, k] = 8.0 / n * (X.T * (products[:, j] * products[:, k])) @ X
        H[j, :, j] -= 4.0 / n * (X.T * residuals) @ X
        H[j, :, j] += 2.0 * alpha * first[j] * np.eye(d)
        H[j, :, j] += 4.0 * alpha * second[j] * np.outer(U[:, j], U[:, j])
    H = H.reshape(r * d, r * d)
    turns = []
    for j in range(r):
        for k in range(j):
            turn = np.zeros((r, d))
            turn[j], turn[k] = U[:, k], -U[:, j]
            turns.append(turn.ravel())
    if turns:
        basis = null_space(np.array(turns))
        H = basis.T @ H @ basis
    values = eigvalsh(H)
    return values[0] / values[-1]


def problem(seed):
    """The name of a row of ``field_data.py``, and a problem of it."""
    rows = [row for row in field_data.ROWS if any(kind in row.name for kind in KINDS)]
    row = rows[seed % len(rows)]
    return row.name, row.draw(np.random.default_rng([12, seed]))


def run(seed):
    """Name, excess of the tuned and of the penalised loss, and the worst curvature that held."""
    name, data = problem(seed)
    X, y, scale = data.X, data.y, np.mean(data.y**2)
    tuned = FineTuner(data.rank, random_state=0).fit(X, y).loss_curve_[-1]
    others = [
        FineTuner(data.rank, init="random", random_state=s).fit(X, y).loss_curve_[-1]
        for s in range(RANDOM_STARTS["tuned"])
    ]
    share = np.exp(np.random.default_rng([13, seed]).uniform(np.log(0.001), np.log(0.3)))
    alpha = share * alpha_max(X, y)
    fits = [GroupLassoMatrixSensing(alpha=alpha, random_state=0).fit(X, y)]
    fits += [
        GroupLassoMatrixSensing(alpha=alpha, init="random", random_state=s).fit(X, y)
        for s in range(RANDOM_STARTS["penalised"])
    ]
    best = min(fit.objective_ for fit in fits[1:])
    bottoms = [
        relative_hessian_bottom(X, y, fit.factor_, fit.alpha_, fit.beta_)
        for fit in fits
        if fit.certificate_.holds
    ]
    return (
        name,
        (tuned - min(others)) / scale,
        (fits[0].objective_ - best) / scale,
        min(bottoms, default=0.0),
        np.mean([not fit.certificate_.holds for fit in fits]),
        share,
    )


def main(seeds):
    rows, began = defaultdict(list), process_time()
    for seed in seeds:
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            outcome = run(seed)
        name, tuned, penalised, bottom, unheld, share = outcome
        rows[name].append(outcome)
        if tuned > SAME or penalised > SAME or bottom < -NEGATIVE or len(seeds) == 1:
            print(
                f"  seed {seed}, {name}: tuned excess {tuned:.1e}, penalised excess "
                f"{penalised:.1e} (alpha {share:.4f} of alpha_max), curvature {bottom:.1e}, "
                f"certificate fails in {unheld:.2f}",
                flush=True,
            )
    rows["all"] = [outcome for row in rows.values() for outcome in row]
    print(f"\n{'':33}{'draws':>5}{'tuned':>7}{'penalised':>10}{'false':>6}{'no certificate':>15}")
    for name, outcomes in rows.items():
        _, tuned, penalised, bottom, unheld, _ = map(np.array, zip(*outcomes, strict=True))
        print(
            f"{name:33}{len(outcomes):5}{np.mean(tuned <= SAME):7.3f}"
            f"{np.mean(penalised <= SAME):10.3f}{np.sum(bottom < -NEGATIVE):6}"
            f"{np.mean(unheld):15.3f}"
        )
    print(f"{process_time() - began:.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--seed", type=int)
    arguments = parser.parse_args()
    one = arguments.seed
    main(list(range(arguments.draws)) if one is None else [one])
