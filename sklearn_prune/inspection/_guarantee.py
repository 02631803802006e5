"""What the rank theorem lets one say of a fitted model."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_prune._threads import one_blas_thread
from sklearn_prune._typing import FloatArray
from sklearn_prune.estimators import (
    PenalizedByAlpha,
    PrunedMatrixSensing,
    Samples,
    check_measurements,
    check_number,
)
from sklearn_prune.inspection._isometry import isometry
from sklearn_prune.inspection._rank_guarantee import RankGuarantee
from sklearn_prune.inspection._steps import data_of_step, step_of
from sklearn_prune.models import outer_eigenvalue
from sklearn_prune.objective import Evaluation, Objective, Problem, smallest_curvature
from sklearn_prune.sensing import SymmetricOperator
from sklearn_prune.solvers import gauss_newton, trust_region_newton

# Random sums whose quantile bounds the noise.
DRAWS = 400
# Bound on the gradient norms of the exact fit, and of the fine-tuned fit that stands for the truth.
EXACT_TOL = 1e-8
# An isometry up to this is as good as zero: the search for zero ends at up to 1e-5.
UNSEEN = 1e-4


def rank_guarantee(
    model: BaseEstimator,
    X: Any,
    y: Any,
    *,
    sample_weight: Any = None,
    confidence: float = 0.99,
    random_state: Any = 0,
) -> RankGuarantee:
    """What the rank theorem lets one say of a fitted model.

    At a second-order point with a zero column, ``R = κ (M* − M) + Δ``. If ``ν = ||Δ||`` is below
    ``h_min``, no column kept is spurious; every signal with ``κ σ > τ + ν`` was kept. With
    ``positive=False`` both hold for each sign, so that they tell the inertia of M*.
    Here ν is bounded from the data.

    Parameters
    ----------
    model : GroupLassoMatrixSensing, PrunedMatrixSensing, or Pipeline with a step "sense"
        Fitted.
    X : array-like of shape (n, n_features), (n, side²) or (n, side, side)
        The measurements that it was fitted to.
    y : array-like of shape (n,)
        Their responses.
    sample_weight : array-like of shape (n,) or None, default=None
        Their weights.
    confidence : float in (0, 0.9975], default=0.99
        With which ν is to be bounded, by as many random sums as allow that.
    random_state : int, RandomState instance or None, default=0
        For the random sums that bound it.

    Returns
    -------
    RankGuarantee

    Raises
    ------
    TypeError, ValueError
        For another kind of model or loss, or for data of another shape. That they are the data of
        the fit is not checked.

    Notes
    -----
    Δ has two parts. The noise ``(1/W) Σ w_i ε_i (A_i − Ā)`` is bounded by a quantile of the norm of
    ``(1/W) Σ √w_i g_i e_i (A_i − Ā)``, g standard normal and e the residuals of the fine-tuned fit,
    enlarged by the degrees of freedom that it took. The sampling error, by which the
    measurements of ``M* − M`` differ from κ times it, is that of the fine-tuned factor in the
    place of the truth. What the fit missed has a sampling error too, which no residual shows. It
    is small where the measurements see all matrices alike. Where they see some S less, q times as
    well as the mean one, what is missing may be larger by one over q: ν must be below ``q h_min``
    in (a), and the limit in (b) is divided by q. Weights are repeats, up to other random numbers.

    The bound is approximate, as is any that is made of residuals: on 600 random problems it
    held in the share that it promises (``python docs/benchmarks/rank_theorem.py``).

    The theorem was derived, and checked on random problems, for this project; it is not
    in the paper.

    References
    ----------
    "Greedy Pruning with Group Lasso Provably Generalizes for Matrix Sensing", NeurIPS 2023,
    arXiv 2303.11453.

    Examples
    --------
    >>> from sklearn_prune import GroupLassoMatrixSensing
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> from sklearn_prune.inspection import rank_guarantee
    >>> X, y, _ = make_matrix_sensing(
    ...     1000, 15, 2, measurement="matrix", noise=0.1, random_state=0
    ... )
    >>> model = GroupLassoMatrixSensing(measurement="matrix").fit(X, y)
    >>> guarantee = rank_guarantee(model, X, y)
    >>> guarantee.rank, guarantee.no_spurious_column, guarantee.detection_limit < 0.5
    (2, True, True)
    """
    sense = _sensing_step(model)
    check_number("confidence", confidence, positive=True)
    confidence = float(confidence)
    if confidence > 1.0 - 1.0 / DRAWS:
        raise ValueError(
            f"confidence must be above 0 and at most {1.0 - 1.0 / DRAWS}, got {confidence!r}."
        )
    formulation = sense._formulation
    if not formulation.loss.is_quadratic:
        raise ValueError(
            f"The rank theorem is about the squared error, and does not hold for a fit with the "
            f"loss {sense.loss!r}."
        )
    X = data_of_step(model, X, "sense")
    X = check_measurements(X, formulation.measurement, estimator=sense, reset=False)
    samples = Samples.of(X, y, sample_weight)
    rng = check_random_state(random_state)
    with one_blas_thread():
        return _guarantee(sense, samples.problem(formulation), confidence, rng)


def _guarantee(
    sense: PenalizedByAlpha,
    problem: Problem,
    confidence: float,
    rng: np.random.RandomState,
) -> RankGuarantee:
    penalty = problem.penalty(sense.alpha_, sense.beta_)
    living = problem.import_factor(sense.fitted_factor_).take(slice(sense.rank_))
    # The theorem is about exact second-order points, so the fit is made exact first.
    point = trust_region_newton(
        Objective(problem, penalty), living, tol=EXACT_TOL, max_iter=200
    ).point
    tuned = gauss_newton(Objective(problem), living, tol=EXACT_TOL, max_iter=200).point
    curvature = smallest_curvature(point)
    nu = _noise_quantile(problem, tuned, confidence, rng) + _sampling_error(point, tuned)
    seen = min(1.0, isometry(problem, rng))
    failed = _failed_conditions(sense, point, curvature, seen)
    applies = not failed
    limit = (penalty.tau + nu) / seen if applies else np.inf
    h_min = penalty.smallest_level()
    to_caller = problem.scaling.to_caller
    return RankGuarantee(
        rank=sense.rank_,
        applies=applies,
        smallest_curvature=curvature,
        tau=sense.certificate_.tau,
        h_min=float(to_caller(h_min, "R")),
        nu=float(to_caller(nu, "R")),
        confidence=confidence,
        no_spurious_column=bool(applies and nu < seen * h_min),
        detection_limit=float(to_caller(limit, "M")),
        failed=failed,
        isometry=seen,
        inertia=problem.model.inertia(living),
    )


def _sensing_step(model: BaseEstimator) -> PenalizedByAlpha:
    """The fitted penalised estimator of a model."""
    step = step_of(model, "sense")
    if not isinstance(step, PenalizedByAlpha | PrunedMatrixSensing):
        raise TypeError(
            "model must be a GroupLassoMatrixSensing, a PrunedMatrixSensing, or a Pipeline with a "
            f"step 'sense' that is the former, got {type(step).__name__}."
        )
    # Only one that is not fitted has no steps.
    check_is_fitted(step, "factor_")
    return step


def _failed_conditions(
    model: PenalizedByAlpha, point: Evaluation, curvature: float, seen: float
) -> tuple[str, ...]:
    """The conditions of the theorem that are not met."""
    problem = point.problem
    formulation = problem.formulation
    top = problem.model.ascent_rate(point.residual_matrix)
    conditions = {
        "the fit is not stationary": point.gradient_norm <= EXACT_TOL,
        "an eigenvalue of R is beyond τ, so that a further column would lower the objective": (
            top <= point.penalty.tau * (1.0 + EXACT_TOL)
        ),
        "the living columns are in a saddle": curvature > -10 * EXACT_TOL,
        "no column is zero; increase n_components or alpha": model.rank_ < model.factor_.shape[1],
        # Without an offset every rank-one response contains the trace of what is missing, and
        # nothing that is left in the data says how large it is.
        "rank-one measurements need fit_intercept=True": (
            formulation.measurement == "matrix" or formulation.fit_intercept
        ),
        "there are no more samples than degrees of freedom": (
            problem.n_residual > problem.degrees_of_freedom(model.rank_)
        ),
        "some matrix that may be missing changes no prediction": seen > UNSEEN,
    }
    return tuple(text for text, is_met in conditions.items() if not is_met)


def _sampling_error(point: Evaluation, tuned: Evaluation) -> float:
    """``||R(M) − κ (M* − M)||`` without noise, with the tuned fit in the place of the truth."""
    ours, theirs, R, without = (
        point.factor,
        tuned.factor,
        point.residual_matrix,
        tuned.residual_matrix,
    )
    if isinstance(R, np.ndarray) and isinstance(without, np.ndarray):
        return float(np.linalg.norm(R - without - (theirs.matrix - ours.matrix), 2))

    def product(V: FloatArray) -> FloatArray:
        return R @ V - without @ V - theirs.times(V) + ours.times(V)

    error = SymmetricOperator(point.problem.dim, product)
    return outer_eigenvalue(error, both_ends=True)


def _noise_quantile(
    problem: Problem, tuned: Evaluation, confidence: float, rng: np.random.RandomState
) -> float:
    """A bound on the level of the noise, enlarged by the degrees of freedom of the tuned fit."""
    q, n = problem.degrees_of_freedom(tuned.factor.n_columns), problem.n_residual
    if n <= q:
        return np.inf
    c = np.sqrt(problem.weights / problem.total_weight) * tuned.residuals
    norms = []
    for _ in range(DRAWS):
        g = c * problem.sensing.vector(rng.standard_normal(problem.sensing.n_samples))
        if problem.profiles_offset:
            g = g - np.sum(g) * problem.weights
        norms.append(outer_eigenvalue(problem.sensing.adjoint(g), both_ends=True))
    return float(np.quantile(norms, confidence)) / float(np.sqrt(1.0 - q / n))
