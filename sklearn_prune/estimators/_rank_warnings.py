"""What ``alpha="auto"`` has to say of the rank: one warning for each cause."""

import warnings

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators._missing_offset import misses_offset
from sklearn_prune.estimators._negative_columns import misses_negative_column
from sklearn_prune.estimators._prediction_warnings import what_predictions_show
from sklearn_prune.estimators._spread import STANDARD_ERRORS, is_doubtful, spread_grows
from sklearn_prune.models import Factor
from sklearn_prune.objective import Evaluation, Formulation, GroupLasso, Objective, Problem
from sklearn_prune.selection import FoundRank, loss_of_best_constant

# The sum of weights that are no whole numbers, over the number of samples, outside of which they
# are no repeats.
LEAST_WEIGHT, MOST_WEIGHT = 0.5, 2.0
# The part of Σ w y² that may come from negative responses, and the mean residual over its standard
# deviation, beyond which a model without an offset is the wrong one.
NEGATIVE_PART = 0.05
BIASED = 0.2
# The part of the samples that a fit does not pass through, within delta, below which the loss is as
# good as that of absolute deviations. Of 72 fits with a true rank of 2, noise of 0.1 and delta from
# 0.0003 to 0.05 the 33 with another rank had less than 0.1, and 22 of 39 with rank 2; delta="auto"
# has 0.68 or more, also of 40 samples. The ends are held by tests/test_huber.py; no script of the
# repository repeats the rest.
FLAT_PART = 0.1
# Mean squared residuals below this, of y of size one, are rounding errors.
ROUNDING = 1e-12


class RankWarning(UserWarning):
    """``alpha="auto"`` may have found a wrong rank; the message says why and what to do.

    Examples
    --------
    >>> import warnings
    >>> from sklearn_prune import GroupLassoMatrixSensing, RankWarning
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, _ = make_matrix_sensing(30, 20, 2, noise=1.0, random_state=0)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     model = GroupLassoMatrixSensing().fit(X, y)
    >>> caught[0].category is RankWarning, "too few" in str(caught[0].message)
    (True, True)
    """


def warn_of_weights(weights: FloatArray) -> None:
    """Weights that can hardly be repeats."""
    largest, total = float(weights.max()), float(weights.sum())
    n = int((weights > 0).sum())
    constant = bool(np.all((weights == largest) | (weights == 0))) and largest != 1.0
    whole = bool(np.all(weights == np.round(weights)))
    if constant or (not whole and not LEAST_WEIGHT * n <= total <= MOST_WEIGHT * n):
        _warn(
            f"sample_weight counts repeats, and the weights of {n} samples sum to {total:g}: the "
            f"noise is judged as that of {total:g} samples. Divide the weights by their mean, "
            f"{total / n:g}, unless they are repeats."
        )


def warn_of_samples(problem: Problem, found: FoundRank, *, cross_validated: bool) -> None:
    """Samples that cannot tell the rank, or that the columns found separate."""
    instead = (
        "Alpha is that of a 5-fold cross-validation instead, and fine-tuning leaves the penalised "
        "factor as it is. "
        if cross_validated
        else ""
    )
    if found.is_exact:
        _warn(
            "the class is predicted well, but its probability and the rank are not to be trusted: "
            f"a fit of rank {found.factor.n_columns} separates the two classes, and without a "
            f"penalty the log loss has no minimum. {instead}More samples would show the rank."
        )
        return
    if found.is_contradictory:
        _warn(
            "the class may be predicted well, but the rank is not to be trusted: the classes are "
            "almost separated or some samples are far out, so that it cannot be told whether "
            f"{found.factor.n_columns} columns are all that the data show (a further one would "
            f"lower the log loss by much, and its score test does not ask for it). {instead}"
            "Features of one scale without long tails, or more samples, would show the rank."
        )
        return
    _warn(
        f"{problem.total_weight:g} samples (a weight counts as so many) are too few to tell whether"
        f" {found.factor.n_columns} columns are all that the data show. {instead}More samples "
        "would show the rank."
    )


def warn_of_scales(found: int, kept: int) -> None:
    """A penalty that cannot keep as many columns as the data show."""
    threshold = f", of which the {found} longest reach the threshold" if kept > found > 0 else ""
    _warn(
        f"the data show {found} columns, and no level of the penalty that was tried "
        f"keeps as many: {kept} are kept{threshold}. The penalty depends on the scales of the "
        "features; bring them to one scale, for example by sklearn.preprocessing.StandardScaler."
    )


