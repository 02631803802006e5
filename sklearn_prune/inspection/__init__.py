"""Numbers and pictures about a fitted model."""

from sklearn_prune.inspection._column_norms import ColumnNormDisplay
from sklearn_prune.inspection._convergence import ConvergenceDisplay
from sklearn_prune.inspection._guarantee import RankGuarantee, rank_guarantee
from sklearn_prune.inspection._path import PruningPathDisplay

__all__ = [
    "ColumnNormDisplay",
    "ConvergenceDisplay",
    "PruningPathDisplay",
    "RankGuarantee",
    "rank_guarantee",
]
