"""Curvature of the living columns, estimated from a few Hessian products."""

from dataclasses import dataclass

import numpy as np

from sklearn_prune._typing import FloatArray
from sklearn_prune.objective._evaluation import Evaluation

# Hessian products at most, and where the iteration ends before: where the smallest Ritz value is
# positive and differs from an eigenvalue by less than itself and this part of the largest. Of 430
# saddles of small problems these find all, ten products without an early end 428, and 0.03 and 0.01
# 429 and 430 (`docs/benchmarks/probe.py`). At minima of the problems of
# `docs/benchmarks/oracle.py` 0.03, 0.02 and 0.01 take 5 to 6, 6 to 7 and 10 to 12 products.
PRODUCTS = 20
KNOWN = 0.02
# Krylov spaces end where what is new is below this part of the largest curvature. Rounding errors
# of 1e-8 of it were once taken for a direction, in 10,000 points.
NOTHING_NEW = 1e-6


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


def probe_curvature(
    point: Evaluation, *, products: int = PRODUCTS, known: float = KNOWN
) -> Curvature:
    """The smallest curvature off the directions that only rotate U, by Lanczos iteration.

    The columns of the point are canonical and none is zero. The start is random, with a fixed seed:
    an orthogonal change of the columns of U, or a small one, changes the estimate a little.
    """
    U, factor, model = point.U, point.factor, point.problem.model
    # This remains if U has no entries, or if there is nothing but rotations.
    found = Curvature(np.inf, 0.0, np.zeros_like(U))
    direction = np.random.default_rng(0).standard_normal(U.shape)
    direction = model.project_horizontal(factor, direction).ravel()
    basis = np.empty((min(products, U.size), U.size))
    images = np.empty_like(basis)
    for count in range(1, len(basis) + 1):
        size = float(np.linalg.norm(direction))
        if size <= NOTHING_NEW * max(1.0, found.largest):
            break
        basis[count - 1] = direction / size
        image = point.hessian_product(basis[count - 1].reshape(U.shape))
        images[count - 1] = model.project_horizontal(factor, image).ravel()
        direction = images[count - 1]
        # Orthogonal to all directions before, twice: rounding would bring them back otherwise.
        for _ in range(2):
            direction = direction - (basis[:count] @ direction) @ basis[:count]
        T = basis[:count] @ images[:count].T
        values, vectors = np.linalg.eigh(0.5 * (T + T.T))
        smallest = (vectors[:, 0] @ basis[:count]).reshape(U.shape)
        found = Curvature(float(values[0]), float(values[-1]), smallest)
        # The residual of a Ritz pair bounds its distance to the nearest eigenvalue.
        residual = float(np.linalg.norm(direction)) * abs(vectors[-1, 0])
        if residual < min(known * found.largest, found.smallest):
            break
    return found
