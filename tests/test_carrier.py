"""What travels down a Pipeline: measurements and a factor."""

import pickle

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import dense_matrices, random_rows

from sklearn_prune import FactoredMeasurements

N, D, K = 12, 5, 3
KINDS = [("rank-one", False), ("rank-one", True), ("matrix", False)]


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
    X, U, names = np.ones((2, 2)), np.eye(2), np.array(["a", "b"], dtype=object)
    F = FactoredMeasurements(X, U, np.zeros(2), 0.0, "rank-one", 0.1, 0.2, feature_names=names)
    with pytest.raises(ValueError, match="read-only"):
        F.feature_names[0] = "z"
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
        ({"bias": np.ones(2)}, "bias must be zero with fit_bias=False"),
        ({"measurement": "matrix", "fit_bias": True}, "fit_bias=True needs measurement"),
        ({"intercept": np.nan}, "intercept must be a finite number"),
        ({"beta": -1.0}, "beta must be a finite number"),
        ({"prune_threshold": np.nan}, "prune_threshold must be a finite number"),
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
