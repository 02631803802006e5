"""The Huber loss: its parameter by definition, units, limits, outliers, and what it refuses."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS, relative_error

from sklearn_prune import (
    FactoredMeasurements,
    FineTuner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    RankWarning,
    alpha_max,
    make_pruning_pipeline,
    pruning_path,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.inspection import rank_guarantee
from sklearn_prune.losses import Huber, SquaredError
from sklearn_prune.losses._base import weighted_median
from sklearn_prune.models import Factor
from sklearn_prune.objective import Formulation, Objective, Problem
from sklearn_prune.selection import LossTrials
from sklearn_prune.solvers import trust_region_newton

both_kinds = pytest.mark.parametrize("measurement", MEASUREMENTS)


def wild(measurement, *, n=400, dim=10, rank=2, noise=0.1, share=0.05, size=None, seed=0):
    """A problem of which a share of the responses is wild, by 20 standard deviations or `size`."""
    X, y, factor = make_matrix_sensing(
        n, dim, rank, measurement=measurement, noise=noise, random_state=seed
    )
    rng = np.random.default_rng(seed)
    bad = rng.permutation(n) < round(share * n)
    sizes = 20 * y.std() if size is None else size
    return X, np.where(bad, y + rng.choice([-1, 1], n) * sizes, y), factor, bad


# --- The median and δ by definition ---------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 5, 8, 100])
def test_weighted_median_is_that_of_repeats(n):
    rng = np.random.default_rng(n)
    for _ in range(20):
        values, weights = rng.integers(-3, 4, n) / 7.0, rng.integers(0, 4, n)
        weights[0] += weights.sum() == 0
        # Weights of sum one are rounded.
        median = weighted_median(values, weights / weights.sum())
        assert_allclose(median, np.median(values.repeat(weights)), atol=1e-15)


def test_spread_by_definition():
    rng = np.random.default_rng(0)
    y, ones = rng.standard_normal(101) / 10, np.ones(101)
    location = np.median(y)
    assert_allclose(
        Huber().spread(y, ones, centred=True), 1.4826 * np.median(np.abs(y - location)), rtol=1e-14
    )
    assert_allclose(Huber().spread(y, ones, centred=False), 1.4826 * np.median(np.abs(y)))
    # A third of the responses at 1e8 changes the median by little.
    y[:30] *= 1e8
    assert Huber().spread(y, ones, centred=True) < 0.3
    # Where most are equal it is that of the others.
    y = np.where(np.arange(101) < 60, 0.5, 0.5 + y)
    deviations = np.abs(y - 0.5)[60:]
    spread = Huber().spread(y, ones, centred=True)
    assert_allclose(spread, 1.4826 * np.median(deviations), rtol=1e-12)


@both_kinds
@pytest.mark.parametrize("alpha", ["auto", 0.02])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_delta_is_that_of_the_residuals(measurement, alpha, fit_intercept):
    """A fixed point to 10 %, in the units of y, of the fit from which it was found."""
    X, y, _, _ = wild(measurement)
    settings = {"measurement": measurement, "fit_intercept": fit_intercept, "loss": "huber"}
    pipe = make_pruning_pipeline(alpha=alpha, **settings).fit(X, y)
    model = pipe["tune"] if alpha == "auto" else pipe["sense"]
    r = model.factor_.any(axis=0).sum()
    n, q = 400, 10 * r - r * (r - 1) / 2
    residuals = np.abs(y - model.predict(X))
    noise = 1.4826 * np.median(residuals) * np.sqrt(n / (n - fit_intercept - q))
    assert_allclose(model.delta_, 1.345 * noise, rtol=0.11)
    assert pipe["tune"].delta_ == pipe["sense"].delta_


def test_delta_is_not_found_where_nothing_is_left():
    """Neither an exact fit nor one without excess samples shows the noise."""
    X, y, _ = make_matrix_sensing(200, 6, 2, random_state=0)
    start = 1.345 * 1.4826 * np.median(np.abs(y))
    model = GroupLassoMatrixSensing(loss="huber").fit(X, y)
    assert model.rank_ == 2
    assert_allclose(model.delta_, start)
    model = FineTuner(loss="huber").fit(X[:10], y[:10] + 0.1)
    assert_allclose(model.delta_, 1.345 * 1.4826 * np.median(np.abs(y[:10] + 0.1)))


def test_delta_has_a_least_value():
    """Without noise but with outliers, it falls to a hundredth of the spread."""
    X, y, factor, _ = wild("matrix", noise=0.0)
    model = make_pruning_pipeline(measurement="matrix", loss="huber").fit(X, y)["tune"]
    # δ is the same where it differs by less than 10 %.
    assert_allclose(model.delta_, 0.01 * 1.4826 * np.median(np.abs(y)), rtol=0.1)
    assert model.factor_.shape[1] == 2
    assert relative_error(model.factor_, factor) < 1e-2


def test_trials_end_where_the_parameters_stay():
    """The last fit counts, with the loss that it was made with."""
    X, y, _, _ = wild("matrix")
    problem = Problem.from_data(X, y, np.ones(400), Formulation("matrix", loss=Huber.of("auto")))
    fits, deltas = LossTrials(problem), []
    for trial in fits:
        deltas.append(trial.loss.delta)
        start = Factor(np.random.default_rng(0).standard_normal((10, 2)))
        factor = trust_region_newton(Objective(trial), start, tol=1e-6, max_iter=200).factor
        fits.record(factor, len(deltas))
    assert 2 <= len(deltas) <= 10
    assert fits.fit == len(deltas)
    assert fits.problem.loss.delta == deltas[-1]
    residuals = y - problem.export(fits.factor, n_columns=2).predict(X)
    noise = 1.4826 * np.median(np.abs(residuals)) * np.sqrt(400 / (400 - 19))
    assert_allclose(problem.scaling.to_caller(deltas[-1], "y"), 1.345 * noise, rtol=0.11)


@pytest.mark.parametrize(
    ("size", "seed"), [(10.0, 9), (10.0, 43), (10.0, 55), (10.0, 87), (1e8, 104), (1e8, 117)]
)
def test_wild_responses_that_a_wide_delta_follows(size, seed):
    """With few samples the column of the first δ may be that of the wild ones, and δ stays wide."""
    X, y, factor, bad = wild(
        "rank-one", n=60, dim=14, rank=1, noise=0.03, share=0.06, size=size, seed=seed
    )
    tune = make_pruning_pipeline(loss="huber").fit(X, y)["tune"]
    assert tune.factor_.shape[1] == 1
    assert relative_error(tune.factor_, factor) < 0.03
    assert tune.delta_ < 0.1
    assert np.all(np.abs(y - tune.predict(X))[bad] > 0.9 * size)


@pytest.mark.parametrize("finds", [True, False])
def test_the_sequence_with_the_smaller_residuals_counts(finds):
    """After nothing has explained most responses, δ starts from a tenth, and from no other fit."""
    X, y, truth, _ = wild("rank-one")
    problem = Problem.from_data(X, y, np.ones(400), Formulation(loss=Huber.of("auto")))
    empty, truth = Objective(problem).empty.factor, problem.import_columns(Factor(truth), "it")
    trials, deltas, factors = LossTrials(problem), [], []
    for trial in trials:
        deltas.append(trial.loss.delta)
        assert trials.previous == (None if len(deltas) <= 2 else len(deltas) - 1)
        fit = truth if finds and len(deltas) > 1 else empty
        factors.append(Factor(fit.U, fit.signs))
        trials.record(factors[-1], len(deltas))
    assert_allclose(deltas[:2], [1.345, 0.1345])
    assert trials.fit == (len(deltas) if finds else 1)
    assert trials.problem.loss.delta == (deltas[-1] if finds else deltas[0])
    assert trials.factor is factors[-1 if finds else 0]


def test_a_second_sequence_that_leaves_nothing_counts():
    """It shows no δ, and neither does one without excess samples, which does not count."""
    X, y, factor = make_matrix_sensing(40, 10, 2, random_state=0)
    problem = Problem.from_data(X, y, np.ones(40), Formulation(loss=Huber.of("auto")))
    truth = problem.import_columns(Factor(factor), "it")
    wide = Factor(np.random.default_rng(0).standard_normal((10, 9)))
    for second, counts in ((truth, True), (wide, False)):
        trials, n_fits = LossTrials(problem), 0
        for _ in trials:
            n_fits += 1
            trials.record(Objective(problem).empty.factor if n_fits == 1 else second, n_fits)
        assert n_fits == 2
        assert trials.fit == (2 if counts else 1)


def test_delta_is_at_most_that_of_a_constant():
    """Whatever a fit leaves: columns of wild responses can leave more than nothing does."""
    y, far, ones = np.linspace(-1, 1, 21), np.linspace(-1, 1, 21) * 1e8, np.ones(21)
    loss = Huber(spread=0.5)
    assert loss.refitted(y, far, ones, inflation=1.0).delta == 1.345 * 0.5
    assert loss.refitted(y, 0.9 * y, ones, inflation=1.0).delta < 0.1


def test_wild_distances_that_look_like_a_column_at_first():
    """The rank falls as δ does: 3 dimensions with the δ of a constant, and 2 with the last."""
    rng = np.random.default_rng(0)
    positions = rng.uniform(0, 1, (30, 2)) * (100, 60)
    a, b = np.triu_indices(30, 1)
    some = rng.permutation(435)[:261]
    X = (np.eye(30)[a] - np.eye(30)[b])[some]
    distances = np.linalg.norm(X @ positions, axis=1) + 0.5 * rng.standard_normal(261)
    distances[:13] = rng.permutation(distances[13:])[:13]
    found = []
    for delta in (1.345 * 1.4826 * np.median(distances**2), "auto"):
        model = GroupLassoMatrixSensing(loss="huber", delta=delta)
        with warnings.catch_warnings():
            # The spread of the noise of squared distances grows with them.
            warnings.simplefilter("ignore", RankWarning)
            found.append(model.fit(X, distances**2).rank_)
    assert found == [3, 2]


def test_any_other_loss_is_fitted_once():
    X, y, _, _ = wild("matrix")
    for loss in (SquaredError(), Huber(0.3)):
        problem = Problem.from_data(X, y, np.ones(400), Formulation("matrix", loss=loss))
        fits = LossTrials(problem)
        assert [fits.record(Objective(t).empty.factor, None) for t in fits] == [None]
        assert fits.problem is problem


# --- Laws -----------------------------------------------------------------------------------------


@both_kinds
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_units(measurement, fit_intercept):
    """``y → c y`` changes the unit of δ and nothing else; a power of two, to the last bit."""
    X, y, _, _ = wild(measurement)
    pipe = make_pruning_pipeline(measurement=measurement, fit_intercept=fit_intercept, loss="huber")
    before = pipe.fit(X, y)["tune"]
    factor, delta = before.factor_, before.delta_
    for c in (2.0**-20, 3e7, 1e-60):
        after = pipe.fit(X, c * y)["tune"]
        assert_allclose(after.delta_, c * delta, rtol=1e-9)
        assert_allclose(after.factor_ / np.sqrt(c), factor, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("make", [GroupLassoMatrixSensing, GroupLassoMatrixSensingCV, FineTuner])
def test_a_large_delta_is_the_squared_error(make):
    """In the limit; δ has another unit of y, so that the tolerance is another."""
    X, y, _, _ = wild("rank-one", share=0.0)
    settings = {GroupLassoMatrixSensing: {"alpha": 0.05}, FineTuner: {"n_components": 2}}
    settings = settings.get(make, {"alphas": [0.02, 0.1]})
    one = make(**settings).fit(X, y)
    other = make(loss="huber", delta=1e6, **settings).fit(X, y)
    assert one.delta_ == np.inf
    assert_allclose(other.delta_, 1e6)
    assert_allclose(other.predict(X), one.predict(X), rtol=1e-6, atol=1e-6)
    of_huber = pruning_path(X, y, alphas=[0.1], loss="huber", delta=1e6, tol=1e-8)
    assert_allclose(of_huber.losses, pruning_path(X, y, alphas=[0.1], tol=1e-8).losses, rtol=1e-6)
    assert_allclose(alpha_max(X, y, loss="huber", delta=1e6), alpha_max(X, y), rtol=1e-9)


def test_alpha_max_is_that_of_clipped_responses():
    """By definition; a path starts with nothing at that of its own δ."""
    X, y, _, _ = wild("rank-one")
    delta = 1.345 * 1.4826 * np.median(np.abs(y - np.median(y)))
    top = alpha_max(X, y, fit_intercept=True, loss="huber")
    assert_allclose(top, alpha_max(X, y, fit_intercept=True, loss="huber", delta=delta), rtol=1e-9)
    path = pruning_path(X, y, fit_intercept=True, loss="huber", n_alphas=4)
    assert path.delta < 0.5 * delta
    settings = {"fit_intercept": True, "loss": "huber", "delta": path.delta}
    assert_allclose(path.alpha_max, alpha_max(X, y, **settings), rtol=1e-7)
    assert path.ranks[0] == 0
    assert pruning_path(X, y, alphas=[0.98 * path.alpha_max], **settings).ranks[0] == 1
    model = GroupLassoMatrixSensingCV(loss="huber", fit_intercept=True, n_alphas=3).fit(X, y)
    settings["delta"] = model.delta_
    assert_allclose(model.alphas_[0], alpha_max(X, y, **settings), rtol=1e-7)
    low, high = y.min(), y.max()
    for _ in range(200):
        c = 0.5 * (low + high)
        low, high = (c, high) if np.clip(y - c, -delta, delta).sum() > 0 else (low, c)
    e = np.clip(y - low, -delta, delta)
    tau = np.linalg.eigvalsh(X.T @ (e[:, None] * X) / len(y))[-1]
    A = X[:, :, None] * X[:, None, :]
    kappa = ((A - A.mean(axis=0)) ** 2).sum(axis=(1, 2)).mean() / 55
    assert_allclose(top, 2 * tau**1.5 / np.sqrt(kappa), rtol=1e-6)


# --- Outliers -------------------------------------------------------------------------------------


@both_kinds
@pytest.mark.parametrize("size", [None, 1e8])
def test_outliers_decide_neither_rank_nor_error(measurement, size):
    for seed in range(3):
        X, y, factor, bad = wild(measurement, size=size, seed=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("error", RankWarning)
            model = make_pruning_pipeline(measurement=measurement, loss="huber").fit(X, y)["tune"]
        oracle = FineTuner(2, measurement=measurement).fit(X[~bad], y[~bad])
        assert model.factor_.shape[1] == 2
        error, best = (relative_error(m.factor_, factor) for m in (model, oracle))
        assert error < 2.0 * best


def test_distances_with_outliers_of_1e8():
    rng = np.random.default_rng(0)
    points = rng.standard_normal((15, 2))
    a, b = np.triu_indices(15, 1)
    X = np.eye(15)[a] - np.eye(15)[b]
    y = ((X @ points) ** 2).sum(axis=1) + 0.05 * rng.standard_normal(len(a))
    y[::20] = 1e8
    model = make_pruning_pipeline(loss="huber").fit(X, y)["tune"]
    assert model.factor_.shape[1] == 2
    assert np.all(np.isfinite(model.factor_))


@both_kinds
@pytest.mark.parametrize("n_samples", [200, 600])
def test_a_delta_far_below_the_noise_is_told(measurement, n_samples):
    X, y, _ = make_matrix_sensing(
        n_samples, 10, 2, measurement=measurement, noise=0.1, random_state=0
    )
    model = GroupLassoMatrixSensing(measurement=measurement, loss="huber", delta=0.02)
    assert model.fit(X, y).rank_ == 2
    for delta in (0.0003, 0.001, 0.003):
        with warnings.catch_warnings(record=True) as caught:
            # Whether the penalty can serve what is found is a matter of rounding.
            warnings.simplefilter("always")
            model.set_params(delta=delta).fit(X, y)
        assert any("almost all samples are beyond delta" in str(w.message) for w in caught)


def test_every_residual_beyond_delta():
    """From a start with no curvature at all, with every solver."""
    X, y, factor, _ = wild("matrix", noise=0.05, share=0.0)
    start = 3.0 * np.random.default_rng(0).standard_normal((10, 2))
    for solver in ("gauss-newton", "lbfgs"):
        model = FineTuner(
            2, measurement="matrix", init=start, loss="huber", delta=0.02, solver=solver
        )
        assert relative_error(model.fit(X, y).factor_, factor) < 0.05


def test_cross_validation_scores_by_the_loss():
    """Mean losses of held-out samples by definition, with one δ; outliers choose no alpha."""
    X, y, factor, _ = wild("rank-one", noise=0.5, size=1e6)
    even = np.arange(400) % 2 == 0
    folds = [(np.flatnonzero(even), np.flatnonzero(~even))]
    settings = {"alphas": [0.02, 0.3, 3.0], "cv": folds}
    model = GroupLassoMatrixSensingCV(loss="huber", **settings).fit(X, y)
    delta = model.delta_
    assert 0.3 < delta < 2.0
    for alpha, found in zip(model.alphas_, model.mse_path_[:, 0], strict=True):
        part = GroupLassoMatrixSensing(alpha=alpha, loss="huber", delta=delta)
        r = np.abs(y[~even] - part.fit(X[even], y[even]).predict(X[~even]))
        definition = np.where(r <= delta, r**2, 2 * delta * r - delta**2).mean()
        assert_allclose(found, definition, rtol=0.02)
    assert relative_error(model.factor_, factor) < 0.3


def test_too_few_samples_with_outliers():
    X, y, _, _ = wild("rank-one", n=40, dim=20, noise=1.0)
    with pytest.warns(RankWarning, match="too few to tell"):
        model = GroupLassoMatrixSensing(loss="huber", random_state=0).fit(X, y)
    assert np.all(np.isfinite(model.factor_))


def test_wild_negative_responses_are_not_a_bias():
    X, y, _, _ = wild("rank-one", size=-1e4)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RankWarning)
        make_pruning_pipeline(loss="huber").fit(X, y)


# --- What carries over, and what does not ---------------------------------------------------------


def test_the_fine_tuner_uses_the_loss_that_came():
    X, y, _, _ = wild("rank-one")
    pipe = make_pruning_pipeline(loss="huber").fit(X, y)
    carried = pipe[:-1].transform(X)
    assert (carried.loss, carried.delta) == ("huber", pipe["sense"].delta_)
    assert carried[:5].delta == carried.delta
    tuned = FineTuner().fit(carried, y)
    assert tuned.delta_ == carried.delta
    assert_array_equal(tuned.factor_, pipe["tune"].factor_)
    other = GroupLassoMatrixSensing(alpha=0.05).fit(X, y).transform(X)
    with pytest.warns(UserWarning, match="loss='huber' has no effect"):
        tuned = FineTuner(loss="huber").fit(other, y)
    assert tuned.delta_ == np.inf


def test_a_carrier_checks_its_loss():
    fields = (np.ones((3, 2)), np.eye(2), np.zeros(2), 0.0, "rank-one", 0.1, 0.1)
    with pytest.raises(ValueError, match="loss must be one of"):
        FactoredMeasurements(*fields, loss="absolute")
    with pytest.raises(ValueError, match="delta must be a finite number > 0"):
        FactoredMeasurements(*fields, loss="huber")


def test_the_rank_theorem_is_refused():
    X, y, _, _ = wild("matrix")
    model = GroupLassoMatrixSensing(measurement="matrix", loss="huber").fit(X, y)
    with pytest.raises(ValueError, match=r"about the squared error.*'huber'"):
        rank_guarantee(model, X, y)


@pytest.mark.parametrize("delta", [1e-40, 1e40])
def test_delta_out_of_all_proportion(delta):
    X, y, _, _ = wild("matrix", n=50)
    model = GroupLassoMatrixSensing(alpha=0.1, measurement="matrix", loss="huber", delta=delta)
    with pytest.raises(ValueError, match=r"delta=.* is out of all proportion"):
        model.fit(X, y)
