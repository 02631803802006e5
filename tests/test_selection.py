"""What sets α and the threshold. Solvers are tested before this."""

from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import MEASUREMENTS, explicit_matrices, random_rows, sensed_problem
from sklearn.datasets import make_friedman1

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.models import Factor
from sklearn_prune.objective import NO_PENALTY, Formulation, GroupLasso, Objective, Problem
from sklearn_prune.selection import (
    _rank_path,
    automatic_penalty,
    explicit_threshold,
    find_rank,
    noise_level,
    tau_max,
    widest_gap,
)
from sklearn_prune.solvers import gauss_newton, possible_starts, working_set


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("centred", [False, True])
def test_noise_level_by_definition(measurement, centred):
    rng = np.random.default_rng(0)
    X = random_rows(rng, 30, 4, measurement) + 0.5
    w = rng.uniform(0.5, 2, 30)
    formulation = Formulation(measurement, centred)
    problem = Problem.from_data(X, rng.standard_normal(30), w, formulation)
    A = explicit_matrices(problem)
    if centred:
        A = A - np.einsum("i,iab->ab", w / w.sum(), A)
    e = rng.standard_normal(30)
    squares = np.einsum("i,iab,ibc->ac", w * e**2, A, A)
    expected = 2 * np.sqrt(np.linalg.eigvalsh(squares)[-1]) / w.sum()
    assert_allclose(noise_level(problem, e), expected, rtol=1e-10)


def test_noise_level_of_gaussian_matrices_is_known():
    """``σ √(2 d / n)``, and the level of real noise is about that."""
    d, n = 30, 4000
    problem, _ = sensed_problem("matrix", n_samples=n, dim=d, rank=1)
    e = np.random.default_rng(0).standard_normal(n)
    expected = np.sqrt(2 * d / n)
    assert_allclose(noise_level(problem, e), expected, rtol=0.1)
    assert_allclose(np.linalg.norm(problem.residual_matrix(e), 2), expected, rtol=0.15)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_tau_max_is_where_the_first_column_is_born(measurement):
    problem, _ = sensed_problem(
        measurement, n_samples=300, dim=8, rank=2, noise=0.1, fit_intercept=True
    )
    top = tau_max(problem)
    alive = []
    for tau in (1.01 * top, 0.99 * top):
        solution, certificate = working_set(
            Objective(problem, GroupLasso.from_tau(tau)),
            Factor(np.empty((8, 0))),
            8,
            tol=1e-8,
            max_iter=200,
        )
        assert certificate.holds
        alive.append(solution.U.shape[1])
    assert alive[0] == 0
    assert alive[1] > 0


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("n_samples", [170, 600])
def test_automatic_penalty_finds_the_rank(measurement, noise, centred, n_samples):
    """From 4 samples for each of the 42 numbers on."""
    problem, _ = sensed_problem(
        measurement,
        n_samples=n_samples,
        dim=15,
        rank=3,
        noise=noise,
        condition_number=2,
        fit_intercept=centred,
    )
    found = find_rank(problem, 15, tol=1e-9)
    penalty, trial = automatic_penalty(problem, 15, found, max_iter=100)
    assert found.factor.n_columns == 3
    assert found.is_exact == (noise == 0)
    assert found.decided
    assert penalty.alpha > 0
    solution, certificate = working_set(
        Objective(problem, penalty), trial.factor, 15, tol=1e-8, max_iter=200
    )
    assert certificate.holds
    assert solution.U.shape[1] == 3


def test_automatic_penalty_of_noise_alone_keeps_nothing():
    problem, _ = sensed_problem("matrix", n_samples=400, dim=10, rank=0, noise=1.0)
    found = find_rank(problem, 10, tol=1e-9)
    penalty, trial = automatic_penalty(problem, 10, found, max_iter=100)
    assert found.factor.shape == trial.U.shape == (10, 0)
    assert penalty.tau > tau_max(problem)


