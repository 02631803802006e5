"""Time of the penalised fit against SciPy's L-BFGS on all k columns.

``python docs/benchmarks/penalised_fit.py`` runs both in turn on the same data and on one thread,
and prints medians and their ratio. L-BFGS stops at the first value that is at most ``1 + 1e-6``
times ours, so that its time is the time to the same objective value.
"""

import argparse
from time import process_time

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from sklearn_prune import GroupLassoMatrixSensing
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.objective import Formulation, Objective, Problem


class Reached(Exception):
    """Raised when the target value is reached."""


def all_columns_lbfgs(objective, k, target, seed):
    """Seconds that L-BFGS takes from a random start of k columns to the target, and its value."""
    d = objective.problem.dim
    start = np.random.default_rng(seed).standard_normal((d, k)) / np.sqrt(d * k)
    best = [np.inf]

    def value_and_gradient(u):
        point = objective.at(u.reshape(d, k))
        best[0] = min(best[0], point.value)
        if best[0] <= target:
            raise Reached
        return point.value, point.gradient.ravel()

    began = process_time()
    try:
        options = {"maxiter": 50_000, "maxfun": 100_000, "ftol": 0.0, "gtol": 1e-12}
        minimize(value_and_gradient, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    except Reached:
        pass
    return process_time() - began, best[0]


def main(d, n, r, repetitions):
    X, y, _ = make_matrix_sensing(n, d, r, noise=0.1, condition_number=10, random_state=0)
    alpha = GroupLassoMatrixSensing().fit(X, y).alpha_
    ours, theirs = [], []
    print(f"rank-one, d = k = {d}, r = {r}, n = {n}, noise 0.1, condition number 10, one thread")
    for seed in range(repetitions):
        began = process_time()
        model = GroupLassoMatrixSensing(alpha=alpha).fit(X, y)
        ours.append(process_time() - began)

        problem = Problem.from_data(X, y, np.ones(n), Formulation("rank-one"))
        objective = Objective(problem, problem.penalty(alpha, "auto"))
        value = model.objective_ / problem.scaling.unit("loss")
        seconds, reached = all_columns_lbfgs(objective, d, value * (1 + 1e-6), seed)
        theirs.append(seconds)
        print(
            f"  ours {ours[-1]:.3f} s, value {value:.9f}, rank {model.rank_}, certificate "
            f"{model.certificate_.holds};  L-BFGS {seconds:.2f} s, value {reached:.9f}"
        )
    ratios = np.array(theirs) / np.array(ours)
    print(
        f"median: ours {np.median(ours):.3f} s, L-BFGS {np.median(theirs):.2f} s, "
        f"ratio {np.median(ratios):.0f} ({ratios.min():.0f} - {ratios.max():.0f})"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--samples", type=int, default=3000)
    parser.add_argument("--rank", type=int, default=5)
    parser.add_argument("--repetitions", type=int, default=5)
    arguments = parser.parse_args()
    with threadpool_limits(1):
        main(arguments.dim, arguments.samples, arguments.rank, arguments.repetitions)
