"""Long work shows itself: lines of verbose fits, and scikit-learn's callbacks where it has them."""

import re
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from problems import MEASUREMENTS, sparse_map, sparse_rows
from sklearn.base import clone

from sklearn_prune import (
    FineTuner,
    GreedyColumnPruner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    PrunedMatrixSensing,
    make_pruning_pipeline,
)
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.sensing import counted_reads, rows_read, sensing_map

try:
    import sklearn.callback as callback
except ImportError:
    callback = None

needs_callbacks = pytest.mark.skipif(callback is None, reason="scikit-learn before 1.9")
# More columns than the fit starts from: it takes two rounds.
X, y, _ = make_matrix_sensing(900, 20, 10, noise=0.1, random_state=0)
ALPHA = 0.02


class Record:
    """A callback that keeps what it is told."""

    def __init__(self):
        self.begun, self.ended, self.fitted, self.state = [], [], [], "new"

    def setup(self, estimator, context):
        self.state = "set up"

    def teardown(self, estimator, context):
        self.state = "torn down"

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None):
        self.begun.append(context.task_name)

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self.ended.append(context.task_name)
        self.fitted.append(fitted_estimator)
        assert X.shape[0] == 900
        assert metadata is None or set(metadata) == {"sample_weight"}


def test_a_line_for_every_rank_and_round(capsys):
    model = GroupLassoMatrixSensing(verbose=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    ranks = [re.search(r"rank (\d+): mean loss", line) for line in lines]
    found = [int(match[1]) for match in ranks if match]
    assert found == list(range(len(found)))
    assert max(found) >= model.rank_ == 10
    GroupLassoMatrixSensing(alpha=ALPHA, verbose=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    last = re.search(
        r"(\d+) of 20 columns, objective (\S+), gradient \S+, λ_max\(R\)/τ (\S+)", lines[-1]
    )
    assert int(last[1]) == 10
    assert float(last[3]) < 1.0


def test_lines_of_a_loss_that_adapts_show_delta(capsys):
    """The ranks begin again with each δ; the last one is that of the fit."""
    model = GroupLassoMatrixSensing(loss="huber", verbose=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    found = [re.search(r"rank (\d+): mean loss \S+, delta (\S+)$", line) for line in lines]
    found = [(int(match[1]), float(match[2])) for match in found if match]
    assert [rank for rank, _ in found].count(0) == len({delta for _, delta in found}) > 1
    assert_allclose(found[-1][1], model.delta_, rtol=0.01)


def test_more_verbose_fits_add_the_time_and_the_passes(capsys):
    seconds = []
    for verbose in (1, 2):
        PrunedMatrixSensing(verbose=verbose).fit(X, y)
        lines = capsys.readouterr().out.splitlines()
        seconds.append([re.search(r", \d+\.\d\d s, (\d+\.\d) passes$", line) for line in lines])
    assert not any(seconds[0])
    assert all(seconds[1])
    assert len(seconds[0]) == len(seconds[1])
    # They add up within each of the two fits.
    passes = [float(match[1]) for match in seconds[1]]
    assert all(0 < one <= other for one, other in pairwise(passes[:-1]))
    assert 0 < passes[-1] < passes[-2]


@pytest.mark.parametrize("is_sparse", [False, True])
@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_passes_are_reads_of_all_rows(measurement, is_sparse):
    n, d = 300, 20
    rows = sparse_rows(np.random.default_rng(0), n, d, measurement)
    make = sparse_map if is_sparse else sensing_map
    sensing, U = make(rows, measurement), np.ones((d, 2))
    # What is asked of the entries is read once.
    sensing.max_abs()
    with counted_reads():
        sensing.forward(U)
        point = sensing.linearize(U)
        assert rows_read() == 2 * n
        point.adjoint_product(np.ones(n))
        # Whole matrices keep their products with the columns.
        assert rows_read() == (2 if measurement == "matrix" and not is_sparse else 3) * n
        before = rows_read()
        with counted_reads():
            assert rows_read() == 0
            sensing.forward(U)
        assert rows_read() == before
    assert rows_read() == 0


@needs_callbacks
def test_callbacks_are_told_of_ranks_and_folds():
    record = Record()
    model = GroupLassoMatrixSensing().set_callbacks(record).fit(X, y)
    tried = len(model.rank_search_.ranks)
    assert record.begun[: tried + 2] == ["fit", "rank search", *["rank"] * tried]
    assert record.ended[: tried + 1] == [*["rank"] * tried, "rank search"]
    assert record.ended[-1] == "fit"
    record = Record()
    GroupLassoMatrixSensingCV(n_alphas=3, cv=4).set_callbacks(record).fit(X, y)
    assert record.ended[:5] == ["fold"] * 4 + ["cross-validation"]


@needs_callbacks
def test_callbacks_go_through_the_three_steps():
    class Everywhere(Record):
        max_propagation_depth = None

    record = Everywhere()
    model = PrunedMatrixSensing().set_callbacks(record).fit(X, y)
    assert record.begun[:3] == ["fit", "fit", "fit"]
    assert record.begun.count("rank") == len(model.rank_search_.ranks)
    assert record.state == "torn down"
    assert not hasattr(model.pipeline_, "_parent_callback_ctx")


@needs_callbacks
@pytest.mark.parametrize("depth", [1, None])
@pytest.mark.parametrize(
    "estimator",
    [
        GroupLassoMatrixSensing(),
        GroupLassoMatrixSensingCV(n_alphas=3, cv=3),
        PrunedMatrixSensing(),
        make_pruning_pipeline(),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_the_progress_bar_of_scikit_learn_advances(estimator, depth, capsys):
    pytest.importorskip("rich", reason="ProgressBar needs rich")
    estimator = clone(estimator).set_callbacks(callback.ProgressBar(max_propagation_depth=depth))
    estimator.fit(X, y)
    # The last picture of the bars: all are complete.
    assert "100%" in capsys.readouterr().out


@needs_callbacks
def test_the_progress_bar_of_a_loss_that_adapts(capsys):
    """Its rank search is repeated until δ stays, and no one knows how often beforehand."""
    pytest.importorskip("rich", reason="ProgressBar needs rich")
    rows, responses = X[:, :6], np.where(np.arange(900) % 20 == 0, 1e3, y)
    model = GroupLassoMatrixSensing(3, loss="huber").set_callbacks(callback.ProgressBar())
    model.fit(rows, responses)
    assert "100%" in capsys.readouterr().out
    assert len(model.rank_search_.ranks) <= 4


@needs_callbacks
def test_callbacks_are_told_of_rounds():
    record = Record()
    model = GroupLassoMatrixSensing(alpha=ALPHA).set_callbacks(record)
    model.fit(X, y, sample_weight=np.ones(900))
    assert record.begun == ["fit", "round", "round"]
    assert record.ended == ["round", "round", "fit"]
    assert record.state == "torn down"
    # The first round ends with fewer columns; the last one is the fit.
    first, last, _ = record.fitted
    assert first.rank_ < last.rank_ == model.rank_
    assert first.score(X, y) < last.score(X, y)
    assert_array_equal(last.factor_, model.factor_)
    plain = GroupLassoMatrixSensing(alpha=ALPHA).fit(X, y)
    assert_allclose(plain.factor_, model.factor_, rtol=1e-12)


@needs_callbacks
@pytest.mark.parametrize(
    "estimator",
    [
        GroupLassoMatrixSensingCV(n_alphas=3, cv=2),
        FineTuner(3),
        GreedyColumnPruner(),
        PrunedMatrixSensing(),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_every_estimator_supports_them(estimator):
    record = Record()
    estimator.set_callbacks(record).fit(X, y)
    assert record.begun[0] == record.ended[-1] == "fit"
    assert record.state == "torn down"


@needs_callbacks
def test_callbacks_end_where_a_fit_fails():
    record = Record()
    model = GroupLassoMatrixSensing(alpha=1e50).set_callbacks(record)
    with pytest.raises(ValueError, match="out of all proportion"):
        model.fit(X, y)
    assert record.state == "torn down"


@needs_callbacks
def test_scores_and_steps_of_a_pipeline():
    monitor = callback.ScoringMonitor(scoring="r2")
    GroupLassoMatrixSensing(alpha=ALPHA).set_callbacks(monitor).fit(X, y)
    scores = [row["r2"] for row in monitor.get_logs().data if row["task_name"] == "round"]
    assert len(scores) == 2
    assert scores[0] < scores[1]


@pytest.mark.skipif(callback is not None, reason="scikit-learn 1.9 and later")
def test_older_versions_lack_them():
    assert not hasattr(GroupLassoMatrixSensing(), "set_callbacks")
