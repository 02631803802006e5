"""The fine-tuning solvers in passes over the data and in seconds, by condition number.

``python docs/benchmarks/fine_tuning.py`` prints a table. A pass is a value with its gradient, a
product with the Hessian (which costs far less than the others for matrices), or the Jacobian of
all predictions with its Gram matrix (which costs more, as the seconds show). All solvers start from
the same spectral start and use one thread.
"""

from time import process_time

import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.objective import Evaluation, Formulation, Objective, Problem
from sklearn_prune.solvers import FINE_TUNING, spectral_start

PROBLEMS = [
    {"measurement": "rank-one", "dim": 50, "rank": 3, "n_samples": 1500},
    {"measurement": "rank-one", "dim": 100, "rank": 5, "n_samples": 3000},
    {"measurement": "matrix", "dim": 30, "rank": 3, "n_samples": 900},
]


class CountedEvaluation(Evaluation):
    passes = 0

    def __init__(self, *args):
        CountedEvaluation.passes += 1
        super().__init__(*args)

    def hessian_product(self, V):
        CountedEvaluation.passes += 1
        return super().hessian_product(V)

    @property
    def images_jacobian(self):
        CountedEvaluation.passes += 1
        return super().images_jacobian


class CountedObjective(Objective):
    def at(self, U):
        return CountedEvaluation(self, U)


def main():
    print(f"{'problem':34}{'noise':>6}{'cond.':>6}  {'solver':14}{'steps':>6}{'passes':>8}"
          f"{'seconds':>9}{'error':>10}")  # fmt: skip
    for setting in PROBLEMS:
        for noise in (0.0, 0.1):
            for condition_number in (1, 10, 100):
                compare(setting, noise, condition_number)


def compare(setting, noise, condition_number):
    X, y, factor = make_matrix_sensing(
        **setting, noise=noise, condition_number=condition_number, random_state=0
    )
    formulation = Formulation(setting["measurement"])
    problem = Problem.from_data(X, y, np.ones(len(y)), formulation)
    start = spectral_start(problem, setting["rank"])
    truth = factor @ factor.T
    name = f"{setting['measurement']} d={setting['dim']} r={setting['rank']} n={len(y)}"
    for solver, solve in FINE_TUNING.items():
        seconds = []
        for _ in range(3):
            CountedEvaluation.passes = 0
            began = process_time()
            solution = solve(CountedObjective(problem), start, tol=1e-8, max_iter=5000)
            seconds.append(process_time() - began)
        M = problem.scaling.to_caller(solution.U @ solution.U.T, "M")
        error = np.linalg.norm(M - truth) / np.linalg.norm(truth)
        print(
            f"{name:34}{noise:6}{condition_number:6}  {solver:14}{solution.n_iter:6}"
            f"{CountedEvaluation.passes:8}{np.median(seconds):9.4f}{error:10.1e}"
            f"{'' if solution.converged else '  not converged'}",
            flush=True,
        )


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
