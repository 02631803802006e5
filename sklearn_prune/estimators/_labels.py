"""The labels of two classes."""

from typing import Any

import numpy as np
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from sklearn_prune.estimators._dask import MISSING_RESPONSES
from sklearn_prune.estimators._samples import Samples, naming
from sklearn_prune.losses import LOSSES
from sklearn_prune.sensing import is_dask, load

# Labels that a message lists.
MOST_SHOWN = 5


def label_samples(X: Any, y: Any, sample_weight: Any) -> tuple[Samples, np.ndarray]:
    """Samples whose responses are 0.0 for the first class and 1.0 for the second, and the classes.

    Raises
    ------
    ValueError
        Unless there are two classes, each with samples of positive weight.
    """
    if y is None:
        raise ValueError(MISSING_RESPONSES)
    if is_dask(y) and is_dask(X):
        _, labels = load({"y": y}, np.unique)
        classes = _two_classes(np.concatenate(labels["y"]))
        is_second = y == classes[1]
    else:
        with naming("y"):
            y = column_or_1d(y, warn=True)
            assert_all_finite(y, input_name="y")
        classes = _two_classes(y)
        is_second = y == classes[1]
    samples = Samples.of(X, is_second.astype(np.float64), sample_weight)
    share = float(samples.weights @ samples.y) / float(samples.weights.sum())
    if not 0 < share < 1:
        only = classes.tolist()[int(share > 0)]
        raise ValueError(
            "y must have samples of positive weight in both classes, got them in one class alone, "
            f"{only!r}."
        )
    return samples, classes


def samples_of(X: Any, y: Any, sample_weight: Any, loss: str) -> tuple[Samples, np.ndarray | None]:
    """Samples with responses, or with labels and their classes where the loss is one of labels."""
    if LOSSES[loss].has_unit:
        return Samples.of(X, y, sample_weight), None
    return label_samples(X, y, sample_weight)


def _two_classes(y: np.ndarray) -> np.ndarray:
    # scikit-learn looks whether floats are whole numbers by a cast that may overflow.
    with np.errstate(invalid="ignore"):
        check_classification_targets(y)
    classes = np.unique(y)
    shown = ", ".join(map(repr, classes[:MOST_SHOWN].tolist()))
    if len(classes) > MOST_SHOWN:
        shown += ", …"
    if len(classes) > 2:
        raise ValueError(
            "Only binary classification is supported. The type of the target is "
            f"{type_of_target(y)}, and y has {len(classes)} labels: {shown}."
        )
    if len(classes) < 2:
        found = f"one class, {shown}" if len(classes) else "no labels"
        raise ValueError(f"y must have labels of two classes, got {found}.")
    return classes
