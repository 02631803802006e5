"""What a fit says of a dask array that it cannot take, or of which a chunk cannot be computed."""

import numpy as np
import pytest
from problems import chunked
from scipy import sparse
from sklearn.base import clone

from sklearn_prune import GroupLassoMatrixSensing, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing

da = pytest.importorskip("dask.array")


def data():
    X, y, _ = make_matrix_sensing(300, 8, 2, noise=0.1, random_state=0)
    return X, y, np.random.default_rng(0).integers(0, 3, 300).astype(float)


def bad_inputs():
    X, y, _ = data()
    nan = X.copy()
    nan[-1, 0] = np.nan
    unknown = chunked(X)
    unknown = unknown[unknown[:, 0] > 0]
    return {
        "NaN in the last chunk": (chunked(nan), chunked(y), "X contains NaN .* chunk 4 of 4"),
        "infinite response": (chunked(X), chunked(np.append(y[:-1], np.inf)), "y contains NaN"),
        "unknown sizes": (unknown, chunked(y), "unknown"),
        "chunked columns": (da.from_array(X, chunks=(100, 4)), chunked(y), "columns"),
        "unknown sizes of y": (chunked(X), chunked(y)[chunked(y) > 0], r"y\.compute_chunk_sizes"),
        "short y": (chunked(X), chunked(y[:-1]), "y must have one entry"),
        "no y": (chunked(X), None, "target y is None"),
        "words": (chunked(X), np.array(["a"] * len(y), dtype=object), "y must hold real numbers"),
        "complex": (chunked(X + 0j), chunked(y), "real"),
        "three dimensions": (chunked(X[:, :, None]), chunked(y), "dim 3"),
    }


@pytest.mark.parametrize("case", bad_inputs())
def test_bad_input_leaves_the_estimator_as_it_was(case):
    X, y, message = bad_inputs()[case]
    model = GroupLassoMatrixSensing(alpha=0.05)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert vars(model) == vars(GroupLassoMatrixSensing(alpha=0.05))


def test_weights_that_are_refused():
    X, y, weights = data()
    for bad, message in ((-weights, "negative"), (0 * weights, "positive entry")):
        with pytest.raises(ValueError, match=message):
            GroupLassoMatrixSensing(alpha=0.05).fit(chunked(X), chunked(y), chunked(bad))


def failing(block, block_id):
    """What reads a chunk, and cannot read the last."""
    if block_id[0] == 2:
        raise OSError("the disk is gone")
    return block


@pytest.mark.parametrize("failed", ["X", "y", "sample_weight"])
@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
def test_a_chunk_that_fails_is_named_and_nothing_is_left(loss, failed):
    X, y, weights = data()
    y = y if loss == "squared_error" else np.where(y > np.median(y), 1.0, 0.0)
    arrays = {"X": X, "y": y, "sample_weight": weights}
    arrays = {name: da.from_array(a, chunks=(100, *a.shape[1:])) for name, a in arrays.items()}
    arrays[failed] = arrays[failed].map_blocks(failing, dtype=float, meta=np.empty((0,) * 2))
    pipeline = make_pruning_pipeline(alpha=0.05, loss=loss)
    model = pipeline["sense"]
    with pytest.raises(RuntimeError, match=f"chunk 3 of 3 of {failed} .* the disk is gone"):
        model.fit(**arrays)
    assert vars(model) == vars(clone(model))


def test_a_scheduler_that_fails_once():
    """It is not known which chunk it was: all can be computed when they are asked again."""
    X, y, _ = data()
    reads = []

    def read(block):
        reads.append(1)
        if len(reads) == 1:
            raise OSError("the disk was away")
        return block

    rows = chunked(X).map_blocks(read, dtype=float, meta=np.empty((0, 0)))
    with pytest.raises(RuntimeError, match=r"a chunk could not be computed.*the disk was away"):
        GroupLassoMatrixSensing(alpha=0.05).fit(rows, chunked(y))


def test_sparse_chunks_are_refused():
    X, y, _ = data()
    rows = chunked(X).map_blocks(sparse.csr_array)
    with pytest.raises(RuntimeError, match="must be NumPy arrays, got csr_array"):
        GroupLassoMatrixSensing(alpha=0.05).fit(rows, chunked(y))
