"""The cost of choosing the rank: time of the whole pipeline over a fit that knows the rank.

``python docs/benchmarks/rank_choice.py`` runs both in turn on the same data and on one thread. The
oracle is `FineTuner` with the true rank and its spectral start. The times of a path and of a
cross-validation over that of a single fit are measured too.
"""

from time import process_time

import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_prune import (
    FineTuner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    make_pruning_pipeline,
    pruning_path,
)
from sklearn_prune.datasets import make_matrix_sensing


def seconds(fit, X, y):
    began = process_time()
    fit(X, y)
    return process_time() - began


def compare(name, first, second, X, y, repetitions=7):
    first(X, y), second(X, y)
    pairs = [(seconds(first, X, y), seconds(second, X, y)) for _ in range(repetitions)]
    a, b = np.median(pairs, axis=0)
    ratio = np.median([x / y for x, y in pairs])
    print(f"  {name}: {a:.3f} s over {b:.3f} s, ratio {ratio:.1f}", flush=True)


def main():
    oracle = FineTuner(5).fit
    for condition_number in (1, 10):
        X, y, _ = make_matrix_sensing(
            3000, 100, 5, noise=0.1, condition_number=condition_number, random_state=0
        )
        print(f"rank-one, d = 100, r = 5, n = 3000, noise 0.1, σ_1/σ_r = {condition_number}")
        alpha = GroupLassoMatrixSensing().fit(X, y).alpha_
        given = make_pruning_pipeline(alpha=alpha).fit
        single = GroupLassoMatrixSensing(alpha=alpha).fit
        compare("pipeline, alpha='auto' / oracle", make_pruning_pipeline().fit, oracle, X, y)
        compare("pipeline, alpha given / oracle", given, oracle, X, y)
        compare("pipeline, alpha='auto' / alpha given", make_pruning_pipeline().fit, given, X, y)
        compare("path of 30 alphas / one fit", pruning_path, single, X, y)
        chosen = GroupLassoMatrixSensingCV().fit
        compare("5 folds of 30 alphas / one fit", chosen, single, X, y, repetitions=3)
    for n, dim in ((1500, 60), (6000, 30), (20_000, 30)):
        X, y, _ = make_matrix_sensing(n, dim, 3, measurement="matrix", noise=0.1, random_state=0)
        print(f"matrix, d = {dim}, r = 3, n = {n}, noise 0.1, σ_1/σ_r = 1")
        alpha = GroupLassoMatrixSensing(measurement="matrix").fit(X, y).alpha_
        single = GroupLassoMatrixSensing(alpha=alpha, measurement="matrix").fit
        chosen = GroupLassoMatrixSensingCV(measurement="matrix").fit
        compare("5 folds of 30 alphas / one fit", chosen, single, X, y, repetitions=3)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
