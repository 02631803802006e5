"""Is a fit to few noisy samples worse than the mean of y without saying so?

``python docs/benchmarks/small_noisy.py --draws 1000`` draws that many problems, half of each kind
of measurement, of dimension 4 to 15, rank 1 to 3, condition number 1 to 5, 1 to 3 samples per
degree of freedom and noise of 0.1 to 3 times the deviation of y. It fits ``make_pruning_pipeline``,
with no argument but `measurement`, and predicts 2,000 fresh samples with noise.

- gain: R² at the fresh samples, less that of the mean of the responses that were fitted.
- warned: share of draws with a ``RankWarning``; `alarms`: share of the draws with the right rank.
- silent: draws with a gain below −0.1 and no warning. Their seeds are printed.

``--first F`` leaves out the first F; ``--seed S`` runs one draw and says what was found.
"""

import argparse
import warnings
from itertools import pairwise
from time import process_time

import numpy as np
from sklearn.metrics import r2_score
from threadpoolctl import threadpool_limits

from sklearn_prune import make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.models import Positive

RATIOS = (1.0, 1.5, 2.0, 3.0)
N_CHECK = 2000


def problem(seed):
    """Samples, fresh samples, kind, ratio, shape and rank; even seeds are rank-one."""
    rng = np.random.default_rng([11, seed])
    measurement = ("rank-one", "matrix")[seed % 2]
    d, r = int(rng.integers(4, 16)), int(rng.integers(1, 4))
    ratio, condition = rng.uniform(RATIOS[0], RATIOS[-1]), rng.uniform(1, 5)
    noise = np.exp(rng.uniform(np.log(0.1), np.log(3.0)))
    n = int(np.ceil(ratio * Positive().degrees_of_freedom(d, r)))
    X, y, _ = make_matrix_sensing(
        n + N_CHECK,
        d,
        r,
        measurement=measurement,
        condition_number=condition,
        random_state=rng.integers(2**31),
    )
    y += noise * y.std() * rng.standard_normal(len(y))
    shape = f"d={d} r={r} n={n} noise={noise:.2f}"
    return X[:n], y[:n], X[n:], y[n:], measurement, ratio, shape, r


def run(seed):
    """Seed, kind, ratio, shape, gain, rank, whether it is right, warnings and seconds of a draw."""
    X, y, X_check, y_check, measurement, ratio, shape, r = problem(seed)
    with threadpool_limits(1), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        began = process_time()
        pipe = make_pruning_pipeline(measurement=measurement, random_state=0).fit(X, y)
        seconds = process_time() - began
    causes = [str(w.message) for w in caught if w.category.__name__ == "RankWarning"]
    rank = int(pipe["tune"].factor_.any(axis=0).sum())
    gain = r2_score(y_check, pipe.predict(X_check))
    gain -= r2_score(y_check, np.full(N_CHECK, y.mean()))
    return seed, measurement, ratio, shape, gain, rank, rank == r, causes, seconds


def main(first, draws):
    outcomes = []
    for seed in range(first, first + draws):
        outcomes.append(run(seed))
        _, measurement, ratio, shape, gain, rank, _, causes, _ = outcomes[-1]
        if gain < -0.1 and not causes:
            print(
                f"  silent: seed {seed}, {measurement}, {shape}, ratio {ratio:.2f}, rank {rank}, "
                f"gain {gain:.2f}",
                flush=True,
            )
    print(
        f"\n{'':9} {'ratio':10}{'draws':>6}{'gain 5 %':>9}{'median':>8}{'warned':>8}{'alarms':>8}"
        f"{'silent':>7}"
    )
    for measurement in ("rank-one", "matrix"):
        for low, high in pairwise(RATIOS):
            rows = [o for o in outcomes if o[1] == measurement and low <= o[2] < high]
            if rows:
                gains = [o[4] for o in rows]
                silent = sum(o[4] < -0.1 and not o[7] for o in rows)
                right = [bool(o[7]) for o in rows if o[6]]
                print(
                    f"{measurement:9} {low:.1f} - {high:.1f} {len(rows):6}"
                    f"{np.quantile(gains, 0.05):9.2f}{np.median(gains):8.2f}"
                    f"{np.mean([bool(o[7]) for o in rows]):8.2f}"
                    f"{sum(right) / max(1, len(right)):8.2f}{silent:7}"
                )
    print(f"total {sum(o[-1] for o in outcomes):.0f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    arguments = parser.parse_args()
    if arguments.seed is None:
        main(arguments.first, arguments.draws)
    else:
        print(*run(arguments.seed), sep="\n")
