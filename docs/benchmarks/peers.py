"""Seconds, error, rank and certificate of every method on the same data.

``python docs/benchmarks/peers.py`` needs the extra ``bench``. It runs the methods in turn, prints a
table, and writes it to ``peers.csv``, the times over ours to ``peers.md`` and a picture to
``peers.png``. A run of some ``--problems`` replaces their rows. ``--quick`` runs a few tiny
problems once. Seconds are medians over the repetitions, on one thread. The error is that of M
relative to the norm of the truth, and also given as a multiple of the oracle's. The methods are in
`methods.py`.
"""

import argparse
import csv
import os
import platform
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time

import numpy as np
from methods import METHODS, Instance, TooLarge
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.models import Positive

# Side, rank, and samples per degree of freedom of a matrix of that rank.
SIZES = {
    "rank-one": [(30, 3, 6), (30, 10, 6), (60, 3, 6), (100, 5, 6), (500, 4, 6)],
    "matrix": [(30, 3, 4), (60, 3, 4), (100, 5, 4), (200, 5, 3), (500, 3, 3)],
}
QUICK_SIZES = {"rank-one": [(10, 2, 6)], "matrix": [(10, 2, 4)]}
# Bytes of the measurements at most; drawing them takes twice as much in addition.
LARGEST = 2e9
# Errors below EXACT count as exact; errors up to GOOD times the oracle's count as equally good.
EXACT, GOOD = 1e-5, 1.1


@dataclass
class Result:
    """The result of one method on one problem."""

    problem: str
    method: str
    seconds: list = field(default_factory=list)
    error: float = np.nan
    rank: int | None = None
    certificate: bool | None = None
    note: str = ""

    @property
    def time(self):
        return float(np.median(self.seconds)) if self.seconds else np.nan


def settings(quick):
    """``(name, arguments of make_matrix_sensing)`` of every problem."""
    for measurement, sizes in (QUICK_SIZES if quick else SIZES).items():
        for dim, rank, ratio in sizes:
            n = ratio * Positive().degrees_of_freedom(dim, rank)
            for noise in (0.0, 0.1):
                for condition_number in (1,) if quick else (1, 50):
                    name = (
                        f"{measurement} d={dim} r={rank} n={n} noise={noise:g} "
                        f"cond={condition_number}"
                    )
                    yield (
                        name,
                        {
                            "measurement": measurement,
                            "dim": dim,
                            "rank": rank,
                            "n_samples": n,
                            "noise": noise,
                            "condition_number": condition_number,
                        },
                    )


def compare(instance, repetitions, cap):
    """The results of all methods, which run in turn."""
    truth = instance.factor @ instance.factor.T
    results = {method: Result(instance.name, method) for method in METHODS}
    for _ in range(repetitions):
        for method, fit in METHODS.items():
            result = results[method]
            if not result.note:
                run(fit, instance, truth, result, cap)
    return list(results.values())


def run(fit, instance, truth, result, cap):
    """One fit. Its error and rank are kept from the last repetition; all repetitions agree."""
    began = process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = fit(instance, cap)
    except TooLarge as reason:
        result.note = f"left out: {reason}"
        return
    except ImportError as reason:
        result.note = f"left out: {reason.name} is not installed"
        return
    result.seconds.append(process_time() - began)
    result.error = float(np.linalg.norm(fitted.M - truth) / np.linalg.norm(truth))
    result.rank, result.certificate = fitted.rank, fitted.certificate
    result.note = fitted.note


OTHERS = [method for method in METHODS if method != "ours"]
HEADER = ["problem", "method", "seconds", "over ours", "error", "over oracle's", "rank",
          "certificate", "note"]  # fmt: skip


def rows(results):
    """The rows of the table as text, with ``–`` for a missing value."""
    by_method = {result.method: result for result in results}
    ours, oracle = by_method["ours"], by_method["oracle (knows r)"]
    for result in results:
        certificate = {None: "–", True: "holds", False: "fails"}[result.certificate]
        yield [
            result.problem,
            result.method,
            number(result.time, ".3g"),
            number(result.time / ours.time, ".2f"),
            number(result.error, ".1e"),
            over_oracle(result, oracle),
            "–" if result.rank is None else str(result.rank),
            certificate,
            result.note,
        ]


def over_oracle(result, oracle):
    # A ratio of two rounding errors has no meaning.
    if oracle.error < EXACT and np.isfinite(result.error):
        return "exact" if result.error < EXACT else "not exact"
    return number(result.error / oracle.error, ".3g")


def number(value, spec):
    return format(value, spec) if np.isfinite(value) else "–"


def kept(path, renewed):
    """Rows of an earlier table without those of problems that are run again."""
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return [row for row in list(csv.reader(file))[1:] if row[0] not in renewed]


