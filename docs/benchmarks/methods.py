"""The methods that `peers.py` compares; each takes X and y and returns a matrix M.

The time of a method includes all that it prepares (a spectral start, a table of products of
features). Optional packages are imported by the methods that need them.
"""

from contextlib import suppress
from dataclasses import dataclass
from time import process_time

import numpy as np
from scipy.optimize import minimize

from sklearn_prune import FineTuner, make_pruning_pipeline
from sklearn_prune.models import Factor, Positive
from sklearn_prune.objective import NO_PENALTY, Formulation, GroupLasso, Objective, Problem
from sklearn_prune.solvers import spectral_start

# Eigenvalues below this part of the largest count as zero.
RANK_TOLERANCE = 1e-3
# Values whose relative difference is below CLOSE count as equal. Mean squared errors below EXACT
# times the mean square of y count as zero.
CLOSE, EXACT = 1e-6, 1e-18
# Relative difference for gradient descent, which converges slowly along rotations of the columns.
CLOSE_FOR_GRADIENTS = 1e-5


@dataclass
class Instance:
    """Data, the true factor, and quantities that only some of the methods are given."""

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

    def normalized(self):
        """The problem in normalised units."""
        weights = np.ones(len(self.y))
        return Problem.from_data(self.X, self.y, weights, Formulation(self.measurement))

    def rows(self):
        """The ``vec(A_i)``, one a row."""
        if self.measurement == "matrix":
            return self.X
        return np.einsum("ij,ik->ijk", self.X, self.X).reshape(len(self.X), -1)


@dataclass
class Fit:
    """The result of a method; None for what it does not report."""

    M: np.ndarray
    rank: int | None
    certificate: bool | None = None
    note: str = ""


class TooLarge(Exception):
    """Raised by a method that leaves a problem out; the message gives the reason."""


class _Over(Exception):
    """Raised when the target is reached or the time is up."""


class _Monitored:
    """An objective that keeps its best point and raises `_Over` at the target or the deadline."""

    def __init__(self, problem, penalty=NO_PENALTY, *, target, cap):
        self.problem = problem
        self._objective = Objective(problem, penalty)
        self.target = target
        self.deadline = process_time() + cap
        self.best = None
        self._last = None

    def at(self, U):
        if process_time() > self.deadline:
            raise _Over
        # Some optimisers ask for value, gradient and Hessian at the same U in turn.
        if self._last is not None and np.array_equal(self._last.U, U):
            return self._last
        self._last = self._objective.at(U.copy())
        if self.best is None or self._last.value < self.best.value:
            self.best = self._last
        if self.reached:
            raise _Over
        return self._last

    @property
    def reached(self):
        return self.best.value <= self.target

    def minimized_by(self, solve):
        """The best point of ``solve``, and a note if it did not reach the target.

        ``solve`` returns True if it converged by its own criterion.
        """
        converged = False
        with suppress(_Over):
            converged = solve(self)
        if self.reached or converged:
            return self.best, ""
        return self.best, "time is up" if process_time() > self.deadline else "stopped short"


def _gram(U):
    return U @ U.T


def numerical_rank(M):
    values = np.linalg.eigvalsh(M)
    return int(np.sum(values > RANK_TOLERANCE * values[-1]))


# Our pipeline and the oracle.


def _pipeline(instance, alpha):
    pipe = make_pruning_pipeline(alpha=alpha, measurement=instance.measurement, random_state=0)
    pipe.fit(instance.X, instance.y)
    U = pipe["tune"].factor_
    columns = int(np.any(U, axis=0).sum())
    return pipe, Fit(_gram(U), columns, pipe["sense"].certificate_.holds)


def ours(instance, cap):
    return _pipeline(instance, instance.alpha)[1]


def ours_auto(instance, cap):
    pipe, fit = _pipeline(instance, "auto")
    instance.alpha, instance.objective = pipe["sense"].alpha_, pipe["sense"].objective_
    return fit


def oracle(instance, cap):
    model = FineTuner(instance.rank, measurement=instance.measurement).fit(instance.X, instance.y)
    instance.oracle_loss = model.loss_curve_[-1]
    return Fit(_gram(model.factor_), instance.rank)


