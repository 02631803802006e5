"""Sparse rows: the same answers as dense ones, without a dense array of their size."""

import pickle
import tracemalloc
from itertools import product

import matplotlib as mpl
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import LARGE, as_array, dense_matrices, sparse_map
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold

from sklearn_prune import (
    FactoredMeasurements,
    FineTuner,
    GreedyColumnPruner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    PrunedMatrixSensing,
    alpha_max,
    make_pruning_pipeline,
    pair_differences,
    pruning_path,
)
from sklearn_prune.inspection import ColumnNormDisplay, PruningPathDisplay, rank_guarantee
from sklearn_prune.models import Positive, Signed, _eigen, outer_eigenvalue
from sklearn_prune.objective import Formulation, Objective, Problem
from sklearn_prune.selection import (
    automatic_penalty,
    held_out_errors,
    noise_level,
    search_rank,
    tau_max,
)
from sklearn_prune.sensing import (
    RowsOnDemand,
    SparseMatrixMap,
    SparseRankOneMap,
    SymmetricOperator,
    sensing_map,
)
from sklearn_prune.solvers import spectral_start, working_set

mpl.use("Agg")


def distances(n_points=25, part=1.0, noise=0.02, seed=0):
    """Squared distances in the plane, as sparse rows that compare two points."""
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((n_points, 2))
    pairs = np.argwhere(np.triu(rng.uniform(size=(n_points, n_points)) < part, 1))
    X = pair_differences(pairs, n_points)
    y = ((X @ points) ** 2).sum(axis=1)
    return X, y + noise * rng.standard_normal(len(y))


def table(n=300, d=12, seed=0):
    """Sparse features, which are not centred, with a quadratic response of both signs."""
    rng = np.random.default_rng(seed)
    X = sparse.csr_array(rng.uniform(size=(n, d)) * (rng.uniform(size=(n, d)) < 0.15))
    B = rng.standard_normal((d, 2))
    y = ((X @ B) ** 2) @ [1.0, -1.0] + 0.02 * rng.standard_normal(n) + 0.3
    return X, y


def entries(d=15, part=0.9, noise=0.02, seed=0):
    """Entries of a matrix of rank 2, each a sparse matrix with a single one."""
    rng = np.random.default_rng(seed)
    U = rng.standard_normal((d, 2))
    a, b = np.nonzero(rng.uniform(size=(d, d)) < part)
    ones = (np.ones(len(a)), (np.arange(len(a)), a * d + b))
    X = sparse.csr_array(ones, shape=(len(a), d * d))
    return X, (U @ U.T)[a, b] + noise * rng.standard_normal(len(a))


DATA = {
    "distances": (distances, {}),
    "distances with an offset": (distances, {"fit_intercept": True}),
    "table with biases": (table, {"fit_bias": True, "positive": False}),
    "entries": (entries, {"measurement": "matrix"}),
    "entries with signs": (entries, {"measurement": "matrix", "positive": False}),
}


@pytest.fixture(params=DATA)
def data(request):
    make, settings = DATA[request.param]
    X, y = make()
    return X, X.toarray(), y, settings


def assert_same(one, other, names):
    for name in names:
        a, b = getattr(one, name), getattr(other, name)
        assert_allclose(a, b, rtol=1e-8, atol=1e-8 * (np.abs(a).max() or 1.0), err_msg=name)


PENALIZED = ["factor_", "bias_", "signs_", "intercept_", "column_norms_", "rank_", "objective_"]
PENALIZED += ["alpha_", "beta_", "prune_threshold_"]


