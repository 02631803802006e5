"""Further starts where least squares of few columns have poor minima."""

import numpy as np
import pytest

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, alpha_max
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.objective import Formulation, Problem
from sklearn_prune.selection import search_rank
from sklearn_prune.solvers import decouple


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


def two_groups(seed, size=8):
    """Squared distances in the plane within two groups of points, none between them."""
    rng = np.random.default_rng(seed)
    pairs = np.array([(a, b) for a in range(size) for b in range(a)])
    a, b = np.vstack([pairs, pairs + size]).T
    X = np.eye(2 * size)[a] - np.eye(2 * size)[b]
    return X, np.sum((X @ rng.standard_normal((2 * size, 2))) ** 2, axis=1)


def categories(seed, n_categories=3, n_features=8):
    """One block of features for each category, a response that is one square."""
    rng = np.random.default_rng(seed)
    d = n_categories * n_features
    one_hot = np.eye(n_categories)[rng.integers(n_categories, size=10 * d)]
    features = rng.standard_normal((10 * d, n_features))
    X = np.einsum("nc,np->ncp", one_hot, features).reshape(-1, d)
    return X, (X @ rng.standard_normal(d)) ** 2


@pytest.mark.parametrize("draw", [star_and_cycle, two_groups, categories])
@pytest.mark.parametrize("share", [0.003, 0.05])
def test_penalised_fit_is_as_good_as_the_best_random_start(draw, share):
    X, y = draw(1)
    alpha = share * alpha_max(X, y)
    random = [
        GroupLassoMatrixSensing(alpha=alpha, init="random", random_state=s).fit(X, y)
        for s in range(3)
    ]
    found = GroupLassoMatrixSensing(alpha=alpha).fit(X, y)
    best = min(model.objective_ for model in random)
    assert found.objective_ <= best + 1e-6 * np.mean(y**2)
    assert found.certificate_.holds


def test_only_samples_in_groups_decouple():
    """Eigenvectors of R are of one group each; those of few Gaussian samples are not."""
    rng = np.random.default_rng(0)
    tables = [(rng.standard_normal((n, 40)), rng.standard_normal(n)) for n in (60, 1000)]
    for X, y in [*tables, two_groups(0), categories(0)]:
        problem = Problem.from_data(X, y, np.ones(len(y)), Formulation("rank-one", False))
        for each in (problem, problem.whitened()):
            R = each.residual_matrix_of_constant
            directions = each.model.ascent_directions(R, 4)
            assert decouple(each, directions) == (0 in X)


def test_columns_that_decouple_where_whitened_axes_are_arbitrary():
    """R at ``U = 0`` has two equal eigenvalues: axes are not turned to its eigenvectors."""
    X, y = np.repeat(np.eye(3), 4, axis=0), np.repeat([2.0, 2.0, 0.0], 4)
    fit = GroupLassoMatrixSensing(alpha=0.01 * alpha_max(X, y)).fit(X, y)
    assert fit.certificate_.holds
    np.testing.assert_allclose(fit.predict(X), y, atol=0.1)


@pytest.mark.parametrize(
    ("n_samples", "noise", "searched"), [(72, 0.02, False), (45, 0.02, True), (72, 2.0, True)]
)
def test_an_exact_fit_is_looked_for_where_one_may_be_hidden(
    n_samples, noise, searched, monkeypatch
):
    """Where few samples are left over, or the fit leaves most of y, and not otherwise."""
    calls = []
    place = "sklearn_prune.selection._rank_search.search_exact_fit"
    monkeypatch.setattr(place, lambda *args, **options: calls.append(args))
    X, y, _ = make_matrix_sensing(n_samples, 15, 1, noise=noise, random_state=0)
    problem = Problem.from_data(X, y, np.ones(n_samples), Formulation())
    search_rank(problem, 15, np.random.RandomState(0), tol=1e-6)
    assert bool(calls) is searched