# All k = d columns, on the same penalised objective.


def _pruned_and_tuned(instance, U, note):
    """Prune the short columns and fine-tune the others, as the pipeline does.

    A fit that did not reach its target is returned as it is; most of its columns may be long.
    """
    if note:
        M = _gram(U)
        return Fit(M, numerical_rank(M), note=note)
    U = Positive().canonicalize(Factor(U)).U
    s = np.sum(U**2, axis=0)
    U = U[:, s > RANK_TOLERANCE * s[0]]
    tuner = FineTuner(U.shape[1], measurement=instance.measurement, init=U)
    return Fit(_gram(tuner.fit(instance.X, instance.y).factor_), U.shape[1], note=note)


def lbfgs_all_columns(instance, cap):
    """SciPy's L-BFGS from a random start, until its value is that of our fit."""
    problem, d = instance.normalized(), instance.dim
    objective = _Monitored(
        problem,
        problem.penalty(instance.alpha, "auto"),
        target=instance.objective / problem.scaling.unit("loss") * (1 + CLOSE),
        cap=cap,
    )
    start = np.random.default_rng(0).standard_normal((d, d)) / d

    def value_and_gradient(u):
        point = objective.at(u.reshape(d, d))
        return point.value, point.gradient.ravel()

    def solve(objective):
        options = {"maxiter": 50_000, "maxfun": 100_000, "ftol": 0.0, "gtol": 1e-12}
        minimize(value_and_gradient, start.ravel(), jac=True, method="L-BFGS-B", options=options)

    point, note = objective.minimized_by(solve)
    return _pruned_and_tuned(instance, problem.scaling.to_caller(point.U, "U"), note)


def torch_all_columns(instance, cap):
    """Gradient descent with momentum from a small random start, until its value is near ours.

    The step is half of the inverse of the largest curvature at the truth, which it is given. Of
    the pairs of step and momentum that were tried, this one was the fastest that never diverged.
    """
    import torch

    deadline = process_time() + cap
    X, y = torch.from_numpy(instance.X), torch.from_numpy(instance.y)
    d, alpha = instance.dim, instance.alpha
    unit = instance.normalized().scaling.unit
    beta = GroupLasso.tied(alpha / unit("alpha")).beta * unit("beta")
    target = instance.objective * (1 + CLOSE_FOR_GRADIENTS)
    generator = torch.Generator().manual_seed(0)
    start = 1e-2 / d * torch.randn(d, d, dtype=torch.float64, generator=generator)
    U = (start * unit("U")).requires_grad_()

    def images():
        if instance.measurement == "matrix":
            return X @ (U @ U.T).reshape(-1)
        return ((X @ U) ** 2).sum(1)

    # In normalised units the curvature is about 8 σ_1, and larger for rank-one measurements.
    trace = 1 if instance.measurement == "matrix" else 1 + instance.rank / 2
    largest = np.linalg.norm(instance.factor, 2) ** 2 / unit("M")
    step = unit("U") ** 2 / unit("loss") / (16 * largest * trace)
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
        if process_time() > deadline:
            note = "time is up"
            break
        optimiser.step()
    return _pruned_and_tuned(instance, U.detach().numpy(), note)


# The trace norm.


def _trace_norm(instance, cap, solver, **options):
    import cvxpy as cp

    if instance.dim > 60:
        raise TooLarge("d > 60")
    n, d = len(instance.y), instance.dim
    A = instance.rows()
    M = cp.Variable((d, d), PSD=True)
    errors = A @ cp.vec(M, order="C") - instance.y
    if instance.noise:
        # The norm of the gradient at the truth for a draw of noise of the same size.
        draw = instance.noise * np.random.default_rng(0).standard_normal(n)
        level = 2 * np.linalg.norm((draw @ A).reshape(d, d) / n, 2)
        task = cp.Problem(cp.Minimize(cp.sum_squares(errors) / n + level * cp.trace(M)))
    else:
        task = cp.Problem(cp.Minimize(cp.trace(M)), [errors == 0])
    task.solve(solver=solver, **options)
    note = "" if task.status == "optimal" else task.status
    if M.value is None:
        raise TooLarge(task.status)
    return Fit(M.value, numerical_rank(M.value), note=note)


