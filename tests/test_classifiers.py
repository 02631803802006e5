"""The three classifiers and their Pipeline: conventions of scikit-learn, laws and oracles."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.utils.estimator_checks import _enforce_estimator_tags_y, parametrize_with_checks

from sklearn_prune import (
    FineTuner,
    FineTunerClassifier,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingClassifier,
    GroupLassoMatrixSensingClassifierCV,
    RankWarning,
    alpha_max,
    make_pruning_pipeline,
    pruning_path,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.inspection import PruningPathDisplay, rank_guarantee
from sklearn_prune.solvers import FINE_TUNING


def all_classifiers():
    tables = {"positive": False, "fit_bias": True}
    for settings in ({}, tables):
        yield GroupLassoMatrixSensingClassifier(**settings)
        yield GroupLassoMatrixSensingClassifier(3, alpha=0.01, **settings)
        yield FineTunerClassifier(**settings)
        yield GroupLassoMatrixSensingClassifierCV(n_alphas=4, cv=3, **settings)
    for solver in FINE_TUNING:
        # Without biases the first-order solvers are quick, and Gauss-Newton separates the samples
        # of a check, so that its probabilities are known to 1e-6 only.
        settings = tables if solver == "gauss-newton" else {}
        yield FineTunerClassifier(2, solver=solver, **settings)
    yield GroupLassoMatrixSensingClassifier(alpha=0.01, fit_intercept=False, positive=False)


def exchanges_classes(check):
    """Whether a check gives the same samples other classes when it shuffles them.

    scikit-learn 1.6 makes two classes out of three by the class of the first sample.
    """
    by_first = _enforce_estimator_tags_y(FineTunerClassifier(), np.array([1, 0]))[1] == 2
    return by_first and "sample_weight_equivalence" in check.func.__name__


@parametrize_with_checks(list(all_classifiers()))
def test_scikit_learn_checks(estimator, check):
    if exchanges_classes(check):
        pytest.skip("the check compares different classes")
    # The checks fit few samples, of which some are separable: the warnings are right.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", RankWarning)
        check(estimator)


def problem(measurement="rank-one", *, n=2500, seed=0, negative=1):
    return make_matrix_sensing(
        n, 8, 2, measurement=measurement, negative=negative, loss="log_loss", random_state=seed
    )


def pipeline(**settings):
    return make_pruning_pipeline(loss="log_loss", **settings)


CLASSIFIERS = [
    GroupLassoMatrixSensingClassifier(positive=False),
    GroupLassoMatrixSensingClassifier(positive=False, alpha=0.02),
    GroupLassoMatrixSensingClassifierCV(positive=False, n_alphas=5, cv=3),
    FineTunerClassifier(2, positive=False),
    pipeline(positive=False),
]
parametrize_classifiers = pytest.mark.parametrize("classifier", CLASSIFIERS, ids=str)


@parametrize_classifiers
def test_predictions_by_definition(classifier):
    X, y, _ = problem()
    classifier.fit(X, y)
    last = classifier[-1] if hasattr(classifier, "steps") else classifier
    odds = (X @ last.factor_) ** 2 @ last.signs_ + last.intercept_
    assert_allclose(classifier.decision_function(X), odds, rtol=1e-10, atol=1e-12)
    assert_allclose(classifier.predict_proba(X), np.column_stack([expit(-odds), expit(odds)]))
    assert_allclose(classifier.predict_log_proba(X), np.log(classifier.predict_proba(X)), rtol=1e-8)
    assert_array_equal(classifier.predict(X), odds > 0)
    assert_allclose(classifier.score(X, y), np.mean((odds > 0) == y))
    # The offset makes the probabilities add up to the labels.
    assert_allclose(np.sum(expit(odds)), np.sum(y), rtol=1e-8)


@parametrize_classifiers
@pytest.mark.parametrize(
    "classes", [["no", "yes"], [False, True], [-1, 1], [2.0, 7.0], np.array(["a", "b"], object)]
)
def test_labels_of_any_two_values(classifier, classes):
    X, y, _ = problem(n=600)
    labels = np.asarray(classes)[y]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankWarning)
        expected = classifier.fit(X, y).decision_function(X)
        classifier.fit(X, labels)
    assert_array_equal(classifier.decision_function(X), expected)
    assert_array_equal(classifier.classes_, classes)
    assert_array_equal(classifier.predict(X), np.asarray(classes)[(expected > 0).astype(int)])
    assert set(classifier.predict(X)) <= set(classes)


@parametrize_classifiers
def test_exchanged_classes_have_the_opposite_odds(classifier):
    """The model with signs has no preferred class."""
    X, y, _ = problem(n=1500)
    odds = classifier.fit(X, y).decision_function(X)
    assert_allclose(classifier.fit(X, 1 - y).decision_function(X), -odds, rtol=1e-5, atol=1e-6)


@parametrize_classifiers
def test_weights_are_repeats(classifier):
    X, y, _ = problem(n=900)
    w = np.random.default_rng(0).integers(0, 4, len(y))
    rows = np.repeat(np.arange(len(y)), w)
    names = ["sample_weight"]
    if hasattr(classifier, "steps"):
        names = ["sense__sample_weight", "tune__sample_weight"]
    if hasattr(classifier, "cv"):
        # The folds of repeats are those of the rows that are repeated.
        fold = np.arange(len(y)) % 3
        folds = [
            [(np.flatnonzero(f != i), np.flatnonzero(f == i)) for i in range(3)]
            for f in (fold, fold[rows])
        ]
        classifier = GroupLassoMatrixSensingClassifierCV(positive=False, n_alphas=5, cv=folds[0])
        odds = classifier.fit(X, y, sample_weight=w).decision_function(X)
        classifier.set_params(cv=folds[1])
    else:
        odds = classifier.fit(X, y, **dict.fromkeys(names, w)).decision_function(X)
    repeated = classifier.fit(X[rows], y[rows]).decision_function(X)
    assert_allclose(repeated, odds, rtol=1e-4, atol=1e-5)


def test_full_factor_is_logistic_regression_on_products():
    """The maximum likelihood of scikit-learn, which has one number for each product x_a x_b."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((800, 3))
    y = rng.uniform(size=800) < expit(X[:, 0] ** 2 - X[:, 1] * X[:, 2] - 0.5)
    model = FineTunerClassifier(3, positive=False, tol=1e-10).fit(X, y)
    products = PolynomialFeatures(2, include_bias=False).fit_transform(X)[:, 3:]
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(products, y)
    assert_allclose(model.decision_function(X), oracle.decision_function(products), atol=1e-5)
    assert_allclose(0.5 * model.loss_curve_[-1], log_loss(y, oracle.predict_proba(products)[:, 1]))
    # With a bias the linear functions come in as well.
    y = rng.uniform(size=800) < expit(X[:, 0] ** 2 - X[:, 1] * X[:, 2] + X[:, 2])
    model = FineTunerClassifier(4, positive=False, fit_bias=True, fit_intercept=False, tol=1e-10)
    products = PolynomialFeatures(2, include_bias=False).fit_transform(X)
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(products, y)
    odds = model.fit(X, y).decision_function(X)
    assert_allclose(odds, oracle.decision_function(products), atol=1e-5)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_pipeline_finds_rank_and_signs(measurement):
    """As good as the maximum likelihood that is told the columns and their signs."""
    X, y, factor = problem(measurement, n=3000)
    pipe = pipeline(measurement=measurement, positive=False).fit(X, y)
    assert pipe["sense"].certificate_.holds
    assert_array_equal(np.sort(pipe["tune"].signs_), [-1, 1])
    oracle = FineTunerClassifier(
        2, measurement=measurement, positive=False, init=factor, tol=1e-10
    ).fit(X, y)
    assert_allclose(pipe.decision_function(X), oracle.decision_function(X), atol=1e-4)


