"""What `peers.py` compares: ways to fit a problem, each from X and y to a matrix M.

Whatever a method needs to prepare (packed measurements, a spectral start, an expanded table of
features) is in its time. Optional packages are imported by the methods that need them.
"""

from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from scipy.optimize import minimize

from sklearn_prune import FineTuner, make_pruning_pipeline
from sklearn_prune.objective import GroupLasso, Objective, normalised_loss
from sklearn_prune.sensing import sensing_map
from sklearn_prune.solvers import spectral_start, turn

# An eigenvalue below this, over the largest, is zero.
RANK_TOLERANCE = 1e-3
# Values closer than this, relatively, are the same; mean squares below, over those of y, are zero.
CLOSE, EXACT = 1e-6, 1e-18
# As close as plain gradients come in good time: they turn the columns ever more slowly.
CLOSE_FOR_GRADIENTS = 1e-5


@dataclass
class Problem:
    """Data, the truth behind them, and what only some methods are told of it."""

    name: str
    measurement: str
    X: np.ndarray
    y: np.ndarray
    factor: np.ndarray
    noise: float
    # Set by the first fit with alpha="auto".
    alpha: float | None = None
    objective: float | None = None
    # The mean squared error of the oracle.
    oracle_loss: float | None = None

    @property
    def dim(self):
        return len(self.factor)

    @property
    def rank(self):
        return self.factor.shape[1]

    def loss(self):
        sensing = sensing_map(self.X, self.measurement)
        return normalised_loss(sensing, self.y, np.ones(len(self.y)), centred=False)

    def rows(self):
        """The ``vec(A_i)``, one a row."""
        if self.measurement == "matrix":
            return self.X
        return np.einsum("ij,ik->ijk", self.X, self.X).reshape(len(self.X), -1)


@dataclass
class Fit:
    """What a method found; None for what it does not tell."""

    M: np.ndarray
    rank: int | None
    certificate: bool | None = None
    note: str = ""


class TooLarge(Exception):
    """Raised by a method that leaves a problem out; says why."""


class _Over(Exception):
    """The target is reached, or the time is up."""


class _Watched(Objective):
    """An objective that keeps its best point and stops whoever asks for values."""

    def __init__(self, loss, penalty=None, *, target, cap):
        super().__init__(*([loss] if penalty is None else [loss, penalty]))
        self.target = target
        self.deadline = perf_counter() + cap
        self.best = None
        self._last = None

    def at(self, U):
        if perf_counter() > self.deadline:
            raise _Over
        # Some optimisers ask for value, gradient and Hessian at one U in turn.
        if self._last is not None and np.array_equal(self._last.U, U):
            return self._last
        self._last = super().at(U.copy())
        if self.best is None or self._last.value < self.best.value:
            self.best = self._last
        if self.reached:
            raise _Over
        return self._last

    @property
    def reached(self):
        return self.best.value <= self.target

    def minimised_by(self, solve):
        """The best point that ``solve`` comes to, and a note if it is not the target.

        What ``solve`` returns says whether it converged; None is that it should have reached more.
        """
        converged = False
        with suppress(_Over):
            converged = solve(self)
        if self.reached or converged:
            return self.best, ""
        return self.best, "time is up" if perf_counter() > self.deadline else "stopped short"


def _gram(U):
    return U @ U.T


def numerical_rank(M):
    values = np.linalg.eigvalsh(M)
    return int(np.sum(values > RANK_TOLERANCE * values[-1]))


# Ours, and the oracle.


def _pipeline(problem, alpha):
    pipe = make_pruning_pipeline(alpha=alpha, measurement=problem.measurement, random_state=0)
    pipe.fit(problem.X, problem.y)
    U = pipe["tune"].factor_
    columns = int(np.any(U, axis=0).sum())
    return pipe, Fit(_gram(U), columns, pipe["sense"].certificate_.holds)


def ours(problem, cap):
    return _pipeline(problem, problem.alpha)[1]


def ours_auto(problem, cap):
    pipe, fit = _pipeline(problem, "auto")
    problem.alpha, problem.objective = pipe["sense"].alpha_, pipe["sense"].objective_
    return fit


def oracle(problem, cap):
    model = FineTuner(problem.rank, measurement=problem.measurement).fit(problem.X, problem.y)
    problem.oracle_loss = model.loss_curve_[-1]
    return Fit(_gram(model.factor_), problem.rank)


# All k = d columns, on the same penalised objective.


