"""What is stored of a fitted model: its living columns, the version, and no data."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_prune import (
    FineTuner,
    GreedyColumnPruner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingClassifierCV,
    GroupLassoMatrixSensingCV,
    PrunedMatrixSensing,
    __version__,
    make_pruning_pipeline,
)
from sklearn_prune.datasets import make_matrix_sensing

X, y, _ = make_matrix_sensing(400, 20, 2, noise=0.1, random_state=0)
LABELS = np.where(y > np.median(y), "large", "small")
MODELS = [
    GroupLassoMatrixSensing(),
    GroupLassoMatrixSensing(alpha=100.0),
    GroupLassoMatrixSensing(alpha=0.05, positive=False, fit_bias=True),
    GroupLassoMatrixSensingCV(n_alphas=4, cv=3),
    FineTuner(4),
    GreedyColumnPruner("0.9*max"),
    make_pruning_pipeline(),
    PrunedMatrixSensing(fit_intercept=True),
    PrunedMatrixSensing(loss="huber"),
    make_pruning_pipeline(loss="log_loss", alpha=0.01),
    GroupLassoMatrixSensingClassifierCV(n_alphas=4, cv=3),
]
CLASSIFIERS = MODELS[-2:]
every_model = pytest.mark.parametrize("model", MODELS, ids=lambda m: str(m).replace("\n", ""))


def target(model):
    return LABELS if model in CLASSIFIERS else y


def same(one, other):
    """Whether two fitted attributes are equal, arrays and what holds them included."""
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if hasattr(one, "__dict__") and not callable(one):
        kept = {name for name in vars(one) if name != "_tuned"}
        return kept == {n for n in vars(other) if n != "_tuned"} and all(
            same(vars(one)[name], vars(other)[name]) for name in kept
        )
    return one == other


@every_model
def test_all_is_there_after_loading(model):
    model.fit(X, target(model))
    for loaded in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), copy.copy(model)):
        assert same(model, loaded)
        if hasattr(model, "predict"):
            assert_array_equal(loaded.predict(X), model.predict(X))
        if hasattr(model, "transform"):
            assert_array_equal(np.asarray(loaded.transform(X)), np.asarray(model.transform(X)))


@pytest.mark.parametrize("unfitted", [make_pruning_pipeline(), PrunedMatrixSensing()])
def test_dead_columns_and_data_are_not_stored(unfitted):
    X, y, _ = make_matrix_sensing(2000, 150, 2, noise=0.1, random_state=0)
    model = unfitted.set_params(**{name: 0.3 for name in unfitted.get_params() if "alpha" in name})
    model.fit(X, y)
    pipe = getattr(model, "pipeline_", model)
    stored = pickle.dumps(model)
    assert pipe["sense"].factor_.shape == (150, 150)
    living = 8 * 150 * pipe["sense"].rank_
    assert len(stored) <= 2 * living + 10_000
    loaded = pickle.loads(stored)
    assert getattr(loaded, "pipeline_", loaded)["sense"].factor_.shape == (150, 150)


def test_fine_tuning_after_loading_ends_at_the_same_point():
    F = GroupLassoMatrixSensing().fit(X, y)
    loaded = pickle.loads(pickle.dumps(F))
    one, other = (
        make_pipeline(GreedyColumnPruner(), FineTuner()).fit(sense.transform(X), y)
        for sense in (F, loaded)
    )
    np.testing.assert_allclose(other[-1].factor_, one[-1].factor_, atol=1e-7)


def test_another_version_is_warned_of():
    stored = pickle.dumps(PrunedMatrixSensing(alpha=0.05).fit(X, y))
    assert __version__.encode() in stored
    other = stored.replace(__version__.encode(), b"9.9.9")
    with pytest.warns(UserWarning, match=r"was stored by sklearn_prune 9\.9\.9") as caught:
        pickle.loads(other)
    assert len(caught) == 4


@every_model
def test_skops_needs_the_types_of_the_page_only(model):
    # An extra of the tests: a model does not need it.
    io = pytest.importorskip("skops.io")
    from across_versions import trusted_types

    stored = io.dumps(make_pipeline(StandardScaler(with_mean=False), model).fit(X, target(model)))
    needed = io.get_untrusted_types(data=stored)
    assert set(needed) <= set(trusted_types())
    loaded = io.loads(stored, trusted=needed)[-1]
    if hasattr(loaded, "predict"):
        assert_array_equal(loaded.predict(X), model.predict(X))


def test_the_page_lists_no_type_in_vain():
    io = pytest.importorskip("skops.io")
    from across_versions import trusted_types

    needed = set()
    for model in MODELS:
        needed.update(io.get_untrusted_types(data=io.dumps(model.fit(X, target(model)))))
    assert needed == set(trusted_types())
