"""The largest entries of a fitted matrix, by the names of the features."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sklearn_prune.estimators import check_count
from sklearn_prune.inspection._steps import fitted_step, names_of_features

# The name of the 1 that ``fit_bias=True`` appends to the features.
CONSTANT = "1"


class Interaction(NamedTuple):
    """An entry of M: the prediction has ``value`` times a square, or 2 ``value`` times a product.

    Attributes
    ----------
    first, second : str
        The names of the features, the same for a square; "1" for the constant.
    value : float
        The entry of M.

    Examples
    --------
    >>> from sklearn_prune.inspection import Interaction
    >>> Interaction("bmi", "age", 0.5).value
    0.5
    """

    first: str
    second: str
    value: float


def interactions(
    model: Any, count: int = 10, *, names: Sequence[str] | None = None
) -> list[Interaction]:
    """The largest entries of M by the names of the features.

    Parameters
    ----------
    model : PrunedMatrixSensing, FineTuner, GroupLassoMatrixSensing, or Pipeline with a step "tune"
        Fitted.
    count : int, default=10
        Entries at most.
    names : sequence of str or None, default=None
        Of the rows of M. None is the names of the features that the model was fitted to, or x0, x1,
        … where there are none, and for whole-matrix measurements.

    Returns
    -------
    list of Interaction
        On and above the diagonal, the largest absolute value first; entries that are zero are left
        out. With ``fit_bias=True`` the constant 1 counts as a feature: its entries are half of the
        coefficients of the linear terms. That of the constant with itself is left out.

    Raises
    ------
    ValueError, TypeError
        For another kind of model, or names of another number.

    Notes
    -----
    Entries can be compared with one another where the features are on one scale, as
    ``sklearn.preprocessing.StandardScaler`` leaves them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_prune import PrunedMatrixSensing
    >>> from sklearn_prune.inspection import interactions
    >>> X = np.random.default_rng(0).standard_normal((200, 4))
    >>> model = PrunedMatrixSensing().fit(X, (X[:, 0] + 2 * X[:, 2]) ** 2)
    >>> [(first, second, round(value, 6)) for first, second, value in interactions(model, 2)]
    [('x2', 'x2', 4.0), ('x0', 'x2', 2.0)]
    """
    check_count("count", count)
    fitted = fitted_step(model, "tune", "fitted_factor_").fitted_factor_
    side = len(fitted.factor)
    if names is None and fitted.measurement == "rank-one":
        names = names_of_features(model, "sense")
    names = [f"x{i}" for i in range(side)] if names is None else [str(name) for name in names]
    if len(names) != side:
        raise ValueError(f"names must be {side} names, one for each row of M, got {len(names)}.")
    U = np.vstack([fitted.factor, fitted.bias])
    M = np.triu((U * fitted.signs) @ U.T)
    M[-1, -1] = 0.0
    rows, columns = np.unravel_index(np.argsort(-np.abs(M), axis=None, kind="stable"), M.shape)
    names = [*names, CONSTANT]
    return [
        Interaction(names[a], names[b], float(M[a, b]))
        for a, b in zip(rows[:count], columns[:count], strict=True)
        if M[a, b] != 0
    ]
