"""Pointwise losses: what a prediction costs. A new loss is one file and one line here."""

from sklearn_prune.losses._base import PointwiseLoss
from sklearn_prune.losses._huber import Huber
from sklearn_prune.losses._log_loss import LogLoss
from sklearn_prune.losses._squared_error import SquaredError

# All losses by name: those that estimators accept. The tests of the contract run over this list.
LOSSES: dict[str, type[PointwiseLoss]] = {
    loss.name: loss for loss in (SquaredError, Huber, LogLoss)
}


def pointwise_loss(name: str, delta: float | str = "auto") -> PointwiseLoss:
    """The loss that the parameters of an estimator ask for."""
    return LOSSES[name].of(delta)


__all__ = ["LOSSES", "Huber", "LogLoss", "PointwiseLoss", "SquaredError", "pointwise_loss"]
