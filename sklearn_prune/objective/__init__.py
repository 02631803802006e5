"""The objective: a problem, the smooth group lasso, their derivatives, and the certificate."""

from sklearn_prune.objective._canonical import canonical_in_place
from sklearn_prune.objective._certificate import Certificate
from sklearn_prune.objective._certify import certify, smallest_curvature
from sklearn_prune.objective._compressed import CompressedProblem, compress, compression_pays
from sklearn_prune.objective._curvature import Curvature, probe_curvature
from sklearn_prune.objective._evaluation import Evaluation, Objective
from sklearn_prune.objective._fitted_factor import FittedFactor, norms_of_columns
from sklearn_prune.objective._formulation import Formulation, Settings
from sklearn_prune.objective._moments import Moments
from sklearn_prune.objective._penalty import NO_PENALTY, GroupLasso
from sklearn_prune.objective._problem import Problem
from sklearn_prune.objective._scaling import Scaling
from sklearn_prune.objective._weight_decay import WeightDecay

__all__ = [
    "NO_PENALTY",
    "Certificate",
    "CompressedProblem",
    "Curvature",
    "Evaluation",
    "FittedFactor",
    "Formulation",
    "GroupLasso",
    "Moments",
    "Objective",
    "Problem",
    "Scaling",
    "Settings",
    "WeightDecay",
    "canonical_in_place",
    "certify",
    "compress",
    "compression_pays",
    "norms_of_columns",
    "probe_curvature",
    "smallest_curvature",
]
