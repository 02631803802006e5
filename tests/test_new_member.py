"""A new loss is one file: one that is defined here is fitted by every estimator of responses."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklearn_prune import FineTuner, GreedyColumnPruner, GroupLassoMatrixSensing
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.estimators._base import SensingRegressor
from sklearn_prune.losses import LOSSES, PointwiseLoss, SquaredError

DELTA = 2.0


@dataclass(frozen=True)
class PseudoHuber(PointwiseLoss):
    """``2 δ² (√(1 + ((y − η)/δ)²) − 1)``: the squared error near zero, absolute values far away."""

    delta: float = DELTA
    name = "pseudo_huber"

    def value(self, y, eta):
        return 2.0 * self.delta**2 * (np.sqrt(1.0 + ((y - eta) / self.delta) ** 2) - 1.0)

    def residual(self, y, eta):
        return (y - eta) / np.sqrt(1.0 + ((y - eta) / self.delta) ** 2)

    def curvature(self, y, eta):
        return (1.0 + ((y - eta) / self.delta) ** 2) ** -1.5

    def spread(self, y, weights, *, centred):
        return SquaredError().spread(y, weights, centred=centred)

    def scaled(self, unit):
        return PseudoHuber(self.delta / unit)


@pytest.fixture
def pseudo_huber(monkeypatch):
    monkeypatch.setitem(LOSSES, PseudoHuber.name, PseudoHuber)
    monkeypatch.setattr(SensingRegressor, "_losses", (*SensingRegressor._losses, PseudoHuber.name))
    return PseudoHuber.name


def gradient(model, X, y):
    """Of the mean loss by the columns and by the offset, from its definition."""
    eta = np.sum((X @ model.factor_) ** 2 * model.signs_, axis=1) + model.intercept_
    e = PseudoHuber().residual(y, eta)
    R = (X.T * e) @ X / len(y)
    return -4.0 * R @ model.factor_ * model.signs_, -2.0 * e.mean()


@pytest.mark.parametrize("alpha", ["auto", 0.3])
@pytest.mark.parametrize("negative", [0, 1])
def test_a_loss_from_outside_is_fitted(pseudo_huber, alpha, negative):
    X, y, factor = make_matrix_sensing(600, 8, 2, negative=negative, noise=0.2, random_state=0)
    y = y + 3.0
    y[::40] += 30.0
    settings = {"loss": pseudo_huber, "fit_intercept": True, "positive": not negative}
    sense = GroupLassoMatrixSensing(alpha=alpha, **settings).fit(X, y)
    assert sense.certificate_.holds
    tuned = FineTuner(**settings).fit(GreedyColumnPruner().fit_transform(sense.transform(X)), y)
    assert tuned.rank_ == 2
    assert_allclose(tuned.delta_, DELTA)
    by_columns, by_offset = gradient(tuned, X, y)
    assert_allclose(by_columns, 0.0, atol=1e-6)
    assert_allclose(by_offset, 0.0, atol=1e-9)
    alone = FineTuner(2, **settings).fit(X, y)
    assert_allclose(alone.predict(X), tuned.predict(X), atol=1e-5)
    signs = np.repeat([1.0, -1.0], [2 - negative, negative])
    truth, found = factor * signs @ factor.T, tuned.factor_ * tuned.signs_ @ tuned.factor_.T
    assert np.linalg.norm(found - truth) < 0.05 * np.linalg.norm(truth)