def write_tables(table, out):
    """The table of all results, and a table of the times over ours with one row per problem."""
    with open(out / "peers.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *table])
    problems = list(dict.fromkeys(row[0] for row in table))
    multiples = {(row[0], row[1]): multiple_of_ours(row) for row in table}
    lines = ["| kind, d, r, n, noise, σ_1/σ_r | ours, CPU seconds | " + " | ".join(OTHERS) + " |"]
    lines.append("|---" * (len(OTHERS) + 2) + "|")
    for problem in problems:
        ours = next(row[2] for row in table if row[:2] == [problem, "ours"])
        cells = [multiples.get((problem, method), "–") for method in OTHERS]
        numbers = " ".join(part.split("=")[-1] for part in problem.split())
        lines.append(f"| `{numbers}` | {ours} | " + " | ".join(cells) + " |")
    (out / "peers.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def multiple_of_ours(row):
    """The time over ours, in parentheses where the error is larger than the oracle's."""
    if "time is up" in row[8] and not as_good(row):
        return f"(> {row[3]})"
    return row[3] if as_good(row) or row[3] == "–" else f"({row[3]})"


def as_good(row):
    return row[5] == "exact" or (row[5] not in ("–", "not exact") and float(row[5]) <= GOOD)


# Our pipeline is black with alpha given and chosen; the order is that of `METHODS`.
COLORS = ["black", "tab:orange", "black", "tab:red", "tab:purple", "tab:brown", "tab:pink",
          "tab:cyan", "tab:olive", "tab:green", "tab:blue"]  # fmt: skip
MARKERS = ["s", "D", "o", "^", "v", "<", ">", "P", "X", "*", "h"]


def draw(table, path):
    """Seconds of every method; a marker is hollow where the error is larger than the oracle's."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    problems = list(dict.fromkeys(row[0] for row in table))
    figure, ax = plt.subplots(figsize=(9, 2 + 0.4 * len(problems)), layout="constrained")
    for i, (method, color, marker) in enumerate(zip(METHODS, COLORS, MARKERS, strict=True)):
        ax.plot([], [], marker, color=color, label=method)
        for row in table:
            if row[1] == method and row[2] != "–":
                place = problems.index(row[0]) + 0.07 * (i - len(METHODS) / 2)
                face = color if as_good(row) else "none"
                ax.plot(float(row[2]), place, marker, color=color, markerfacecolor=face)
    ax.set(xscale="log", xlabel="CPU seconds; hollow: an error 10 % above the oracle's or more")
    ax.set_yticks(range(len(problems)), problems, fontsize=8)
    ax.set_ylim(len(problems) - 0.5, -0.5)
    ax.grid(axis="x", alpha=0.3)
    for edge in range(1, len(problems)):
        ax.axhline(edge - 0.5, color="0.9", linewidth=0.8)
    figure.legend(loc="outside upper center", ncols=4)
    figure.savefig(path, dpi=100)
    plt.close(figure)


def print_setting():
    """Print the machine and the threads, on which all times depend."""
    pools = ", ".join(f"{p['internal_api']} {p['num_threads']}" for p in threadpool_info())
    print(f"{platform.machine()}, {os.cpu_count()} processors; threads: {pools or 'one'}", end="")
    try:
        import torch
    except ImportError:
        print()
        return
    torch.set_num_threads(1)
    print(f", torch {torch.get_num_threads()}")


def main(*, quick=False, problems="", repetitions=3, cap=60.0, out="."):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    print_setting()
    chosen = [(name, arguments) for name, arguments in settings(quick) if problems in name]
    table = kept(out / "peers.csv", [name for name, _ in chosen])
    for name, arguments in chosen:
        size = arguments["n_samples"] * arguments["dim"] ** 2 * 8
        if arguments["measurement"] == "matrix" and size > LARGEST:
            print(f"{name}: left out, {size / 1e9:.1f} GB of measurements")
            continue
        X, y, factor = make_matrix_sensing(**arguments, random_state=0)
        instance = Instance(name, arguments["measurement"], X, y, factor, arguments["noise"])
        results = compare(instance, repetitions, cap)
        print(name)
        for row in rows(results):
            table.append(row)
            print("  {1:22}{2:>9}{3:>10}{4:>10}{5:>11}{6:>5}  {7:6} {8}".format(*row), flush=True)
        write_tables(table, out)
    if table:
        draw(table, out / "peers.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny problems, once")
    parser.add_argument("--problems", default="", help="only those whose name has this in it")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--cap", type=float, default=60.0, help="seconds for one fit")
    parser.add_argument("--out", default=".", help="folder for the tables and the picture")
    arguments = parser.parse_args()
    with threadpool_limits(1):
        main(
            quick=arguments.quick,
            problems=arguments.problems,
            repetitions=1 if arguments.quick else arguments.repetitions,
            cap=arguments.cap,
            out=arguments.out,
        )
