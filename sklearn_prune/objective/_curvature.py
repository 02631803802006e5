"""Curvature of the living columns, estimated from a few Hessian products."""

from dataclasses import dataclass

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.objective._evaluation import Evaluation

# Hessian products at most (10 and 15 tried). With 10 a fit takes 5 to 15 % longer, the search for
# the span included (`docs/benchmarks/same_numbers.py --time`). With fewer entries in U than this
# the result is exact.
PRODUCTS = 10
# Krylov spaces end where what is new is below this part of the largest curvature.
NOTHING_NEW = 1e-8


@dataclass(frozen=True)
class Curvature:
    """Extreme Ritz values of a Hessian, and the direction of the smallest.

    Attributes
    ----------
    smallest : float
        Not below the smallest eigenvalue; ``inf`` where no column lives.
    largest : float
        Not above the largest eigenvalue.
    direction : ndarray of shape (d, m)
        Of unit norm, with curvature `smallest`.
    """

    smallest: float
    largest: float
    direction: FloatArray


def probe_curvature(point: Evaluation, *, products: int = PRODUCTS) -> Curvature:
    """The smallest curvature off the directions that only rotate U, by Lanczos iteration.

    The columns of the point are canonical and none is zero. The start is random, with a fixed seed:
    an orthogonal change of the columns of U, or a small one, changes the estimate a little.
    """
    U, factor, model = point.U, point.factor, point.problem.model
    if U.size == 0:
        return Curvature(np.inf, 0.0, U)
    direction = np.random.default_rng(0).standard_normal(U.shape)
    direction = model.project_horizontal(factor, direction).ravel()
    basis = np.empty((min(products, U.size), U.size))
    images = np.empty_like(basis)
    count, largest = 0, 0.0
    while count < len(basis):
        size = float(np.linalg.norm(direction))
        if size <= NOTHING_NEW * max(1.0, largest):
            break
        basis[count] = direction / size
        image = point.hessian_product(basis[count].reshape(U.shape))
        images[count] = model.project_horizontal(factor, image).ravel()
        largest = max(largest, float(np.linalg.norm(images[count])))
        direction = images[count]
        count += 1
        # Orthogonal to all directions before, twice: rounding would bring them back otherwise.
        for _ in range(2):
            direction = direction - (basis[:count] @ direction) @ basis[:count]
    if count == 0:
        # A single entry, or nothing but rotations.
        return Curvature(np.inf, 0.0, np.zeros_like(U))
    T = basis[:count] @ images[:count].T
    values, vectors = np.linalg.eigh(0.5 * (T + T.T))
    smallest = (vectors[:, 0] @ basis[:count]).reshape(U.shape)
    return Curvature(float(values[0]), float(values[-1]), smallest)
