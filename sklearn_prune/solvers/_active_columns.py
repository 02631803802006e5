"""The penalised problem of k columns, solved on the few that live."""

import numpy as np

from sklearn_prune.objective import certify
from sklearn_prune.solvers._newton_cg import newton_cg
from sklearn_prune.solvers._solution import Solution
from sklearn_prune.solvers._spectral import grown
from sklearn_prune.solvers._turn import turn

# A column with s below this part of β is dropped; the certificate asks for it back if it must.
_DEAD = 0.09


def active_columns(objective, U, k, *, tol, max_iter):
    """Minimise over factors of k columns, of which all but a few are zero.

    Parameters
    ----------
    objective : Objective
        In normalised units.
    U : ndarray of shape (d, m)
        Where to start, m ≤ k.
    k : int
        Columns at most.
    tol : float
        Of the certificate.
    max_iter : int
        Newton steps at most, over all rounds.

    Returns
    -------
    Solution
        Its factor has orthogonal columns, the longest first, and no zero column.
    Certificate
        Of the k-column problem.

    Notes
    -----
    1. Solve on the columns there are, dropping those that die on the way.
    2. Ask the certificate whether the zero columns want to stay zero.
    3. If ``λ_max(R) > τ``, grow columns along the eigenvectors above τ, and go on.

    Over-parameterisation is paid for only where the certificate asks.
    """
    dead = _DEAD * objective.penalty.beta if objective.penalty.alpha > 0 else 0.0
    U = turn(U)
    lengths = np.linalg.norm(U, axis=0)
    # Columns that are zero, or depend on the others, have no gradient to grow by.
    U = U[:, lengths > 1e-12 * lengths.max(initial=0.0)]
    curve = []
    while True:
        left = max_iter - max(0, len(curve) - 1)
        solution = newton_cg(objective, U, tol=tol, max_iter=left, dead=dead)
        curve += solution.curve[1:] if curve else solution.curve
        full = solution.U.shape[1] == k
        certificate = certify(solution.point, has_zero_column=not full, tol=tol)
        if full or certificate.holds or len(curve) > max_iter:
            break
        U = grown(objective.loss, solution.U, k, level=objective.penalty.tau)
        if U.shape[1] == solution.U.shape[1]:
            break
        # A column that was dropped and is asked for again must not be dropped again.
        dead *= 0.1
    return Solution(solution.point, curve, certificate.holds), certificate
