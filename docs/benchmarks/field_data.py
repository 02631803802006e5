"""Rank and error of the pipeline on data of the kinds that users have, with a known answer.

``python docs/benchmarks/field_data.py --draws 20`` draws 20 problems for each row of the table
(fewer where a fit is slow): exact distances, redundant columns, unscaled units, separate groups of
points, categories times features, sparse graphs, correlated rows and wide tables. It fits
``make_pruning_pipeline(random_state=0)``, with ``fit_bias=True`` where features have a mean.
``--only NAME`` takes the rows with NAME in their name.

- right: share of draws with the right rank. Wide tables have too few samples to test any rank;
  there a draw is right if the pipeline warns. A fit that raises an exception is wrong.
- silent: share of draws that are wrong without a warning.
- error, R²: the largest ``‖ŷ − y*‖ / ‖y*‖`` and the smallest R², where y* is y without noise: at
  1,000 fresh samples where rows are random, at the samples where they are pairs of points. On the
  diabetes data y* is not known, and R² is that of y.
- RankW., UserW.: share of draws with a ``RankWarning``, and with any ``UserWarning``.
- seconds, most: median and largest CPU seconds of a fit on one thread.
- found: the ranks found, as "rank×draws". A column that is kept and is all zero does not count.
"""

import argparse
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.linalg import block_diag
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from sklearn_prune import make_pruning_pipeline

Array = NDArray[np.float64]


@dataclass
class Data:
    """A problem: samples, settings of the pipeline, and what is known of the answer."""

    X: Array
    y: Array
    rank: int | None  # None: no rank can be tested
    X_check: Array
    y_check: Array
    exact: bool = True  # whether y_check is free of noise
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass
class Row:
    """A row of the table: what draws its problems, and how many draws there are at most."""

    name: str
    draw: Callable[[Generator], Data]
    most: int = 1_000_000


class Outcome(NamedTuple):
    """What a fit found."""

    rank: int
    right: bool
    error: float
    r2: float
    rank_warning: bool
    user_warning: bool
    seconds: float
    exception: str


# Rows at random. Each function draws N_CHECK rows more than the samples, and `sampled` splits them.
N_CHECK = 1000


def orthonormal(rng: Generator, d: int, rank: int) -> Array:
    """A factor with orthonormal columns."""
    return np.linalg.qr(rng.standard_normal((d, rank)))[0]


def sampled(
    rng: Generator, X: Array, products: Array, noise: float, rank: int | None, **settings: Any
) -> Data:
    """Samples and fresh rows of ``y = ‖products‖² + noise ε``, a row of products for each of X."""
    clean = np.sum(products**2, axis=1)
    y = clean[:-N_CHECK] + noise * rng.standard_normal(len(X) - N_CHECK)
    return Data(X[:-N_CHECK], y, rank, X[-N_CHECK:], clean[-N_CHECK:], settings=settings)


def redundant(rng: Generator, zeros: int = 0, copies: int = 1) -> Data:
    """Six features, with columns of zeros or with copies of each feature."""
    Z = rng.standard_normal((400 + N_CHECK, 6))
    X = np.pad(np.tile(Z, copies), ((0, 0), (0, zeros)))
    return sampled(rng, X, Z @ orthonormal(rng, 6, 2), 0.1, 2)


