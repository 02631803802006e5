"""What does not depend on how the data were written down: the span, whitening, the pipeline."""

import warnings
from itertools import combinations, product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import MAPS, MEASUREMENTS, as_array, sensed_problem
from scipy.linalg import block_diag
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import scale

from sklearn_prune import (
    FineTuner,
    GroupLassoMatrixSensing,
    RankWarning,
    alpha_max,
    make_pruning_pipeline,
    pair_differences,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.models import Factor
from sklearn_prune.objective import Formulation, Objective, Problem, probe_curvature
from sklearn_prune.selection import deal_folds, find_rank
from sklearn_prune.solvers import leaving_saddles, trust_region_newton


def change(rng, d, condition):
    """An invertible matrix of a given condition number."""
    P, Q = (np.linalg.qr(rng.standard_normal((d, d)))[0] for _ in range(2))
    return P * np.geomspace(1.0, 1.0 / condition, d) @ Q


def changed(X, B, measurement):
    """The data after the change of features x → Bᵀ x, or A → Bᵀ A B."""
    if measurement == "rank-one":
        return X @ B
    d = len(B)
    return (B.T @ X.reshape(-1, d, d) @ B).reshape(len(X), -1)


def pipeline(measurement, **settings):
    return make_pruning_pipeline(measurement=measurement, random_state=0, **settings)


def fit_quietly(pipe, X, y, but=".*scales of the features|The certificate"):
    """The penalty is in the metric of the caller, and a change of features may be told."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=but)
        return pipe.fit(X, y)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("condition", [1, 10, 1e4])
def test_the_rank_search_is_invariant(measurement, condition):
    """Same rank, same unpenalised predictions after an invertible change of the features."""
    X, y, _ = make_matrix_sensing(
        400, 8, 2, measurement=measurement, noise=0.1, condition_number=3, random_state=0
    )
    B = change(np.random.default_rng(0), 8, condition)
    fits = []
    for Z in (X, changed(X, B, measurement)):
        whitened = Problem.from_data(Z, y, np.ones(400), Formulation(measurement)).whitened()
        found = find_rank(whitened, 8, tol=1e-8)
        fits.append((found.factor.n_columns, whitened.sensing.forward(found.factor.U)))
    assert fits[0][0] == fits[1][0] == 2
    assert_allclose(fits[0][1], fits[1][1], rtol=1e-6, atol=1e-6 * np.abs(fits[0][1]).max())


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("seed", range(4))
def test_the_pipeline_is_invariant(measurement, seed):
    X, y, _ = make_matrix_sensing(
        400, 8, 2, measurement=measurement, noise=0.1, condition_number=2, random_state=seed
    )
    B = change(np.random.default_rng(seed), 8, 10)
    one = pipeline(measurement).fit(X, y)
    Z = changed(X, B, measurement)
    other = fit_quietly(pipeline(measurement), Z, y)
    assert one["prune"].n_columns_ == other["prune"].n_columns_ == 2
    predictions = one.predict(X)
    assert_allclose(other.predict(Z), predictions, rtol=1e-6, atol=1e-6 * predictions.max())


def appended(X, kind, rng):
    zero, d = np.zeros((len(X), 3)), X.shape[1]
    if kind == "zero columns":
        return np.hstack([X, zero])
    if kind == "constant column":
        return np.hstack([X, np.ones((len(X), 1))])
    if kind == "columns twice":
        return np.hstack([X, X])
    return np.hstack([X, X @ rng.standard_normal((d, 4))])


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("zero columns", {}),
        ("columns twice", {"fit_intercept": True}),
        ("dependent columns", {}),
        ("constant column", {"fit_bias": True}),
    ],
    ids=str,
)
def test_redundant_features_change_nothing(kind, settings):
    X, y, _ = make_matrix_sensing(400, 6, 2, noise=0.1, random_state=1)
    y = y + 2.0
    Z = appended(X, kind, np.random.default_rng(0))
    one, other = pipeline("rank-one", **settings), pipeline("rank-one", **settings)
    # The mean of y is not zero, so that without an offset one is missed.
    but = ".*scales of the features|The certificate|.*an offset would lower"
    fit_quietly(one, X, y, but)
    fit_quietly(other, Z, y, but)
    assert one["prune"].n_columns_ == other["prune"].n_columns_
    assert_allclose(other.predict(Z), one.predict(X), rtol=1e-6, atol=1e-6)
    # Directions that no sample sees have no part in κ, and so in alpha_max, for an orthogonal
    # change of the others.
    if kind == "zero columns":
        assert_allclose(alpha_max(Z, y), alpha_max(X, y), rtol=1e-10)
        assert other["sense"].factor_.shape == (9, 9)
        assert_allclose(other["sense"].factor_[:6, :2], one["sense"].factor_[:, :2], atol=1e-4)
        assert not other["sense"].factor_[6:].any()


def test_matrices_that_do_not_see_everything():
    X, y, _ = make_matrix_sensing(400, 5, 2, measurement="matrix", noise=0.1, random_state=0)
    A = np.zeros((400, 8, 8))
    A[:, :5, :5] = X.reshape(-1, 5, 5)
    Q, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((8, 8)))
    one = pipeline("matrix").fit(X, y)
    other = pipeline("matrix").fit(Q.T @ A @ Q, y)
    assert one["prune"].n_columns_ == other["prune"].n_columns_ == 2
    assert_allclose(other.predict(Q.T @ A @ Q), one.predict(X), rtol=1e-7, atol=1e-7)


def test_distances_of_few_points():
    """The direction of all ones is never seen: the points are found up to a translation."""
    rng = np.random.default_rng(0)
    for n_points, dim in ((4, 2), (5, 3), (6, 3)):
        points = rng.standard_normal((n_points, dim))
        a, b = np.triu_indices(n_points, 1)
        X = np.eye(n_points)[a] - np.eye(n_points)[b]
        y = np.sum((points[a] - points[b]) ** 2, axis=1)
        pipe = pipeline("rank-one").fit(X, y)
        assert pipe["prune"].n_columns_ == dim
        assert_allclose(pipe.predict(X), y, rtol=1e-6)


def test_redundant_columns_of_a_table():
    X, y = load_diabetes(return_X_y=True)
    X = scale(X)
    plain = pipeline("rank-one", fit_bias=True).fit(X, y)
    for Z in (np.hstack([X, np.ones((442, 1))]), np.hstack([X, X])):
        pipe = fit_quietly(pipeline("rank-one", fit_bias=True), Z, y)
        assert pipe["prune"].n_columns_ == plain["prune"].n_columns_
        assert_allclose(pipe.predict(Z), plain.predict(X), rtol=1e-5)


def test_fewer_samples_than_features():
    """The fit in the span of the rows is the fit, and nothing of size d × d is needed."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 300))
    y = np.sum((X @ rng.standard_normal((300, 2))) ** 2, axis=1)
    basis = np.linalg.qr(X.T)[0]
    alpha = 0.1 * alpha_max(X, y)
    wide = GroupLassoMatrixSensing(alpha=alpha).fit(X, y)
    narrow = GroupLassoMatrixSensing(alpha=alpha).fit(X @ basis, y)
    assert_allclose(alpha_max(X @ basis, y), alpha_max(X, y), rtol=1e-9)
    assert_allclose(wide.objective_, narrow.objective_, rtol=1e-8)
    assert_allclose(wide.predict(X), narrow.predict(X @ basis), rtol=1e-5, atol=1e-5)
    assert wide.certificate_.top_residual_eigenvalue >= 0.0
    with pytest.warns(RankWarning, match="40 samples .* too few .* 5-fold cross-validation"):
        GroupLassoMatrixSensing().fit(X, y)


@pytest.mark.parametrize("name", [n for n in MAPS if "whitened" in n])
def test_whitened_coordinates(name):
    sensing, A = MAPS[name](np.random.default_rng(0), 2000, 4)
    if name.startswith("rank-one"):
        moments = as_array(sensing.adjoint(np.full(2000, 1 / 2000)))
        if "sparse" in name:
            # Only the diagonal of the moments is known where d is large.
            moments = np.diag(np.diag(moments))
        assert_allclose(moments, np.eye(4) / np.sqrt(2.0), atol=1e-10)
    else:
        # Estimated from random vectors, and converged within a factor.
        values = np.linalg.eigvalsh(np.mean(A @ A, axis=0))
        assert values[-1] < 4.0 * values[0]


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_whitened_problem_is_the_problem(measurement):
    problem, _ = sensed_problem(measurement, n_samples=200, dim=6, rank=2, noise=0.1)
    whitened = problem.whitened()
    factor = Factor(np.random.default_rng(0).standard_normal((6, 3)))
    inside = whitened.from_parent(factor)
    assert_allclose(whitened.to_parent(inside).U, factor.U, atol=1e-12)
    assert_allclose(whitened.mean_loss(inside), problem.mean_loss(factor), rtol=1e-10)


def test_folds_depend_on_the_samples_only():
    rng = np.random.default_rng(0)
    X, y, _ = make_matrix_sensing(23, 6, 2, noise=0.5, random_state=0)
    rows = np.repeat(np.arange(23), rng.integers(1, 4, 23))[rng.permutation(40)[:23]]

    def folds(X, y, weights=None):
        weights = np.ones(len(y)) if weights is None else weights
        return deal_folds(Problem.from_data(X, y, weights, Formulation()), 5)

    plain = folds(X, y)
    assert sorted(np.bincount(plain)) == [4, 4, 5, 5, 5]
    order = rng.permutation(23)
    assert np.array_equal(folds(X[order], y[order]), plain[order])
    # An orthogonal change and another unit of the features.
    Q, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    assert np.array_equal(folds(3.0 * X @ Q, 5.0 * y), plain)
    # Equal rows are in one fold, and weights are repeats.
    repeats = np.bincount(rows, minlength=23)
    kept = repeats > 0
    weighted = folds(X[kept], y[kept], repeats[kept].astype(float))
    repeated = folds(X[rows], y[rows])
    position = np.cumsum(kept) - 1
    assert np.array_equal(repeated, weighted[position[rows]])
    assert folds(X[:4], y[:4]) is None


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_undecided_fits_keep_the_penalised_factor(measurement):
    X, y, _ = make_matrix_sensing(32, 15, 2, measurement=measurement, noise=3.0, random_state=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pipe = pipeline(measurement).fit(X, y)
    messages = [str(w.message) for w in caught if w.category is RankWarning]
    assert any("5-fold cross-validation" in message for message in messages)
    F = pipe[:-1].transform(X)
    assert not F.decided
    assert pipe["tune"].n_iter_ == 0
    assert_allclose(pipe.predict(X), F.predict(), rtol=1e-8, atol=1e-8)


def test_scales_that_the_penalty_cannot_serve_are_told():
    rng = np.random.default_rng(3)
    Z = rng.standard_normal((800, 8))
    U = np.linalg.qr(rng.standard_normal((8, 3)))[0]
    y = np.sum((Z @ U) ** 2, axis=1) + 0.3 * rng.standard_normal(800)
    X = Z * [1e9, 1e-9, 1, 1, 1, 1, 1, 1]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = GroupLassoMatrixSensing().fit(X, y)
    told = [str(w.message) for w in caught if "StandardScaler" in str(w.message)]
    assert model.rank_ == 3 or told
    assert GroupLassoMatrixSensing().fit(Z, y).rank_ == 3


@pytest.mark.parametrize(("d", "rank", "noise"), [(6, 2, 0.05), (8, 3, 0.1)])
def test_the_pipeline_finds_the_rank_where_the_penalty_does_not(d, rank, noise):
    """Money and a rate, unscaled: no level keeps the right number of columns."""
    rng = np.random.default_rng(11)
    Z = rng.standard_normal((400, d))
    U = np.linalg.qr(rng.standard_normal((d, rank)))[0]
    y = np.sum((Z @ U) ** 2, axis=1) + noise * rng.standard_normal(400)
    X = Z * [1e6, 1e-4, *np.ones(d - 2)]
    pipe = make_pruning_pipeline(random_state=0)
    with pytest.warns(RankWarning, match=f"of which the {rank} longest reach the threshold"):
        fit_quietly(pipe, X, y, but="The certificate")
    assert pipe["sense"].rank_ > rank
    assert pipe["tune"].factor_.shape[1] == rank
    scaled = make_pruning_pipeline(random_state=0).fit(Z, y)
    predictions = scaled.predict(Z)
    assert_allclose(pipe.predict(X), predictions, atol=1e-6 * predictions.max())


def test_spread_that_grows_is_told():
    X, y, _ = make_matrix_sensing(600, 8, 2, random_state=0)
    rng = np.random.default_rng(0)
    with pytest.warns(RankWarning, match="spread of the residuals grows"):
        GroupLassoMatrixSensing().fit(X, y * (1 + 0.1 * rng.standard_normal(600)))
    assert GroupLassoMatrixSensing().fit(X, y + 0.1 * rng.standard_normal(600)).rank_ == 2


def test_weights_end_what_is_told_of_the_spread():
    """Those of one over the variance, and neither repeats nor weights that have no part in it."""
    X, clean, _ = make_matrix_sensing(600, 8, 2, random_state=0)
    rng = np.random.default_rng(0)
    y = clean * (1 + 0.1 * rng.standard_normal(600))
    weights = 1.0 / np.maximum(clean, 0.1) ** 2
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankWarning)
        GroupLassoMatrixSensing().fit(X, y, weights / weights.mean())
    for others in (rng.integers(3, size=600), rng.uniform(0.5, 1.5, size=600)):
        with pytest.warns(RankWarning, match="spread of the residuals grows"):
            GroupLassoMatrixSensing().fit(X, y, others)


def test_the_weights_that_the_warning_names_end_it_for_distances():
    """Noise in proportion to a distance d has in d² a variance in proportion to d⁴."""
    rng = np.random.default_rng(0)
    points = rng.standard_normal((40, 2))
    X = pair_differences(np.transpose(np.triu_indices(40, 1)), 40)
    distances = np.linalg.norm(X @ points, axis=1) * (1 + 0.02 * rng.standard_normal(X.shape[0]))
    with pytest.warns(RankWarning, match="in proportion to one over the variance of the noise"):
        GroupLassoMatrixSensing().fit(X, distances**2)
    weights = distances**-4.0
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankWarning)
        model = GroupLassoMatrixSensing().fit(X, distances**2, weights / weights.mean())
    assert model.rank_ == 2


