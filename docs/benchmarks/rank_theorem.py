"""The rank theorem on random problems, with the true ν and with ν bounded from the data.

``python docs/benchmarks/rank_theorem.py --problems 600`` fits random problems of both kinds, half
of them with ``alpha="auto"`` and half with a random alpha. It counts how often the two statements
of the theorem hold: (a) if ``ν < h_min``, no nonzero column is spurious; (b) every signal above
``τ + ν`` (κ = 1) is kept. The last lines are of features of unequal size, correlated ones, ones of
two values, and rows of nearly equal or very different lengths, which do not see all matrices alike.
"""

import argparse
import warnings

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from sklearn_prune import GroupLassoMatrixSensing, alpha_max
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.inspection import rank_guarantee
from sklearn_prune.models import Positive
from sklearn_prune.objective import Formulation, Objective, Problem


def solve(seed):
    """Whether each statement holds for a random problem; None if the theorem does not apply."""
    rng = np.random.default_rng(seed)
    measurement = ("rank-one", "matrix")[seed % 2]
    d, r = int(rng.integers(6, 21)), int(rng.integers(1, 4))
    n = int(Positive().degrees_of_freedom(d, r) * np.exp(rng.uniform(np.log(2.5), np.log(20))))
    X, y, factor = make_matrix_sensing(
        n,
        d,
        r,
        measurement=measurement,
        noise=float(rng.choice([0.03, 0.1, 0.3, 0.6])),
        condition_number=float(rng.uniform(1, 5)),
        random_state=seed,
    )
    # The theorem applies to rank-one data only if an offset is fitted.
    settings = {"measurement": measurement, "fit_intercept": measurement == "rank-one"}
    alpha = "auto"
    if seed % 4 >= 2:
        alpha = alpha_max(X, y, **settings) * np.exp(rng.uniform(np.log(0.003), np.log(0.5)))
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = GroupLassoMatrixSensing(alpha=alpha, random_state=0, **settings).fit(X, y)
        guarantee = rank_guarantee(model, X, y)
    if not guarantee.applies:
        return None

    problem = Problem.from_data(X, y, np.ones(n), Formulation(**settings))
    unit = problem.scaling.unit
    U = model.factor_[:, : model.rank_] / unit("U")
    truth = factor @ factor.T / unit("M")
    delta = Objective(problem).at(U).residual_matrix - (truth - U @ U.T)
    nu = np.linalg.norm(delta, 2) * unit("R")
    signals = np.sum(factor**2, axis=0)
    visible = np.sum(signals / unit("M") > (guarantee.tau + nu) / unit("R"))
    return {
        "true ν below h_min": nu < guarantee.h_min,
        "(a) holds with the true ν": nu >= guarantee.h_min or model.rank_ <= r,
        "(b) holds with the true ν": model.rank_ >= visible,
        "bound on ν holds": guarantee.nu >= nu,
        "no spurious column claimed": guarantee.no_spurious_column,
        "(a) holds as claimed": not guarantee.no_spurious_column or model.rank_ <= r,
        "(b) holds as claimed": model.rank_ >= np.sum(signals > guarantee.detection_limit),
        "right rank": model.rank_ == r,
    }


def unequal_features(rng, n, d):
    X, kind = rng.standard_normal((n, d)), rng.integers(6)
    if kind == 0:
        return X * np.exp(rng.uniform(-2, 0, d))
    if kind == 1:
        neighbours = rng.uniform(0.1, 0.9) ** np.abs(np.subtract.outer(range(d), range(d)))
        return X @ np.linalg.cholesky(neighbours).T
    if kind == 2:
        share = rng.uniform(0.1, 0.5)
        return (rng.uniform(size=X.shape) < share) - share
    if kind == 3:
        return X @ (np.eye(d) + rng.uniform(0, 2) / d)
    # Of nearly the same length, and of very different ones.
    if kind == 4:
        return X / np.linalg.norm(X, axis=1, keepdims=True) ** rng.uniform(0.5, 1)
    return X * np.exp(rng.standard_normal((n, 1)))


def solve_unequal(seed):
    """The same as `solve` for other features, without the true ν."""
    rng = np.random.default_rng([1, seed])
    d, r, n = int(rng.integers(4, 12)), int(rng.integers(1, 4)), int(rng.integers(100, 2000))
    X = unequal_features(rng, n, d)
    # The truth is in axes that are seen well or badly, or in random ones.
    axes = np.linalg.eigh(X.T @ X)[1] if seed % 2 else np.linalg.qr(rng.standard_normal((d, d)))[0]
    signals = np.exp(rng.uniform(np.log(0.03), np.log(3), r)) * rng.choice([-1.0, 1.0], r)
    V = axes[:, rng.permutation(d)[:r]]
    settings = {"positive": False, "fit_intercept": True}
    if seed % 4 >= 2:
        settings["measurement"] = "matrix"
        A = np.einsum("ni,nj->nij", X, unequal_features(rng, n, d))
        y, X = np.einsum("nij,ia,ja->na", A, V, V) @ signals, A.reshape(n, -1)
    else:
        y = (X @ V) ** 2 @ signals
    y = y + rng.choice([0.05, 0.3, 1.0]) * y.std() * rng.standard_normal(n)
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = GroupLassoMatrixSensing(random_state=0, **settings).fit(X, y)
        guarantee = rank_guarantee(model, X, y)
    if not guarantee.applies:
        return None
    inertia = np.array(guarantee.inertia)
    above = [np.sum(sign * signals > guarantee.detection_limit) for sign in (1, -1)]
    there = [np.sum(sign * signals > 0) for sign in (1, -1)]
    return {
        "no spurious column claimed": guarantee.no_spurious_column,
        "(a) holds as claimed": not guarantee.no_spurious_column or np.all(inertia <= there),
        "(b) holds as claimed": np.all(inertia >= above),
        "isometry below a half": guarantee.isometry < 0.5,
    }


def main(problems, first, n_jobs):
    seeds = range(first, first + problems)
    for one, name in ((solve, ""), (solve_unequal, " with unequal features")):
        results = [r for r in Parallel(n_jobs=n_jobs)(delayed(one)(s) for s in seeds) if r]
        print(f"the theorem applies to {len(results)} of {problems} problems{name}")
        for line in results[0]:
            print(f"{line:30}{np.mean([r[line] for r in results]):8.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=600)
    parser.add_argument("--first", type=int, default=10_000, help="seed of the first problem")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.problems, arguments.first, arguments.jobs)