def diabetes(rng: Generator, twice: bool, permuted: bool) -> Data:
    """The diabetes data with all columns twice, or with a column of ones beside the bias."""
    X, y = load_diabetes(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    X = np.hstack([X, X if twice else np.ones((len(X), 1))])
    order = rng.permutation(len(y)) if permuted else np.arange(len(y))
    X, y = X[order], y[order]
    return Data(X, y, 2, X, y, exact=False, settings={"fit_bias": True})


def spread_columns(rng: Generator, d: int) -> Data:
    """Standard normal columns times 1 to 1e7."""
    Z = rng.standard_normal((60 * d + N_CHECK, d))
    return sampled(rng, Z * np.geomspace(1, 1e7, d), Z @ orthonormal(rng, d, 2), 0.05, 2)


def money_and_rate(rng: Generator, means: bool) -> Data:
    """Six standard normal features, money (deviation 1e5) and a rate (1e-3), not scaled."""
    Z = rng.standard_normal((800 + N_CHECK, 8))
    X = Z * [1e5, 1e-3, 1, 1, 1, 1, 1, 1]
    products = Z @ orthonormal(rng, 8, 3)
    if means:
        X += [3e5, 5e-3, 1, 1, 1, 1, 1, 1]
        products += rng.standard_normal(3)
    return sampled(rng, X, products, 0.3, 3, fit_bias=means)


def categories(rng: Generator, c: int, p: int) -> Data:
    """One of c categories, one-hot, times p features: one block of p entries is not zero."""
    n = 10 * c * p + N_CHECK
    one_hot = np.eye(c)[rng.integers(c, size=n)]
    X = np.einsum("nc,np->ncp", one_hot, rng.standard_normal((n, p))).reshape(n, c * p)
    return sampled(rng, X, X @ rng.standard_normal((c * p, 1)), 0.1, 1)


def gaussian_rows(rng: Generator, correlation: float) -> Data:
    """100 features of which neighbours have the given correlation, rank 5, 3,000 samples."""
    lags = np.abs(np.subtract.outer(np.arange(100), np.arange(100)))
    root = np.linalg.cholesky(correlation**lags)  # 0.0**0 is 1
    X = rng.standard_normal((3000 + N_CHECK, 100)) @ root.T
    return sampled(rng, X, X @ orthonormal(rng, 100, 5), 0.1, 5)


def mean_and_product(rng: Generator, mean: float, size: float) -> Data:
    """A large mean and a product of two of six features, with noise of size one; signed."""
    X = rng.random((800 + N_CHECK, 6))
    clean = mean + size * (X[:, 0] - 0.5) * (X[:, 1] - 0.5)
    y = clean[:-N_CHECK] + rng.standard_normal(800)
    rank = 3 if size else 1
    settings = {"fit_bias": True, "positive": False}
    return Data(X[:-N_CHECK], y, rank, X[-N_CHECK:], clean[-N_CHECK:], settings=settings)


def wide(rng: Generator, n: int, d: int, rank: int, relative_noise: float) -> Data:
    """Fewer samples than features; the noise is relative to ``√(2 rank)``, the deviation of y."""
    X = rng.standard_normal((n + N_CHECK, d))
    noise = relative_noise * np.sqrt(2 * rank)
    return sampled(rng, X, X @ orthonormal(rng, d, rank), noise, None)


# Pairs of points, checked at the pairs that were measured.


def pair_rows(pairs: list[tuple[int, int]], n_points: int, sign: float = -1.0) -> Array:
    """The rows ``e_a + sign e_b``."""
    a, b = np.array(pairs).T
    return np.eye(n_points)[a] + sign * np.eye(n_points)[b]


def all_pairs(n_points: int) -> list[tuple[int, int]]:
    """Every pair of points once."""
    return list(combinations(range(n_points), 2))


def squared_distances(rng: Generator, points: Array, X: Array, noise: float) -> Data:
    """Squared distances, each distance with a relative error of the given size."""
    clean = np.sum((X @ points) ** 2, axis=1)
    y = clean * (1 + noise * rng.standard_normal(len(X))) ** 2
    return Data(X, y, points.shape[1], X, clean)


def groups(
    rng: Generator,
    sizes: tuple[int, ...],
    dim: int,
    share: float = 1.0,
    extents: tuple[float, ...] = (1.0,),
    noise: float = 0.005,
) -> Data:
    """Distances inside groups of points only; of each group the given share of its pairs.

    A draw in which a point has fewer than `dim` distances, and can move freely, is drawn again.
    """
    blocks = []
    for size in sizes:
        X = pair_rows(all_pairs(size), size)
        while True:
            chosen = X[rng.permutation(len(X))[: round(share * len(X))]]
            if np.abs(chosen).sum(axis=0).min() >= dim:
                break
        blocks.append(chosen)
    extent = np.repeat(np.broadcast_to(extents, len(sizes)), sizes)[:, None]
    points = extent * rng.standard_normal((sum(sizes), dim))
    return squared_distances(rng, points, block_diag(*blocks), noise)


def bipartite(rng: Generator, left: int, right: int) -> Data:
    """Distances in the plane between two sets of points, none inside a set."""
    pairs = list(product(range(left), range(left, left + right)))
    points = rng.standard_normal((left + right, 2))
    return squared_distances(rng, points, pair_rows(pairs, left + right), 0.005)


def star_and_cycle(rng: Generator, n_points: int) -> Data:
    """Distances in the plane from one point to all others, and along a cycle of the others."""
    spokes = [(0, b) for b in range(1, n_points)]
    cycle = [(b, b % (n_points - 1) + 1) for b in range(1, n_points)]
    points = rng.standard_normal((n_points, 2))
    return squared_distances(rng, points, pair_rows(spokes + cycle, n_points), 0.005)


def entries_and_sums(rng: Generator, d: int) -> Data:
    """``u_i²`` of every entry and ``(u_i + u_j)²`` of every pair, with noise."""
    X = np.vstack([np.eye(d), pair_rows(all_pairs(d), d, sign=1.0)])
    clean = (X @ rng.standard_normal(d)) ** 2
    return Data(X, clean + 0.1 * rng.standard_normal(len(X)), 1, X, clean)


GROUPS: list[tuple[str, dict[str, Any]]] = [
    ("2 of 8 in 2-D", {"sizes": (8, 8), "dim": 2}),
    ("2 of 8 in 3-D", {"sizes": (8, 8), "dim": 3}),
    ("3 of 6 in 2-D", {"sizes": (6, 6, 6), "dim": 2}),
    ("5, 8, 12 in 2-D", {"sizes": (5, 8, 12), "dim": 2}),
    ("extents 1, 3", {"sizes": (8, 8), "dim": 2, "extents": (1.0, 3.0)}),
]
ROWS = [
    *(
        Row(f"exact distances, {n} in {dim}-D", partial(groups, sizes=(n,), dim=dim, noise=0.0))
        for n, dim in ((4, 2), (5, 3), (6, 3))
    ),
    Row("6 features + 150 zero columns", partial(redundant, zeros=150)),
    Row("6 features, each 41 times", partial(redundant, copies=41)),
    *(
        Row(f"diabetes, {what}, {order}", partial(diabetes, twice=twice, permuted=permuted), most)
        for what, twice in (("ones", False), ("twice", True))
        for order, permuted, most in (("as is", False, 1), ("permuted", True, 10))
    ),
    Row("columns spread over 1e7, d = 10", partial(spread_columns, d=10)),
    Row("columns spread over 1e7, d = 20", partial(spread_columns, d=20)),
    Row("money and rate, centred", partial(money_and_rate, means=False)),
    Row("money and rate, fit_bias", partial(money_and_rate, means=True)),
    Row("mean 100 and a product", partial(mean_and_product, mean=100.0, size=16.0)),
    Row("mean 5 and nothing else", partial(mean_and_product, mean=5.0, size=0.0)),
    *(Row(f"e_i and e_i + e_j, d = {d}", partial(entries_and_sums, d=d), 16) for d in (12, 32, 64)),
    *(
        Row(f"groups, {name}, {share:.0%}", partial(groups, share=share, **settings))
        for name, settings in GROUPS
        for share in (1.0, 0.7)
    ),
    *(
        Row(f"{c} categories x {p} features", partial(categories, c=c, p=p))
        for c, p in ((3, 8), (6, 5), (12, 3))
    ),
    Row("bipartite, 6 and 9", partial(bipartite, left=6, right=9)),
    Row("bipartite, 12 and 12", partial(bipartite, left=12, right=12)),
    Row("star and cycle, 8", partial(star_and_cycle, n_points=8)),
    Row("star and cycle, 20", partial(star_and_cycle, n_points=20)),
    Row("Gaussian rows, independent", partial(gaussian_rows, correlation=0.0), 10),
    Row("Gaussian rows, correlated .9", partial(gaussian_rows, correlation=0.9), 10),
    Row("wide, 72 x 500", partial(wide, n=72, d=500, rank=2, relative_noise=0.01), 5),
    Row("wide, 1000 x 2000", partial(wide, n=1000, d=2000, rank=1, relative_noise=0.0), 2),
]


def run(row: Row, seed: int) -> Outcome:
    """Draw one problem of the row and fit the pipeline to it, on one thread."""
    data = row.draw(np.random.default_rng([seed, *row.name.encode()]))
    rank, error, r2, exception = -1, np.nan, np.nan, ""
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        began = time.process_time()
        try:
            pipe = make_pruning_pipeline(random_state=0, **data.settings).fit(data.X, data.y)
        except Exception as failure:  # counted and printed; the other draws go on
            exception = f"{type(failure).__name__}: {failure}"
        seconds = time.process_time() - began
    # By name, as the package may have no class of this name.
    rank_warning = any(w.category.__name__ == "RankWarning" for w in caught)
    user_warning = any(issubclass(w.category, UserWarning) for w in caught)
    if not exception:
        # The pruner keeps a column of zeros where nothing was found.
        rank = min(pipe["prune"].n_columns_, int(pipe["tune"].factor_.any(axis=0).sum()))
        predicted = pipe.predict(data.X_check)
        r2 = r2_score(data.y_check, predicted)
        if data.exact:
            error = np.linalg.norm(predicted - data.y_check) / np.linalg.norm(data.y_check)
    right = not exception and (user_warning if data.rank is None else rank == data.rank)
    return Outcome(rank, right, error, r2, rank_warning, user_warning, seconds, exception)


def report(row: Row, outcomes: list[Outcome]) -> str:
    """The line of a row, and below it the exceptions that were raised."""
    ranks = Counter(o.rank for o in outcomes if not o.exception)
    found = " ".join(f"{rank}×{count}" for rank, count in sorted(ranks.items()))
    error = max((o.error for o in outcomes if not o.exception), default=np.nan)
    seconds = [o.seconds for o in outcomes]
    line = (
        f"{row.name:33}{len(outcomes):5}{np.mean([o.right for o in outcomes]):7.2f}"
        f"{np.mean([not (o.right or o.user_warning) for o in outcomes]):7.2f}"
        f"{'-' if np.isnan(error) else f'{error:.0e}':>6}"
        f"{min((o.r2 for o in outcomes if not o.exception), default=np.nan):7.3f}"
        f"{np.mean([o.rank_warning for o in outcomes]):8.2f}"
        f"{np.mean([o.user_warning for o in outcomes]):7.2f}"
        f"{np.median(seconds):8.2f}{max(seconds):7.2f}  {found}"
    )
    raised = Counter(o.exception for o in outcomes if o.exception)
    return "\n".join([line, *(f"    {count} × {text}" for text, count in raised.items())])


def main(draws: int = 20, only: str = "", jobs: int = 2) -> None:
    print(
        f"{'':33}{'draws':>5}{'right':>7}{'silent':>7}{'error':>6}{'R²':>7}"
        f"{'RankW.':>8}{'UserW.':>7}{'seconds':>8}{'most':>7}  found"
    )
    for row in ROWS:
        if only.lower() in row.name.lower():
            seeds = range(min(draws, row.most))
            outcomes = Parallel(n_jobs=jobs)(delayed(run)(row, seed) for seed in seeds)
            print(report(row, outcomes), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=20, help="draws for each row at most")
    parser.add_argument("--only", default="", help="rows with this text in their name")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    arguments = parser.parse_args()
    main(arguments.draws, arguments.only, arguments.jobs)