def test_explicit_threshold():
    norms = np.array([3.0, 1.0, 1e-3, 0.0])
    tiny = GroupLasso(0.5, 1e-6)
    survivor = np.sqrt(tiny.smallest_nonzero_sq_norm())
    # Where no true column can be short, what is short is dead, zero or not.
    assert_allclose(
        explicit_threshold(norms[:2], tiny, certified=True), min(survivor / 2, 0.5), rtol=1e-12
    )
    assert explicit_threshold(norms, tiny, certified=True) == 5e-4
    assert survivor < 1
    assert explicit_threshold(norms[:2], tiny, certified=False) == 0.5
    # Otherwise nothing that lives is pruned.
    for penalty, certified in [(tiny, False), (GroupLasso.tied(0.5), True), (NO_PENALTY, True)]:
        assert explicit_threshold(norms, penalty, certified=certified) == 5e-4
    assert explicit_threshold(np.zeros(3), tiny, certified=True) == 0.0


def test_widest_gap():
    assert 1e-3 < widest_gap(np.array([2.0, 1e-3, 1.0, 5e-4])) < 1.0
    assert_allclose(widest_gap(np.array([4.0, 1.0])), 2.0)
    # Below the rounding of the largest is zero, and no gap is to be found there.
    assert widest_gap(np.array([2.0, 1.0, 1e-30])) > 1.0
    assert widest_gap(np.array([3.0, 3.0])) == 3.0
    assert widest_gap(np.array([3.0])) == 3.0
    assert widest_gap(np.zeros(2)) == 0.0


def test_a_rank_seen_by_separate_groups_of_samples():
    """Rank one, each sample seeing the three rows of one of twelve categories.

    The sign of u is free in each category, and the least squares of one column have local minima.
    """
    for seed in (0, 44):
        rng = np.random.default_rng([seed, 12])
        category = rng.integers(12, size=360)
        rows = np.einsum("nc,np->ncp", np.eye(12)[category], rng.standard_normal((360, 3)))
        X = rows.reshape(360, 36)
        y = (X @ rng.standard_normal(36)) ** 2 + 0.1 * rng.standard_normal(360)
        problem = Problem.from_data(X, y, np.ones(360), Formulation("rank-one"))
        assert find_rank(problem.whitened(), 36, tol=1e-8).factor.n_columns == 1


def test_few_samples_tell_the_rank_of_a_clear_fit():
    """54 samples for 21 parameters of rank one, and 41 of rank two."""
    for seed in range(5):
        X, y, _ = make_matrix_sensing(54, 21, 1, noise=0.2, random_state=seed)
        problem = Problem.from_data(X, y, np.ones(54), Formulation("rank-one"))
        found = find_rank(problem, 21, tol=1e-8)
        assert found.is_clear
        assert found.decided
        assert found.factor.n_columns == 1


