"""The estimators, the Pipeline of them, and what travels between its steps."""

from sklearn_prune.estimators._alpha_max import alpha_max
from sklearn_prune.estimators._carrier import FactoredMeasurements
from sklearn_prune.estimators._cross_validated import GroupLassoMatrixSensingCV
from sklearn_prune.estimators._cross_validated_classifier import GroupLassoMatrixSensingClassifierCV
from sklearn_prune.estimators._fine_tuner import FineTuner
from sklearn_prune.estimators._fine_tuner_classifier import FineTunerClassifier
from sklearn_prune.estimators._group_lasso import GroupLassoMatrixSensing, PenalizedByAlpha
from sklearn_prune.estimators._group_lasso_classifier import GroupLassoMatrixSensingClassifier
from sklearn_prune.estimators._pair_differences import pair_differences
from sklearn_prune.estimators._parameters import check_count, check_number
from sklearn_prune.estimators._pipeline import make_pruning_pipeline
from sklearn_prune.estimators._pruned import PrunedMatrixSensing
from sklearn_prune.estimators._pruner import GreedyColumnPruner
from sklearn_prune.estimators._pruning_path import PruningPath, pruning_path
from sklearn_prune.estimators._rank_search import RankSearch
from sklearn_prune.estimators._rank_warnings import RankWarning
from sklearn_prune.estimators._samples import Samples, check_measurements

__all__ = [
    "FactoredMeasurements",
    "FineTuner",
    "FineTunerClassifier",
    "GreedyColumnPruner",
    "GroupLassoMatrixSensing",
    "GroupLassoMatrixSensingCV",
    "GroupLassoMatrixSensingClassifier",
    "GroupLassoMatrixSensingClassifierCV",
    "PenalizedByAlpha",
    "PrunedMatrixSensing",
    "PruningPath",
    "RankSearch",
    "RankWarning",
    "Samples",
    "alpha_max",
    "check_count",
    "check_measurements",
    "check_number",
    "make_pruning_pipeline",
    "pair_differences",
    "pruning_path",
]
