"""Pointwise losses: what a prediction costs. A new loss is one file and one line here."""

from sklearn_prune.losses._base import PointwiseLoss
from sklearn_prune.losses._huber import Huber
from sklearn_prune.losses._log_loss import LogLoss
from sklearn_prune.losses._squared_error import SquaredError

# All losses by name; the tests of the contract run over this list.
LOSSES: dict[str, type[PointwiseLoss]] = {
    "squared_error": SquaredError,
    "huber": Huber,
    "log_loss": LogLoss,
}


def pointwise_loss(name: str) -> PointwiseLoss:
    """The loss that the parameter `loss` of an estimator asks for."""
    return LOSSES[name]()


__all__ = ["LOSSES", "Huber", "LogLoss", "PointwiseLoss", "SquaredError", "pointwise_loss"]