@pytest.mark.parametrize("settings", [{"positive": True}, {"positive": False}], ids=str)
@pytest.mark.parametrize("column", ["bias", "ones", "far from zero"])
def test_a_constant_in_y_is_one_column(settings, column):
    """A constant adds as much to every eigenvalue of R, which then do not show its direction."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        X, y = rng.random((400, 8)), 5.0 + rng.standard_normal(400)
        if column == "ones":
            X[:, 3] = 1.0
        if column == "far from zero":
            X += 100.0
        model = GroupLassoMatrixSensing(fit_bias=column == "bias", **settings).fit(X, y)
        assert model.rank_ == 1
        tuned = FineTuner(1, fit_bias=column == "bias", **settings).fit(X, y)
        assert tuned.loss_curve_[-1] <= 1.001 * np.var(y)


@pytest.mark.parametrize(("n", "seed"), [(100, 5), (300, 2), (300, 4), (777, 2), (1000, 2)])
@pytest.mark.parametrize("positive", [True, False])
def test_a_y_that_is_constant_is_one_column(n, seed, positive):
    """It leaves a constant no residuals, and R no eigenvectors."""
    X = np.random.default_rng(seed).standard_normal((n, 6))
    for scaled in (X, X * 10.0 ** np.arange(6)):
        pipe = make_pruning_pipeline(fit_bias=True, positive=positive).fit(scaled, np.full(n, 5.0))
        assert pipe["sense"].rank_ == 1
        assert_allclose(pipe.predict(scaled), 5.0, rtol=1e-6)


def test_signals_far_below_a_constant_are_found():
    """A product beside a mean of a hundred times the noise: a constant and two signed columns.

    The gradient of fits to which a column is missing is small beside y, but not beside the noise.
    """
    for seed in range(5):
        rng = np.random.default_rng(seed)
        X = rng.random((800, 6))
        y = 100 + 16 * (X[:, 0] - 0.5) * (X[:, 1] - 0.5) + rng.standard_normal(800)
        model = GroupLassoMatrixSensing(fit_bias=True, positive=False).fit(X, y)
        assert model.rank_search_.losses[model.rank_] < 1.1
        assert np.sum(model.rank_search_.statistics > 6) == 3


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_statistics_are_those_of_solved_fits(measurement):
    """From the rank that is found on; below it, fits are stopped as soon as a column is missing."""
    for seed in range(4):
        problem, _ = sensed_problem(
            measurement,
            n_samples=500,
            dim=8,
            rank=3,
            noise=0.03,
            condition_number=5,
            seed=seed,
        )
        found = find_rank(problem, 8, tol=1e-9)
        assert found.factor.n_columns == 3
        for rank in range(3, len(found.losses)):
            solved = gauss_newton(Objective(problem), found.path[rank], tol=1e-10, max_iter=200)
            q = problem.degrees_of_freedom
            assert solved.point.value <= found.losses[rank] * (1 + 1e-12)
            part = 1 - solved.point.value / found.losses[rank]
            assert part * 500 / (q(rank) - q(rank - 1)) < 0.02


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_coarse_fits_change_no_rank(measurement, monkeypatch):
    # The trust-region Newton method of large problems, which alone can be stopped early.
    monkeypatch.setattr(_rank_path, "gauss_newton", partial(gauss_newton, most_entries=0))
    for seed in range(4):
        problem, _ = sensed_problem(
            measurement, n_samples=600, dim=8, rank=3, noise=0.1, condition_number=3, seed=seed
        )
        found = find_rank(problem, 8, tol=1e-9)
        with monkeypatch.context() as patch:
            patch.setattr(_rank_path, "SURE_PART", 0.0)
            solved = find_rank(problem, 8, tol=1e-9)
        assert found.factor.n_columns == solved.factor.n_columns == 3
        assert_allclose(found.losses[3:], solved.losses[3:], rtol=1e-4)
        # Those that miss a column are stopped at most a few percent above their minimum.
        coarse, exact = np.array(found.losses[1:3]), np.array(solved.losses[1:3])
        assert np.any(coarse > exact * (1 + 1e-6))
        assert np.all(coarse < 1.03 * exact)


def test_a_column_is_sure_where_both_its_loss_and_its_statistic_say_so():
    """The statistic alone is large for many samples, and the part of the loss for few."""
    seen = set()
    for seed in range(12):
        n_samples, noise = ((40, 1.0), (4000, 4.0), (400, 0.1))[seed % 3]
        problem, _ = sensed_problem(
            "rank-one",
            n_samples=n_samples,
            dim=6,
            rank=2,
            noise=noise,
            seed=seed,
            fit_intercept=True,
        )
        point = Objective(problem).empty
        start = possible_starts(point, point.residual_matrix, 1)[0]
        part = Objective(problem).at(start).value / point.value
        statistic = (problem.n_residual - 6) * -np.log(part) / 6
        is_sure = statistic > 6 and part < 0.8
        seen.add((statistic > 6, part < 0.8))
        assert _rank_path._needs_a_column(point, start) == is_sure
    assert {(True, True), (True, False), (False, True)} <= seen


def test_the_column_of_a_bias_does_not_end_the_search():
    """It explains most of y about zero, and little of y about its mean."""
    for n_samples, mean, seed in ((75, 0, 19), (56, 0, 12), (60, 100, 2), (75, 0, 6)):
        X, y = make_friedman1(n_samples, n_features=6, noise=1.0, random_state=seed)
        model = GroupLassoMatrixSensing(fit_bias=True, positive=False).fit(X, y + mean)
        assert model.rank_ >= 3


def test_one_quiet_rank_ends_the_search_of_a_clear_fit_of_many_samples():
    ranks = {}
    for n_samples in (60, 600):
        problem, _ = sensed_problem("matrix", n_samples=n_samples, dim=8, rank=2, noise=0.05)
        ranks[n_samples] = len(find_rank(problem, 8, tol=1e-9).losses)
    assert ranks == {60: 5, 600: 4}
