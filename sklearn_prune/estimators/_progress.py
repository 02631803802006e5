"""The lines that verbose fits print."""

from time import perf_counter
from typing import Any

import numpy as np

from sklearn_prune.sensing import rows_read


class Stopwatch:
    """The time since it was made and the passes of the fit, for lines of ``verbose=2`` and above.

    Parameters
    ----------
    verbose : int
        Of the estimator.
    n_samples : int
        The rows of a pass.
    """

    def __init__(self, verbose: int, n_samples: int) -> None:
        self.verbose = verbose
        self.n_samples = n_samples
        self.begun = perf_counter()

    def __str__(self) -> str:
        """What is added to a line, or nothing."""
        if self.verbose < 2:
            return ""
        passes = rows_read() / self.n_samples
        # Chunks of a dask array are read elsewhere.
        read = f", {passes:.1f} passes" if passes else ""
        return f", {perf_counter() - self.begun:.2f} s{read}"


def print_round(name: str, attributes: dict[str, Any], k: int, stopwatch: Stopwatch) -> None:
    """A round of a fit of k columns is over, with these fitted attributes."""
    certificate = attributes["certificate_"]
    tau = certificate.tau
    ratio = f"{certificate.top_residual_eigenvalue / tau:.4f}" if tau else "–"
    print(
        f"[{name}] alpha {attributes['alpha_']:.3g}, step {attributes['n_iter_']}: "
        f"{attributes['rank_']} of {k} columns, objective {attributes['objective_']:.6g}, "
        f"gradient {certificate.gradient_norm:.1e}, λ_max(R)/τ {ratio}{stopwatch}"
    )


def print_rank(name: str, rank: int, loss: float, delta: float, stopwatch: Stopwatch) -> None:
    """A rank was tried, with this loss and this δ in the units of the caller."""
    known = f", delta {delta:.3g}" if np.isfinite(delta) else ""
    print(f"[{name}] rank {rank}: mean loss {loss:.6g}{known}{stopwatch}")


def print_fine_tuning(
    name: str, columns: int, steps: int, first: float, last: float, stopwatch: Stopwatch
) -> None:
    """A fine-tuning is over, which lowered the loss from the first value to the last."""
    losses = f"mean loss {first:.6g} -> {last:.6g}"
    print(f"[{name}] {columns} columns, {steps} steps, {losses}{stopwatch}")