def _pruned_and_tuned(problem, U, note):
    """The rest of what ours does: short columns pruned, the others fitted without the penalty.

    A fit that did not arrive is shown as it is: most of its columns may still be long.
    """
    if note:
        M = _gram(U)
        return Fit(M, numerical_rank(M), note=note)
    U = turn(U)
    s = np.sum(U**2, axis=0)
    U = U[:, s > RANK_TOLERANCE * s[0]]
    tuner = FineTuner(U.shape[1], measurement=problem.measurement, init=U)
    return Fit(_gram(tuner.fit(problem.X, problem.y).factor_), U.shape[1], note=note)


def lbfgs_all_columns(problem, cap):
    """SciPy's L-BFGS from a random start, until its value is ours."""
    loss, units = problem.loss()
    d = problem.dim
    objective = _Watched(
        loss,
        GroupLasso.tied(problem.alpha / units.alpha),
        target=problem.objective / units.loss * (1 + CLOSE),
        cap=cap,
    )
    start = np.random.default_rng(0).standard_normal((d, d)) / d

    def value_and_gradient(u):
        point = objective.at(u.reshape(d, d))
        return point.value, point.gradient.ravel()

    def solve(objective):
        options = {"maxiter": 50_000, "maxfun": 100_000, "ftol": 0.0, "gtol": 1e-12}
        minimize(value_and_gradient, start.ravel(), jac=True, method="L-BFGS-B", options=options)

    point, note = objective.minimised_by(solve)
    return _pruned_and_tuned(problem, point.U * units.factor, note)


def torch_all_columns(problem, cap):
    """Gradient descent with momentum from a small random start, until its value is nearly ours.

    Its step is half of one over the largest curvature at the truth, of which it is told the size.
    Of the steps and momenta tried this pair was the fastest that never diverged.
    """
    import torch

    deadline = perf_counter() + cap
    X, y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)
    d, alpha = problem.dim, problem.alpha
    _, units = problem.loss()
    beta = GroupLasso.tied(alpha / units.alpha).beta * units.M
    target = problem.objective * (1 + CLOSE_FOR_GRADIENTS)
    generator = torch.Generator().manual_seed(0)
    start = 1e-2 / d * torch.randn(d, d, dtype=torch.float64, generator=generator)
    U = (start * units.factor).requires_grad_()

    def images():
        if problem.measurement == "matrix":
            return X @ (U @ U.T).reshape(-1)
        return ((X @ U) ** 2).sum(1)

    # In normalised units the curvature is about 8 σ_1, more where traces count.
    trace = 1 if problem.measurement == "matrix" else 1 + problem.rank / 2
    largest = np.linalg.norm(problem.factor, 2) ** 2 / units.M
    step = units.factor**2 / units.loss / (16 * largest * trace)
    optimiser = torch.optim.SGD([U], lr=step, momentum=0.97, nesterov=True)
    value, note = np.inf, ""
    while value > target:
        optimiser.zero_grad()
        s = (U**2).sum(0)
        objective = ((images() - y) ** 2).mean() + alpha * (s / torch.sqrt(s + beta)).sum()
        objective.backward()
        value = objective.item()
        if not np.isfinite(value):
            raise FloatingPointError("diverged")
        if perf_counter() > deadline:
            note = "time is up"
            break
        optimiser.step()
    return _pruned_and_tuned(problem, U.detach().numpy(), note)


# The trace norm.


def _trace_norm(problem, cap, solver, **options):
    import cvxpy as cp

    if problem.dim > 60:
        raise TooLarge("d > 60")
    n, d = len(problem.y), problem.dim
    A = problem.rows()
    M = cp.Variable((d, d), PSD=True)
    errors = A @ cp.vec(M, order="C") - problem.y
    if problem.noise:
        # No less than the norm of the gradient that noise of this size has at the truth.
        draw = problem.noise * np.random.default_rng(0).standard_normal(n)
        level = 2 * np.linalg.norm((draw @ A).reshape(d, d) / n, 2)
        task = cp.Problem(cp.Minimize(cp.sum_squares(errors) / n + level * cp.trace(M)))
    else:
        task = cp.Problem(cp.Minimize(cp.trace(M)), [errors == 0])
    task.solve(solver=solver, **options)
    note = "" if task.status == "optimal" else task.status
    if M.value is None:
        raise TooLarge(task.status)
    return Fit(M.value, numerical_rank(M.value), note=note)


def trace_norm_scs(problem, cap):
    return _trace_norm(problem, cap, "SCS", eps=1e-6, max_iters=100_000, time_limit_secs=cap)


def trace_norm_clarabel(problem, cap):
    return _trace_norm(problem, cap, "CLARABEL", time_limit=cap)


# Factors of a given number of columns, no penalty.


