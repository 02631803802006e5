"""What bad input gets: an early error that names what was wrong, or an answer; never NaN."""

import warnings
from dataclasses import astuple, replace
from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import MEASUREMENTS
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from sklearn_prune import (
    FactoredMeasurements,
    FineTuner,
    GreedyColumnPruner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    PrunedMatrixSensing,
    RankWarning,
    alpha_max,
    make_pruning_pipeline,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.solvers import FINE_TUNING

X, y, _ = make_matrix_sensing(60, 4, 2, noise=0.1, random_state=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": -0.1}, "threshold must be"),
        ({"threshold": np.nan}, "threshold must be"),
        ({"threshold": None}, "threshold must be"),
        ({"threshold": "longest"}, "threshold must be .* got 'longest'"),
        ({"threshold": "two*max"}, "threshold must be"),
        ({"threshold": "2*auto"}, "threshold must be"),
        ({"threshold": "-1*max"}, "threshold must be"),
        ({"threshold": "nan*max"}, "threshold must be"),
        ({"threshold": "paper"}, "'paper' needs the FactoredMeasurements .* got a plain array"),
        ({"min_columns": 0}, "min_columns must be"),
        ({"max_columns": 0}, "max_columns must be"),
        ({"min_columns": 3, "max_columns": 2}, r"max_columns must be .*\(3\), got 2"),
    ],
    ids=str,
)
def test_bad_pruner(settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        GreedyColumnPruner(**settings).fit(X)


def test_data_of_another_width_after_the_fit():
    pipe = make_pruning_pipeline(alpha=0.05).fit(X, y)
    F = pipe["sense"].transform(X)
    with pytest.raises(ValueError, match="4 features"):
        pipe.predict(X[:, :3])
    with pytest.raises(ValueError, match="has 3 columns, but GreedyColumnPruner is expecting 4"):
        pipe["prune"].transform(F[:, :3])
    narrow = GroupLassoMatrixSensing(alpha=0.05).fit(X[:, :3], y).transform(X[:, :3])
    with pytest.raises(ValueError, match="3 numbers, but FineTuner is expecting 4"):
        pipe["tune"].predict(narrow)


def test_before_the_fit():
    F = GroupLassoMatrixSensing(alpha=0.05).fit(X, y).transform(X)
    for call in (
        lambda: GroupLassoMatrixSensing().transform(X),
        lambda: FineTuner().predict(F),
        lambda: GreedyColumnPruner().transform(F),
    ):
        with pytest.raises(NotFittedError):
            call()


def numbers(model):
    for step in ("sense", "prune", "tune"):
        for name, value in vars(model[step]).items():
            if name == "certificate_":
                # Infinite where no column lives.
                yield from astuple(replace(value, smallest_curvature=0.0))
                assert not np.isnan(value.smallest_curvature)
            elif name == "delta_":
                # Infinite for the squared error.
                assert value > 0
            elif name.endswith("_") and np.asarray(value).dtype.kind == "f":
                yield from np.ravel(value)


ones = np.ones((60, 1))
UNUSUAL = {
    "no response": (X, 0 * y),
    "constant response": (X, 0 * y + 3.3),
    "negative response": (X, -y),
    "one sample": (X[:1], y[:1]),
    "two samples": (X[:2], y[:2]),
    "constant column": (np.hstack([X, ones]), y),
    "column of zeros": (np.hstack([X, 0 * ones]), y),
    "no measurement": (0 * X, y),
    "one measurement, repeated": (X[:1].repeat(60, axis=0), y),
    "columns twice": (np.hstack([X, X]), y),
    "one feature": (X[:, :1], y),
    "more features than samples": (np.random.default_rng(0).standard_normal((5, 20)), y[:5]),
    "columns of all sizes": (X * [1e-8, 1, 1e5, 1e-3], y),
    "integers": (np.arange(20).reshape(10, 2), np.arange(10)),
}


@pytest.mark.parametrize("alpha", ["auto", 0.1, 0.0])
@pytest.mark.parametrize("offset", [{}, {"fit_intercept": True}, {"fit_bias": True}], ids=str)
@pytest.mark.parametrize("case", UNUSUAL)
def test_unusual_data_get_an_answer(case, offset, alpha):
    pipe = make_pruning_pipeline(alpha=alpha, **offset)
    with warnings.catch_warnings():
        # Nothing to keep, or nothing to converge to: said by a warning of our own.
        warnings.filterwarnings("ignore", message="No signal|The certificate|solver=|alpha=.auto")
        pipe.fit(*UNUSUAL[case])
    assert np.all(np.isfinite(list(numbers(pipe))))
    assert np.all(np.isfinite(pipe.predict(UNUSUAL[case][0])))


def test_one_matrix_is_told_how_to_be_passed():
    A, y, _ = make_matrix_sensing(60, 4, 1, measurement="matrix", random_state=0)
    A = A.reshape(60, 4, 4)
    model = PrunedMatrixSensing(alpha=0.01, measurement="matrix").fit(A, y)
    for method in (model.predict, model.transform):
        with pytest.raises(ValueError, match=r"shape \(4, 4\): for one matrix pass A\[None\]"):
            method(A[0])
    assert_allclose(model.predict(A[0][None]), model.predict(A)[:1])
    # As many rows as a matrix has numbers are not one matrix.
    assert model.predict(A.reshape(60, 16)[:16]).shape == (16,)


@pytest.mark.parametrize("argument", ["X", "y", "sample_weight"])
def test_complex_data_are_refused_in_one_line(argument):
    data = {"X": X, "y": y, "sample_weight": np.ones(len(y))}
    data[argument] = data[argument] * (1 + 1j)
    for model in (PrunedMatrixSensing(), GroupLassoMatrixSensing(), FineTuner(1)):
        with pytest.raises(ValueError, match="Complex data not supported") as caught:
            model.fit(**data)
        assert argument in str(caught.value)
        assert len(str(caught.value)) < 100
        # Nor is the error of scikit-learn shown, with all numbers of the array.
        assert caught.value.__suppress_context__


def test_missing_values_are_refused_in_the_name_of_the_estimator_that_was_fitted():
    with_nan = X.copy()
    with_nan[3, 2] = np.nan
    with pytest.raises(ValueError, match="\nPrunedMatrixSensing does not accept missing") as caught:
        PrunedMatrixSensing().fit(with_nan, y)
    assert "GroupLasso" not in str(caught.value)


def test_unusual_data_get_the_right_answer():
    with pytest.warns(UserWarning, match="No signal was found"):
        pipe = make_pruning_pipeline(fit_intercept=True).fit(X, 0 * y + 3.3)
    assert_allclose(pipe.predict(X), 3.3, rtol=1e-12)
    pipe = make_pruning_pipeline(fit_bias=True).fit(X, 0 * y + 3.3)
    assert_allclose(pipe.predict(X), 3.3, rtol=1e-8)
    with (
        pytest.warns(UserWarning, match="No signal was found"),
        pytest.warns(RankWarning, match="negative responses.*Set fit_intercept=True"),
    ):
        pipe = make_pruning_pipeline().fit(X, -y)
    assert not pipe.predict(X).any()


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("cx", [1e-100, 1e100])
@pytest.mark.parametrize("cy", [1e-100, 1e100])
def test_numbers_of_extreme_size(measurement, cx, cy):
    X, y, _ = make_matrix_sensing(150, 6, 2, measurement=measurement, noise=0.1, random_state=0)
    pipe = make_pruning_pipeline(measurement=measurement).fit(cx * X, cy * y)
    plain = make_pruning_pipeline(measurement=measurement).fit(X, y)
    assert np.all(np.isfinite(list(numbers(pipe))))
    assert pipe["prune"].n_columns_ == 2
    assert_allclose(pipe.predict(cx * X) / cy, plain.predict(X), rtol=1e-6)
    for solver in FINE_TUNING:
        model = FineTuner(2, measurement=measurement, solver=solver).fit(cx * X, cy * y)
        assert_allclose(model.predict(cx * X) / cy, plain.predict(X), rtol=1e-5, atol=1e-5)
    assert np.isfinite(alpha_max(cx * X, cy * y, measurement=measurement))


# Faults that were found by chance or by `fuzz.py`, one test for each kind.


def test_an_enormous_row_of_tiny_weight():
    """The moments of matrices are about a weighted mean, which such a row does not hide."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((300, 4, 4))
    y = A[:, 0, 0] + 0.1 * rng.standard_normal(300)
    weights = np.ones(300)
    A[0] *= 1e10
    weights[0] = 1e-23
    model = GroupLassoMatrixSensing(alpha=0.05, measurement="matrix")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(A, y, weights)
    U, s = model.factor_[:, : model.rank_], model.column_norms_[: model.rank_] ** 2
    S = 0.5 * (A + A.transpose(0, 2, 1))
    e = y - np.einsum("iab,ak,bk->i", S, U, U)
    R = np.einsum("i,iab->ab", weights * e, S) / weights.sum()
    slopes = model.alpha_ * (s + 2 * model.beta_) / (2 * (s + model.beta_) ** 1.5)
    gradient = np.linalg.norm(-4 * R @ U + 2 * slopes * U)
    assert not model.certificate_.holds or gradient < 1e-6


@pytest.mark.parametrize("solver", FINE_TUNING)
def test_a_start_out_of_all_proportion(solver):
    init = 1e60 * np.ones((4, 4))
    for model in (FineTuner(init=init, solver=solver), GroupLassoMatrixSensing(init=init)):
        with pytest.raises(ValueError, match="init is out of all proportion to the data"):
            model.fit(X, y)


def test_columns_that_vanish_have_no_signal():
    model = GroupLassoMatrixSensingCV(n_alphas=6, cv=3, fit_intercept=True, fit_bias=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(np.ones((5, 7)), np.arange(5.0))
    assert np.all(np.isfinite(model.predict(np.ones((5, 7)))))


@pytest.mark.parametrize(
    "settings",
    [
        {"alpha": 2.9e73, "beta": 1e-300},
        {"alpha": 1e300},
        {"alpha": 1e-320},
        {"alpha": 10**400},
        {"beta": 1e-320, "alpha": 0.1},
    ],
    ids=str,
)
def test_parameters_beyond_all_numbers(settings):
    with pytest.raises(ValueError, match=r"alpha|beta"):
        GroupLassoMatrixSensing(**settings).fit(X, y)


def test_numbers_of_other_kinds():
    plain = GroupLassoMatrixSensing(alpha=0.125).fit(X, y)
    for alpha in (Fraction(1, 8), np.float32(0.125)):
        assert_allclose(GroupLassoMatrixSensing(alpha=alpha).fit(X, y).factor_, plain.factor_)


def test_no_folds():
    with pytest.raises(ValueError, match="cv must give at least one fold"):
        GroupLassoMatrixSensingCV(cv=[]).fit(X, y)


def test_nan_in_a_factor():
    with pytest.raises(ValueError, match="factor must be finite real"):
        FactoredMeasurements(X, np.full((4, 2), np.nan), np.zeros(2), 0.0, "rank-one", 0.1, 0.1)


def test_equal_norms_reach_their_mean():
    norms = np.full(3, 0.1)
    F = FactoredMeasurements(np.ones((2, 3)), np.diag(norms), np.zeros(3), 0.0, "rank-one", 1, 0)
    assert norms.mean() > norms[0]
    assert GreedyColumnPruner("mean").fit(F).n_columns_ == 3


def test_matrices_taken_for_vectors():
    A = X[:, :, None] * X[:, None, :]
    with pytest.raises(ValueError, match=r"dim 3 .* Set measurement='matrix'"):
        GroupLassoMatrixSensing().fit(A, y)


def test_settings_that_have_no_effect_are_told():
    F = GroupLassoMatrixSensing(alpha=0.05).fit_transform(X, y)
    with pytest.warns(UserWarning, match="fit_bias=True has no effect"):
        FineTuner(fit_bias=True).fit(F, y)
    for init in ("random", np.ones((X.shape[1], F.shape[1]))):
        with pytest.warns(UserWarning, match="init has no effect"):
            FineTuner(init=init).fit(F, y)


def test_another_delta_has_no_effect_and_the_same_one_is_not_told():
    for unit in (1.0, 1e-9):
        sense = GroupLassoMatrixSensing(alpha=0.05 * unit**1.5, loss="huber", delta=0.3 * unit)
        F = sense.fit_transform(X, unit * y)
        with pytest.warns(UserWarning, match=r"delta=.* has no effect"):
            FineTuner(loss="huber", delta=0.5 * unit).fit(F, unit * y)
        for delta in ("auto", 0.3 * unit):
            tuned = FineTuner(loss="huber", delta=delta).fit(F, unit * y)
            assert_allclose(tuned.delta_, 0.3 * unit)
    # It is searched on one step.
    pipe = make_pruning_pipeline(alpha=0.05, loss="huber", delta=0.5)
    assert_allclose(pipe.set_params(sense__delta=0.3).fit(X, y)["tune"].delta_, 0.3)
    # A squared error has none.
    F = GroupLassoMatrixSensing(alpha=0.05).fit_transform(X, y)
    FineTuner(delta=0.5).fit(F, y)


def test_the_output_of_transform_is_not_taken_for_measurements():
    """With as many columns as features it has the shape of measurements."""
    sense = GroupLassoMatrixSensing(alpha=0.05).fit(X, y)
    F = sense.transform(X)
    assert F.shape == X.shape
    for wrong in (lambda: sense.predict(F), lambda: sense.transform(F), lambda: sense.fit(F, y)):
        with pytest.raises(TypeError, match=r"got FactoredMeasurements.*pass X\.measurements"):
            wrong()
    assert_allclose(sense.predict(F.measurements), F.predict())


@pytest.mark.parametrize(
    ("n_jobs", "kind"), [(0, ValueError), (1.5, TypeError), ("2", TypeError), (True, TypeError)]
)
def test_numbers_of_jobs_that_are_none(n_jobs, kind):
    for model in (GroupLassoMatrixSensing(alpha=0.05), GroupLassoMatrixSensingCV()):
        with pytest.raises(kind, match="n_jobs must be an integer other than 0"):
            model.set_params(n_jobs=n_jobs).fit(X, y)


@pytest.mark.parametrize("loss", ["squared_error", "huber", "log_loss"])
def test_the_delta_of_a_pipeline_is_looked_at(loss):
    with pytest.raises(ValueError, match=r"delta must be a finite number > 0 or 'auto', got -5\.0"):
        make_pruning_pipeline(loss=loss, delta=-5.0).fit(X, y > 1)


def test_the_advice_depends_on_why_a_fit_ended():
    with pytest.warns(ConvergenceWarning, match="Increase max_iter or tol or alpha"):
        GroupLassoMatrixSensing(alpha=0.05, tol=1e-5, max_iter=1).fit(X, y)
    with pytest.warns(ConvergenceWarning, match="More steps would not help: increase tol or alpha"):
        GroupLassoMatrixSensing(alpha=0.05, tol=1e-20).fit(X, y)
    # The tolerance is a twentieth of tau, whatever tol.
    with pytest.warns(ConvergenceWarning, match=r"Increase max_iter or alpha\."):
        GroupLassoMatrixSensing(alpha=1e-4, tol=1.0, max_iter=1).fit(X, y)
    with pytest.warns(ConvergenceWarning, match="More steps would not help: increase tol"):
        FineTuner(2, tol=1e-20).fit(X, y)
