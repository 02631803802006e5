"""Reading a fit: what the rank search saw, the largest entries of M, the embedding."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS
from sklearn.datasets import load_diabetes, make_friedman1
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_prune import (
    FineTuner,
    GroupLassoMatrixSensing,
    PrunedMatrixSensing,
    RankWarning,
    make_pruning_pipeline,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.inspection import EmbeddingDisplay, interactions
from sklearn_prune.models import Positive


def problem(measurement="rank-one", n_samples=400, **settings):
    defaults = {"dim": 8, "rank": 2, "noise": 0.1, "random_state": 0}
    return make_matrix_sensing(n_samples, measurement=measurement, **(defaults | settings))[:2]


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_the_rank_search_is_unpenalised_fits_and_their_ratios(measurement):
    X, y = problem(measurement)
    model = GroupLassoMatrixSensing(measurement=measurement).fit(X, y)
    search = model.rank_search_
    # The fit is clear and has many samples: one quiet rank is enough.
    assert_array_equal(search.ranks, np.arange(4))
    assert search.decided
    for rank in search.ranks[1:]:
        tuned = FineTuner(int(rank), measurement=measurement).fit(X, y)
        # The search compares fits, and stops those that miss a column within a percent.
        assert_allclose(search.losses[rank], tuned.loss_curve_[-1], rtol=1e-2)
    assert_allclose(search.losses[0], np.mean(y**2))
    q = np.array([Positive().degrees_of_freedom(8, r) for r in search.ranks])
    ratios = np.log(search.losses[:-1] / search.losses[1:])
    assert_allclose(search.statistics, (400 - q[1:]) * ratios / np.diff(q), rtol=1e-12)
    # The rank is one more than the last that misses a column.
    assert model.rank_ == 1 + np.flatnonzero(search.statistics > 3).max()
    lines = str(search).splitlines()
    assert len(lines) == 5
    assert lines[2].split()[0] == "1"


def test_the_rank_search_is_in_the_units_of_the_caller():
    X, y = problem()
    one, other = (PrunedMatrixSensing().fit(X, c * y).rank_search_ for c in (1.0, 1e-4))
    # Fits that miss a column are stopped early, and rounding may decide at which step.
    missing = one.statistics > 3
    assert_array_equal(other.statistics > 3, missing)
    rtol = np.where(np.append(missing, False), 1e-2, 1e-6)
    assert np.all(np.abs(other.losses / (1e-8 * one.losses) - 1) < rtol)
    assert_allclose(other.statistics[~missing], one.statistics[~missing], rtol=1e-3)


def test_a_given_alpha_leaves_no_rank_search():
    X, y = problem()
    model = PrunedMatrixSensing().fit(X, y)
    assert model.rank_search_ is model.pipeline_["sense"].rank_search_
    assert model.set_params(alpha=0.05).fit(X, y).rank_search_ is None


def test_the_rank_search_of_few_samples_and_of_exact_fits():
    X, y = problem(n_samples=30, dim=20, noise=1.0)
    with pytest.warns(RankWarning, match="too few"):
        search = GroupLassoMatrixSensing().fit(X, y).rank_search_
    assert not search.decided
    assert "too few" in str(search)
    for n_samples in (400, 20):
        X, y = problem("matrix", n_samples=n_samples, noise=0.0, random_state=1)
        model = GroupLassoMatrixSensing(measurement="matrix", random_state=0).fit(X, y)
        assert model.rank_ == 2
        assert model.rank_search_.decided
        assert np.all(np.isfinite(model.rank_search_.statistics))


def by_hand(model, names):
    """All entries on and above the diagonal of M, the largest first."""
    U = np.vstack([model.factor_, model.bias_])
    M = (U * model.signs_) @ U.T
    entries = [
        (first, second, M[i, i + j])
        for i, first in enumerate(names)
        for j, second in enumerate(names[i:])
        if (first, second) != ("1", "1")
    ]
    return sorted((e for e in entries if e[2]), key=lambda entry: -abs(entry[2]))


@pytest.mark.parametrize("settings", [{}, {"fit_bias": True}, {"measurement": "matrix"}], ids=str)
def test_interactions_are_the_largest_entries(settings):
    X, y = problem(settings.get("measurement", "rank-one"))
    names = [f"x{i}" for i in range(8)] + ["1"]
    for positive in (True, False):
        model = PrunedMatrixSensing(positive=positive, **settings).fit(X, y)
        expected = by_hand(model, names)
        found = interactions(model, 1000)
        assert [set(e[:2]) for e in found] == [set(e[:2]) for e in expected]
        assert_allclose([e.value for e in found], [e[2] for e in expected])
        assert interactions(model, 3) == found[:3]
        assert interactions(model.pipeline_, 3) == interactions(model.pipeline_["tune"], 3)
        renamed = interactions(model, 1, names=[f"row {i}" for i in range(8)])
        assert renamed[0].first == found[0].first.replace("x", "row ")


def test_interactions_predict():
    X, y = problem()
    model = PrunedMatrixSensing(fit_bias=True, fit_intercept=True).fit(X, y)
    features = dict(zip([f"x{i}" for i in range(8)], X.T, strict=True)) | {"1": np.ones(len(X))}
    total = np.full(len(X), model.intercept_ + model.signs_ @ model.bias_**2)
    for first, second, value in interactions(model, 1000):
        total += (1 + (first != second)) * value * features[first] * features[second]
    assert_allclose(model.predict(X), total, rtol=1e-8)


def test_names_come_with_the_features():
    X, y = problem()
    frame = pd.DataFrame(X, columns=list("abcdefgh"))
    expected = interactions(PrunedMatrixSensing().fit(frame, y), 4)
    assert {e.first for e in expected} <= set("abcdefgh")
    # A scaler that changes nothing: it names its outputs, though they come as plain arrays.
    scaler = StandardScaler(with_mean=False, with_std=False)
    for model in (PrunedMatrixSensing(), make_pruning_pipeline()):
        found = interactions(make_pipeline(scaler, model).fit(frame, y), 4)
        assert [e[:2] for e in found] == [e[:2] for e in expected]
    nameless = make_pipeline(FunctionTransformer(np.asarray), PrunedMatrixSensing()).fit(frame, y)
    assert interactions(nameless, 1)[0].first[0] == "x"


def test_what_interactions_refuse():
    X, y = problem()
    model = PrunedMatrixSensing().fit(X, y)
    with pytest.raises(ValueError, match="count must be"):
        interactions(model, 0)
    with pytest.raises(ValueError, match="8 names, one for each row of M, got 2"):
        interactions(model, names=["a", "b"])
    with pytest.raises(TypeError, match="must have fitted_factor_"):
        interactions(StandardScaler().fit(X))


def test_what_is_known_of_friedman1():
    """10 sin(π x0 x1) + 20 (x2 − 1/2)² + 10 x3 + 5 x4, and five features without effect."""
    X, y = make_friedman1(1500, noise=1.0, random_state=0)
    scaler = StandardScaler().fit(X)
    model = PrunedMatrixSensing(fit_bias=True, positive=False).fit(scaler.transform(X), y)
    # A convex and a concave part, and a linear one that takes two columns of opposite signs.
    assert sorted(model.signs_) == [-1, -1, 1, 1]
    found = interactions(model, 8)
    named = {e[:2]: e.value for e in found}
    assert {name for e in found for name in e[:2]} == {"x0", "x1", "x2", "x3", "x4", "1"}
    assert named["x2", "x2"] > 0 > max(named["x0", "x0"], named["x1", "x1"])
    assert_allclose(2 * named["x3", "1"] / scaler.scale_[3], 10, rtol=0.1)
    assert_allclose(2 * named["x4", "1"] / scaler.scale_[4], 5, rtol=0.1)


def test_what_is_known_of_the_diabetes_table():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    model = make_pipeline(StandardScaler(), PrunedMatrixSensing(fit_bias=True)).fit(X, y)
    # The linear terms of body mass, blood pressure and s5 are positive, as in linear models.
    linear = {e.first: e.value for e in interactions(model, 1000) if e.second == "1"}
    assert min(linear["bmi"], linear["bp"], linear["s5"]) > 0
    assert model[-1].rank_search_.statistics[0] > 3


def test_the_embedding_is_the_two_longest_columns():
    pytest.importorskip("matplotlib").use("Agg")
    import matplotlib.pyplot as plt

    X, y = problem(rank=3)
    scaler = StandardScaler(with_mean=False)
    model = PrunedMatrixSensing().fit(X, y)
    whole = make_pipeline(scaler, PrunedMatrixSensing()).fit(X, y)
    display = EmbeddingDisplay.from_estimator(model, X[:50], y[:50])
    assert_allclose(display.coordinates, model.transform(X[:50])[:, :2])
    for fitted in (model.pipeline_, model.pipeline_["tune"]):
        other = EmbeddingDisplay.from_estimator(fitted, X[:50])
        assert_array_equal(other.coordinates, display.coordinates)
    through = EmbeddingDisplay.from_estimator(whole, X[:50])
    assert_allclose(through.coordinates, whole.transform(X[:50])[:, :2])
    # Numbers along a scale, or a marker for each label.
    points = display.ax_.collections[0]
    assert_array_equal(points.get_offsets(), display.coordinates)
    assert_array_equal(points.get_array(), y[:50])
    _, ax = plt.subplots()
    labels = np.repeat(["near", "far"], 25)
    display = EmbeddingDisplay.from_estimator(model, X[:50], labels, ax=ax)
    assert display.figure_ is ax.figure
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["far", "near"]
    assert_array_equal(ax.collections[0].get_offsets(), display.coordinates[25:])
    X, y = problem("matrix")
    model = PrunedMatrixSensing(measurement="matrix").fit(X, y)
    parts = EmbeddingDisplay.from_estimator(model, X).coordinates
    assert_allclose(parts, model.transform(X))
    plt.close("all")


def test_what_the_embedding_refuses():
    X, y = problem(rank=1)
    with pytest.raises(ValueError, match="two columns that are not zero, got 1"):
        EmbeddingDisplay.from_estimator(PrunedMatrixSensing().fit(X, y), X)
    with pytest.raises(ValueError, match=r"shape \(n, 2\), got \(400, 8\)"):
        EmbeddingDisplay(X)
    with pytest.raises(ValueError, match="inconsistent"):
        EmbeddingDisplay(X[:, :2], y=y[1:])