def _given_columns(problem, cap, columns, solve, target=None):
    loss, units = problem.loss()
    if target is None:
        target = max(problem.oracle_loss / units.loss * (1 + CLOSE), EXACT)
    objective = _Watched(loss, target=target, cap=cap)
    start = spectral_start(loss, columns)
    if start.shape[1] < columns:
        # Directions in which the start is zero: a little of each, so that they can grow.
        extra = np.random.default_rng(0).standard_normal((problem.dim, columns - start.shape[1]))
        start = np.hstack([start, 1e-3 * extra / np.sqrt(problem.dim)])
    point, note = objective.minimised_by(lambda objective: solve(objective, start, units))
    M = _gram(point.U * units.factor)
    return Fit(M, numerical_rank(M), note=note)


def pymanopt_trust_regions(problem, cap):
    """Riemannian trust regions on the positive semidefinite matrices of rank r.

    Like ScaledGD it stops where its loss is the oracle's.
    """
    import pymanopt
    from pymanopt.manifolds import PSDFixedRank
    from pymanopt.optimizers import TrustRegions

    manifold = PSDFixedRank(problem.dim, problem.rank)

    def solve(objective, start, units):
        @pymanopt.function.numpy(manifold)
        def cost(U):
            return objective.at(U).value

        @pymanopt.function.numpy(manifold)
        def gradient(U):
            return objective.at(U).gradient

        @pymanopt.function.numpy(manifold)
        def hessian(U, V):
            return objective.at(U).hessian_product(V)

        task = pymanopt.Problem(
            manifold, cost, euclidean_gradient=gradient, euclidean_hessian=hessian
        )
        optimiser = TrustRegions(
            max_time=cap, max_iterations=10_000, min_gradient_norm=1e-11, verbosity=0
        )
        optimiser.run(task, initial_point=start)

    return _given_columns(problem, cap, problem.rank, solve)


def _preconditioned(objective, U, damping):
    """Gradient steps times ``(UᵀU + damping I)⁻¹``, until they change the loss no more.

    The papers' step, 1/2 for a loss of curvature one, is 1/8 for ours. It needs the restricted
    isometry, which rank-one measurements do not have: it is halved until it lowers the loss.
    """
    step = 0.125
    point = objective.at(U)
    while True:
        gram = point.U.T @ point.U + damping(point.value) * np.eye(U.shape[1])
        direction = np.linalg.solve(gram, point.gradient.T).T
        slope = np.vdot(point.gradient, direction)
        if step * slope <= CLOSE * point.value:
            return True
        trial = objective.at(point.U - step * direction)
        if trial.value > point.value - 0.5 * step * slope:
            step *= 0.5
        else:
            point = trial


def scaled_gd(problem, cap):
    """Tong, Ma, Chi, JMLR 2021, given r."""

    def solve(objective, start, units):
        return _preconditioned(objective, start, lambda value: 0.0)

    return _given_columns(problem, cap, problem.rank, solve)


def prec_gd(problem, cap):
    """Zhang, Fattahi, Zhang, NeurIPS 2021, given 2 r columns, and the noise for its damping.

    It runs until it has converged: where its loss is the oracle's its error is larger still.
    """

    def solve(objective, start, units):
        variance = problem.noise**2 / units.loss
        return _preconditioned(objective, start, lambda value: np.sqrt(abs(value - variance)))

    return _given_columns(problem, cap, min(2 * problem.rank, problem.dim), solve, target=EXACT)


# No rank at all.


def ridge(problem, cap):
    """Ridge on all products of two features; its strength by leave-one-out errors."""
    from sklearn.linear_model import RidgeCV
    from sklearn.preprocessing import PolynomialFeatures

    d, n = problem.dim, len(problem.y)
    if n * d**2 > 5e7:
        raise TooLarge(f"n d² = {n * d**2:.0e}")
    strengths = np.geomspace(1e-4, 1e4, 9)
    if problem.measurement == "matrix":
        coefficients = RidgeCV(strengths).fit(problem.X, problem.y).coef_.reshape(d, d)
        return Fit(0.5 * (coefficients + coefficients.T), None)
    features = PolynomialFeatures(2, include_bias=False)
    model = RidgeCV(strengths).fit(features.fit_transform(problem.X), problem.y)
    M = np.zeros((d, d))
    M[np.triu_indices(d)] = model.coef_[d:]
    return Fit(0.5 * (M + M.T), None)


# The first two set what the others aim at.
METHODS = {
    "ours, auto": ours_auto,
    "oracle (knows r)": oracle,
    "ours": ours,
    "L-BFGS, all columns": lbfgs_all_columns,
    "PyTorch, all columns": torch_all_columns,
    "trace norm, SCS": trace_norm_scs,
    "trace norm, Clarabel": trace_norm_clarabel,
    "pymanopt (knows r)": pymanopt_trust_regions,
    "ScaledGD (knows r)": scaled_gd,
    "PrecGD (knows 2r)": prec_gd,
    "Ridge": ridge,
}
