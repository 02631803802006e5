"""Finding the fitted step of a model that a display or a guarantee is about."""

from collections.abc import Iterator
from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sklearn_prune.estimators import PrunedMatrixSensing


def innermost(estimator: Any, name: str) -> Any:
    """The pipeline that has a step, where it may be the last step of others (after a scaler)."""
    if isinstance(estimator, PrunedMatrixSensing):
        return getattr(estimator, "pipeline_", estimator)
    if isinstance(estimator, Pipeline) and name not in estimator.named_steps:
        return innermost(estimator[-1], name)
    return estimator


def step_of(estimator: Any, name: str) -> Any:
    """The step of a pipeline, or the estimator given, which need not be fitted."""
    estimator = innermost(estimator, name)
    return estimator.named_steps[name] if isinstance(estimator, Pipeline) else estimator


def fitted_step(estimator: Any, name: str, attribute: str) -> Any:
    """The estimator that has an attribute: the one given, or the step of a pipeline."""
    step = step_of(estimator, name)
    check_is_fitted(step)
    if not hasattr(step, attribute):
        raise TypeError(
            f"estimator must have {attribute}, or be a pipeline with a step {name!r} that does, "
            f"got {type(step).__name__}."
        )
    return step


def data_of_step(estimator: Any, X: Any, name: str) -> Any:
    """X as the steps before a step leave it, in all pipelines that the step is inside of."""
    for before in _steps_before(estimator, name):
        X = before.transform(X)
    return X


def names_of_features(estimator: Any, name: str) -> list[str] | None:
    """The names of the features that a step is fitted to, or None if they have none."""
    names = getattr(step_of(estimator, name), "feature_names_in_", None)
    if names is None:
        for before in _steps_before(estimator, name):
            try:
                names = before.get_feature_names_out(names)
            except AttributeError:
                # One of the steps does not name what it returns.
                return None
    return None if names is None else [str(one) for one in names]


def _steps_before(estimator: Any, name: str) -> Iterator[Pipeline]:
    """The steps before a step, of all pipelines that it is inside of, from the outermost on."""
    if isinstance(estimator, Pipeline):
        names = list(estimator.named_steps)
        position = names.index(name) if name in names else len(names) - 1
        if position:
            yield estimator[:position]
        yield from _steps_before(estimator[position], name)
