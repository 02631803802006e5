"""The signs with which columns count."""

from sklearn_prune._typing import FloatArray


def with_signs(columns: FloatArray, signs: FloatArray | None) -> FloatArray:
    """Each column times its sign; the array itself where all are positive (None)."""
    return columns if signs is None else columns * signs
