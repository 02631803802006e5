"""scikit-learn's callbacks, where the installed version has them (1.9 and later)."""

from collections.abc import Callable
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
    rounds : bool
        Whether the fit has rounds, of which there may be any number.
    data : dict
        X, y and the metadata that the callbacks are given.

    Attributes
    ----------
    is_watched : bool
        Whether there are any callbacks.
    """

    def __init__(self, estimator: BaseEstimator, *, rounds: bool, **data: Any) -> None:
        self._data = {"estimator": estimator, **data}
        self._context = None
        self.is_watched = bool(getattr(estimator, "_skl_callbacks", ()))
        if hasattr(estimator, "_init_callback_context"):
            self._context = estimator._init_callback_context(max_subtasks=None if rounds else 0)
            self._context.call_on_fit_task_begin(**self._data)

    def end_round(self, attributes: dict[str, Any]) -> None:
        """A round is over, and left these fitted attributes."""
        if self._context is not None:
            context = self._context.subcontext(task_name="round")
            context.call_on_fit_task_begin(**self._data)
            context.call_on_fit_task_end(**self._data, reconstruction_attributes=attributes)

    def end(self) -> None:
        """The fit is over, and has set its attributes."""
        if self._context is not None:
            self._context.call_on_fit_task_end(**self._data, reconstruction_attributes={})
