"""What sets the rank, α and the threshold for pruning. All in normalised units (κ = 1)."""

from sklearn_prune.selection._cross_validation import held_out_errors
from sklearn_prune.selection._folds import N_FOLDS, cross_validated_penalty, deal_folds
from sklearn_prune.selection._held_out_refit import held_out_gains, largest_leverage
from sklearn_prune.selection._leave_one_out import leave_one_out_gain
from sklearn_prune.selection._level import automatic_penalty
from sklearn_prune.selection._loss_parameters import LossTrials
from sklearn_prune.selection._noise import noise_level, tau_max
from sklearn_prune.selection._path import warm_path
from sklearn_prune.selection._rank import FoundRank, find_rank, loss_of_best_constant
from sklearn_prune.selection._rank_path import rank_path
from sklearn_prune.selection._rank_search import (
    further_degrees_of_freedom,
    search_rank,
    settle_rank,
)
from sklearn_prune.selection._refitted import refitted_gain
from sklearn_prune.selection._score import score_statistic
from sklearn_prune.selection._statistic import RankFit, likelihood_ratio_statistic
from sklearn_prune.selection._threshold import explicit_threshold, widest_gap

__all__ = [
    "N_FOLDS",
    "FoundRank",
    "LossTrials",
    "RankFit",
    "automatic_penalty",
    "cross_validated_penalty",
    "deal_folds",
    "explicit_threshold",
    "find_rank",
    "further_degrees_of_freedom",
    "held_out_errors",
    "held_out_gains",
    "largest_leverage",
    "leave_one_out_gain",
    "likelihood_ratio_statistic",
    "loss_of_best_constant",
    "noise_level",
    "rank_path",
    "refitted_gain",
    "score_statistic",
    "search_rank",
    "settle_rank",
    "tau_max",
    "warm_path",
    "widest_gap",
]
