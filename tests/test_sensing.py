"""The linear maps against the matrices they stand for, and what travels down a Pipeline."""

import pickle

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS, dense_matrices, random_rows

from sklearn_prune import FactoredMeasurements
from sklearn_prune.sensing import sensing_map

N, D, K = 12, 5, 3
KINDS = [("rank-one", False), ("rank-one", True), ("matrix", False)]


@pytest.fixture(params=[*KINDS, ("symmetric", False), ("many columns", False)], ids=str)
def case(request, monkeypatch):
    """A map scaled by 0.7, its matrices by definition, two factors and a dual vector."""
    measurement, fit_bias = request.param
    rng = np.random.default_rng(0)
    if measurement == "many columns":
        monkeypatch.setattr("sklearn_prune.sensing._matrix._SMALL", 0)
    kind = "rank-one" if measurement == "rank-one" else "matrix"
    X = random_rows(rng, N, D, kind)
    if measurement == "symmetric":
        X = dense_matrices(X, kind).reshape(N, -1)
    measurement = kind
    A = 0.7 * dense_matrices(X, measurement, fit_bias=fit_bias)
    sensing = sensing_map(X, measurement, fit_bias=fit_bias).scaled(0.7)
    U, V = rng.standard_normal((2, sensing.dim, K))
    return sensing, A, U, V, rng.standard_normal(N)


def test_images_are_inner_products_with_the_explicit_matrices(case):
    sensing, A, U, _, _ = case
    expected = np.einsum("iab,ak,bk->i", A, U, U)
    assert_allclose(sensing.images(U), expected, atol=1e-12)
    assert_allclose(sensing.at(U).images, expected, atol=1e-12)


def test_adjoint(case):
    """``Σ c_i <A_i, U Uᵀ> = <adjoint(c), U Uᵀ>``."""
    sensing, A, U, _, c = case
    assert_allclose(c @ sensing.images(U), np.vdot(sensing.adjoint(c), U @ U.T), rtol=1e-12)
    assert_allclose(sensing.adjoint(c), np.einsum("i,iab->ab", c, A), atol=1e-12)
    assert_allclose(sensing.dense(sensing.weigh(c)), sensing.adjoint(c), atol=1e-12)


def test_pull_is_the_adjoint_times_the_factor(case):
    sensing, A, U, _, c = case
    assert_allclose(sensing.at(U).pull(c), np.einsum("i,iab->ab", c, A) @ U, atol=1e-12)


def test_pull_derivative(case):
    """``C V − 2 Σ w_i <A_i, U Vᵀ> A_i U``, and ``Σ w_i <A_i, U Vᵀ>``."""
    sensing, A, U, V, c = case
    w = c**2
    change = w * np.einsum("iab,ak,bk->i", A, U, V)
    expected = np.einsum("i,iab->ab", c, A) @ V - 2 * np.einsum("i,iab->ab", change, A) @ U
    pulled, total = sensing.at(U).pull_derivative(V, sensing.weigh(c), w)
    assert_allclose(pulled, expected, atol=1e-12)
    assert_allclose(total, change.sum(), atol=1e-12)


def test_squares(case):
    sensing, A, _, _, c = case
    w = c**2
    assert_allclose(sensing.squared_norms(), np.einsum("iab,iab->i", A, A), rtol=1e-12)
    assert_allclose(sensing.sum_of_squares(w), np.einsum("i,iab,ibc->ac", w, A, A), rtol=1e-10)
    assert_allclose(sensing.magnitude(), np.abs(A).max(), rtol=0.5)


def test_jacobian_is_the_derivative_of_the_images(case):
    sensing, _, U, V, _ = case
    h = 1e-6
    slope = (sensing.images(U + h * V) - sensing.images(U - h * V)) / (2 * h)
    assert_allclose(sensing.at(U).jacobian() @ V.ravel(), slope, rtol=1e-7, atol=1e-8)


def test_quadratic_features_are_linear_in_the_symmetric_matrix(case):
    sensing, A, U, _, _ = case
    S = np.cov(np.random.default_rng(1).standard_normal((K, 9)))
    a, b = np.triu_indices(K)
    coefficients = np.where(a == b, 1.0, 2.0) * S[a, b]
    expected = np.einsum("iab,ab->i", A, U @ S @ U.T)
    for rows, features in sensing.quadratic_features(U):
        assert_allclose(features @ coefficients, expected[rows], atol=1e-12)
        expected[rows] = np.nan
    assert np.all(np.isnan(expected))


