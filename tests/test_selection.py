"""What sets α and the threshold. Solvers are tested before this."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import MEASUREMENTS, random_rows, sensed_loss

from sklearn_prune.objective import NO_PENALTY, GroupLasso, Objective, normalised_loss
from sklearn_prune.selection import (
    automatic_penalty,
    degrees_of_freedom,
    explicit_threshold,
    find_rank,
    largest_level,
    noise_level,
    widest_gap,
)
from sklearn_prune.sensing import sensing_map
from sklearn_prune.solvers import active_columns


def test_degrees_of_freedom_is_the_rank_of_the_tangent_space():
    rng = np.random.default_rng(0)
    d, r = 6, 3
    U = rng.standard_normal((d, r))
    units = np.eye(d * r).reshape(-1, d, r)
    tangents = [U @ E.T + E @ U.T for E in units]
    rank = np.linalg.matrix_rank(np.array(tangents).reshape(d * r, -1))
    assert degrees_of_freedom(d, r) == rank


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("centred", [False, True])
def test_noise_level_by_definition(measurement, centred):
    rng = np.random.default_rng(0)
    X = random_rows(rng, 30, 4, measurement) + 0.5
    w = rng.uniform(0.5, 2, 30)
    loss, _ = normalised_loss(
        sensing_map(X, measurement), rng.standard_normal(30), w, centred=centred
    )
    A = np.stack([loss.sensing.adjoint(e) for e in np.eye(30)])
    if centred:
        A = A - np.einsum("i,iab->ab", w / w.sum(), A)
    e = rng.standard_normal(30)
    squares = np.einsum("i,iab,ibc->ac", w * e**2, A, A)
    expected = 2 * np.sqrt(np.linalg.eigvalsh(squares)[-1]) / w.sum()
    assert_allclose(noise_level(loss, e), expected, rtol=1e-10)


def test_noise_level_of_gaussian_matrices_is_known():
    """``σ √(2 d / n)``, and the level of real noise is about that."""
    d, n = 30, 4000
    loss, _, _ = sensed_loss("matrix", n_samples=n, dim=d, rank=1)
    e = np.random.default_rng(0).standard_normal(n)
    expected = np.sqrt(2 * d / n)
    assert_allclose(noise_level(loss, e), expected, rtol=0.1)
    assert_allclose(np.linalg.norm(loss.residual_matrix(e), 2), expected, rtol=0.15)


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_largest_level_is_where_the_first_column_is_born(measurement):
    loss, _, _ = sensed_loss(measurement, n_samples=300, dim=8, rank=2, noise=0.1, centred=True)
    top = largest_level(loss)
    alive = []
    for tau in (1.01 * top, 0.99 * top):
        solution, certificate = active_columns(
            Objective(loss, GroupLasso.at_level(tau)),
            np.empty((8, 0)),
            8,
            tol=1e-8,
            max_iter=200,
        )
        assert certificate.holds
        alive.append(solution.U.shape[1])
    assert alive[0] == 0
    assert alive[1] > 0


@pytest.mark.parametrize("measurement", MEASUREMENTS)
@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("n_samples", [170, 600])
def test_automatic_penalty_finds_the_rank(measurement, noise, centred, n_samples):
    """From 4 samples for each of the 42 numbers on."""
    loss, _, _ = sensed_loss(
        measurement,
        n_samples=n_samples,
        dim=15,
        rank=3,
        noise=noise,
        condition_number=2,
        centred=centred,
    )
    found = find_rank(loss, 15, tol=1e-9)
    penalty = automatic_penalty(loss, 15, found, tol=1e-9, max_iter=100)
    assert found.U.shape[1] == 3
    assert found.exact == (noise == 0)
    assert found.decided
    assert penalty.alpha > 0
    solution, certificate = active_columns(
        Objective(loss, penalty), found.U, 15, tol=1e-8, max_iter=200
    )
    assert certificate.holds
    assert solution.U.shape[1] == 3


def test_automatic_penalty_of_noise_alone_keeps_nothing():
    loss, _, _ = sensed_loss("matrix", n_samples=400, dim=10, rank=0, noise=1.0)
    found = find_rank(loss, 10, tol=1e-9)
    penalty = automatic_penalty(loss, 10, found, tol=1e-9, max_iter=100)
    assert found.U.shape == (10, 0)
    assert penalty.tau > largest_level(loss)


def test_explicit_threshold():
    norms = np.array([3.0, 1.0, 1e-3, 0.0])
    tiny = GroupLasso(0.5, 1e-6)
    survivor = np.sqrt(tiny.shortest_survivor())
    # Where no true column can be short, what is short is dead, zero or not.
    assert_allclose(
        explicit_threshold(norms[:2], tiny, certified=True), min(survivor / 2, 0.5), rtol=1e-12
    )
    assert explicit_threshold(norms, tiny, certified=True) == 5e-4
    assert survivor < 1
    assert explicit_threshold(norms[:2], tiny, certified=False) == 0.5
    # Otherwise nothing that lives is pruned.
    for penalty, certified in [(tiny, False), (GroupLasso.tied(0.5), True), (NO_PENALTY, True)]:
        assert explicit_threshold(norms, penalty, certified=certified) == 5e-4
    assert explicit_threshold(np.zeros(3), tiny, certified=True) == 0.0


def test_widest_gap():
    assert 1e-3 < widest_gap(np.array([2.0, 1e-3, 1.0, 5e-4])) < 1.0
    assert_allclose(widest_gap(np.array([4.0, 1.0])), 2.0)
    # Below the rounding of the largest is zero, and no gap is to be found there.
    assert widest_gap(np.array([2.0, 1.0, 1e-30])) > 1.0
    assert widest_gap(np.array([3.0, 3.0])) == 3.0
    assert widest_gap(np.array([3.0])) == 3.0
    assert widest_gap(np.zeros(2)) == 0.0