def warn_of_residuals(
    problem: Problem, found: FoundRank, k: int, penalty: GroupLasso, penalized: Factor
) -> None:
    """Residuals of the fine-tuned fit that do not look like noise of one size.

    The noise of labels is that of their probabilities, so that these are only asked for a column or
    an offset that is missing. The fit was found among k columns at most, and the penalised one has
    this penalty.
    """
    if not problem.loss.has_unit:
        _warn_of_missing_part(problem, found, k)
        return
    point = Objective(problem).at(found.factor)
    if found.is_exact or point.value < ROUNDING:
        return
    is_flat, is_biased, is_worse = (
        _is_flat(point),
        _is_biased(point),
        _is_worse_than_the_mean(point),
    )
    # An evaluation may hold as much memory as the data, and some of the following fit anew.
    del point
    if is_flat:
        _warn(
            "the residuals of almost all samples are beyond delta, where the loss is as good as "
            "that of absolute deviations and the rank cannot be told from how it falls. Use "
            "delta='auto', or one of the size of the noise."
        )
    elif is_biased:
        _warn(
            "more than 5 % of the sum of y² comes from negative responses, and predictions without "
            "an offset cannot be negative. Set fit_intercept=True, or positive=False."
        )
    elif is_worse:
        _warn(
            "the mean of y predicts better than the fit, which has no offset. "
            f"{_how_to_add_an_offset(problem.formulation)}"
        )
    elif _warn_of_missing_part(problem, found, k):
        return
    elif found.factor.n_columns and _has_growing_spread(problem, found):
        _warn(
            "the spread of the residuals grows with the prediction, so that the noise of large "
            "responses can look like further columns. Give weights of mean 1 in proportion to one "
            "over the variance of the noise of each sample, or transform y."
        )
    else:
        text = what_predictions_show(problem, found, k, penalty, penalized)
        if text is not None:
            _warn(text)


def _warn_of_missing_part(problem: Problem, found: FoundRank, k: int) -> bool:
    """Whether a negative column or an offset is missing; a warning says so."""
    if misses_negative_column(problem, found.factor):
        _warn(
            "a column that counts negatively would lower the loss by more than noise does, and the "
            "model has none. Set positive=False, unless the matrix is positive semidefinite."
        )
        return True
    if misses_offset(problem, found.factor, k):
        _warn(
            "an offset would lower the loss by more than noise does, and the model has none. The "
            f"columns found may stand for it. {_how_to_add_an_offset(problem.formulation)}"
        )
        return True
    return False


def _how_to_add_an_offset(formulation: Formulation) -> str:
    if formulation.fit_bias or formulation.measurement == "matrix":
        return "Set fit_intercept=True."
    return "Set fit_intercept=True, and fit_bias=True for a table of features."


def _has_growing_spread(problem: Problem, found: FoundRank) -> bool:
    return spread_grows(Objective(problem).at(found.factor)) or is_doubtful(problem, found)


def _is_flat(point: Evaluation) -> bool:
    """Whether the loss has curvature at hardly more samples than the fit has degrees of freedom.

    A fit of absolute deviations passes through so many samples.
    """
    problem = point.problem
    curved = problem.total_weight * float(problem.weights @ (point.curvature_weights > 0))
    q = problem.degrees_of_freedom(point.factor.n_columns)
    return bool(curved - q < FLAT_PART * (problem.total_weight - q))


def _is_worse_than_the_mean(point: Evaluation) -> bool:
    problem = point.problem
    if problem.formulation.fit_intercept:
        return False
    # The mean of noise without columns is better than zero, by one part in W.
    margin = 1.0 + STANDARD_ERRORS**2 / problem.total_weight
    return point.value > margin * loss_of_best_constant(problem)


def _is_biased(point: Evaluation) -> bool:
    problem = point.problem
    formulation = problem.formulation
    if formulation.measurement == "matrix" or formulation.fit_intercept:
        return False
    if not problem.model.is_semidefinite:
        return False
    w, e = problem.weights, point.residuals
    # What responses cost where the prediction is zero: outliers count for little with some losses.
    y = problem.loss.residual(problem.y, np.zeros_like(problem.y))
    mean = float(w @ e)
    deviation = float(np.sqrt(w @ (e - mean) ** 2))
    many_negative = w @ np.minimum(y, 0.0) ** 2 > NEGATIVE_PART * (w @ y**2)
    standard_error = deviation / np.sqrt(problem.total_weight)
    return bool(
        many_negative and mean < -BIASED * deviation and mean < -STANDARD_ERRORS * standard_error
    )


def _warn(text: str) -> None:
    warnings.warn(f"alpha='auto': {text}", RankWarning)
