"""What choosing the rank costs: the whole pipeline over a fit that is told the rank.

``python docs/benchmarks/rank_choice.py`` runs both in turn on the same data, one thread. The oracle
is `FineTuner` with the true rank and its spectral start. The cost of a path is measured as well.
"""

from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, make_pruning_pipeline, pruning_path
from sklearn_prune.datasets import make_matrix_sensing


def seconds(fit, X, y):
    began = perf_counter()
    fit(X, y)
    return perf_counter() - began


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
        compare("path of 30 alphas / one fit", pruning_path, single, X, y)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
