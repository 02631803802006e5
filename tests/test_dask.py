"""Samples in the chunks of a dask array give the fit of the same samples in memory."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from problems import chunked
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sklearn_prune import (
    FactoredMeasurements,
    FineTuner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    PrunedMatrixSensing,
    alpha_max,
    make_pruning_pipeline,
    pruning_path,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.inspection import rank_guarantee
from sklearn_prune.models import Factor
from sklearn_prune.objective import Formulation, Objective, Problem

da = pytest.importorskip("dask.array")

SETTINGS = {
    "plain": {},
    "offset": {"fit_intercept": True},
    "bias": {"fit_bias": True, "fit_intercept": True},
    "signed": {"positive": False, "fit_intercept": True},
    "matrix": {"measurement": "matrix"},
    "matrix, offset": {"measurement": "matrix", "fit_intercept": True},
}


def problem_of(name, *, n=300, noise=0.1):
    """Data, weights with zeros, and the settings of an estimator."""
    settings = SETTINGS[name]
    X, y, _ = make_matrix_sensing(
        n,
        8,
        2,
        measurement=settings.get("measurement", "rank-one"),
        negative=0 if settings.get("positive", True) else 1,
        noise=noise,
        random_state=0,
    )
    weights = np.random.default_rng(0).integers(0, 3, n).astype(float)
    return X, y + 0.5 * settings.get("fit_intercept", False), weights, settings


def matrix_of(model):
    U = np.vstack([model.factor_, model.bias_])
    return (U * model.signs_) @ U.T


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("alpha", [0.05, "auto"])
@pytest.mark.parametrize("name", SETTINGS)
def test_a_fit_is_that_of_the_samples_in_memory(name, alpha, weighted):
    X, y, weights, settings = problem_of(name)
    weights = weights if weighted else None
    model = GroupLassoMatrixSensing(alpha=alpha, **settings)
    here = clone(model).fit(X, y, weights)
    there = clone(model).fit(chunked(X), chunked(y), None if weights is None else chunked(weights))
    assert there.rank_ == here.rank_
    # Both are exact to the tolerance of the gradient, 1e-8.
    scale = np.abs(matrix_of(here)).max()
    assert_allclose(matrix_of(there), matrix_of(here), atol=2e-9 * scale)
    for name in ("alpha_", "beta_", "prune_threshold_", "objective_", "intercept_"):
        assert_allclose(getattr(there, name), getattr(here, name), rtol=1e-7, atol=1e-9)
    assert there.certificate_.holds
    assert_allclose(
        there.certificate_.top_residual_eigenvalue,
        here.certificate_.top_residual_eigenvalue,
        rtol=1e-6,
    )
    assert there.n_features_in_ == here.n_features_in_


@pytest.mark.parametrize("signs", [None, np.array([1.0, -1.0, 1.0])])
@pytest.mark.parametrize("name", SETTINGS)
def test_evaluations_are_those_of_the_samples_in_memory(name, signs):
    X, y, weights, settings = problem_of(name)
    formulation = Formulation(
        settings.get("measurement", "rank-one"),
        settings.get("fit_intercept", False),
        settings.get("fit_bias", False),
    )
    here = Problem.from_data(X, y, weights, formulation)
    # The response of a sample without weight is zero, as the estimators see to.
    there = Problem.from_data(
        chunked(X), chunked(np.where(weights > 0, y, 0.0)), chunked(weights), formulation
    )
    U, V = np.random.default_rng(1).standard_normal((2, here.dim, 3))
    for whitened in (False, True):
        if whitened:
            # Whitened coordinates are random for matrices: the values are those of the same factor.
            here, there = here.whitened(), there.whitened()
            factor = Factor(U, signs)
            V_there = there.from_parent(here.to_parent(Factor(V))).U
            a = Objective(here).at(factor)
            b = Objective(there).at(there.from_parent(here.to_parent(factor)))
            assert_allclose(a.value, b.value, rtol=1e-10)
            assert_allclose(
                np.vdot(V, a.gradient), np.vdot(V_there, b.gradient), rtol=1e-7, atol=1e-9
            )
            continue
        a, b = (Objective(p).at(Factor(U, signs)) for p in (here, there))
        for value in ("value", "gradient", "residual_matrix"):
            assert_allclose(getattr(b, value), getattr(a, value), rtol=1e-10, atol=1e-11)
        assert_allclose(b.hessian_product(V), a.hessian_product(V), rtol=1e-9, atol=1e-10)
        gram, moment = b.normal_equations()
        J, h = a.images_jacobian, a.gauss_newton_weights
        assert_allclose(gram, (h * J.T) @ J, rtol=1e-9, atol=1e-10)
        assert_allclose(moment, (here.weights * a.residuals) @ J, rtol=1e-9, atol=1e-10)
        ratio = b.hessian_diagonal / a.hessian_diagonal
        assert 0.3 < ratio.min() <= ratio.max() < 3.0


@pytest.mark.parametrize("name", ["bias", "matrix"])
def test_a_pipeline_predicts_lazily(name):
    X, y, weights, settings = problem_of(name)
    pipeline = make_pruning_pipeline(**settings)
    here = clone(pipeline).fit(X, y, sense__sample_weight=weights, tune__sample_weight=weights)
    w = chunked(weights)
    there = clone(pipeline).fit(
        chunked(X), chunked(y), sense__sample_weight=w, tune__sample_weight=w
    )
    assert_allclose(matrix_of(there["tune"]), matrix_of(here["tune"]), atol=1e-9)
    predicted = there.predict(chunked(X))
    assert isinstance(predicted, da.Array)
    assert_allclose(predicted.compute(), there.predict(X), rtol=1e-12, atol=1e-13)
    carried = there[:-1].transform(chunked(X))
    assert isinstance(carried, FactoredMeasurements)
    assert isinstance(carried.measurements, da.Array)
    assert_allclose(np.asarray(carried), np.asarray(there[:-1].transform(X)), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
def test_no_vector_of_samples_comes_here(loss, monkeypatch):
    X, y, _, settings = problem_of("signed")
    y = np.where(y > np.median(y), "yes", "no") if loss == "log_loss" else y
    gathered = []
    monkeypatch.setattr(da.Array, "__array__", lambda a, *_, **__: gathered.append(a.shape))
    pipeline = make_pruning_pipeline(alpha=0.2, loss=loss, **settings)
    assert pipeline.fit(chunked(X), chunked(y))["tune"].n_features_in_ == 8
    assert gathered == []


@pytest.mark.parametrize("solver", ["gauss-newton", "lbfgs", "gd", "scaled-gd"])
def test_fine_tuning_alone(solver):
    X, y, _, _ = problem_of("offset")
    model = FineTuner(n_components=2, fit_intercept=True, solver=solver)
    here, there = clone(model).fit(X, y), clone(model).fit(chunked(X), chunked(y))
    assert_allclose(matrix_of(there), matrix_of(here), atol=1e-6)
    assert_allclose(there.loss_curve_[-1], here.loss_curve_[-1], rtol=1e-7)


def test_functions_and_searches():
    X, y, weights, _ = problem_of("offset")
    dX, dy, dw = chunked(X), chunked(y), chunked(weights)
    largest = alpha_max(X, y, fit_intercept=True, sample_weight=weights)
    assert_allclose(alpha_max(dX, dy, fit_intercept=True, sample_weight=dw), largest, rtol=1e-9)
    alphas = largest * np.geomspace(0.9, 0.01, 4)
    here = pruning_path(X, y, alphas=alphas, fit_intercept=True, tol=1e-8)
    there = pruning_path(dX, dy, alphas=alphas, fit_intercept=True, tol=1e-8)
    assert there.ranks.tolist() == here.ranks.tolist()
    assert_allclose(there.losses, here.losses, rtol=1e-6)
    search = GridSearchCV(GroupLassoMatrixSensing(), {"alpha": alphas[1:3]}, cv=3)
    scores = [search.fit(*data).cv_results_["mean_test_score"] for data in ((X, y), (dX, dy))]
    assert_allclose(scores[1], scores[0], rtol=1e-6)


@pytest.mark.parametrize("name", ["offset", "matrix"])
def test_the_guarantee_is_that_of_the_samples_in_memory(name):
    X, y, _, settings = problem_of(name)
    model = GroupLassoMatrixSensing(**settings).fit(X, y)
    here = rank_guarantee(model, X, y)
    there = rank_guarantee(model, chunked(X), chunked(y))
    assert_allclose(there.nu, here.nu, rtol=1e-6)
    assert str(there) == str(here)


def test_float32_integers_and_an_in_memory_y():
    X, y, _, _ = problem_of("plain")
    X = np.round(2 * X)
    here = GroupLassoMatrixSensing(alpha=0.05).fit(X, y)
    for variant in (X.astype(np.float32), X.astype(int)):
        there = GroupLassoMatrixSensing(alpha=0.05).fit(chunked(variant), y[:, None])
        assert_allclose(matrix_of(there), matrix_of(here), atol=1e-8)


def test_other_containers_of_y_and_weights():
    X, y, weights, _ = problem_of("plain")
    here = GroupLassoMatrixSensing(alpha=0.05).fit(X, y, weights)
    index = np.arange(len(y))[::-1]
    for responses in (pd.DataFrame({"y": y}, index), pd.Series(y, index, dtype="Float64"), list(y)):
        there = GroupLassoMatrixSensing(alpha=0.05).fit(chunked(X), responses, pd.Series(weights))
        assert_allclose(matrix_of(there), matrix_of(here), atol=1e-8)


def test_a_cache_is_refused(tmp_path):
    X, y, _, _ = problem_of("plain")
    pipe = make_pruning_pipeline(alpha=0.05, memory=str(tmp_path / "cache"))
    # joblib warns that it could not store the first step, before it comes to the second.
    with (
        pytest.warns(Warning, match="Unable to cache to disk"),
        pytest.raises(TypeError, match="a dask array cannot be pickled, hashed or cached"),
    ):
        pipe.fit(chunked(X), chunked(y))
    model = PrunedMatrixSensing(alpha=0.05, memory=str(tmp_path / "other"))
    with pytest.raises(ValueError, match="memory must be None where X is a dask array"):
        model.fit(chunked(X), chunked(y))
    assert not (tmp_path / "other").exists()
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(GroupLassoMatrixSensing(alpha=0.05).fit(X, y).transform(chunked(X)))


def test_folds_need_the_rows():
    X, y, _, _ = problem_of("plain")
    with pytest.raises(ValueError, match="dask array"):
        GroupLassoMatrixSensingCV().fit(chunked(X), chunked(y))


def test_processes_on_this_machine():
    distributed = pytest.importorskip("distributed")
    X, y, weights, settings = problem_of("offset")
    here = GroupLassoMatrixSensing(alpha=0.05, **settings).fit(X, y, weights)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster),
    ):
        there = GroupLassoMatrixSensing(alpha=0.05, **settings)
        there.fit(chunked(X), chunked(y), chunked(weights))
        predicted = there.predict(chunked(X)).compute()
        # Folds in memory, and dask for the jobs of the search.
        search = GridSearchCV(make_pruning_pipeline(), {"sense__alpha": [0.05, 0.5]}, n_jobs=2)
        with joblib.parallel_config("dask"):
            scores = search.fit(X, y).cv_results_["mean_test_score"]
    assert_allclose(scores, search.set_params(n_jobs=1).fit(X, y).cv_results_["mean_test_score"])
    assert_allclose(matrix_of(there), matrix_of(here), atol=1e-9)
    assert_allclose(predicted, here.predict(X), atol=1e-8)
