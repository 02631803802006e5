"""scikit-learn's callbacks, where the installed version has them (1.9 and later)."""

from functools import wraps

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:
        """Nothing: there are no callbacks to support, and no ``set_callbacks``."""

    def with_callbacks(method):
        # One frame more, as scikit-learn's has: the stack levels of warnings count on it.
        @wraps(method)
        def without_callbacks(*args, **kwargs):
            return method(*args, **kwargs)

        return without_callbacks


class FitTask:
    """Tells the callbacks of an estimator where its fit is.

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

    def __init__(self, estimator, *, rounds, **data):
        self._data = {"estimator": estimator, **data}
        self._context = None
        self.is_watched = bool(getattr(estimator, "_skl_callbacks", ()))
        if hasattr(estimator, "_init_callback_context"):
            self._context = estimator._init_callback_context(max_subtasks=None if rounds else 0)
            self._context.call_on_fit_task_begin(**self._data)

    def end_round(self, attributes):
        """A round is over, and left these fitted attributes."""
        if self._context is not None:
            context = self._context.subcontext(task_name="round")
            context.call_on_fit_task_begin(**self._data)
            context.call_on_fit_task_end(**self._data, reconstruction_attributes=attributes)

    def end(self):
        """The fit is over, and has set its attributes."""
        if self._context is not None:
            self._context.call_on_fit_task_end(**self._data, reconstruction_attributes={})