def test_offset_of_the_pipeline():
    assert make_pruning_pipeline()["sense"].fit_intercept is False
    assert pipeline()["sense"].fit_intercept is True
    assert pipeline()["tune"].fit_intercept is True
    assert pipeline(fit_intercept=False)["sense"].fit_intercept is False
    with pytest.raises(ValueError, match=r"loss must be one of .*log_loss.*got 'hinge'"):
        make_pruning_pipeline(loss="hinge")


def test_objective_by_definition():
    X, y, _ = problem()
    model = GroupLassoMatrixSensingClassifier(positive=False, alpha=0.02).fit(X, y)
    s = model.column_norms_**2
    penalty = model.alpha_ * np.sum(s / np.sqrt(s + model.beta_))
    assert_allclose(model.objective_, 2 * log_loss(y, model.predict_proba(X)) + penalty)
    R = np.einsum("i,ia,ib->ab", y - model.predict_proba(X)[:, 1], X, X) / len(y)
    top = np.abs(np.linalg.eigvalsh(R)).max()
    assert_allclose(model.certificate_.top_residual_eigenvalue, top, rtol=1e-6)


def test_alpha_max_and_path():
    X, y, _ = problem(n=500)
    labels = np.where(y, "b", "a")
    settings = {"loss": "log_loss", "positive": False, "fit_intercept": True}
    top = alpha_max(X, labels, **settings)
    ranks = [
        GroupLassoMatrixSensingClassifier(positive=False, alpha=part * top).fit(X, y).rank_
        for part in (1.01, 0.9)
    ]
    assert ranks[0] == 0 < ranks[1]
    path = pruning_path(X, labels, n_alphas=4, tol=1e-8, **settings)
    assert_allclose(path.alpha_max, top)
    assert_array_equal(path.classes, ["a", "b"])
    # At the largest alpha zero is a minimum, and the spectral start finds a lower one beside it.
    for i, alpha in enumerate(path.alphas[1:], start=1):
        model = GroupLassoMatrixSensingClassifier(positive=False, alpha=alpha).fit(X, y)
        assert_allclose(path.losses[i], 2 * log_loss(y, model.predict_proba(X)), rtol=1e-6)
    display = PruningPathDisplay.from_path(path, X, labels)
    assert_allclose(display.scores[0], 0.0, atol=1e-8)
    assert 0 < display.scores[-1] < 1


