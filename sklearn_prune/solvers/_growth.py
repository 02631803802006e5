"""A start, or further columns, along the directions in which the loss falls fastest."""

from collections.abc import Callable

import numpy as np

from sklearn_prune._typing import FloatArray, Operator
from sklearn_prune.models import Factor
from sklearn_prune.objective import Evaluation, Objective, Problem
from sklearn_prune.solvers._least_squares import fit_in_span
from sklearn_prune.solvers._solution import Solution

# Random part of new columns, relative to their norms. Spectral columns may lie in a saddle: rows of
# U that are zero for a whole group of samples have no gradient there. 0.01 in whitened coordinates
# repaired all of 18 such problems (`docs/benchmarks/field_data.py`); it costs no step otherwise.
JITTER = 0.01
# The products of two columns, over the squares of either, below which no sample has both: zero up
# to rounding. With 0.01 whitened Gaussian tables of fewer than two samples for each row of U were
# taken for groups, since their spectral directions are close to single samples.
DECOUPLED = 1e-6
# Columns at most that are added at once. The m(m+1)/2 products of m directions are fitted by dense
# least squares.
MOST_COLUMNS = 16
# Rows are taken to have a constant if their mean explains at least this part of them in whitened
# coordinates: all of them with a bias or a column of ones, about nothing of centred rows, and two
# thirds of the differences of all pairs of points in their order, which have no constant. 0.1, 0.5
# and 0.95 gave the same ranks on ten draws of each table of `docs/benchmarks/field_data.py` with a
# mean or a column of ones.
NEAR_CONSTANT = 0.9


def spectral_start(problem: Problem, count: int) -> Factor:
    """A factor of at most `count` columns from the residual matrix of a constant.

    The residuals are those of a constant even if no offset is fitted: R at ``U = 0`` is
    ``2 M + tr(M) I`` for Gaussian rank-one measurements otherwise.
    """
    R = problem.residual_matrix_of_constant
    V = problem.model.ascent_directions(R, min(count, MOST_COLUMNS)).U
    return _joined(Objective(problem).empty, V, count)


def further_spectral_starts(problem: Problem, count: int) -> list[Factor]:
    """The start with the direction of a constant, if its loss is below that of `spectral_start`."""
    if _direction_of_constant(problem) is None:
        return []
    R = problem.residual_matrix_of_constant
    return possible_starts(Objective(problem).empty, R, min(count, MOST_COLUMNS))[1:]


def possible_starts(point: Evaluation, R: Operator, count: int) -> list[Factor]:
    """The factor of a point with columns along eigenvectors of R, and one that may be better.

    The other one has the direction of a constant, such as a bias, where rows have one and no offset
    is fitted: a constant in the residuals adds as much to every eigenvalue of R in whitened
    coordinates, so that eigenvectors do not show it. It is given if its loss is lower. With
    eigenvectors alone, y = 5 + noise was fitted with 1 to 6 columns, all in poor local minima; but
    with the lower start alone ``e_i`` and ``e_i + e_j`` were fitted with 2 columns for 1 in 7 of 16
    draws (`docs/benchmarks/field_data.py`), so that both are to be fitted.

    Parameters
    ----------
    point : Evaluation
    R : ndarray of shape (d, d), or its products
        Of the point, or of a constant.
    count : int
        Columns to add at most.
    """
    problem = point.problem
    V = problem.model.ascent_directions(R, count).U
    start = _joined(point, V, count)
    constant = _direction_of_constant(problem)
    if constant is None or not V.shape[1]:
        return [start]
    other = _joined(point, np.linalg.qr(np.column_stack([V, constant]))[0], count)
    return [start, other] if problem.mean_loss(other) < problem.mean_loss(start) else [start]


def _joined(point: Evaluation, V: FloatArray, count: int) -> Factor:
    """The factor of a point with the columns in a span that explain its residuals best."""
    columns, products = fit_in_span(point, V)
    kept = slice(count)
    return point.factor.join(jittered(point.problem, columns.take(kept), products[kept, kept]))


def _direction_of_constant(problem: Problem) -> FloatArray | None:
    """Along which the rows differ least, in whitened coordinates: that of their mean."""
    if problem.profiles_offset or not problem.is_whitened:
        return None
    mean = problem.sensing.mean_vector(problem.weights)
    # The second moment of whitened vectors is 2**-0.5 in every direction, where κ is 1.
    return mean if mean is not None and mean @ mean > NEAR_CONSTANT * 2**-0.5 else None


def expand(point: Evaluation, count: int, *, level: float = 0.0) -> Factor:
    """The factor with further columns along which the loss falls faster than a level.

    At most as many columns are added as there are, and there are at most `count` in all.
    """
    m = point.factor.n_columns
    more = min(max(1, m), MOST_COLUMNS, count - m)
    if more == 0:
        return point.factor
    V = point.problem.model.ascent_directions(point.residual_matrix, more, level).U
    return _joined(point, V, more)


def expand_while_needed(
    solve: Callable[[Factor, int], Solution],
    solution: Solution,
    count: int,
    level: float,
    max_iter: int,
) -> Solution:
    """Add columns for which a start saw no use and its solution does, at most `count` in all.

    `solve` is called with a start and the number of steps that it may take.
    """
    while solution.n_iter < max_iter:
        start = expand(solution.point, count, level=level)
        if start.shape == solution.factor.shape:
            break
        more = solve(start, max_iter - solution.n_iter)
        # Expanding lowers the value as well, and no step may have followed.
        curve = [*(solution.curve + more.curve[1:])[:-1], more.curve[-1]]
        solution = Solution(more.point, curve, more.converged)
    return solution


def jittered(problem: Problem, columns: Factor, products: FloatArray) -> Factor:
    """New columns with a random part from a fixed seed, in whitened coordinates.

    A penalised fit, which is not in whitened coordinates, leaves saddles by negative curvature.
    Its columns have a random part only where they decouple: groups of samples then know nothing of
    one another, and one column for each group is a local minimum.
    """
    if problem.is_whitened:
        return _with_random_part(columns)
    if not _are_decoupled(products):
        return columns
    whitened = problem.whitened()
    return whitened.to_parent(_with_random_part(whitened.from_parent(columns)))


def _with_random_part(columns: Factor) -> Factor:
    sizes = JITTER * np.linalg.norm(columns.U, axis=0) / np.sqrt(len(columns.U))
    return columns.moved(sizes * np.random.default_rng(0).standard_normal(columns.shape))


def decouple(problem: Problem, columns: Factor) -> bool:
    """Whether two of the columns hardly occur in the same sample.

    The sum of ``<A_i, u_j u_kᵀ>²`` is then small beside those of the squares of either. For
    Gaussian vectors it is a third, for Gaussian matrices a half.
    """
    m = columns.n_columns
    if not 1 < m <= MOST_COLUMNS:
        return False
    weights = problem.weights
    sums = np.zeros((m, m))
    sums[np.triu_indices(m)] = np.diag(problem.sensing.span_sums(columns.U, weights, weights)[0])
    return _are_decoupled(sums)


def _are_decoupled(products: FloatArray) -> bool:
    """Whether a sum of ``<A_i, u_j u_kᵀ>²`` is small beside those of the squares of u_j and u_k.

    Only the upper triangle of `products`, which holds the sums, is read.
    """
    # Rounding may make a sum of zero negative.
    squares = np.sqrt(np.maximum(np.diag(products), 0.0))
    above = np.triu_indices(len(products), 1)
    return bool(np.any(products[above] < DECOUPLED * np.outer(squares, squares)[above]))
