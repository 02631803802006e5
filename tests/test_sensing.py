"""The sensing maps beyond their contract, which test_contracts.py holds for all of them."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MAPS, MEASUREMENTS, as_array, random_rows
from scipy.sparse import csr_array

from sklearn_prune.sensing import Restricted, sensing_map, smat, svec

N, D, K = 12, 5, 3


@pytest.mark.parametrize("name", MAPS)
def test_scaling_multiplies_the_measurements(name):
    sensing, A = MAPS[name](np.random.default_rng(0), 40, D)
    scaled = sensing.scaled(0.7)
    c = np.eye(40)[3]
    assert_allclose(as_array(scaled.adjoint(c)), 0.7 * A[3], atol=1e-12)
    assert_allclose(as_array(sensing.adjoint(c)), A[3], atol=1e-12)
    # An order of magnitude is enough for what it is used for.
    assert 0.1 < scaled.max_abs() / (0.7 * np.abs(A).max()) < 10


@pytest.mark.parametrize("name", MAPS)
def test_second_moments_belong_to_the_weights(name):
    """They are kept for the last weights, and must not be kept for others."""
    sensing, _ = MAPS[name](np.random.default_rng(0), 40, D)
    one, two = np.ones(40), np.linspace(0.0, 1.0, 40)
    first = as_array(sensing.second_moments(one)).copy()
    assert not np.allclose(as_array(sensing.second_moments(two)), first)
    assert_array_equal(as_array(sensing.second_moments(one)), first)
    # The unit is that of x² for vectors, and of A² for matrices.
    power = 1 if name.startswith("rank-one") else 2
    scaled = as_array(sensing.scaled(2.0).second_moments(one))
    assert_allclose(scaled, 2.0**power * first, rtol=1e-12)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("fit_bias", [False, True])
def test_mean_vector_by_definition(sparse, fit_bias):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, D)) * (rng.random((40, D)) < 0.3)
    rows = np.column_stack([X, np.ones(40)]) if fit_bias else X
    sensing = sensing_map(csr_array(X) if sparse else X, "rank-one", fit_bias=fit_bias).scaled(4.0)
    one, other = np.full(40, 1 / 40), rng.uniform(size=40)
    T = rng.standard_normal((rows.shape[1], 2))
    changed = Restricted(sensing, T)
    # It is kept for the weights of the last call, and must not be kept for others.
    for weights in (one, other, one):
        assert_allclose(sensing.mean_vector(weights), 2.0 * weights @ rows, atol=1e-12)
        assert_allclose(changed.mean_vector(weights), 2.0 * weights @ rows @ T, atol=1e-12)
    assert_allclose(changed.scaled(4.0).mean_vector(one), 4.0 * one @ rows @ T, atol=1e-12)
    few = changed.take(np.arange(3)).mean_vector(other[:3])
    assert_allclose(few, 2.0 * other[:3] @ rows[:3] @ T, atol=1e-12)
    assert sensing_map(rng.standard_normal((5, 9)), "matrix").mean_vector(one[:5]) is None


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
        at = sensing_map(X, measurement).linearize(U)
        exact = 2 * (w @ at.jacobian() ** 2).reshape(d, 2)
        # Up to 3 where x is not independent of xᵀu: enough for a preconditioner.
        assert np.all(exact / at.gauss_newton_diagonal(w, w) < 3.2)
        assert np.all(exact / at.gauss_newton_diagonal(w, w) > 0.8)


def test_only_the_symmetric_part_of_a_matrix_matters():
    rng = np.random.default_rng(0)
    B = rng.standard_normal((N, D, D))
    skew = rng.standard_normal((N, D, D))
    C = B + skew - skew.transpose(0, 2, 1)
    one, other = (sensing_map(A.reshape(N, -1), "matrix") for A in (B, C))
    c, U = rng.standard_normal(N), rng.standard_normal((D, K))
    assert not one.is_symmetric
    assert_allclose(one.adjoint(c), other.adjoint(c), atol=1e-12)
    assert_allclose(one.forward(U), other.forward(U), atol=1e-12)
    assert_allclose(one.linearize(U).jacobian(), other.linearize(U).jacobian(), atol=1e-12)
    assert_allclose(one.squared_norms(), other.squared_norms(), rtol=1e-12)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_rows_of_float32_are_worked_on_in_float64(measurement):
    rng = np.random.default_rng(0)
    X = random_rows(rng, N, D, measurement).astype(np.float32)
    one, other = sensing_map(X, measurement), sensing_map(X.astype(float), measurement)
    c, U = rng.standard_normal(N), rng.standard_normal((D, K))
    held = one.X if measurement == "matrix" else one.rows.X
    assert held is X
    assert_array_equal(one.adjoint(c), other.adjoint(c))
    assert_array_equal(one.forward(U), other.forward(U))
    product, same = (s.linearize(U).adjoint_product(c) for s in (one, other))
    assert_array_equal(product, same)
    assert_array_equal(one.squared_norms(), other.squared_norms())


@pytest.mark.parametrize("columns", [1, 3, 40, 70])
def test_coordinates_of_a_large_side_are_applied_whole(columns):
    """In blocks or at once, by columns enough for either, T and Tᵀ lose no row."""
    rng = np.random.default_rng(0)
    X, T = rng.standard_normal((4, 700)), np.linalg.qr(rng.standard_normal((700, 650)))[0]
    U, c = rng.standard_normal((650, columns)), rng.standard_normal(4)
    Z = X @ T
    at = Restricted(sensing_map(X, "rank-one"), T).linearize(U)
    assert_allclose(at.images, np.sum((Z @ U) ** 2, axis=1), rtol=1e-9)
    assert_allclose(at.adjoint_product(c), Z.T @ (c[:, None] * (Z @ U)), rtol=1e-9, atol=1e-9)


def test_svec_keeps_inner_products():
    A, B = np.random.default_rng(0).standard_normal((2, 7, D, D))
    A, B = A + A.transpose(0, 2, 1), B + B.transpose(0, 2, 1)
    assert_allclose(np.sum(svec(A) * svec(B), axis=1), np.sum(A * B, axis=(1, 2)), rtol=1e-12)
    assert_allclose(smat(svec(A), D), A, rtol=1e-15)


def test_sums_over_one_direction_make_blocks_of_single_precision_double():
    X = np.random.default_rng(0).standard_normal((60_000, 40)).astype(np.float32)
    weights = np.full(len(X), 1 / len(X))
    tracemalloc.start()
    sensing_map(X, "rank-one").span_sums(np.eye(40)[:, :1], weights, weights)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # All rows as float64 would take twice the memory of X.
    assert peak < X.nbytes


def test_isotropic_vectors_are_told_from_others():
    """From a few rows: vectors of any length are, others are not if whitening changes much."""
    rng = np.random.default_rng(0)
    X, ones = rng.standard_normal((3000, 30)), np.ones(30)
    odd = np.arange(3000) % 2 == 1
    correlated = X @ np.linalg.cholesky(0.5 ** np.abs(np.subtract.outer(range(30), range(30)))).T
    longer, shorter, unseen = (X * np.r_[size, ones[1:]] for size in (4.0, 1e-3, 0.0))

    def is_isotropic(X, seen=odd | ~odd):
        return sensing_map(X, "rank-one").is_isotropic(seen[: X.shape[0]] / 3000.0)

    alike = X, 1e-5 * X, X.astype(np.float32)
    others = longer, shorter, unseen, correlated, X + 1.0
    assert [is_isotropic(X) for X in alike] == [True] * 3
    assert [is_isotropic(X) for X in others] == [False] * 5
    # Rows of weight zero are not looked at, and few rows tell nothing.
    mixed = np.where(odd[:, None], X, 100.0 * longer)
    assert not is_isotropic(mixed)
    assert is_isotropic(mixed, odd)
    assert not is_isotropic(X[:170])
    # A row that outweighs all others counts also where it is not among the few.
    for i in range(9):
        assert not is_isotropic(np.r_[X[:i], 1000.0 * X[i : i + 1], X[i + 1 :]])