def test_cross_validation_has_stratified_folds_and_log_losses():
    X, y, _ = problem(n=400)
    order = np.argsort(y)
    X, y = X[order], y[order]
    model = GroupLassoMatrixSensingClassifierCV(positive=False, n_alphas=3).fit(X, y)
    folds = list(StratifiedKFold(5).split(X, y))
    assert model.log_loss_path_.shape == (3, 5)
    for f, (train, test) in enumerate(folds):
        for a, alpha in enumerate(model.alphas_):
            fold = GroupLassoMatrixSensingClassifier(positive=False, alpha=alpha)
            fold.fit(X[train], y[train])
            expected = log_loss(y[test], fold.predict_proba(X[test]))
            assert_allclose(model.log_loss_path_[a, f], expected, rtol=5e-2)


def test_inside_other_estimators():
    X, y, _ = problem(n=1000)
    labels = np.where(y, "b", "a")
    calibrated = CalibratedClassifierCV(pipeline(positive=False, alpha=0.02), cv=3).fit(X, labels)
    assert calibrated.score(X, labels) > 0.6
    search = GridSearchCV(
        pipeline(positive=False), {"sense__alpha": [0.02, 10.0]}, scoring="neg_log_loss", cv=3
    )
    with warnings.catch_warnings():
        # At the larger alpha no column is left.
        warnings.filterwarnings("ignore", message="No signal")
        search.fit(X, labels)
    assert search.best_params_ == {"sense__alpha": 0.02}


def test_logarithms_of_probabilities_that_round_to_zero():
    X, y, _ = problem()
    model = FineTunerClassifier(1).fit(X, y)
    model.intercept_ = -1e4
    assert_allclose(model.predict_log_proba(0 * X[:1]), [[0.0, -1e4]])
    assert_array_equal(model.predict_proba(0 * X[:1]), [[1.0, 0.0]])


def test_the_last_step_counts_its_columns():
    X, y, _ = problem()
    pipe = pipeline(alpha=0.1).fit(X, y)
    assert pipe[-1].rank_ == pipe["prune"].n_columns_ > 0
    with pytest.warns(UserWarning, match="No signal"):
        pipe = pipeline(alpha=100.0).fit(X, y)
    assert pipe[-1].rank_ == 0
    assert pipe[-1].factor_.shape[1] == 1


def separated():
    X, eta, _ = make_matrix_sensing(200, 4, 1, random_state=0)
    return X, (eta > np.median(eta)).astype(int)


def test_separated_classes_are_warned_of():
    X, y = separated()
    with pytest.warns(
        RankWarning,
        match="^alpha=.auto.: the class is predicted well.* rank 1 separates the two classes",
    ):
        pipe = pipeline().fit(X, y)
    # The penalised factor stays as it is, and is a good one.
    assert pipe["tune"].n_iter_ == 0
    assert pipe.score(X, y) > 0.95
    assert np.abs(pipe.decision_function(X)).max() < 1e3
    for model in (FineTunerClassifier(1), GroupLassoMatrixSensingClassifier(1, alpha=0.0)):
        with pytest.warns(ConvergenceWarning, match="separates the two classes"):
            model.fit(X, y)
        assert np.all(np.isfinite(model.factor_))
        assert model.score(X, y) == 1.0


@pytest.mark.parametrize("estimator", [FineTunerClassifier, GroupLassoMatrixSensingClassifier])
def test_settings_without_an_optimum_are_warned_of(estimator):
    X, y, _ = problem(n=300)
    settings = {"alpha": 0.1} if estimator is GroupLassoMatrixSensingClassifier else {}
    with pytest.warns(UserWarning, match="has no best fit.*positive=False"):
        estimator(1, fit_bias=True, **settings).fit(X, y)