def test_preconditioner_is_the_gauss_newton_diagonal_of_gaussian_data():
    rng = np.random.default_rng(0)
    n, d = 40_000, 4
    U = rng.standard_normal((d, 2))
    w = np.full(n, 1 / n)
    for measurement in MEASUREMENTS:
        scales = np.array([1.0, 3.0, 0.1, 1.0])
        if measurement == "rank-one":
            X = rng.standard_normal((n, d)) * scales
        else:
            X = (rng.standard_normal((n, d, d)) * np.outer(scales, scales)).reshape(n, -1)
        sensing = sensing_map(X, measurement)
        around = sensing.at(U)
        diagonal = around.gauss_newton_diagonal(w, lambda w=w, s=sensing: s.powers(w))
        exact = 2 * (w @ around.jacobian() ** 2).reshape(d, 2)
        # Up to 3 where x is not independent of xᵀu: enough for a preconditioner.
        assert np.all(exact / diagonal < 3.2)
        assert np.all(exact / diagonal > 0.8)


def test_only_the_symmetric_part_of_a_matrix_matters():
    rng = np.random.default_rng(0)
    B = rng.standard_normal((N, D, D))
    skew = rng.standard_normal((N, D, D))
    C = B + skew - skew.transpose(0, 2, 1)
    one, other = (sensing_map(A.reshape(N, -1), "matrix") for A in (B, C))
    c, U = rng.standard_normal(N), rng.standard_normal((D, K))
    assert not one.is_symmetric
    assert_allclose(one.adjoint(c), other.adjoint(c), atol=1e-12)
    assert_allclose(one.images(U), other.images(U), atol=1e-12)
    assert_allclose(one.at(U).jacobian(), other.at(U).jacobian(), atol=1e-12)
    assert_allclose(one.squared_norms(), other.squared_norms(), rtol=1e-12)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_rows_of_float32_are_worked_on_in_float64(measurement):
    rng = np.random.default_rng(0)
    X = random_rows(rng, N, D, measurement).astype(np.float32)
    one, other = sensing_map(X, measurement), sensing_map(X.astype(float), measurement)
    c, U = rng.standard_normal(N), rng.standard_normal((D, K))
    assert one.X is X
    assert_array_equal(one.adjoint(c), other.adjoint(c))
    assert_array_equal(one.images(U), other.images(U))
    assert_array_equal(one.at(U).pull(c), other.at(U).pull(c))
    assert_array_equal(one.squared_norms(), other.squared_norms())


def test_blocks_of_rows_add_up(monkeypatch):
    rng = np.random.default_rng(0)
    for measurement in MEASUREMENTS:
        # More than the 16 rows of the smallest block.
        sensing = sensing_map(random_rows(rng, 50, D, measurement), measurement)
        c = rng.uniform(size=50)
        U = rng.standard_normal((D, K))

        def results(sensing=sensing, c=c, U=U):
            around = sensing.at(U)
            C = sensing.weigh(c)
            return [
                sensing.images(U),
                C,
                sensing.sum_of_squares(c),
                sensing.squared_norms(),
                sensing.powers(c),
                around.images,
                around.jacobian(),
                around.pull(c),
                *around.pull_derivative(U, C, c),
            ]

        whole = results()
        for name in ("_WORK", "_COPIED", "_KEPT"):
            monkeypatch.setattr(f"sklearn_prune.sensing._rank_one.{name}", 1)
        for name in ("_WORK", "_BLOCK"):
            monkeypatch.setattr(f"sklearn_prune.sensing._matrix.{name}", 1)
        for one, other in zip(whole, results(), strict=True):
            assert_allclose(one, other, rtol=1e-12, atol=1e-12)
        monkeypatch.undo()


@pytest.fixture(params=KINDS, ids=str)
def factored(request):
    measurement, fit_bias = request.param
    rng = np.random.default_rng(0)
    X = random_rows(rng, N, D, measurement)
    bias = rng.standard_normal(K) if fit_bias else np.zeros(K)
    return FactoredMeasurements(
        X,
        rng.standard_normal((D, K)),
        bias,
        0.25,
        measurement,
        beta=0.1,
        prune_threshold=0.2,
        fit_intercept=True,
        fit_bias=fit_bias,
    )


