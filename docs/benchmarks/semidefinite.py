"""The warning that a matrix is not positive semidefinite: false alarms, and what it finds.

``python docs/benchmarks/semidefinite.py`` fits ``positive=True`` to matrices of rank 1 to 3 in 5 to
15 dimensions, with 1.5 to 10 samples per degree of freedom of one more column, five kinds of
measurements, with and without an offset. It prints for several kinds of noise how many fits of
semidefinite matrices are warned of, and how many of matrices with one negative eigenvalue: as large
as the others, or a sixth of that. It takes about ten minutes.

``--draws 200`` is the number of problems in each row, ``--first 0`` the first seed, and ``--truth
"a weak one"`` takes one of the three truths.
"""

import argparse
import warnings

import numpy as np

from sklearn_prune import GroupLassoMatrixSensing, RankWarning

KINDS = ("Gaussian", "correlated", "entries", "heavy tails", "rank one")
# Standard deviations over that of the clean responses: noise that the search for the rank assumes.
ASSUMED = {
    "none": lambda y, rng: 0.0,
    "0.02": lambda y, rng: 0.02 * y.std() * rng.standard_normal(len(y)),
    "0.1": lambda y, rng: 0.1 * y.std() * rng.standard_normal(len(y)),
    "0.3": lambda y, rng: 0.3 * y.std() * rng.standard_normal(len(y)),
    "1": lambda y, rng: y.std() * rng.standard_normal(len(y)),
}
# And noise that it does not.
NOISE = ASSUMED | {
    "0.3, Student's t of 3": lambda y, rng: 0.3 * y.std() * rng.standard_t(3, len(y)),
    "0.3, in proportion": lambda y, rng: 0.3 * y * rng.standard_normal(len(y)),
    "0.1, 3 % outliers": lambda y, rng: (
        y.std() * (0.1 * rng.standard_normal(len(y)) + 5.0 * (rng.random(len(y)) < 0.03))
    ),
}
# The negative eigenvalue is drawn as the others are, times this; 0 for none.
TRUTHS = {"semidefinite": 0.0, "a negative eigenvalue": 1.0, "a weak one": 0.16}


def measurements(kind, n, d, rng):
    """Symmetric matrices, shape (n, d, d)."""
    A = rng.standard_normal((n, d, d))
    if kind == "correlated":
        A = A @ rng.standard_normal((d, d))
    elif kind == "heavy tails":
        A = rng.standard_t(4, (n, d, d))
    elif kind == "rank one":
        a, b = rng.standard_normal((2, n, d))
        A = a[:, :, None] * b[:, None, :]
    elif kind == "entries":
        A = np.zeros((n, d, d))
        A[np.arange(n), rng.integers(d, size=n), rng.integers(d, size=n)] = 1.0
    return 0.5 * (A + A.transpose(0, 2, 1))


def draw(seed, noise, negative):
    """Measurements, responses, and whether they have an offset."""
    rng = np.random.default_rng(seed)
    d, rank = int(rng.integers(5, 16)), int(rng.integers(1, 4))
    eigenvalues = rng.uniform(0.3, 1.0, rank)
    if negative:
        eigenvalues = np.append(eigenvalues, -negative * rng.uniform(0.3, 1.0))
    columns = np.linalg.qr(rng.standard_normal((d, len(eigenvalues))))[0]
    larger = len(eigenvalues) + 1
    q = d * larger - larger * (larger - 1) // 2
    A = measurements(KINDS[rng.integers(len(KINDS))], int(rng.uniform(1.5, 10.0) * q), d, rng)
    y = np.einsum("nij,ij->n", A, (columns * eigenvalues) @ columns.T)
    offset = bool(rng.integers(2))
    return A, y + NOISE[noise](y, rng) + offset, offset


def warnings_of(seed, noise, negative):
    """The texts of a fit's warnings of the rank."""
    A, y, offset = draw(seed, noise, negative)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        GroupLassoMatrixSensing(measurement="matrix", fit_intercept=offset, tol=1e-3).fit(A, y)
    return [str(w.message) for w in caught if w.category is RankWarning]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--truth", choices=TRUTHS)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.draws)
    print(f"{'truth':24}{'noise':24}{'warned of':>12}{'of another':>12}{'silent':>8}")
    for truth in [options.truth] if options.truth else TRUTHS:
        negative = TRUTHS[truth]
        for noise in ASSUMED if negative else NOISE:
            texts = [warnings_of(seed, noise, negative) for seed in seeds]
            told = [any("counts negatively" in text for text in one) for one in texts]
            silent = sum(not one for one in texts)
            others = len(texts) - sum(told) - silent
            print(f"{truth:24}{noise:24}{sum(told):12}{others:12}{silent:8}", flush=True)


if __name__ == "__main__":
    main()
