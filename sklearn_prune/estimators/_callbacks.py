"""scikit-learn's callbacks, where the installed version has them (1.9 and later)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.base import BaseEstimator

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing: there are no callbacks to support, and no ``set_callbacks``."""

    def with_callbacks(method: Callable[..., Any]) -> Callable[..., Any]:
        """The method itself."""
        return method


class FitTask:
    """Tells the callbacks of an estimator how far its fit has come.

    Parameters
    ----------
    estimator : estimator
    parts : int or None
        How many stages, rounds and fits of other estimators it has; None is any number.
    data : dict
        X, y and the metadata that the callbacks are given.

    Attributes
    ----------
    is_watched : bool
        Whether there are any callbacks.
    """

    def __init__(self, estimator: BaseEstimator, *, parts: int | None, **data: Any) -> None:
        self._data = {"estimator": estimator, **data}
        self._context = None
        self.is_watched = bool(getattr(estimator, "_skl_callbacks", ()))
        if hasattr(estimator, "_init_callback_context"):
            self._context = estimator._init_callback_context(max_subtasks=parts)
            self._context.call_on_fit_task_begin(**self._data)

    def end_round(self, attributes: dict[str, Any]) -> None:
        """A round is over, and left these fitted attributes."""
        if self._context is not None:
            context = self._context.subcontext(task_name="round")
            context.call_on_fit_task_begin(**self._data)
            context.call_on_fit_task_end(**self._data, reconstruction_attributes=attributes)

    @contextmanager
    def stage(
        self, name: str, part: str, at_most: int | None
    ) -> Iterator[Callable[[], None] | None]:
        """A stage of so many parts at most, or of any number.

        What it yields, if any, is to be called after each of them.
        """
        if self._context is None or not self.is_watched:
            yield None
            return
        stage = self._context.subcontext(task_name=name, max_subtasks=at_most)
        stage.call_on_fit_task_begin(**self._data)

        def end_part() -> None:
            context = stage.subcontext(task_name=part)
            context.call_on_fit_task_begin(**self._data)
            context.call_on_fit_task_end(**self._data)

        yield end_part
        stage.call_on_fit_task_end(**self._data)

    @contextmanager
    def around(self, other: BaseEstimator, name: str) -> Iterator[None]:
        """The fit of another estimator, which tells the callbacks how far it has come."""
        if self._context is None or not hasattr(other, "set_callbacks"):
            yield
            return
        context = self._context.subcontext(task_name=name)
        with context.propagate_callback_context(other):
            context.call_on_fit_task_begin(**self._data)
            yield
            context.call_on_fit_task_end(**self._data)

    def end(self) -> None:
        """The fit is over, and has set its attributes."""
        if self._context is not None:
            self._context.call_on_fit_task_end(**self._data, reconstruction_attributes={})