def trace_norm_scs(instance, cap):
    return _trace_norm(instance, cap, "SCS", eps=1e-6, max_iters=100_000, time_limit_secs=cap)


def trace_norm_clarabel(instance, cap):
    return _trace_norm(instance, cap, "CLARABEL", time_limit=cap)


# Factors of a given number of columns, without a penalty.


def _given_columns(instance, cap, columns, solve, target=None):
    problem, d = instance.normalized(), instance.dim
    if target is None:
        oracle_loss = instance.oracle_loss / problem.scaling.unit("loss")
        target = max(oracle_loss * (1 + CLOSE), EXACT)
    objective = _Monitored(problem, target=target, cap=cap)
    start = spectral_start(problem, columns).U
    if start.shape[1] < columns:
        # The missing columns start at small random values, since zero columns have no gradient.
        extra = np.random.default_rng(0).standard_normal((d, columns - start.shape[1]))
        start = np.hstack([start, 1e-3 * extra / np.sqrt(d)])
    point, note = objective.minimized_by(lambda objective: solve(objective, start))
    M = problem.scaling.to_caller(_gram(point.U), "M")
    return Fit(M, numerical_rank(M), note=note)


def pymanopt_trust_regions(instance, cap):
    """Riemannian trust regions on the positive semidefinite matrices of rank r.

    Like ScaledGD it stops when its loss is that of the oracle.
    """
    import pymanopt
    from pymanopt.manifolds import PSDFixedRank
    from pymanopt.optimizers import TrustRegions

    manifold = PSDFixedRank(instance.dim, instance.rank)

    def solve(objective, start):
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

    return _given_columns(instance, cap, instance.rank, solve)


def _preconditioned(objective, U, damping):
    """Gradient steps times ``(UᵀU + damping I)⁻¹``, until they no longer change the loss.

    The step of the papers, 1/2 for a loss of curvature one, is 1/8 for our loss. It needs a
    restricted isometry, which rank-one measurements lack; it is halved until it lowers the loss.
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


def scaled_gd(instance, cap):
    """Tong, Ma, Chi, JMLR 2021, given r."""

    def solve(objective, start):
        return _preconditioned(objective, start, lambda value: 0.0)

    return _given_columns(instance, cap, instance.rank, solve)


def prec_gd(instance, cap):
    """Zhang, Fattahi, Zhang, NeurIPS 2021, given 2 r columns and the noise for its damping.

    It runs until convergence: when its loss first equals that of the oracle, its error is larger.
    """

    def solve(objective, start):
        variance = instance.noise**2 / objective.problem.scaling.unit("loss")
        return _preconditioned(objective, start, lambda value: np.sqrt(abs(value - variance)))

    return _given_columns(instance, cap, min(2 * instance.rank, instance.dim), solve, target=EXACT)


# No low rank.


def ridge(instance, cap):
    """Ridge on all products of two features; leave-one-out errors choose its strength."""
    from sklearn.linear_model import RidgeCV
    from sklearn.preprocessing import PolynomialFeatures

    d, n = instance.dim, len(instance.y)
    if n * d**2 > 5e7:
        raise TooLarge(f"n d² = {n * d**2:.0e}")
    strengths = np.geomspace(1e-4, 1e4, 9)
    if instance.measurement == "matrix":
        coefficients = RidgeCV(strengths).fit(instance.X, instance.y).coef_.reshape(d, d)
        return Fit(0.5 * (coefficients + coefficients.T), None)
    features = PolynomialFeatures(2, include_bias=False)
    model = RidgeCV(strengths).fit(features.fit_transform(instance.X), instance.y)
    M = np.zeros((d, d))
    M[np.triu_indices(d)] = model.coef_[d:]
    return Fit(0.5 * (M + M.T), None)


# The first two set the targets of the others.
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
