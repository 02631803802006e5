"""The choices that turn data into a problem."""

from dataclasses import dataclass, field
from typing import Protocol, Self

from sklearn_prune._typing import FloatArray
from sklearn_prune.losses import PointwiseLoss, SquaredError, pointwise_loss
from sklearn_prune.models import MatrixModel, Positive, matrix_model
from sklearn_prune.sensing import SensingMap, sensing_map


class Settings(Protocol):
    """Anything with these parameters of `GroupLassoMatrixSensing`."""

    measurement: str
    fit_intercept: bool
    fit_bias: bool
    positive: bool
    loss: str
    delta: float | str


@dataclass(frozen=True)
class Formulation:
    """What a row of X means, whether there is an offset and a bias, the model and the loss.

    Attributes
    ----------
    measurement : {"rank-one", "matrix"}
    fit_intercept : bool
        Whether an offset c is fitted.
    fit_bias : bool
        Whether a 1 is appended to every ``x_i``.
    model : MatrixModel
    loss : PointwiseLoss
    """

    measurement: str = "rank-one"
    fit_intercept: bool = False
    fit_bias: bool = False
    model: MatrixModel = field(default_factory=Positive)
    loss: PointwiseLoss = field(default_factory=SquaredError)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The formulation that an estimator, or what it carries, asks for."""
        return cls(
            settings.measurement,
            bool(settings.fit_intercept),
            bool(settings.fit_bias),
            matrix_model(positive=bool(settings.positive)),
            pointwise_loss(settings.loss, settings.delta),
        )

    def sensing_map(self, X: FloatArray) -> SensingMap:
        """The map whose measurements are the rows of X."""
        return sensing_map(X, self.measurement, fit_bias=self.fit_bias)
