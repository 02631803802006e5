"""A fit with a loss whose parameters are those that the fit shows."""

from collections.abc import Iterator
from typing import Generic, TypeVar

import numpy as np

from sklearn_prune.losses import PointwiseLoss
from sklearn_prune.models import Factor
from sklearn_prune.objective import Objective, Problem

# Fits of one sequence at most. From the spread of y, δ of the Huber loss stays after 2 to 4 fits of
# most data. In 13 of the 300 problems of `docs/benchmarks/outliers.py` with wild responses it takes
# 6 to 10: these look like columns at first. After five δ was up to 4 times that of the noise.
MOST_FITS = 10
# Another δ is worth another fit where it differs by more than this part.
SAME = 0.1
# Where a fit shows more than the first part of the first δ, most residuals are not much smaller
# than the responses: it may be that wild ones have decided the fit, or that the noise is large. A
# second sequence then starts from the second part of the first δ.
WIDE = 0.5
NARROW = 0.1

Fit = TypeVar("Fit")


class LossTrials(Generic[Fit]):
    """The problems to be fitted until the loss is the one that its own fit shows.

    The parameters of a loss that `adapts` are found from the residuals of a fit, which depends on
    them: they are found and the fit is repeated until they stay. Where the last fit leaves most
    responses as they are, this is done once more from a narrower loss, and that sequence counts if
    it ends with smaller residuals. Any other loss is fitted once::

        trials = LossTrials(problem)
        for trial in trials:
            trials.record(factor_of(trial, start=trials.previous), anything)
        trials.problem, trials.factor, trials.fit

    Tried and rejected: ending a rank search where the rank falls. With the first δ outliers may
    look like a column, which is gone with the next one.

    Attributes
    ----------
    problem : Problem
        With the loss of the fit that counts.
    factor : Factor
        Of that fit, in the coordinates of the problem.
    fit : object
        What was recorded with it.
    previous : object or None
        The fit to start from: the last of this sequence. None where a sequence starts. Started from
        the wide fits, the narrow ones stay at the minima that wild responses made.
    """

    factor: Factor
    fit: Fit
    previous: Fit | None

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def __iter__(self) -> Iterator[Problem]:
        first = self.problem
        yield from self._sequence(first)
        wide, kept = self._shown, (self.problem, self.factor, self.fit)
        if wide is None or wide.delta <= WIDE * first.loss.delta:
            return
        yield from self._sequence(first.with_loss(first.loss.narrowed(NARROW)))
        narrow = self._shown
        # A fit with excess samples that shows nothing has no residuals.
        is_exact = narrow is None and excess_samples(self.problem, self.factor) > 0
        if not (is_exact or (narrow and narrow.delta < (1.0 - SAME) * wide.delta)):
            self.problem, self.factor, self.fit = kept

    def _sequence(self, problem: Problem) -> Iterator[Problem]:
        """Fits, each with the loss that the one before shows."""
        self.previous = None
        for _ in range(MOST_FITS):
            self.problem = problem
            yield problem
            self.previous = self.fit
            shown = self._shown
            if shown is None or abs(shown.delta - problem.loss.delta) <= SAME * problem.loss.delta:
                return
            problem = problem.with_loss(shown)

    def record(self, factor: Factor, fit: Fit) -> None:
        """Say what the fit of the current problem is."""
        self.factor, self.fit = factor, fit
        self._shown = shown_loss(self.problem, factor)


def excess_samples(problem: Problem, factor: Factor) -> float:
    """Samples beyond the degrees of freedom of a factor; negative where there are too few."""
    return problem.n_residual - problem.degrees_of_freedom(factor.n_columns)


def shown_loss(problem: Problem, factor: Factor) -> PointwiseLoss | None:
    """The loss with the parameters that a fit shows; None without excess samples or residuals."""
    excess = excess_samples(problem, factor)
    if not problem.loss.adapts or excess <= 0:
        return None
    predictions = Objective(problem).at(factor).predictions
    inflation = float(np.sqrt(problem.total_weight / excess))
    return problem.loss.refitted(problem.y, predictions, problem.weights, inflation=inflation)
