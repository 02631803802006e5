"""Signed models: columns that count negatively, ``M = U D Uᵀ``."""

import pickle
import runpy
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning

from sklearn_prune import (
    FineTuner,
    GreedyColumnPruner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    RankWarning,
    alpha_max,
    make_pruning_pipeline,
    pruning_path,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.estimators._negative_columns import negative_column_ratio
from sklearn_prune.inspection import ColumnNormDisplay, PruningPathDisplay, rank_guarantee
from sklearn_prune.models import Factor, Signed
from sklearn_prune.objective import (
    Formulation,
    GroupLasso,
    Objective,
    Problem,
    canonical_in_place,
    probe_curvature,
)
from sklearn_prune.selection import tau_max
from sklearn_prune.solvers import FINE_TUNING, trust_region_newton, working_set

BENCHMARKS = Path(__file__).parents[1] / "docs" / "benchmarks"
MODEL = Signed()
SETTINGS = [(m, c) for m in MEASUREMENTS for c in (False, True)]
each_setting = pytest.mark.parametrize(("measurement", "fit_intercept"), SETTINGS)


def data(measurement="rank-one", *, seed=0, **settings):
    """Responses with two positive eigenvalues and a negative one, and the hidden matrix."""
    defaults = {"n_samples": 600, "dim": 15, "rank": 3, "negative": 1, "noise": 0.1}
    defaults |= {"condition_number": 2}
    settings = defaults | settings
    X, y, factor = make_matrix_sensing(measurement=measurement, random_state=seed, **settings)
    signs = np.repeat([1, -1], [settings["rank"] - settings["negative"], settings["negative"]])
    return X, y, factor * signs @ factor.T


def signed_problem(measurement="rank-one", *, fit_intercept=False, seed=0, **settings):
    X, y, M = data(measurement, seed=seed, **settings)
    formulation = Formulation(measurement, fit_intercept, model=MODEL)
    problem = Problem.from_data(X, y, np.ones(len(y)), formulation)
    return problem, M / problem.scaling.unit("M")


def matrix_of(model):
    return model.factor_ * model.signs_ @ model.factor_.T


def random_factor(rng):
    d, k = rng.integers(1, 8, 2)
    U = rng.standard_normal((d, k)) * 10.0 ** rng.uniform(-3, 1, k)
    if k > 1 and rng.random() < 0.3:
        # A column that depends on others, and so one that cancels where the signs differ.
        U[:, 0] = U[:, 1:] @ (rng.random(k - 1) < 0.5)
    return Factor(U, rng.choice([-1.0, 1.0], k))


def test_the_canonical_factor_is_of_the_same_matrix_and_never_costs_more():
    """Rotfel'd: the eigenvalues of M are the cheapest way to write it."""
    rng = np.random.default_rng(0)
    for _ in range(2000):
        factor = random_factor(rng)
        canonical = MODEL.canonicalize(factor)
        M = factor.U @ np.diag(factor.column_signs) @ factor.U.T
        size = np.linalg.norm(factor.U) ** 2
        assert_allclose(canonical.matrix, M, atol=1e-12 * size)
        s, before = (canonical.U**2).sum(axis=0), (factor.U**2).sum(axis=0)
        assert np.all(np.diff(s) <= 1e-12 * size)
        gram = canonical.U.T @ canonical.U
        assert_allclose(gram, np.diag(s), atol=1e-8 * s.max(initial=0.0))
        for penalty in (GroupLasso.tied(0.3 * size**1.5), GroupLasso(size**1.5, 1e-3 * size)):
            assert penalty.value(s) <= penalty.value(before) * (1 + 1e-12)


@pytest.mark.parametrize("spread", [1e4, 1e8, 1e20, 1e40])
def test_canonical_columns_have_errors_relative_to_each_row(spread):
    """No column is lost however far the rows are apart; M is right relative to the rows of U."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        d = rng.integers(2, 9)
        sizes = spread ** rng.uniform(-0.5, 0.5, d)
        unit = Factor(rng.standard_normal((d, rng.integers(1, d + 1))))
        factor = Factor(sizes[:, None] * unit.U, rng.choice([-1.0, 1.0], unit.n_columns))
        canonical = MODEL.canonicalize(factor)
        assert sorted(canonical.column_signs) == sorted(factor.column_signs)
        M = (unit.U * factor.column_signs) @ unit.U.T
        scaled = canonical.with_columns(canonical.U / sizes[:, None])
        assert_allclose(scaled.matrix, M, atol=1e-9 * np.abs(M).max())
        gram = canonical.U.T @ canonical.U
        s = np.diag(gram)
        assert_allclose(gram, np.diag(s), rtol=0, atol=1e-10 * s[0])
        assert np.all(np.diff(s) <= 1e-10 * s[0])


def test_columns_that_would_be_rounding_errors_stay_as_they_are():
    """``M = [[0, δ], [δ, 1]]``: its eigenvectors are ``(1, ±1)``, and their difference loses M₂₂.

    What is lost is eps δ: nothing that counts where δ is small.
    """
    Z = np.random.default_rng(0).standard_normal((40, 2))
    y = 2 * Z[:, 0] * Z[:, 1] + Z[:, 1] ** 2
    for delta, lossy in ((1e5, False), (1e10, True), (1e18, True)):
        factor = Factor(np.array([[delta, delta], [1.0, 0.0]]), np.array([1.0, -1.0]))
        sizes = np.array([delta, 1.0])
        placed = canonical_in_place(MODEL, factor)
        assert_allclose(placed.matrix / np.outer(sizes, sizes), [[0, 1], [1, 1]], atol=1e-8)
        X = Z / sizes
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            tuned = FineTuner(2, positive=False).fit(X, y)
        assert [("not orthogonal" in str(w.message)) for w in caught] == [True] * lossy
        assert_allclose(tuned.predict(X), y, atol=1e-7)


@pytest.mark.parametrize("fit_bias", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_predictions_are_those_of_the_loss_on_wild_scales(seed, fit_bias):
    rng = np.random.default_rng(seed)
    Z, y = rng.standard_normal((40, 5)), rng.standard_normal(40)
    X = Z * 10.0 ** rng.permutation([-10, -4, 0, 4, 10])
    settings = {"positive": False, "fit_bias": fit_bias}
    tuned = FineTuner(6, **settings, max_iter=20, tol=1.0).fit(X, y)
    assert_allclose(np.mean((y - tuned.predict(X)) ** 2), tuned.loss_curve_[-1], rtol=1e-8)
    assert np.all(tuned.signs_[:5] != 0)
    fit = GroupLassoMatrixSensing(alpha=0.01 * alpha_max(X, y, **settings), **settings, tol=1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit.fit(X, y)
    s = np.square(fit.column_norms_)
    penalty = fit.alpha_ * np.sum(s / np.sqrt(s + fit.beta_))
    assert_allclose(np.mean((y - fit.predict(X)) ** 2) + penalty, fit.objective_, rtol=1e-8)


def test_a_pair_that_cancels_has_no_column():
    u, v = np.eye(4)[:, :2].T
    canonical = MODEL.canonicalize(Factor(np.column_stack([u, u, v]), np.array([1.0, -1.0, -1.0])))
    assert canonical.shape == (4, 1)
    assert_array_equal(canonical.signs, [-1.0])
    assert_allclose(canonical.matrix, -np.outer(v, v), atol=1e-15)


def test_columns_that_cancel_to_rounding_are_not_kept_as_they_are():
    rng = np.random.default_rng(0)
    for rows in np.repeat([6, 300], 50):
        u = rng.standard_normal(rows)
        pair = np.column_stack([u, u * (1 + 1e-16 * rng.integers(-2, 3, rows))])
        placed = canonical_in_place(MODEL, Factor(pair, np.array([-1.0, 1.0])))
        assert np.linalg.norm(placed.U) < 1e-7 * np.linalg.norm(u)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_redundant_pairs_die(measurement):
    """The fit ends at the same point with a pair of columns in the start that cancels in part."""
    problem, _ = signed_problem(measurement)
    objective = Objective(problem, GroupLasso.from_tau(0.1))
    rng = np.random.default_rng(0)
    reference, certificate = working_set(
        objective, objective.empty.factor, 10, tol=1e-9, max_iter=300
    )
    assert certificate.holds
    pair = rng.standard_normal((problem.dim, 1))
    pairs = Factor(np.hstack([pair, 0.9 * pair]), np.array([1.0, -1.0]))
    solution, certificate = working_set(
        objective, reference.factor.join(pairs), 10, tol=1e-9, max_iter=300
    )
    assert certificate.holds
    assert solution.factor.has_signs_of(reference.factor)
    assert_allclose(solution.factor.matrix, reference.factor.matrix, atol=1e-7)


@each_setting
def test_a_random_start_of_many_columns_ends_at_the_same_value(measurement, fit_intercept):
    problem, _ = signed_problem(measurement, fit_intercept=fit_intercept)
    objective = Objective(problem, GroupLasso.from_tau(0.1))
    values = []
    for seed in range(2):
        U = np.random.default_rng(seed).standard_normal((problem.dim, 20)) / 10
        for start in (problem.give_signs(U), Factor(U, np.resize([1.0, -1.0], 20))):
            solution, certificate = working_set(objective, start, 20, tol=1e-9, max_iter=500)
            assert certificate.holds
            values.append(solution.curve[-1])
    assert_allclose(values, values[0], rtol=1e-8)


def quotient_product(point, V):
    HV, RZ, slopes = point.hessian_product(V), point.residual_product, point.penalty_slopes
    return MODEL.quotient_hessian_product(point.factor, HV, RZ, slopes)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_quotient_hessian_is_that_of_the_objective_over_all_factors_of_a_matrix(measurement):
    problem, _ = signed_problem(measurement, rank=4, negative=2, condition_number=4)
    objective = Objective(problem, GroupLasso.from_tau(0.03))
    solution, certificate = working_set(
        objective, objective.empty.factor, 10, tol=1e-11, max_iter=200
    )
    assert certificate.holds
    factor, point = solution.factor, solution.point
    assert sorted(factor.signs) == [-1, -1, 1, 1]
    # Columns of opposite sign are orthogonal at every stationary point.
    gram = factor.U.T @ factor.U
    assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-9)
    rng = np.random.default_rng(0)
    plain = []
    for _ in range(5):
        V = MODEL.project_horizontal(factor, rng.standard_normal(factor.shape))
        h = 1e-3
        values = [
            objective.at(MODEL.canonicalize(factor.moved(t * V))).value
            for t in (-2 * h, -h, h, 2 * h)
        ]
        second = (np.array([-1, 16, 16, -1]) / 12 @ values - 2.5 * point.value) / h**2
        assert_allclose(np.vdot(V, quotient_product(point, V)), second, rtol=1e-4)
        plain.append(np.vdot(V, point.hessian_product(V)) / second - 1.0)
    assert max(plain) > 1e-4
    assert probe_curvature(point).smallest > 0


@each_setting
def test_rank_and_inertia_are_found(measurement, fit_intercept):
    for seed in range(3):
        X, y, M = data(measurement, seed=seed)
        pipe = make_pruning_pipeline(
            measurement=measurement, positive=False, fit_intercept=fit_intercept
        ).fit(X, y)
        sense, tune = pipe["sense"], pipe["tune"]
        assert sense.certificate_.holds
        assert_array_equal(sense.signs_, [1, 1, -1] + 12 * [0])
        assert_array_equal(tune.signs_, [1, 1, -1])
        assert np.linalg.norm(matrix_of(tune) - M) < 0.1 * np.linalg.norm(M)
        F = sense.transform(X)
        assert_array_equal(F.signs, sense.signs_)
        assert_allclose(F.predict(), sense.predict(X), rtol=1e-12)
        assert_allclose(np.asarray(F).sum(axis=1) + sense.intercept_, F.predict(), atol=1e-10)
        assert np.all(np.asarray(F)[:, 2] * (-1 if measurement == "rank-one" else 0) >= 0)


@each_setting
def test_y_with_the_other_sign_gives_the_matrix_with_the_other_sign(measurement, fit_intercept):
    X, y, _ = data(measurement)
    settings = {"measurement": measurement, "fit_intercept": fit_intercept, "positive": False}
    for model in (
        GroupLassoMatrixSensing(alpha=0.1, **settings),
        GroupLassoMatrixSensing(**settings),
        GroupLassoMatrixSensingCV(n_alphas=5, cv=3, **settings),
        FineTuner(3, **settings),
    ):
        M, intercept = matrix_of(model.fit(X, y)), model.intercept_
        signs = model.signs_
        assert_allclose(matrix_of(model.fit(X, -y)), -M, atol=1e-6)
        assert_allclose(model.intercept_, -intercept, atol=1e-6)
        assert_array_equal(model.signs_, -signs)
    assert_allclose(alpha_max(X, y, **settings), alpha_max(X, -y, **settings), rtol=1e-12)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_on_a_positive_matrix_the_fit_is_that_of_the_positive_model(measurement):
    X, y, _ = data(measurement, negative=0)
    settings = {"measurement": measurement, "fit_intercept": True, "alpha": 0.2}
    one = GroupLassoMatrixSensing(**settings).fit(X, y)
    other = GroupLassoMatrixSensing(positive=False, **settings).fit(X, y)
    assert_array_equal(one.signs_, other.signs_)
    assert_allclose(one.factor_, other.factor_, atol=1e-6)


@pytest.mark.parametrize("solver", FINE_TUNING)
def test_every_solver_fine_tunes_signed_columns(solver):
    X, y, _ = data()
    reference = make_pruning_pipeline(positive=False, fit_intercept=True).fit(X, y)
    pipe = make_pruning_pipeline(positive=False, fit_intercept=True)
    pipe.set_params(tune__solver=solver, tune__max_iter=5000, tune__tol=1e-7).fit(X, y)
    assert_allclose(matrix_of(pipe["tune"]), matrix_of(reference["tune"]), atol=1e-5)


def test_tau_max_is_where_the_first_column_is_born():
    """Here it is a negative one."""
    problem, _ = signed_problem("matrix", rank=3, negative=3)
    top = tau_max(problem)
    R = problem.residual_matrix(problem.y)
    assert_allclose(top, np.linalg.norm(R, 2), rtol=1e-10)
    for tau, lives in ((1.01 * top, False), (0.99 * top, True)):
        objective = Objective(problem, GroupLasso.from_tau(tau))
        solution, certificate = working_set(
            objective, objective.empty.factor, 10, tol=1e-8, max_iter=100
        )
        assert certificate.holds
        assert bool(solution.factor.n_columns) == lives
        assert np.all(solution.factor.column_signs < 0)


def test_a_zero_column_of_either_sign_has_the_curvature_of_the_certificate():
    problem, _ = signed_problem(fit_intercept=True)
    objective = Objective(problem, GroupLasso.from_tau(0.15))
    solution, certificate = working_set(
        objective, objective.empty.factor, 10, tol=1e-9, max_iter=100
    )
    values = np.linalg.eigvalsh(solution.point.residual_matrix)
    assert certificate.top_residual_eigenvalue == max(values[-1], -values[0])
    step = 1e-4
    for sign in (1.0, -1.0):
        V = np.linalg.eigh(sign * solution.point.residual_matrix)[1][:, -1:]
        grown = solution.factor.join(Factor(step * V, np.array([sign])))
        rise = objective.at(grown).value - solution.point.value
        expected = 2 * (certificate.tau - np.abs(values[-1] if sign > 0 else values[0]))
        assert_allclose(rise / step**2, expected, rtol=1e-3)


def test_the_path_keeps_signs():
    X, y, _ = data("matrix")
    path = pruning_path(X, y, measurement="matrix", positive=False, tol=1e-8, n_alphas=10)
    assert path.ranks[0] == 0
    assert_array_equal(path.signs[-1], [1, 1, -1] + 12 * [0])
    for i in (4, 9):
        model = GroupLassoMatrixSensing(
            alpha=path.alphas[i], measurement="matrix", positive=False
        ).fit(X, y)
        assert_allclose(path.fitted_factor(i).predict(X), model.predict(X), atol=1e-6)


def test_linear_functions_are_two_columns_with_a_bias():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 5))
    y = 3.0 + X @ np.arange(5.0)
    model = GroupLassoMatrixSensing(positive=False, fit_bias=True).fit(X, y)
    assert sorted(model.signs_[:2]) == [-1, 1]
    assert model.rank_ == 2
    assert model.score(X, y) > 0.999
    assert not model.__sklearn_tags__().regressor_tags.poor_score
    assert GroupLassoMatrixSensing(fit_bias=True).__sklearn_tags__().regressor_tags.poor_score


@pytest.mark.parametrize("seed", [14, 39, 92, 121])
def test_columns_that_the_certificate_asks_for_stay(seed):
    """Screened out by negative signals, they were asked for again until max_iter (6 of 150)."""
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(60, 400)), int(rng.integers(4, 14))
    X = rng.uniform(size=(n, d)) * (rng.uniform(size=(n, d)) < rng.uniform(0.15, 1))
    clean = ((X @ rng.standard_normal((d, 2))) ** 2) @ [1.0, rng.choice([-1.0, -0.3])]
    y = clean + 0.02 * rng.standard_normal(n) + 0.3
    model = GroupLassoMatrixSensingCV(n_alphas=8, cv=2, fit_bias=True, positive=False).fit(X, y)
    assert model.certificate_.holds
    assert model.n_iter_ < 100


def test_a_factor_from_before_starts_with_its_signs():
    X, y, _ = data()
    model = GroupLassoMatrixSensing(alpha=0.1, positive=False).fit(X, y)
    again = GroupLassoMatrixSensing(alpha=0.1, positive=False, init=model.factor_).fit(X, y)
    assert again.n_iter_ <= 2
    assert_array_equal(again.signs_, model.signs_)


def test_an_unpenalised_fit_starts_from_any_signs():
    """Columns of the wrong sign do not stay in the way of the others."""
    problem, _ = signed_problem("matrix", noise=0.0)
    U = np.random.default_rng(0).standard_normal((problem.dim, 6)) / 3
    start = Factor(U, np.array([1.0, 1, 1, -1, -1, -1]))
    solution = trust_region_newton(Objective(problem), start, tol=1e-9, max_iter=300)
    assert solution.curve[-1] < 1e-12


def test_the_guarantee_tells_the_inertia():
    script = runpy.run_path(str(BENCHMARKS / "signed.py"))
    results = [
        r for r in (script["single_threaded"](script["solve_guarantee"], s) for s in range(16)) if r
    ]
    assert len(results) > 12
    for result in results:
        assert result["(a) holds as claimed"]
        assert result["(b) holds as claimed"]
    assert any(result["both tell the inertia"] for result in results)


def test_the_guarantee_says_both_signs():
    X, y, _ = data("matrix", n_samples=3000)
    model = GroupLassoMatrixSensing(measurement="matrix", positive=False).fit(X, y)
    guarantee = rank_guarantee(model, X, y)
    assert guarantee.applies
    assert guarantee.inertia == (2, 1)
    text = str(guarantee)
    assert "(2 positive, 1 negative)" in text
    assert f"or below {-guarantee.detection_limit:.3g}" in text


def test_displays_show_which_columns_count_negatively():
    pytest.importorskip("matplotlib").use("Agg")
    X, y, _ = data("matrix")
    pipe = make_pruning_pipeline(measurement="matrix", positive=False).fit(X, y)
    display = ColumnNormDisplay.from_estimator(pipe)
    assert_array_equal(display.signs[:3], [1, 1, -1])
    labels = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
    assert "counts negatively" in labels
    (negative,) = [line for line in display.axes_[0].lines if line.get_label() == labels[1]]
    assert_allclose(negative.get_ydata(), display.column_norms[2:3])
    display = PruningPathDisplay.from_estimator(pipe, X, y)
    assert np.any(display.path.signs < 0)


def test_a_carrier_keeps_signs():
    X, y, _ = data()
    model = GroupLassoMatrixSensing(alpha=0.1, positive=False).fit(X, y)
    F = model.transform(X)
    for part in (F[3:9], F[:, [2, 0]], pickle.loads(pickle.dumps(F))):
        assert part.positive is False
        assert_allclose(part.predict(), np.asarray(part).sum(axis=1) + part.intercept, atol=1e-10)
    assert_array_equal(F[:, [2, 0]].signs, model.signs_[[2, 0]])
    assert_array_equal(GreedyColumnPruner().fit_transform(F).signs, [1, 1, -1])
    with pytest.raises(ValueError, match="signs must not be negative with positive=True"):
        replace(F, positive=True)
    with pytest.raises(ValueError, match="signs must be 15 numbers"):
        replace(F, signs=np.full(15, 0.5))
    with pytest.warns(UserWarning, match="positive=False has no effect"):
        FineTuner(positive=False).fit(GroupLassoMatrixSensing(alpha=0.1).fit_transform(X, y), y)


def test_negative_responses_ask_for_signs_only_where_there_are_none():
    X, y, _ = data(rank=2, negative=1)
    with pytest.warns(RankWarning, match="negative responses.*or positive=False"):
        GroupLassoMatrixSensing().fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GroupLassoMatrixSensing(positive=False).fit(X, y)


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_matrices_that_are_not_semidefinite_are_told(fit_intercept):
    """Neither the signs of responses nor their mean say so of whole matrices."""
    X, y, _ = data("matrix", rank=2)
    settings = {"measurement": "matrix", "fit_intercept": fit_intercept, "tol": 1e-3}
    for rows in (X, csr_array(X)):
        with pytest.warns(RankWarning, match="counts negatively .* Set positive=False"):
            model = GroupLassoMatrixSensing(**settings).fit(rows, y)
        assert model.rank_ == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankWarning)
        model = GroupLassoMatrixSensing(positive=False, **settings).fit(X, y)
    assert model.rank_ == 2


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_semidefinite_matrices_are_not_told_of(noise):
    """A sample of docs/benchmarks/semidefinite.py, which draws 200 of each kind."""
    for seed in range(5):
        X, y, _ = data("matrix", negative=0, noise=noise, seed=seed, dim=8, n_samples=100)
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*counts negatively")
            GroupLassoMatrixSensing(measurement="matrix", tol=1e-3).fit(X, y)


def test_dask_matrices_that_are_not_semidefinite_are_told():
    da = pytest.importorskip("dask.array")
    X, y, _ = data("matrix", rank=2, dim=8)
    X, y = da.from_array(X, chunks=(200, -1)), da.from_array(y, chunks=200)
    with pytest.warns(RankWarning, match="counts negatively"):
        GroupLassoMatrixSensing(measurement="matrix", tol=1e-3).fit(X, y)


@pytest.mark.parametrize("fit_intercept", [False, True])
def test_statistic_of_a_negative_column_by_two_fits(fit_intercept):
    """It is the logarithm of the ratio of their errors, times samples."""
    X, y, _ = data("matrix", rank=2)
    settings = {"measurement": "matrix", "fit_intercept": fit_intercept}
    one = FineTuner(1, **settings).fit(X, y)
    other = FineTuner(2, positive=False, **settings).fit(X, y)
    ratio = one.loss_curve_[-1] / other.loss_curve_[-1]
    larger = 29
    expected = (600 - fit_intercept - larger) * np.log(ratio)
    problem = Problem.from_data(X, y, np.ones(600), Formulation("matrix", fit_intercept))
    found = problem.import_columns(Factor(one.factor_), "the factor")
    assert_allclose(negative_column_ratio(problem, found), expected, rtol=1e-4)


def test_a_matrix_of_full_rank_has_no_column_to_add():
    X, y, _ = data("matrix", rank=4, negative=0, dim=4, n_samples=200)
    problem = Problem.from_data(X, y, np.ones(200), Formulation("matrix"))
    assert negative_column_ratio(problem, Factor(np.eye(4))) == 0.0
    few = Problem.from_data(X[:3], y[:3], np.ones(3), Formulation("matrix"))
    assert negative_column_ratio(few, Factor(np.zeros((few.dim, 0)))) == 0.0
