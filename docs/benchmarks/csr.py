"""Sparse rows: rank, error, CPU seconds and memory; and from which density dense kernels pay.

``python docs/benchmarks/csr.py`` runs each case in a process of its own, with one BLAS thread.
"""

import argparse
import subprocess
import sys
import tracemalloc
import warnings
from pathlib import Path
from time import process_time

import numpy as np
from scipy import sparse
from sklearn.metrics import r2_score

from sklearn_prune import GroupLassoMatrixSensing, make_pruning_pipeline, pair_differences
from sklearn_prune.models import Positive
from sklearn_prune.sensing import DenseRows, RankOneMap, SparseRankOneMap, SparseRows

# Points, part of the pairs, relative noise, columns at most, and whether rows are made dense.
POINTS = {
    "500 points": (500, 0.03, 0.01, 20, False),
    "500 points, dense": (500, 0.03, 0.01, 20, True),
    "600 points": (600, 0.03, 0.02, 20, False),
    "5000 points": (5000, 0.005, 0.01, None, False),
}


def distances(n_points, part, noise, seed):
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((n_points, 3))
    n = int(part * n_points * (n_points - 1) / 2)
    # Drawn one by one, since a list of all pairs would take most of the memory.
    pairs = np.sort(rng.integers(0, n_points, (2 * n, 2)), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] < pairs[:, 1]], axis=0)
    X = pair_differences(rng.permutation(pairs)[:n], n_points)
    y = ((X @ points) ** 2).sum(axis=1)
    # What distances show of M is that of the points about their mean.
    return X, y * (1.0 + noise * rng.standard_normal(len(y))), points - points.mean(axis=0)


def entries(d, part, noise, seed):
    rng = np.random.default_rng(seed)
    U = rng.standard_normal((d, 3))
    n = int(part * d * (d + 1) / 2)
    places = np.unique(np.sort(rng.integers(0, d, (2 * n, 2)), axis=1), axis=0)
    a, b = rng.permutation(places)[:n].T
    y = np.einsum("ij,ij->i", U[a], U[b])
    ones = (np.ones(len(a)), (np.arange(len(a)), a * d + b))
    X = sparse.csr_array(ones, shape=(len(a), d * d))
    return X, y + noise * y.std() * rng.standard_normal(len(y)), U


def relative_error(U, V):
    """``||U Uᵀ − V Vᵀ|| / ||V Vᵀ||`` in the span of both."""
    R = np.linalg.qr(np.hstack([U, V]))[1]
    A, B = R[:, : U.shape[1]], R[:, U.shape[1] :]
    return np.linalg.norm(A @ A.T - B @ B.T) / np.linalg.norm(B @ B.T)