@pytest.mark.parametrize("alpha", ["auto", 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_penalized_fit_equals_dense(data, alpha, weighted):
    X, dense, y, settings = data
    # Zeros too, where the samples need not show the rank; which is found from weights of mean one,
    # since repeats would repeat the noise.
    thirds = np.arange(len(y)) % 3
    weights = (0.5 * (thirds + 1) if alpha == "auto" else thirds) if weighted else None
    one, other = (
        GroupLassoMatrixSensing(alpha=alpha, tol=1e-10, **settings).fit(rows, y, weights)
        for rows in (X, dense)
    )
    assert one.rank_ > 0
    assert_same(one, other, PENALIZED)
    assert one.certificate_.holds
    assert_allclose(
        one.certificate_.top_residual_eigenvalue,
        other.certificate_.top_residual_eigenvalue,
        rtol=1e-6,
        atol=1e-9,
    )
    assert_allclose(one.predict(X), other.predict(dense), rtol=1e-8, atol=1e-8)
    F, G = one.transform(X), other.transform(dense)
    assert_allclose(np.asarray(F), np.asarray(G), rtol=1e-7, atol=1e-8)
    assert one.score(X, y) == pytest.approx(other.score(dense, y), abs=1e-8)


def test_other_estimators_and_functions_equal_dense(data):
    X, dense, y, settings = data
    pipes = [make_pruning_pipeline(**settings).fit(rows, y) for rows in (X, dense)]
    assert_same(pipes[0]["tune"], pipes[1]["tune"], ["factor_", "bias_", "signs_", "intercept_"])
    assert_allclose(pipes[0].predict(X), pipes[1].predict(dense), rtol=1e-8, atol=1e-8)
    ones = [PrunedMatrixSensing(**settings).fit(rows, y) for rows in (X, dense)]
    assert_same(*ones, ["factor_", "bias_", "signs_", "intercept_", "alpha_", "matrix_"])
    assert_allclose(ones[0].transform(X), ones[1].transform(dense), rtol=1e-7, atol=1e-7)
    # Two solutions differ by the tolerance over the smallest curvature, 0.03 for one table.
    cv = GroupLassoMatrixSensingCV(n_alphas=4, cv=2, tol=1e-10, **settings)
    cvs = [clone(cv).fit(rows, y) for rows in (X, dense)]
    assert_same(*cvs, [*PENALIZED, "alphas_"])
    # The estimator solves the fits of its folds to one percent only, and the steps of the solver
    # may end elsewhere after other rounding errors: 3 % were seen.
    assert_allclose(cvs[0].mse_path_, cvs[1].mse_path_, rtol=0.05)
    formulation, w = Formulation.of(GroupLassoMatrixSensing(**settings)), np.ones(len(y))
    problems = [Problem.from_data(rows, y, w, formulation) for rows in (X, dense)]
    folds = list(KFold(3, shuffle=True, random_state=0).split(y))
    alphas = (cvs[0].alphas_ / problems[0].scaling.unit("alpha")).tolist()
    errors = [held_out_errors(p, alphas, folds, 4, n_jobs=None, tol=1e-8) for p in problems]
    assert_allclose(*errors, rtol=1e-5)
    tuned = [FineTuner(2, **settings).fit(rows, y) for rows in (X, dense)]
    assert_same(*tuned, ["factor_", "bias_", "signs_", "intercept_"])
    largest = [alpha_max(rows, y, **settings) for rows in (X, dense)]
    assert_allclose(*largest, rtol=1e-8)
    paths = [pruning_path(rows, y, n_alphas=4, tol=1e-8, **settings) for rows in (X, dense)]
    assert_same(*paths, ["alphas", "alpha_max", "factors", "losses", "column_norms", "ranks"])
    guarantees = [
        rank_guarantee(pipe, rows, y) for pipe, rows in zip(pipes, (X, dense), strict=True)
    ]
    assert_same(*guarantees, ["rank", "tau", "h_min"])
    # Of points whose gradients are within 1e-8.
    assert_allclose(guarantees[0].nu, guarantees[1].nu, rtol=1e-6)
    assert guarantees[0].failed == guarantees[1].failed


def test_displays_take_sparse_rows():
    X, y = distances()
    ColumnNormDisplay.from_estimator(make_pruning_pipeline().fit(X, y)).plot()
    display = PruningPathDisplay.from_path(pruning_path(X, y, n_alphas=3), X, y)
    assert len(display.scores) == 3


@pytest.mark.parametrize("measurement", ["rank-one", "matrix"])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_large_d_gives_the_same_fit(measurement, fit_intercept):
    """With d as if it were large: nothing of shape (d, d), and other coordinates."""
    X, y = distances() if measurement == "rank-one" else entries()
    formulation, w = Formulation(measurement, fit_intercept), np.ones(len(y))
    found = []
    for limits in (LARGE, {}):
        sensing = sparse_map(X.toarray(), measurement, **limits)
        problem = Problem.normalized(sensing, y, w, formulation)
        assert_allclose(tau_max(problem) > 0, True)
        assert isinstance(problem.residual_matrix(y), np.ndarray) == (not limits)
        problem, rank = search_rank(problem, 10, np.random.RandomState(0), tol=1e-9)
        penalty, solution = automatic_penalty(problem, 10, rank, max_iter=100)
        solution, certificate = working_set(
            Objective(problem, penalty), solution.factor, 10, tol=1e-9, max_iter=100
        )
        assert certificate.holds
        found.append([problem.export(f, n_columns=5) for f in (rank.factor, solution.factor)])
    (tuned, penalized), (same_tuned, same_penalized) = found
    M, N = (f.factor @ f.factor.T for f in (tuned, same_tuned))
    # Distances do not see a common shift of all points, which is free without a penalty.
    if measurement == "rank-one":
        assert_allclose(X @ M @ X.T, X @ N @ X.T, atol=1e-6)
    else:
        assert_allclose(M, N, atol=1e-6)
    # κ and the degrees of freedom count the span, which is only known where d is not large.
    if measurement == "matrix":
        assert_allclose(penalized.factor, same_penalized.factor, atol=1e-6)
    assert (penalized.signs != 0).sum() == (same_penalized.signs != 0).sum() == 2


@pytest.mark.parametrize("measurement", ["rank-one", "matrix"])
def test_levels_of_large_d(measurement):
    X, y = table() if measurement == "rank-one" else entries()
    formulation, w = Formulation(measurement, True), np.ones(len(y))
    large, small = (
        Problem.normalized(sparse_map(X.toarray(), measurement, **limits), y, w, formulation)
        for limits in ({**LARGE, "most_coordinates": 1e9}, {})
    )
    assert_allclose(tau_max(large), tau_max(small), rtol=1e-8)
    assert_allclose(noise_level(large, large.y), noise_level(small, small.y), rtol=1e-8)
    starts = [spectral_start(problem, 3).U for problem in (large, small)]
    assert starts[0].shape[1] >= 1


@pytest.mark.parametrize("measurement", ["rank-one", "matrix"])
def test_features_that_only_other_samples_see_change_nothing(measurement):
    """Samples of weight zero, such as those of another fold, as where d is large."""
    X, y = distances() if measurement == "rank-one" else entries()
    A = dense_matrices(X.toarray(), measurement)
    is_kept = ~np.any(A[:, 3], axis=1)
    fits = []
    for some in (is_kept, is_kept | ~is_kept):
        sensing = sparse_map(X.toarray()[some], measurement, **LARGE)
        weights = is_kept[some] / is_kept.sum()
        problem = Problem.normalized(sensing, y[some], weights, Formulation(measurement))
        assert problem.sensing.dim == A.shape[2] - 1
        start = spectral_start(problem, 2)
        objective = Objective(problem, problem.penalty(0.1, "auto"))
        solution, certificate = working_set(objective, start, 10, tol=1e-9, max_iter=100)
        assert certificate.holds
        fits.append(problem.export(solution.factor, n_columns=10).predict(X[is_kept]))
    assert_allclose(fits[0], fits[1], atol=1e-7)


FORMATS = ["csr", "csc", "coo", "bsr", "lil", "dok"]


@pytest.mark.parametrize("kind", ["array", "matrix"])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_taken(name, kind):
    X, y = table()
    rows = getattr(sparse, f"{name}_{kind}")(X)
    model = GroupLassoMatrixSensing(alpha=0.05).fit(rows, y)
    same = GroupLassoMatrixSensing(alpha=0.05).fit(X, y)
    assert_array_equal(model.factor_, same.factor_)
    assert_array_equal(model.predict(rows), same.predict(X))


def test_a_stack_of_sparse_matrices_is_taken():
    X, y = entries()
    stack = X.toarray().reshape(-1, 15, 15)
    try:
        rows = sparse.coo_array(stack)
    except (TypeError, ValueError):
        pytest.skip("SciPy before 1.15 has no sparse arrays of three dimensions")
    settings = {"alpha": 0.05, "measurement": "matrix"}
    model, same = (GroupLassoMatrixSensing(**settings).fit(A, y) for A in (rows, X))
    assert_array_equal(model.factor_, same.factor_)
    assert_array_equal(model.predict(rows), same.predict(X))
    with pytest.raises(ValueError, match="square matrices"):
        model.fit(sparse.coo_array(stack[:, 1:]), y)


def test_a_feature_with_a_large_mean_is_told():
    rng = np.random.default_rng(0)
    Z, time = rng.standard_normal((300, 4)), rng.random(300)
    y = (Z[:, 0] + 1) ** 2 + 3 * time + 0.1 * rng.standard_normal(300)
    Z *= rng.random(Z.shape) < 0.3
    X = np.column_stack([Z, 1.7e9 + 3600 * time])
    for rows in (X, sparse.csr_array(X)):
        with pytest.warns(UserWarning, match="Feature 4 varies by less than"):
            GroupLassoMatrixSensing(alpha=0.05, fit_bias=True).fit(rows, y)


def test_indices_duplicates_and_single_precision():
    X, y = table()
    fitted = GroupLassoMatrixSensing(alpha=0.05).fit(X, y)
    wide = sparse.csr_array(
        (X.data, X.indices.astype(np.int64), X.indptr.astype(np.int64)), shape=X.shape
    )
    assert_allclose(GroupLassoMatrixSensing(alpha=0.05).fit(wide, y).factor_, fitted.factor_)
    # Every entry as the sum of two, out of order.
    twice = sparse.csr_array(
        (np.repeat(0.5 * X.data, 2), np.repeat(X.indices, 2), 2 * X.indptr), shape=X.shape
    )
    before = twice.data.copy()
    model = GroupLassoMatrixSensing(alpha=0.05).fit(twice, y)
    assert_allclose(model.factor_, fitted.factor_, atol=1e-12)
    assert_array_equal(twice.data, before)
    single = X.astype(np.float32)
    model = GroupLassoMatrixSensing(alpha=0.05).fit(single, y)
    other = GroupLassoMatrixSensing(alpha=0.05).fit(single.astype(float), y)
    assert_array_equal(model.factor_, other.factor_)


@pytest.mark.parametrize("make", [lambda X: X, lambda X: X.toarray()], ids=["sparse", "dense"])
@pytest.mark.parametrize("measurement", ["rank-one", "matrix"])
def test_single_precision_comes_back(make, measurement):
    X, y = table() if measurement == "rank-one" else entries()
    rows = make(X).astype(np.float32)
    model = GroupLassoMatrixSensing(alpha=0.05, measurement=measurement).fit(rows, y)
    assert model.factor_.dtype == np.float64
    F = model.transform(rows)
    assert F.dtype == np.asarray(F).dtype == model.predict(rows).dtype == np.float32
    double = model.predict(rows.astype(float))
    assert_allclose(model.predict(rows), double, rtol=1e-5, atol=1e-6)
    one = PrunedMatrixSensing(alpha=0.05, measurement=measurement).fit(rows, y)
    assert one.transform(rows).dtype == one.predict(rows).dtype == np.float32


def test_the_kernels_follow_the_density():
    X, _ = table()
    assert isinstance(sensing_map(X, "rank-one"), SparseRankOneMap)
    assert isinstance(sensing_map(entries()[0], "matrix"), SparseMatrixMap)
    U = np.random.default_rng(1).standard_normal((9, 2))
    for n, (measurement, factor) in product((30, 8000), (("rank-one", U), ("matrix", U[:3]))):
        full = sparse.csr_array(np.random.default_rng(0).standard_normal((n, 9)))
        c = np.linspace(-1.0, 1.0, n)
        sensing, dense = (sensing_map(rows, measurement) for rows in (full, full.toarray()))
        held = sensing.X if measurement == "matrix" else sensing.rows.X
        # Few numbers are made dense at once.
        assert isinstance(held, np.ndarray if n == 30 else RowsOnDemand)
        assert_array_equal(sensing.adjoint(c), dense.adjoint(c))
        assert_array_equal(sensing.forward(factor), dense.forward(factor))
        part = sensing.take(np.array([3, 5]))
        assert_array_equal(part.forward(factor), dense.take(np.array([3, 5])).forward(factor))


@pytest.mark.parametrize("measurement", ["rank-one", "matrix"])
def test_nothing_of_the_size_of_x_or_of_d_by_d_is_made(measurement, monkeypatch):
    rng = np.random.default_rng(0)
    d = 2500
    U = np.zeros((d, 1))
    U[:60] = rng.standard_normal((60, 1))
    a, b = np.triu_indices(60, 1)
    if measurement == "rank-one":
        X = pair_differences(np.column_stack([a, b]), d)
        y = ((X @ U) ** 2).sum(axis=1)
    else:
        X = sparse.csr_array((np.ones(len(a)), (np.arange(len(a)), a * d + b)), (len(a), d * d))
        y = (U @ U.T)[a, b]

    toarray = sparse.csr_array.toarray

    def refuse(self, *args, **kwargs):
        assert np.prod(self.shape) < X.shape[0] * d / 10, f"made dense: {self.shape}"
        return toarray(self, *args, **kwargs)

    monkeypatch.setattr(sparse.csr_array, "toarray", refuse)
    pipe = make_pruning_pipeline(measurement=measurement).fit(X, y)
    assert pipe["sense"].rank_ == 1
    assert pipe["sense"].factor_.shape == (d, 1000)
    assert_allclose(pipe.predict(X), y, atol=1e-5)
    # No sample sees the others.
    assert not pipe["tune"].factor_[60:].any()


def test_carrier_holds_sparse_rows(tmp_path):
    X, y = distances()
    F = GroupLassoMatrixSensing(alpha=0.02).fit_transform(X, y)
    dense = FactoredMeasurements(
        X.toarray(), F.factor, F.bias, F.intercept, "rank-one", F.beta, F.prune_threshold
    )
    assert sparse.issparse(F.measurements)
    assert np.shares_memory(F.measurements.data, X.data)
    with pytest.raises(ValueError, match="read-only"):
        F.measurements.data[0] = 1.0
    for key in (slice(3, 9), [1, 4], np.arange(len(y)) < 5, (slice(2), ...), ..., (..., [0])):
        assert_allclose(np.asarray(F[key]), np.asarray(dense[key]), atol=1e-12)
    copy = pickle.loads(pickle.dumps(F))
    assert_array_equal(np.asarray(copy), np.asarray(F))
    assert not copy.measurements.data.flags.writeable
    pipe = make_pruning_pipeline(memory=str(tmp_path)).fit(X, y)
    assert_array_equal(pipe.fit(X, y).predict(X), make_pruning_pipeline().fit(X, y).predict(X))
    search = [
        GridSearchCV(make_pruning_pipeline(), {"sense__alpha": [0.02, 0.2]}, cv=2).fit(rows, y)
        for rows in (X, X.toarray())
    ]
    for name in ("mean_test_score", "split0_test_score"):
        assert_allclose(*(s.cv_results_[name] for s in search), rtol=1e-7)


def test_pruner_takes_sparse_columns():
    X = sparse.csr_array(np.diag([3.0, 0.0, 1e-9, 2.0]))
    pruner = GreedyColumnPruner("0.1*max").fit(X)
    assert_allclose(pruner.column_norms_, [3.0, 0.0, 1e-9, 2.0])
    assert pruner.transform(X).shape == (4, 2)


MATRICES = {
    "separate": np.geomspace(1.0, 1e-3, 120) * np.where(np.arange(120) % 3, 1.0, -1.0),
    "equal": np.where(np.arange(120) < 12, 1.0, -0.5),
    "of rank one": np.where(np.arange(120) < 1, 1.0, 0.0),
    "negative": -np.linspace(1.0, 2.0, 120),
    "zero": np.zeros(120),
    "bulk": np.linspace(-0.97, 1.0, 120),
}


@pytest.mark.parametrize("name", MATRICES)
def test_eigenvalues_of_an_operator(name):
    values = MATRICES[name]
    Q = np.linalg.qr(np.random.default_rng(1).standard_normal((120, 120)))[0]
    R = (Q * values) @ Q.T
    operator = SymmetricOperator(120, lambda V: R @ V)
    assert_allclose(as_array(operator), R, atol=1e-14)
    for model, rate in ((Positive(), values.max()), (Signed(), np.abs(values).max())):
        assert_allclose(model.ascent_rate(operator), rate, atol=1e-9)
        assert_allclose(model.ascent_rate(operator), model.ascent_rate(R), atol=1e-9)
        for level in (0.0, rate - 0.1, rate + 0.1):
            known = model.ascent_rate(operator, level=level)
            assert known <= rate + 1e-12
            assert (known > level) == (rate > level)
            assert abs(known - rate) <= 0.2 * abs(level - rate) + 1e-9
        V, same = model.ascent_directions(operator, 5), model.ascent_directions(R, 5)
        assert V.shape == same.shape
        along = np.einsum("ij,ij->j", V.U, R @ V.U)
        assert_allclose(along, np.einsum("ij,ij->j", same.U, R @ same.U), atol=0.05)
        assert_array_equal(V.column_signs, same.column_signs)


def test_an_eigenvalue_of_many_equal_ones_and_restarts():
    """A large space is started again; the largest of almost equal values is found."""
    values = np.append(np.linspace(0.0, 1.0, 999), 1.001)
    operator = SymmetricOperator(1000, lambda V: values[:, None] * V)
    assert_allclose(outer_eigenvalue(operator, both_ends=False), 1.001, atol=1e-6)


def test_equal_eigenvalues_of_arrays():
    """LAPACK's solver for a few eigenpairs fails on some of these, or returns fewer."""
    rng = np.random.default_rng(0)
    for n in range(2000):
        d, count = int(rng.integers(5, 40)), int(rng.integers(1, 9))
        equal = rng.choice([1.0, 0.0, -1.0], d) if n % 2 else np.ones(d)
        values = np.where(rng.random(d) < 0.45, equal, rng.standard_normal(d))
        values[0] = 1.0
        Q = np.linalg.qr(rng.standard_normal((d, d)))[0]
        R = (Q * values) @ Q.T
        assert_allclose(outer_eigenvalue(R, both_ends=False), values.max(), rtol=1e-9)
        V = Positive().ascent_directions(R, count).U
        assert V.shape[1] >= min(count, np.sum(values > 1e-9))
        largest = np.sort(values)[::-1][: V.shape[1]]
        assert_allclose(R @ V, V * largest, atol=1e-12)


def test_eigenvectors_where_the_solver_for_a_few_fails(monkeypatch):
    R = np.diag([3.0, 1.0, 2.0])
    expected = Positive().ascent_directions(R, 2)

    def fails(*arguments, **settings):
        raise np.linalg.LinAlgError("Internal Error.")

    monkeypatch.setattr(_eigen, "eigh", fails)
    assert_allclose(np.abs(Positive().ascent_directions(R, 2).U), np.abs(expected.U))


def test_no_columns_of_sparse_matrices():
    rng = np.random.default_rng(0)
    X = sparse.csr_array(rng.standard_normal((20, 16)) * (rng.random((20, 16)) < 0.2))
    model = GroupLassoMatrixSensing(alpha=0.01, measurement="matrix").fit(X, np.arange(20.0))
    assert np.asarray(model.transform(X)[:, []]).shape == (20, 0)


def test_a_path_holds_its_dead_columns_once():
    rng = np.random.default_rng(0)
    points, pairs = rng.standard_normal((2500, 2)), rng.integers(0, 2500, (12_000, 2))
    X = pair_differences(pairs[pairs[:, 0] != pairs[:, 1]], 2500)
    y = np.sum((X @ points) ** 2, axis=1)
    tracemalloc.start()
    path = pruning_path(X, y, n_alphas=3, eps=0.5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.ranks[-1] > 0
    # Of all columns, dead ones included: 60 MB.
    assert peak < 1.5 * path.factors.nbytes


def test_a_pipeline_of_large_sparse_rows_makes_no_square_array():
    # With more than six rows for each feature, from which a fit may look at their correlations.
    rng, d = np.random.default_rng(0), 4000
    points, pairs = rng.standard_normal((d, 2)), rng.integers(0, d, (26_000, 2))
    X = pair_differences(pairs[pairs[:, 0] != pairs[:, 1]], d)
    y = np.sum((X @ points) ** 2, axis=1)
    pipe = make_pruning_pipeline(n_components=4, alpha=0.3 * alpha_max(X, y))
    tracemalloc.start()
    pipe.fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pipe["tune"].rank_ == 2
    assert peak < 4 * d**2
