"""What sets the rank, α and the threshold for pruning. All in normalised units (κ = 1)."""

from sklearn_prune.selection._cross_validation import held_out_errors
from sklearn_prune.selection._level import automatic_penalty, largest_level, noise_level
from sklearn_prune.selection._path import rising_path, warm_path
from sklearn_prune.selection._rank import (
    FoundRank,
    degrees_of_freedom,
    drop_statistic,
    exact_fit,
    find_rank,
    largest_rank,
)
from sklearn_prune.selection._threshold import explicit_threshold, widest_gap

__all__ = [
    "FoundRank",
    "automatic_penalty",
    "degrees_of_freedom",
    "drop_statistic",
    "exact_fit",
    "explicit_threshold",
    "find_rank",
    "held_out_errors",
    "largest_level",
    "largest_rank",
    "noise_level",
    "rising_path",
    "warm_path",
    "widest_gap",
]
