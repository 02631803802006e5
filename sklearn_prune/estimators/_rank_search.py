"""What ``alpha="auto"`` saw while it looked for the rank."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from sklearn_prune._typing import FloatArray, IndexArray
from sklearn_prune.objective import Problem
from sklearn_prune.selection import FoundRank


@dataclass(frozen=True, eq=False)
class RankSearch:
    """The ranks that ``alpha="auto"`` tried; ``print`` it for a table.

    Attributes
    ----------
    ranks : ndarray of shape (m,)
        0, 1, 2, …: the columns of the unpenalised fits.
    losses : ndarray of shape (m,)
        Their mean losses, in the units of ``y²``.
    statistics : ndarray of shape (m - 1,)
        How much one more column lowers the loss: the likelihood-ratio statistic over its degrees of
        freedom. A column is missing at a rank where it exceeds 3; noise gives about 1.5. Of labels,
        it is the smaller one of that and a score test.
    decided : bool
        Whether the data show that no column is missing, or ``n_components`` allows no more. Where
        samples are few they may not show it.

    Examples
    --------
    >>> from sklearn_prune import GroupLassoMatrixSensing
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> X, y, _ = make_matrix_sensing(500, 20, 2, noise=0.1, random_state=0)
    >>> search = GroupLassoMatrixSensing().fit(X, y).rank_search_
    >>> search.ranks.tolist(), search.decided
    ([0, 1, 2, 3], True)
    >>> (search.statistics > 3).tolist()
    [True, True, False]
    """

    ranks: IndexArray
    losses: FloatArray
    statistics: FloatArray
    decided: bool

    @classmethod
    def of(cls, found: FoundRank, problem: Problem) -> Self:
        """What was found of a problem, in the units of the caller."""
        losses = problem.scaling.to_caller(np.array(found.losses), "loss")
        ranks = np.arange(len(losses))
        return cls(ranks, losses, np.array(found.statistics), found.decided)

    def __str__(self) -> str:
        rows = ["rank  mean loss    statistic of one more column"]
        texts = [f"{statistic:.3g}" for statistic in self.statistics]
        for rank, loss, text in zip(self.ranks, self.losses, [*texts, "–"], strict=True):
            rows.append(f"{rank:4d}  {loss:<11.6g}  {text}")
        if not self.decided:
            rows.append("The samples are too few to tell whether a column is missing.")
        return "\n".join(rows)
