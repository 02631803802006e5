"""Over-parameterised matrix sensing: train with the group lasso, prune, fine-tune."""

from sklearn_prune import datasets as datasets
from sklearn_prune import inspection as inspection
from sklearn_prune._version import __version__ as __version__
from sklearn_prune.estimators import (
    FactoredMeasurements,
    FineTuner,
    FineTunerClassifier,
    GreedyColumnPruner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingClassifier,
    GroupLassoMatrixSensingClassifierCV,
    GroupLassoMatrixSensingCV,
    PrunedMatrixSensing,
    RankWarning,
    alpha_max,
    make_pruning_pipeline,
    pair_differences,
    pruning_path,
)

__all__ = [
    "FactoredMeasurements",
    "FineTuner",
    "FineTunerClassifier",
    "GreedyColumnPruner",
    "GroupLassoMatrixSensing",
    "GroupLassoMatrixSensingCV",
    "GroupLassoMatrixSensingClassifier",
    "GroupLassoMatrixSensingClassifierCV",
    "PrunedMatrixSensing",
    "RankWarning",
    "alpha_max",
    "make_pruning_pipeline",
    "pair_differences",
    "pruning_path",
]


def __dir__() -> list[str]:
    """What is public: the layers below the estimators are not."""
    return [*__all__, "__version__", "datasets", "inspection"]
