"""Numbers and pictures about a fitted model."""

from sklearn_prune.inspection._column_norms import ColumnNormDisplay
from sklearn_prune.inspection._convergence import ConvergenceDisplay
from sklearn_prune.inspection._embedding import EmbeddingDisplay
from sklearn_prune.inspection._guarantee import rank_guarantee
from sklearn_prune.inspection._interactions import Interaction, interactions
from sklearn_prune.inspection._path import PruningPathDisplay
from sklearn_prune.inspection._rank_guarantee import RankGuarantee

__all__ = [
    "ColumnNormDisplay",
    "ConvergenceDisplay",
    "EmbeddingDisplay",
    "Interaction",
    "PruningPathDisplay",
    "RankGuarantee",
    "interactions",
    "rank_guarantee",
]