def test_weights_alone_do_not_say_that_the_spread_grows():
    """Noise of one size, and weights that grow with the response."""
    X, clean, _ = make_matrix_sensing(600, 8, 2, random_state=0)
    y = clean + 0.1 * np.random.default_rng(0).standard_normal(600)
    weights = 0.1 + clean
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankWarning)
        GroupLassoMatrixSensing().fit(X, y, weights / weights.mean())


def test_noise_taken_for_a_weak_column_is_told():
    """Noise in proportion to the response; the residuals of a column too many no longer show it."""
    a, b = np.array(list(product(range(12), range(12, 24)))).T
    X = np.eye(24)[a] - np.eye(24)[b]
    rng = np.random.default_rng(1)
    points = rng.standard_normal((24, 2))
    y = np.sum((X @ points) ** 2, axis=1) * (1 + 0.005 * rng.standard_normal(144)) ** 2
    with pytest.warns(RankWarning, match="spread of the residuals grows"):
        GroupLassoMatrixSensing(tol=1e-3).fit(X, y)


def grouped_rows(rng):
    """A category of three, one-hot, times four features: a saddle where a block of U is zero."""
    blocks, features = rng.integers(3, size=300), rng.standard_normal((300, 4))
    X = np.einsum("nc,np->ncp", np.eye(3)[blocks], features).reshape(300, 12)
    u = rng.standard_normal((12, 1))
    return X, np.sum((X @ u) ** 2, axis=1)


