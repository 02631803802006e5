"""Which saddles does the probe of the curvature find, and in how many Hessian products?

``python docs/benchmarks/probe.py [--draws 1000]`` fits the problems of ``saddles.py`` from spectral
and random starts, positive or signed, and repeats `probe_curvature` with other constants at every
point where a fit asks for it. The true curvatures there are those of the whole Hessian, off the
directions that only rotate the columns; a saddle has one below −0.01 of the largest.
"""

import argparse
import warnings
from collections import Counter
from unittest.mock import patch

import numpy as np
import saddles
from joblib import Parallel, delayed
from scipy.linalg import eigvalsh
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from sklearn_prune import FineTuner, GroupLassoMatrixSensing, alpha_max
from sklearn_prune.objective import Evaluation, probe_curvature
from sklearn_prune.objective._curvature import Curvature
from sklearn_prune.solvers import _saddle, _working_set

# Hessian products at most, and the part of the largest curvature to which the smallest is known.
# With −1 the iteration never ends early.
CONSTANTS = [(10, -1.0), (20, 0.03), (20, 0.02), (20, 0.01)]
ROW = "{:>9}{:>7}{:>9}{:>7}{:>15}"


def is_true_saddle(point):
    """Whether the Hessian off the rotations is indefinite, from all of its columns."""
    model = point.problem.model
    P = [
        model.project_horizontal(point.factor, e.reshape(point.U.shape))
        for e in np.eye(point.U.size)
    ]
    H = np.array([np.ravel(point.hessian_product(V)) for V in P]) @ np.reshape(P, (len(P), -1))
    values = eigvalsh(0.5 * (H + H.T))
    return _saddle.is_saddle(Curvature(values[0], values[-1], point.U))


def fits(seed):
    """Fits of one problem from several starts."""
    rng = np.random.default_rng([14, seed])
    _, data = saddles.problem(seed)
    X, y, positive = data.X, data.y, bool(rng.integers(2))
    share = np.exp(rng.uniform(np.log(0.001), np.log(0.3)))
    common = {"positive": positive, "random_state": seed}
    alpha = share * alpha_max(X, y, positive=positive)
    GroupLassoMatrixSensing(alpha=alpha, **common).fit(X, y)
    k = min(8, X.shape[1])
    GroupLassoMatrixSensing(alpha=alpha, init="random", n_components=k, **common).fit(X, y)
    for shrinkage in (0.0, 0.1):
        FineTuner(2, shrinkage=shrinkage, init="random", **common).fit(X, y)


def run(seed):
    """Counts of points, and of the saddles that each pair of constants finds."""
    counts, product = Counter(), Evaluation.hessian_product

    def probed(point):
        if point.U.size:
            truth = is_true_saddle(point)
            counts["points"] += 1
            counts["saddles"] += truth
            for constants in CONSTANTS:
                products, known = constants

                def counted(point, V, constants=constants):
                    counts["products", constants] += 1
                    return product(point, V)

                with patch.object(Evaluation, "hessian_product", counted):
                    found = probe_curvature(point, products=products, known=known)
                counts["saddle" if truth else "minimum", constants] += _saddle.is_saddle(found)
        return probe_curvature(point)

    with (
        threadpool_limits(1),
        warnings.catch_warnings(),
        patch.object(_working_set, "probe_curvature", probed),
        patch.object(_saddle, "probe_curvature", probed),
    ):
        warnings.simplefilter("ignore", ConvergenceWarning)
        fits(seed)
    return counts


def main(draws):
    total = sum(Parallel(n_jobs=-1)(delayed(run)(seed) for seed in range(draws)), Counter())
    print(f"{total['saddles']} saddles among {total['points']} points")
    print(ROW.format("products", "known", "saddles", "false", "products each"))
    for constants in CONSTANTS:
        products, known = constants
        print(
            ROW.format(
                products,
                known if known > 0 else "never",
                total["saddle", constants],
                total["minimum", constants],
                f"{total['products', constants] / total['points']:.1f}",
            )
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=1000)
    main(parser.parse_args().draws)
