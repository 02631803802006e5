"""BLAS has one thread inside a fit, and what the caller had set everywhere else."""

import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from threadpoolctl import ThreadpoolController

from sklearn_prune import (
    FineTuner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    alpha_max,
    pruning_path,
)
from sklearn_prune._threads import one_blas_thread
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.inspection import rank_guarantee
from sklearn_prune.objective import Problem

X, Y, _ = make_matrix_sensing(200, 6, 2, noise=0.1, random_state=0)
CONTROLLER = ThreadpoolController()
# The environment of the tests may have one thread alone, so that they set a number of their own.
CALLER = 2


def blas_threads():
    """The numbers of threads of the BLAS libraries, as a set."""
    return {pool["num_threads"] for pool in CONTROLLER.info() if pool["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_threads_allowed():
    with CONTROLLER.limit(limits=CALLER, user_api="blas"):
        if blas_threads() != {CALLER}:
            pytest.skip("this BLAS has one thread alone")
        yield


@pytest.fixture
def seen(monkeypatch):
    """What the limits were whenever a problem was made."""
    limits = []
    original = Problem.normalized.__func__

    def normalized(cls, *args, **kwargs):
        limits.append(blas_threads())
        return original(cls, *args, **kwargs)

    monkeypatch.setattr(Problem, "normalized", classmethod(normalized))
    return limits


def fitted():
    return GroupLassoMatrixSensing(alpha=0.05).fit(X, Y)


@pytest.mark.parametrize(
    "run",
    [
        fitted,
        lambda: GroupLassoMatrixSensing().fit_transform(X, Y),
        lambda: GroupLassoMatrixSensingCV(n_alphas=3, cv=2).fit(X, Y),
        lambda: FineTuner(2).fit(X, Y),
        lambda: alpha_max(X, Y),
        lambda: pruning_path(X, Y, n_alphas=3),
        lambda: rank_guarantee(fitted(), X, Y),
    ],
    ids=["fit", "fit_transform", "cv", "fine-tuner", "alpha_max", "pruning_path", "guarantee"],
)
def test_one_thread_inside_and_the_limits_of_the_caller_after(run, seen):
    run()
    assert seen
    assert all(limits == {1} for limits in seen)
    assert blas_threads() == {CALLER}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_limits_are_restored_when_a_fit_ends_early(error, monkeypatch):
    def interrupted(*args):
        raise error

    monkeypatch.setattr(Problem, "from_data", interrupted)
    for run in (fitted, lambda: alpha_max(X, Y), lambda: pruning_path(X, Y)):
        with pytest.raises(error):
            run()
        assert blas_threads() == {CALLER}


def test_fits_at_once_have_one_thread_until_the_last_has_ended():
    """Both begin before either ends; the first to begin ends first."""
    both_began, first_ended = threading.Barrier(2, timeout=60), threading.Event()
    after_first = []

    def first():
        with one_blas_thread():
            both_began.wait()
        first_ended.set()

    def second():
        with one_blas_thread():
            both_began.wait()
            assert first_ended.wait(timeout=60)
            after_first.append(blas_threads())

    workers = [threading.Thread(target=target) for target in (first, second)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert after_first == [{1}]
    assert blas_threads() == {CALLER}


def test_two_fits_in_two_threads_are_the_fit_of_one(seen):
    """The caller's own limit is held by the main thread meanwhile."""
    factors = []
    workers = [threading.Thread(target=lambda: factors.append(fitted().factor_)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(factors) == 2
    assert seen == [{1}] * len(seen)
    for factor in factors:
        assert_array_equal(factor, fitted().factor_)
    assert blas_threads() == {CALLER}


def test_a_fit_does_not_depend_on_the_threads_of_the_caller():
    """Products of this size would be split among threads, and summed in another order."""
    wide, y, _ = make_matrix_sensing(2000, 60, 2, noise=0.1, random_state=0)
    with CONTROLLER.limit(limits=1, user_api="blas"):
        alone = GroupLassoMatrixSensing(alpha=0.05, max_iter=10, tol=1e-1).fit(wide, y)
    beside = GroupLassoMatrixSensing(alpha=0.05, max_iter=10, tol=1e-1).fit(wide, y)
    assert_array_equal(alone.factor_, beside.factor_)
    assert np.all(alone.objective_ == beside.objective_)
