"""What is known of the rank of the truth, as numbers and as text."""

from dataclasses import dataclass

# An isometry below this is told.
SEEN_ALIKE = 0.5


@dataclass(frozen=True)
class RankGuarantee:
    """What is known of the rank of the truth, and what is not; ``print`` it for a report.

    Attributes
    ----------
    rank : int
        Columns that the fit kept.
    inertia : tuple of (int, int) or None
        How many of them count positively and how many negatively; None with ``positive=True``.
    applies : bool
        Whether the theorem does: a certified second-order point with a zero column, of
        measurements that are centred if they are rank-one and see every matrix, with samples to
        spare.
    smallest_curvature : float
        The smallest Hessian eigenvalue on the living columns, in normalised units; a
        second-order point has none that is negative.
    tau : float
        Level of the penalty, in the units of R.
    h_min : float
        The smallest value of ``h(s) = κ s + (α/2) ψ'(s)``, in the units of R.
    nu : float
        Bound on the level of the noise, and of the sampling error of what was found, in the units
        of R.
    confidence : float
        With which it holds.
    no_spurious_column : bool
        (a) ``ν < q h_min``: each column kept belongs to the truth; its rank is ``rank`` at least.
        q is ``isometry``. With ``positive=False`` it has as many eigenvalues of each sign, at
        least, as ``inertia``.
    detection_limit : float
        (b) Every eigenvalue of M* above ``(τ + ν)/(κ q)`` was kept, in the units of M, and with
        ``positive=False`` every one below the negative of that, by a column of its sign. ``inf``
        where the theorem does not apply.
    failed : tuple of str
        The conditions of the theorem that are not met; empty where it applies.
    isometry : float
        q, how well the measurements see the symmetric matrix S of unit norm that they see least:
        the mean square of ``<A_i − Ā, S>`` over κ, at most 1. S has at most 16 columns of each
        sign.

    Examples
    --------
    >>> from sklearn_prune import GroupLassoMatrixSensing
    >>> from sklearn_prune.datasets import make_matrix_sensing
    >>> from sklearn_prune.inspection import rank_guarantee
    >>> X, y, _ = make_matrix_sensing(2000, 10, 2, measurement="matrix", random_state=0)
    >>> model = GroupLassoMatrixSensing(measurement="matrix").fit(X, y)
    >>> guarantee = rank_guarantee(model, X, y)
    >>> guarantee.rank, guarantee.applies
    (2, True)
    """

    rank: int
    applies: bool
    smallest_curvature: float
    tau: float
    h_min: float
    nu: float
    confidence: float
    no_spurious_column: bool
    detection_limit: float
    failed: tuple[str, ...] = ()
    inertia: tuple[int, int] | None = None
    isometry: float = 1.0

    def __str__(self) -> str:
        if not self.applies:
            return f"Nothing is guaranteed of the rank {self.rank}: {'; '.join(self.failed)}."
        kept, beyond = f"{self.rank} columns kept", f"above {self.detection_limit:.3g}"
        if self.inertia is not None:
            kept += f" ({self.inertia[0]} positive, {self.inertia[1]} negative)"
            beyond += f" or below {-self.detection_limit:.3g}"
        needed = self.isometry * self.h_min
        spurious = (
            f"none of the {kept} is spurious"
            if self.no_spurious_column
            else f"some of the {kept} may be spurious (ν is not below {needed:.3g})"
        )
        hint = ""
        if self.isometry < SEEN_ALIKE:
            hint = (
                f"\nSome matrix is seen {self.isometry:.2g} times as well as the mean one, which "
                "(a) and (b) allow for."
            )
        return (
            f"With confidence {100 * self.confidence:g} %, the noise being independent and of mean "
            f"zero (ν ≤ {self.nu:.3g}):\n"
            f"(a) {spurious};\n"
            f"(b) every eigenvalue of the hidden matrix {beyond} was kept.\n"
            "The data cannot tell whether the hidden matrix has further eigenvalues below that."
            + hint
        )
