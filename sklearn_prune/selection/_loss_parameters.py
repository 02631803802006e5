"""A fit with a loss whose parameters are those that the fit shows."""

from collections.abc import Iterator
from typing import Generic, TypeVar

import numpy as np

from sklearn_prune.losses import PointwiseLoss
from sklearn_prune.models import Factor
from sklearn_prune.objective import Objective, Problem

# Fits at most. From the spread of y, δ of the Huber loss stays within 10 % after 2 to 4.
MOST_FITS = 5

Fit = TypeVar("Fit")


class LossTrials(Generic[Fit]):
    """The problems to be fitted until the loss is the one that its own fit shows.

    The parameters of a loss that `adapts` are found from the residuals of a fit, which depends on
    them: they are found and the fit is repeated until they stay. Any other loss is fitted once::

        trials = LossTrials(problem)
        for trial in trials:
            trials.record(factor_of(trial), anything)
        trials.problem, trials.factor, trials.fit

    Tried and rejected: ending a rank search where the rank falls. With the first δ outliers may
    look like a column, which is gone with the next one.

    Attributes
    ----------
    problem : Problem
        With the loss of the last fit.
    factor : Factor
        Of that fit, in the coordinates of the problem.
    fit : object
        What was recorded with it.
    """

    factor: Factor
    fit: Fit

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._trial: Problem | None = problem
        self._n_fits = 0

    def __iter__(self) -> Iterator[Problem]:
        while self._trial is not None:
            yield self._trial

    def record(self, factor: Factor, fit: Fit) -> None:
        """Say what the fit of the current problem is."""
        trial, self._trial = self._trial, None
        assert trial is not None
        self.problem, self.factor, self.fit = trial, factor, fit
        self._n_fits += 1
        loss = shown_loss(trial, factor)
        if loss is not trial.loss and self._n_fits < MOST_FITS:
            self._trial = trial.with_loss(loss)


def shown_loss(problem: Problem, factor: Factor) -> PointwiseLoss:
    """The loss with the parameters that a fit shows; without excess samples it shows nothing."""
    excess = problem.n_residual - problem.degrees_of_freedom(factor.n_columns)
    if not problem.loss.adapts or excess <= 0:
        return problem.loss
    predictions = Objective(problem).at(factor).predictions
    inflation = float(np.sqrt(problem.total_weight / excess))
    return problem.loss.refitted(problem.y, predictions, problem.weights, inflation=inflation)
