"""Further starts where least squares of few columns have poor minima."""

import numpy as np
import pytest

from sklearn_prune import FineTuner


def star_and_cycle(seed, n_points=8):
    """Squared distances in the plane from one point to all others, and along a cycle of these."""
    rng = np.random.default_rng(seed)
    pairs = [(0, b) for b in range(1, n_points)]
    pairs += [(b, b % (n_points - 1) + 1) for b in range(1, n_points)]
    a, b = np.array(pairs).T
    X = np.eye(n_points)[a] - np.eye(n_points)[b]
    clean = np.sum((X @ rng.standard_normal((n_points, 2))) ** 2, axis=1)
    return X, clean * (1 + 0.005 * rng.standard_normal(len(clean))) ** 2


@pytest.mark.parametrize("seed", range(4))
def test_fine_tuning_is_as_good_as_the_best_random_start(seed):
    X, y = star_and_cycle(seed)
    random = [FineTuner(2, init="random", random_state=s).fit(X, y) for s in range(10)]
    best = min(model.loss_curve_[-1] for model in random)
    found = FineTuner(2).fit(X, y)
    assert found.loss_curve_[-1] <= best + 1e-5 * np.mean(y**2)
    assert found.n_iter_ == len(found.loss_curve_) - 1