def test_factored_entries_are_the_column_responses(factored):
    F = factored
    U = np.vstack([F.factor, F.bias]) if F.fit_bias else F.factor
    A = dense_matrices(F.measurements, F.measurement, fit_bias=F.fit_bias)
    expected = np.einsum("iab,ak,bk->ik", A, U, U)
    assert_allclose(np.asarray(F), expected, atol=1e-12)
    assert_allclose(F.predict(), expected.sum(axis=1) + 0.25, atol=1e-12)
    assert (F.shape, F.ndim, F.dtype, len(F)) == ((N, K), 2, np.float64, N)
    assert_allclose(F.column_norms, np.linalg.norm(U, axis=0), rtol=1e-14)
    assert_array_equal(np.asarray(F, dtype=np.float32), expected.astype(np.float32))
    with pytest.raises(ValueError, match="not stored"):
        np.asarray(F, copy=False)


ROWS = [slice(2, 7), [0, 3, 3], np.array([5, 1]), np.arange(N) % 2 == 0, slice(None), []]


@pytest.mark.parametrize("rows", ROWS, ids=str)
def test_rows_of_factored_measurements(factored, rows):
    dense = np.asarray(factored)
    for part in (factored[rows], factored[rows, ...], factored[rows, :]):
        assert isinstance(part, FactoredMeasurements)
        assert_allclose(np.asarray(part), dense[rows], atol=1e-12)
        assert_allclose(part.predict(), factored.predict()[rows], atol=1e-12)


@pytest.mark.parametrize("columns", [[2, 0], np.array([True, False, True]), slice(1), []], ids=str)
def test_columns_of_factored_measurements(factored, columns):
    part = factored[:, columns]
    assert isinstance(part, FactoredMeasurements)
    assert_allclose(np.asarray(part), np.asarray(factored)[:, columns], atol=1e-12)


@pytest.mark.parametrize("key", [0, (1, 2), (slice(None), 1), (slice(2), [0, 1]), None], ids=str)
def test_any_other_indexing_gives_an_array(factored, key):
    part = factored[key]
    assert not isinstance(part, FactoredMeasurements)
    assert_allclose(part, np.asarray(factored)[key], atol=1e-12)


def test_factored_measurements_are_immutable(factored):
    with pytest.raises(AttributeError):
        factored.intercept = 1.0
    for name in ("measurements", "factor", "bias"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(factored, name)[0] = 1.0


def test_the_caller_may_go_on_writing_to_what_was_given():
    X, U = np.ones((2, 2)), np.eye(2)
    F = FactoredMeasurements(X, U, np.zeros(2), 0.0, "rank-one", 0.1, 0.2)
    X[0] = U[0] = 3.0
    # It is a view of them.
    assert F.measurements[0, 0] == 3.0


def test_factored_measurements_pickle_and_hash_with_what_they_carry(factored):
    copy = pickle.loads(pickle.dumps(factored))
    assert_array_equal(np.asarray(copy), np.asarray(factored))
    assert joblib.hash(copy) == joblib.hash(factored)
    with pytest.raises(ValueError, match="read-only"):
        copy.factor[0] = 1.0
    # The same numbers from other parts: the reason why it is no ndarray subclass.
    flipped = FactoredMeasurements(
        factored.measurements,
        -factored.factor,
        -factored.bias,
        0.25,
        factored.measurement,
        beta=0.1,
        prune_threshold=0.2,
        fit_intercept=True,
        fit_bias=factored.fit_bias,
    )
    assert_array_equal(np.asarray(flipped), np.asarray(factored))
    assert joblib.hash(flipped) != joblib.hash(factored)


def test_column_norms_of_any_size():
    U = np.array([[3e-200, 0.0], [4e-200, 0.0]])
    F = FactoredMeasurements(np.ones((1, 2)), U, np.zeros(2), 0.0, "rank-one", 0.1, 0.2)
    assert_allclose(F.column_norms, [5e-200, 0.0], rtol=1e-12)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"factor": np.ones((5, 2))}, r"measurements must be of shape \(n, 5\)"),
        ({"measurement": "matrix"}, r"measurements must be of shape \(n, 4\)"),
        ({"measurement": "vector"}, "measurement must be"),
        ({"bias": np.zeros(3)}, r"bias must be of shape \(2,\)"),
    ],
)
def test_parts_that_do_not_fit_together(changes, message):
    parts = {
        "measurements": np.ones((3, 2)),
        "factor": np.ones((2, 2)),
        "bias": np.zeros(2),
        "intercept": 0.0,
        "measurement": "rank-one",
        "beta": 0.1,
        "prune_threshold": 0.1,
    }
    FactoredMeasurements(**parts)
    with pytest.raises(ValueError, match=message):
        FactoredMeasurements(**(parts | changes))
