"""Over-parameterised matrix sensing: train with the group lasso, prune, fine-tune."""

from sklearn_prune.estimators import (
    FactoredMeasurements,
    FineTuner,
    GreedyColumnPruner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    PrunedMatrixSensing,
    RankWarning,
    alpha_max,
    make_pruning_pipeline,
    pruning_path,
)

__all__ = [
    "FactoredMeasurements",
    "FineTuner",
    "GreedyColumnPruner",
    "GroupLassoMatrixSensing",
    "GroupLassoMatrixSensingCV",
    "PrunedMatrixSensing",
    "RankWarning",
    "alpha_max",
    "make_pruning_pipeline",
    "pruning_path",
]

__version__ = "0.1.0"
