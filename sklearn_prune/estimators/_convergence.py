"""Warnings of fits that are not what was asked for: what was reached, and what to change."""

import warnings

from sklearn.exceptions import ConvergenceWarning

from sklearn_prune.objective import Certificate, FittedFactor, Problem


def warn_uncertified(
    certificate: Certificate, *, steps: int, max_iter: int, tol: float, largest_tol: float
) -> None:
    """A penalised fit, with its certificate in normalised units, does not hold."""
    # The tolerance is a part of tau where `tol` is larger: a larger `tol` would change nothing.
    helping = ("tol", "alpha") if tol == largest_tol else ("alpha",)
    warnings.warn(
        f"The certificate does not hold after {steps} steps (max_iter={max_iter}): in normalised "
        f"units the gradient norm is {certificate.gradient_norm:.1e} (tolerance {tol:.1e}), the "
        f"top eigenvalue of the residual matrix {certificate.top_residual_eigenvalue:.3e}, tau "
        f"{certificate.tau:.3e}, the smallest curvature {certificate.smallest_curvature:.1e}. "
        f"{_advice(steps, max_iter, *helping)}.",
        ConvergenceWarning,
    )


def warn_unconverged(solver: str, *, steps: int, max_iter: int, tol: float) -> None:
    """A fine-tuning did not reach its tolerance."""
    others = "" if solver == "gauss-newton" else ", or use solver='gauss-newton'"
    warnings.warn(
        f"solver={solver!r} did not reach tol={tol:.1e} in {steps} steps (max_iter={max_iter}). "
        f"{_advice(steps, max_iter, 'tol')}{others}.",
        ConvergenceWarning,
    )


def _advice(steps: int, max_iter: int, *helping: str) -> str:
    """What to increase; the solver may have ended by itself, mostly because of rounding."""
    if steps < max_iter:
        return f"More steps would not help: increase {' or '.join(helping)}"
    return f"Increase {' or '.join(('max_iter', *helping))}"


def warn_separated(problem: Problem, value: float) -> bool:
    """Labels that a fit of this value reproduces; whether it does."""
    loss = problem.loss
    if loss.has_unit or value > loss.exact_part * problem.loss_of_constant:
        return False
    warnings.warn(
        "The fit separates the two classes: the log loss falls towards zero as the factor grows, "
        "and the probabilities say no more than which class a sample is of. Use fewer columns, a "
        "larger alpha or more samples.",
        ConvergenceWarning,
    )
    return True


def warn_oblique(fitted: FittedFactor) -> None:
    """Columns that are not orthogonal, because orthogonal ones would not predict what they do."""
    if not fitted.has_orthogonal_columns:
        warnings.warn(
            "The columns of the factor are not orthogonal: the features differ so much in scale "
            "that predictions by orthogonal columns of both signs would be lost to rounding. Scale "
            "the features, for example with StandardScaler.",
            UserWarning,
        )