def megabytes():
    """The largest resident memory of this process so far."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def run(name, seed, traced):
    before = megabytes()
    measurement, columns, dense = "rank-one", None, False
    if name in POINTS:
        *problem, columns, dense = POINTS[name]
        X, y, truth = distances(*problem, seed)
    else:
        X, y, truth = entries(2000, 0.03, 0.01, seed)
        measurement = "matrix"
    X = X.toarray() if dense else X
    pipe = make_pruning_pipeline(n_components=columns, measurement=measurement)
    began = process_time()
    if traced:
        tracemalloc.start()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pipe.fit(X, y)
    seconds = process_time() - began
    U = pipe["tune"].factor_
    if measurement == "rank-one":
        U = U - U.mean(axis=0)
    peak = tracemalloc.get_traced_memory()[1] / (8.0 * len(U) ** 2) if traced else None
    print(
        f"{name}, seed {seed}: n = {X.shape[0]}, rank {pipe['sense'].rank_}, relative error "
        f"{relative_error(U, truth):.4f}, {seconds:.1f} s, {megabytes() - before:.0f} MB more, "
        f"certificate {pipe['sense'].certificate_.holds}, "
        + (f"allocated at most {peak:.3f} arrays of shape (d, d), " if traced else "")
        + f"warnings: {[str(w.message)[:60] for w in caught]}",
        flush=True,
    )


def ridges(groups, n_groups, features, targets, penalty):
    """A ridge regression for each group of samples."""
    k = features.shape[1]
    order = np.argsort(groups, kind="stable")
    counts = np.bincount(groups, minlength=n_groups)
    starts = np.concatenate([[0], np.cumsum(counts)])
    solved = np.zeros((n_groups, k))
    for group in np.flatnonzero(counts):
        rows = order[starts[group] : starts[group + 1]]
        gram = features[rows].T @ features[rows] + penalty * np.eye(k)
        solved[group] = np.linalg.solve(gram, features[rows].T @ targets[rows])
    return solved


def als(places, d, fields, y, rank, penalty, rounds=30):
    """A factorisation machine by alternating least squares: its predictions for rows of places.

    The prediction is a mean, effects, and ``Σ_{f<g} <v_f, v_g>`` for the categories of the fields.
    """
    V = 0.1 * np.random.default_rng(0).standard_normal((d, rank + 1))
    V[:, -1] = 0.0
    mean, width = y.mean(), d // fields

    def predict(places):
        sums = V[places].sum(axis=1)
        squares = np.einsum("nfr,nfr->n", V[places, :-1], V[places, :-1])
        return mean + sums[:, -1] + (np.sum(sums[:, :-1] ** 2, axis=1) - squares) / 2

    ones = np.ones((len(y), 1))
    for _ in range(rounds):
        for field in range(fields):
            own = places[:, field]
            others = V[places].sum(axis=1)[:, :-1] - V[own, :-1]
            features = np.hstack([others, ones])
            targets = y - predict(places) + np.sum(features * V[own], axis=1)
            solved = ridges(own - width * field, width, features, targets, penalty)
            V[width * field : width * (field + 1)] = solved
    return predict


def one_hot(n, d, fields, seed):
    """A table of indicators, where a constant can move between the fields, and its fit.

    Beside it is a factorisation machine of the true rank by alternating least squares, with four
    penalties in turn.
    """
    rng = np.random.default_rng(seed)
    width = d // fields
    places = rng.integers(0, width, (n, fields)) + width * np.arange(fields)
    ones = (np.ones(n * fields), places.ravel(), np.arange(0, n * fields + 1, fields))
    X = sparse.csr_array(ones, shape=(n, d))
    U = rng.standard_normal((d, 2)) / np.sqrt(fields)
    y = ((X @ U) ** 2).sum(axis=1)
    y = y + 0.5 * y.std() * rng.standard_normal(n)
    train, test = slice(0, int(0.9 * n)), slice(int(0.9 * n), n)
    before, began = megabytes(), process_time()
    model = GroupLassoMatrixSensing(8, alpha=0.02, fit_intercept=True, tol=1e-5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X[train], y[train])
    print(
        f"one-hot: n = {n}, d = {d}, {fields} fields: rank {model.rank_}, held-out R² "
        f"{model.score(X[test], y[test]):.3f}, {process_time() - began:.0f} s, "
        f"{megabytes() - before:.0f} MB more, {model.n_iter_} steps, {model.certificate_}, "
        f"warnings: {[str(w.message)[:60] for w in caught]}",
        flush=True,
    )
    for penalty in (1.0, 3.0, 10.0, 30.0):
        began = process_time()
        predict = als(places[train], d, fields, y[train], 2, penalty)
        print(
            f"alternating least squares, penalty {penalty:g}: held-out R² "
            f"{r2_score(y[test], predict(places[test])):.3f}, {process_time() - began:.0f} s",
            flush=True,
        )


def best_seconds(call, *arguments):
    times = []
    for _ in range(5):
        began = process_time()
        call(*arguments)
        times.append(process_time() - began)
    return max(min(times), 1e-9)


def products(sensing, U, c):
    return sensing.linearize(U).adjoint_product(c)


def ratio(call, maps, *arguments):
    sparse_time, dense_time = (best_seconds(call, one, *arguments) for one in maps)
    return sparse_time / dense_time


def kernels():
    """Time of a pass and of forming R, sparse over dense, and of not forming R, by density."""
    rng = np.random.default_rng(0)
    for d in (50, 100, 200, 500):
        U, c = rng.standard_normal((d, 5)), rng.standard_normal(8000)
        for density in (0.01, 0.1, 0.2, 0.3, 0.4):
            kept = rng.uniform(size=(8000, d)) < density
            X = sparse.csr_array(rng.standard_normal((8000, d)) * kept)
            maps = SparseRankOneMap(SparseRows(X)), RankOneMap(DenseRows(X.toarray()))
            known = SparseRankOneMap(SparseRows(X), most_formed=0)
            rates = [
                best_seconds(lambda m, e: Positive().ascent_rate(m.adjoint(e)), m, c)
                for m in (known, SparseRankOneMap(SparseRows(X), most_formed=d))
            ]
            print(
                f"d = {d}, {density:.0%}: pass {ratio(products, maps, U, c):.2f}, forming R "
                f"{ratio(lambda m, e: m.formed_adjoint(e), maps, c):.2f}; sparse rows, its "
                f"largest eigenvalue by products over formed {rates[0] / rates[1]:.2f}",
                flush=True,
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", help="one case, in this process")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--traced", action="store_true", help="count what is allocated")
    options = parser.parse_args()
    if options.case == "kernels":
        return kernels()
    if options.case == "one-hot":
        return one_hot(200_000, 20_000, 10, options.seed)
    if options.case:
        return run(options.case, options.seed, options.traced)
    cases = [["500 points"], ["500 points, dense"], ["5000 points"], ["5000 points", "--traced"]]
    cases += [["entries"], ["one-hot"], ["kernels"]]
    cases += [["600 points", "--seed", str(seed)] for seed in range(10)]
    for case in cases:
        subprocess.run([sys.executable, __file__, "--case", *case], check=True)


if __name__ == "__main__":
    main()
