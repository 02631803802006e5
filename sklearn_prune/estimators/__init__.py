"""The three estimators and the Pipeline of them."""

from sklearn_prune.estimators._alpha_max import alpha_max
from sklearn_prune.estimators._cross_validated import GroupLassoMatrixSensingCV
from sklearn_prune.estimators._fine_tuner import FineTuner
from sklearn_prune.estimators._group_lasso import GroupLassoMatrixSensing
from sklearn_prune.estimators._pipeline import make_pruning_pipeline
from sklearn_prune.estimators._pruner import GreedyColumnPruner
from sklearn_prune.estimators._pruning_path import PruningPath, pruning_path

__all__ = [
    "FineTuner",
    "GreedyColumnPruner",
    "GroupLassoMatrixSensing",
    "GroupLassoMatrixSensingCV",
    "PruningPath",
    "alpha_max",
    "make_pruning_pipeline",
    "pruning_path",
]
