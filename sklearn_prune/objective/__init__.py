"""Squared loss, smooth group lasso, their derivatives, and the certificate."""

from sklearn_prune.objective._certificate import Certificate, certify, smallest_curvature
from sklearn_prune.objective._objective import Objective, Point, SquaredLoss
from sklearn_prune.objective._penalty import NO_PENALTY, GroupLasso
from sklearn_prune.objective._statistics import (
    CondensedLoss,
    condensed,
    condensing_pays,
    statistics_of,
)
from sklearn_prune.objective._units import Units, normalised_loss

__all__ = [
    "NO_PENALTY",
    "Certificate",
    "CondensedLoss",
    "GroupLasso",
    "Objective",
    "Point",
    "SquaredLoss",
    "Units",
    "certify",
    "condensed",
    "condensing_pays",
    "normalised_loss",
    "smallest_curvature",
    "statistics_of",
]