def test_a_column_that_only_one_of_the_two_tests_sees_is_told():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    pipe = make_pruning_pipeline(loss="log_loss", positive=False, fit_bias=True)
    with pytest.warns(
        RankWarning,
        match="^alpha=.auto.: the class may be predicted well.* its score test does not ask for it",
    ):
        pipe.fit(X[::2], y[::2])
    assert not pipe["sense"].rank_search_.decided
    assert pipe.score(X[1::2], y[1::2]) > 0.9


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_a_column_that_the_labels_miss_is_told_of(measurement):
    """Which class is the second is the caller's choice; only one of them may spread wider."""
    settings = {"measurement": measurement, "loss": "log_loss", "random_state": 0}
    X, y, _ = make_matrix_sensing(3000, 6, 2, **settings)
    model = GroupLassoMatrixSensingClassifier(measurement=measurement)
    assert model.fit(X, y).rank_ == 2
    with pytest.warns(RankWarning, match="a column that counts negatively would lower the loss"):
        model.fit(X, 1 - y)
    assert model.set_params(positive=False).fit(X, 1 - y).rank_ == 2


def test_an_offset_that_the_labels_miss_is_told_of():
    X, y, _ = make_matrix_sensing(3000, 6, 2, loss="log_loss", random_state=0)
    model = GroupLassoMatrixSensingClassifier(positive=False)
    assert model.fit(X, y).intercept_ < -1.0
    with pytest.warns(RankWarning, match="an offset would lower the loss"):
        model.set_params(fit_intercept=False).fit(X, y)


def test_responses_that_are_no_two_classes():
    X, y, _ = problem(n=100)
    model = GroupLassoMatrixSensingClassifier(alpha=0.1)
    for labels, message in [
        (np.zeros(100), r"labels of two classes, got one class, 0\.0\."),
        (np.full(100, "a"), r"labels of two classes, got one class, 'a'\."),
        (np.zeros(0), "labels of two classes, got no labels"),
        (np.arange(100) % 3, r"binary classification is supported.* has 3 labels: 0, 1, 2\."),
        (np.arange(100) % 9, r"has 9 labels: 0, 1, 2, 3, 4, …\."),
        (np.linspace(0, 1, 100), "Unknown label type"),
        (np.full(100, np.nan), "y contains NaN"),
        (y[:50], "one entry for each"),
        (None, "requires y"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.fit(X, labels)
    with pytest.raises(ValueError, match="positive weight in both classes"):
        model.fit(X, y, sample_weight=(y == 1).astype(float))


def test_fits_of_the_other_kind_are_refused():
    X, y, _ = problem(n=300)
    labelled = GroupLassoMatrixSensingClassifier(alpha=0.1, positive=False).fit(X, y)
    with pytest.raises(ValueError, match="loss='log_loss', which FineTuner does not fit"):
        FineTuner().fit(labelled.transform(X), y)
    valued = GroupLassoMatrixSensing(alpha=0.1).fit(X, y)
    with pytest.raises(ValueError, match="'squared_error', which FineTunerClassifier does not"):
        FineTunerClassifier().fit(valued.transform(X), y)
    with pytest.raises(ValueError, match="does not hold for a fit with the loss 'log_loss'"):
        rank_guarantee(labelled, X, y)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_drawn_labels_have_the_odds_they_should(measurement):
    settings = {"measurement": measurement, "negative": 1, "random_state": 3}
    X, eta, factor = make_matrix_sensing(20000, 5, 2, **settings)
    same, y, _ = make_matrix_sensing(20000, 5, 2, loss="log_loss", **settings)
    assert_array_equal(X, same)
    assert set(y) == {0, 1}
    trace = (factor**2).sum(axis=0) @ [1, -1] if measurement == "rank-one" else 0.0
    p = expit(eta - trace)
    for band in (p < 0.3, (p > 0.3) & (p < 0.6), p > 0.6):
        assert_allclose(y[band].mean(), p[band].mean(), atol=5 * 0.5 / np.sqrt(band.sum()))
    with pytest.raises(ValueError, match="loss must be one of"):
        make_matrix_sensing(loss="hinge")


def test_dask_arrays():
    """The samples stay in their chunks, with labels of any kind that dask can sort."""
    da = pytest.importorskip("dask.array")
    X, y, _ = problem(n=400)
    chunked = da.from_array(X, chunks=(150, 8))
    model = GroupLassoMatrixSensingClassifier(1, alpha=0.1, positive=False)
    odds = model.fit(X, y).decision_function(X)
    model.fit(chunked, da.from_array(y + 3, chunks=150))
    assert_array_equal(model.classes_, [3, 4])
    assert_allclose(model.decision_function(chunked).compute(), odds, atol=1e-6)
    assert_allclose(model.predict_proba(chunked).compute(), model.predict_proba(X))
    assert_allclose(model.predict_log_proba(chunked).compute(), model.predict_log_proba(X))
    assert_array_equal(model.predict(chunked).compute(), model.predict(X))
