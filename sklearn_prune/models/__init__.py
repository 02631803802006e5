"""Matrix models: what matrix M a factor stands for."""

from sklearn_prune.models._base import MatrixModel
from sklearn_prune.models._eigen import outer_eigenvalue
from sklearn_prune.models._factor import Factor
from sklearn_prune.models._positive import Positive
from sklearn_prune.models._signed import Signed

# All models by name; the tests of the contract run over this list.
MODELS: dict[str, type[MatrixModel]] = {"positive": Positive, "signed": Signed}

__all__ = [
    "MODELS",
    "Factor",
    "MatrixModel",
    "Positive",
    "Signed",
    "matrix_model",
    "outer_eigenvalue",
]


def matrix_model(*, positive: bool) -> MatrixModel:
    """The model that the parameter `positive` of the estimators asks for."""
    return MODELS["positive" if positive else "signed"]()