def test_a_saddle_is_seen_and_left():
    X, y = grouped_rows(np.random.default_rng(0))
    problem = Problem.from_data(X, y, np.ones(300), Formulation())
    objective = Objective(problem)
    # From a start that is zero in two blocks the gradient there is zero for ever.
    start = Factor(np.repeat([1.0, 0.0], [4, 8])[:, None])
    stuck = trust_region_newton(objective, start, tol=1e-10, max_iter=100)
    assert stuck.converged
    assert stuck.curve[-1] > 0.1
    curvature = probe_curvature(stuck.point)
    assert curvature.smallest < -0.05 * curvature.largest
    # The Ritz values are curvatures: their direction says so.
    V = curvature.direction
    assert_allclose(np.vdot(V, stuck.point.hessian_product(V)), curvature.smallest, rtol=1e-8)
    free = leaving_saddles(trust_region_newton, objective, start, tol=1e-10, max_iter=200)
    assert free.curve[-1] < 1e-12
    assert np.all(np.diff(free.curve) <= 1e-12)


def test_fits_of_grouped_rows_do_not_rest_in_saddles():
    for seed in range(5):
        X, y = grouped_rows(np.random.default_rng(seed))
        model = FineTuner(1).fit(X, y)
        assert model.loss_curve_[-1] < 1e-10
        model = GroupLassoMatrixSensing(alpha=1e-3 * alpha_max(X, y)).fit(X, y)
        assert model.certificate_.holds
        assert model.certificate_.smallest_curvature > 0
        pipe = pipeline("rank-one").fit(X, y)
        assert pipe["prune"].n_columns_ == 1


