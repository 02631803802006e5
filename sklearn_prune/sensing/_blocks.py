"""Rows that are worked on together."""

from itertools import pairwise


def row_blocks(n_samples, size):
    """Slices of at most `size` rows that make up all."""
    return [slice(*edges) for edges in pairwise([*range(0, n_samples, size), n_samples])]
