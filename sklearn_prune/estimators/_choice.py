"""The penalty of a fit and its start, given or chosen from the data."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._callbacks import FitTask
from sklearn_prune.estimators._parameters import random_state_of
from sklearn_prune.estimators._progress import Stopwatch, print_rank
from sklearn_prune.estimators._rank_search import RankSearch
from sklearn_prune.estimators._rank_warnings import (
    warn_of_residuals,
    warn_of_samples,
    warn_of_scales,
    warn_of_weights,
)
from sklearn_prune.estimators._start import few_columns, make_start
from sklearn_prune.models import Factor
from sklearn_prune.objective import FittedFactor, GroupLasso, Objective, Problem, compress
from sklearn_prune.selection import (
    N_FOLDS,
    FoundRank,
    LossTrials,
    automatic_penalty,
    cross_validated_penalty,
    search_rank,
)
from sklearn_prune.solvers import Solution, working_set

# Reads of the measurements that a fit takes, approximately: 20 to 23 of whole matrices at a given
# alpha (`docs/benchmarks/speed_constants.py`). The number says when compressing pays.
FIT_READS = 30
# Bound on the gradient norm of the unpenalised fit of the rank search, whatever the tolerance of
# the penalised fit: it is the start of fine-tuning, and the level of the noise is read off it.
TUNED_TOL = 1e-8

# Tolerance of the penalised fits that show the parameters of the loss. With 1e-4 the δ of the Huber
# loss was off by up to 1.4e-3 of it; no other value was tried, and no script repeats this.
SETTLED_TOL = 1e-5
# The gradient norm of a penalised fit over τ at most, and the tolerance that is always enough. Of
# 300 random fits at given alphas and a tolerance of 0.01, 19, 10, 8 and 3 kept more columns than at
# 1e-8 with 1, 0.1, 0.05 and 0.02 (`docs/benchmarks/constants.py`). With 0.02 the pipeline takes 1
# to 2 % more Hessian products than with 0.05.
LEVEL_PART = 0.05
ALWAYS_ENOUGH = 1e-8


class FitParameters(Protocol):
    """The parameters of `GroupLassoMatrixSensing` that a choice depends on."""

    alpha: Any
    beta: Any
    init: Any
    max_iter: int
    tol: float
    random_state: Any
    n_jobs: int | None
    verbose: int


@dataclass(frozen=True)
class Choice:
    """What `GroupLassoMatrixSensing` minimises, and from where.

    Attributes
    ----------
    objective : Objective
    start : Factor of shape (d, m)
    tuned : FittedFactor or None
        The unpenalised fit of the rank search, if there was one.
    decided : bool
        Whether the rank is known, so that an unpenalised fit is better than the penalised one.
    steps : int
        Newton steps that led to the start.
    attributes : dict
        Further fitted attributes.
    restarts : bool
        Whether further starts are tried where a fit may have poor minima.
    """

    objective: Objective
    start: Factor
    tuned: FittedFactor | None = None
    decided: bool = True
    steps: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)
    restarts: bool = False

    def tolerance(self, tol: float) -> float:
        """The tolerance of the fit: `tol`, or a twentieth of τ where that is smaller."""
        tau = self.objective.penalty.tau
        return min(tol, max(LEVEL_PART * tau, ALWAYS_ENOUGH)) if tau > 0 else tol

    @property
    def columns_shown(self) -> int | None:
        """How many columns the data show, if that is known."""
        return None if self.tuned is None else self.tuned.factor.shape[1]

    def check(self, rank: int) -> None:
        """Warn if the penalised fit keeps another number of columns than the data show."""
        if self.columns_shown is not None and rank != self.columns_shown:
            warn_of_scales(self.columns_shown, rank)


def given_choice(estimator: FitParameters, problem: Problem, k: int) -> Choice:
    """The alpha of the caller, and the start that `init` asks for.

    Where the parameters of the loss are those of the fit, the start is the fit that showed them.
    """
    problem = compress(problem, passes=FIT_READS)
    penalty = problem.penalty(float(estimator.alpha), estimator.beta)
    rng = random_state_of(estimator.random_state)
    start = make_start(estimator.init, problem, k, rng, spectral=few_columns)
    # As it was given, without the rounding of a change of units.
    attributes: dict[str, Any] = {"rank_search_": None, "alpha_": float(estimator.alpha)}
    if not problem.loss.adapts:
        restarts = isinstance(estimator.init, str) and estimator.init == "spectral"
        objective = Objective(problem, penalty)
        return Choice(objective, start, attributes=attributes, restarts=restarts)

    # Without further starts: they may end where the residuals show another loss. In 7 of 120
    # problems of `docs/benchmarks/outliers.py` they ended elsewhere, and the error was larger in 5.
    trials: LossTrials[Solution] = LossTrials(problem)
    for trial in trials:
        solution, _ = working_set(
            Objective(trial, penalty),
            trials.previous.factor if trials.previous else start,
            k,
            tol=SETTLED_TOL,
            max_iter=estimator.max_iter,
            probe=False,
        )
        trials.record(solution.factor, solution)
    objective, steps = Objective(trials.problem, penalty), trials.fit.n_iter
    return Choice(objective, trials.factor, steps=steps, attributes=attributes)


def automatic_choice(
    estimator: FitParameters, problem: Problem, k: int, weights: FloatArray, task: FitTask
) -> Choice:
    """The alpha that keeps as many columns as the data show, or a cross-validated one.

    The rank search reads the samples themselves: it asks for the noise in each, and has to tell
    an exact fit from rounding errors. The last of its penalised fits is the spectral start.
    """
    rng = random_state_of(estimator.random_state)
    warn_of_weights(weights)
    problem, found = _found_rank(estimator, problem, k, rng, task)
    penalty, start, steps, decided = None, None, 0, found.decided or found.is_clear
    if not decided:
        with task.stage("cross-validation", "fold", N_FOLDS) as end_fold:
            penalty = cross_validated_penalty(
                problem, k, n_jobs=estimator.n_jobs, callback=end_fold
            )
    if not found.decided:
        warn_of_samples(problem, found, cross_validated=penalty is not None)
    if penalty is None:
        decided = True
        penalty, trial = automatic_penalty(problem, k, found, max_iter=estimator.max_iter)
        start, steps = trial.factor, trial.n_iter
        if found.decided:
            warn_of_residuals(problem, found, k, penalty, trial.factor)
    if estimator.beta != "auto":
        # The level τ is what the data ask for, whatever the smoothing.
        beta = problem.scaling.from_caller("beta", estimator.beta, "beta")
        penalty = GroupLasso.from_tau(penalty.tau, beta)
    if start is None or not (isinstance(estimator.init, str) and estimator.init == "spectral"):
        start, steps = make_start(estimator.init, problem, k, rng, spectral=few_columns), 0
    tuned = problem.export(found.factor, n_columns=found.factor.n_columns) if decided else None
    attributes = {"rank_search_": RankSearch.of(found, problem)}
    return Choice(Objective(problem, penalty), start, tuned, decided, steps, attributes)


def _found_rank(
    estimator: FitParameters,
    problem: Problem,
    k: int,
    rng: np.random.RandomState,
    task: FitTask,
) -> tuple[Problem, FoundRank]:
    stopwatch = Stopwatch(estimator.verbose, problem.sensing.n_samples)
    # A loss that adapts is searched with until it stays.
    at_most = None if problem.loss.adapts else min(k, problem.max_rank) + 1
    with task.stage("rank search", "rank", at_most) as end_rank:

        def callback(trial: Problem, rank: int, loss: float) -> None:
            if estimator.verbose:
                error = trial.scaling.to_caller(loss, "loss")
                delta = trial.scaling.to_caller(trial.loss.delta, "y")
                print_rank(type(estimator).__name__, rank, error, delta, stopwatch)
            if end_rank is not None:
                end_rank()

        return search_rank(
            problem,
            k,
            rng,
            tol=min(float(estimator.tol), TUNED_TOL),
            n_jobs=estimator.n_jobs,
            callback=callback if estimator.verbose or end_rank is not None else None,
        )
