"""Matrix models: what matrix M a factor stands for. A new model is one file and one line here."""

from sklearn_prune.models._base import MatrixModel
from sklearn_prune.models._factor import Factor
from sklearn_prune.models._positive import Positive

# All models by name; the tests of the contract run over this list.
MODELS: dict[str, type[MatrixModel]] = {"positive": Positive}

__all__ = ["MODELS", "Factor", "MatrixModel", "Positive"]
