"""The fitted attributes of a penalised fit."""

from typing import Any

import numpy as np

from sklearn_prune.objective import Certificate
from sklearn_prune.selection import explicit_threshold
from sklearn_prune.solvers import Solution


def fitted_attributes(
    solution: Solution, certificate: Certificate, k: int, steps: int, shown: int | None
) -> dict[str, Any]:
    """The fitted attributes of a solution in the units of the caller.

    `shown` is the number of columns that the data show, if it is known. Where the solution took no
    step, the fit is that of the trial which was its start, and its `steps` count.
    """
    problem, penalty = solution.point.problem, solution.point.penalty
    to_caller = problem.scaling.to_caller
    fitted = problem.export(solution.factor, n_columns=k)
    norms = np.pad(np.linalg.norm(solution.U, axis=0), (0, k - solution.U.shape[1]))
    threshold = explicit_threshold(norms, penalty, certified=certificate.holds, shown=shown)
    return {
        "factor_": fitted.factor,
        "bias_": fitted.bias,
        "signs_": fitted.signs,
        "intercept_": fitted.intercept,
        "column_norms_": to_caller(norms, "U"),
        # A short column can be zero in the units of the caller, and is not counted then.
        "rank_": int(np.count_nonzero(fitted.signs)),
        "n_iter_": solution.n_iter or steps,
        "objective_": float(to_caller(solution.curve[-1], "loss")),
        "alpha_": float(to_caller(penalty.alpha, "alpha")),
        "beta_": float(to_caller(penalty.beta, "beta")),
        "prune_threshold_": float(to_caller(threshold, "U")),
        **problem.loss.fitted_parameters(problem.scaling.unit("y")),
        "certificate_": problem.export_certificate(certificate),
    }
