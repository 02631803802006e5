"""Finding the fitted step of a pipeline that a display or a guarantee is about."""

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted


def innermost(estimator: Any, name: str) -> Any:
    """The pipeline that has a step, where it may be the last step of others (after a scaler)."""
    nested = isinstance(estimator, Pipeline) and name not in estimator.named_steps
    if nested and isinstance(estimator[-1], Pipeline):
        return innermost(estimator[-1], name)
    return estimator


def fitted_step(estimator: Any, name: str, attribute: str) -> Any:
    """The estimator that has an attribute: the one given, or the step of a pipeline."""
    estimator = innermost(estimator, name)
    if isinstance(estimator, Pipeline):
        estimator = estimator.named_steps.get(name, estimator)
    check_is_fitted(estimator)
    if not hasattr(estimator, attribute):
        raise TypeError(
            f"estimator must have {attribute}, or be a pipeline with a step {name!r} that does, "
            f"got {type(estimator).__name__}."
        )
    return estimator