def two_groups(rng):
    """All squared distances within two sets of eight points in the plane, of extents 1 and 3."""
    a, b = np.array(list(combinations(range(8), 2))).T
    within = np.eye(8)[a] - np.eye(8)[b]
    X = block_diag(within, within)
    points = np.repeat([1.0, 3.0], 8)[:, None] * rng.standard_normal((16, 2))
    return X, np.sum((X @ points) ** 2, axis=1)


@pytest.mark.parametrize("solver", ["lbfgs", "scaled-gd"])
def test_first_order_solvers_leave_saddles_after_pruning(solver):
    """Where rows of a column are zero for a whole group of samples, they have no gradient."""
    for seed in (5, 7):
        X, y = two_groups(np.random.default_rng(seed))
        pipe = make_pruning_pipeline(alpha=0.3 * alpha_max(X, y)).fit(X, y)
        least, scale = pipe["tune"].loss_curve_[-1], np.mean(y**2)
        assert pipe["tune"].rank_ == pipe["sense"].rank_
        pipe.set_params(tune__solver=solver, tune__max_iter=3000).fit(X, y)
        assert_allclose(pipe["tune"].loss_curve_[-1], least, rtol=1e-9, atol=1e-12 * scale)


@pytest.mark.parametrize("seed", range(4))
def test_a_wide_table_is_fitted_as_its_rows_in_their_span(seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((18, 300))
    y = np.sum((X @ rng.standard_normal((300, 2))) ** 2, axis=1)
    Z = X @ np.linalg.qr(X.T)[0]
    alpha = 0.03 * alpha_max(X, y)
    wide, square = (GroupLassoMatrixSensing(alpha=alpha).fit(A, y) for A in (X, Z))
    assert_allclose(square.objective_, wide.objective_, rtol=1e-9)
    assert_allclose(square.predict(Z), wide.predict(X), rtol=1e-6)
