"""Every method on the same data in one run, in turn: seconds, error, rank, certificate.

``python docs/benchmarks/peers.py`` needs the extra ``bench``, prints a table and writes it to
``peers.csv`` and ``peers.md``, with a picture ``peers.png``. ``--quick`` is a few tiny problems,
once. Seconds are medians over the repetitions, on one thread. The error is that of M, in units of
the norm of the truth, also as a multiple of the oracle's. The methods are in `methods.py`.
"""

import argparse
import csv
import os
import platform
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
from methods import METHODS, Problem, TooLarge
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_prune.datasets import make_matrix_sensing
from sklearn_prune.selection import degrees_of_freedom

# Side, rank, samples for each number in a matrix of that rank.
SIZES = {
    "rank-one": [(30, 3, 6), (30, 10, 6), (60, 3, 6), (100, 5, 6), (500, 4, 6)],
    "matrix": [(30, 3, 4), (60, 3, 4), (100, 5, 4), (200, 5, 3), (500, 3, 3)],
}
QUICK_SIZES = {"rank-one": [(10, 2, 6)], "matrix": [(10, 2, 4)]}
# Bytes for the measurements at most; drawing them takes as much again, twice.
LARGEST = 2e9
# Errors below the first count as exact; those over the oracle's below the second as good.
EXACT, GOOD = 1e-5, 1.1


@dataclass
class Result:
    """What one method did on one problem."""

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
            n = ratio * degrees_of_freedom(dim, rank)
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


def compare(problem, repetitions, cap):
    """The results of all methods, which take turns."""
    truth = problem.factor @ problem.factor.T
    results = {method: Result(problem.name, method) for method in METHODS}
    for _ in range(repetitions):
        for method, fit in METHODS.items():
            result = results[method]
            if not result.note:
                run(fit, problem, truth, result, cap)
    return list(results.values())


def run(fit, problem, truth, result, cap):
    """One fit; its error and rank are those of the last repetition, which are all the same."""
    began = perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = fit(problem, cap)
    except TooLarge as reason:
        result.note = f"left out: {reason}"
        return
    except ImportError as reason:
        result.note = f"left out: {reason.name} is not installed"
        return
    result.seconds.append(perf_counter() - began)
    result.error = float(np.linalg.norm(fitted.M - truth) / np.linalg.norm(truth))
    result.rank, result.certificate = fitted.rank, fitted.certificate
    result.note = fitted.note


HEADER = ["problem", "method", "seconds", "over ours", "error", "over oracle's", "rank",
          "certificate", "note"]  # fmt: skip


def rows(results):
    """The table's rows as text, ``–`` for what there is not."""
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
    # Rounding over rounding says nothing.
    if oracle.error < EXACT and np.isfinite(result.error):
        return "exact" if result.error < EXACT else "not exact"
    return number(result.error / oracle.error, ".3g")


def number(value, spec):
    return format(value, spec) if np.isfinite(value) else "–"


def write_tables(table, out):
    with open(out / "peers.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *table])
    lines = ["| " + " | ".join(row) + " |" for row in [HEADER, ["---"] * len(HEADER), *table]]
    (out / "peers.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def multiple(result, oracle):
    """The error over the oracle's; what is exact counts as `EXACT`."""
    return max(result.error, EXACT) / max(oracle.error, EXACT)


# Ours is black, whether alpha is given or not; the others follow in the order of `METHODS`.
COLORS = ["black", "tab:orange", "black", "tab:red", "tab:purple", "tab:brown", "tab:pink",
          "tab:cyan", "tab:olive", "tab:green", "tab:blue"]  # fmt: skip
MARKERS = ["s", "D", "o", "^", "v", "<", ">", "P", "X", "*", "h"]


def draw(comparisons, path):
    """Seconds above, errors over the oracle's below; hollow where the error is not as good."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (above, below) = plt.subplots(
        2, 1, figsize=(5 + 0.75 * len(comparisons), 8), sharex=True, layout="constrained"
    )
    places = np.arange(len(comparisons))
    for i, (method, color, marker) in enumerate(zip(METHODS, COLORS, MARKERS, strict=True)):
        positions = places + 0.06 * (i - len(METHODS) / 2)
        times = np.array([c[i].time for c in comparisons])
        multiples = np.array([multiple(c[i], c[1]) for c in comparisons])
        for chosen, face in ((multiples <= GOOD, color), (multiples > GOOD, "none")):
            style = {"color": color, "markerfacecolor": face, "linestyle": "none"}
            above.plot(positions[chosen], times[chosen], marker, **style)
            below.plot(positions[chosen], multiples[chosen], marker, **style)
        below.plot([], [], marker, color=color, label=method)
    above.set(yscale="log", ylabel="seconds", title="Hollow: an error 10 % above the oracle's")
    below.set(yscale="log", ylabel="error / oracle's error", title=f"{EXACT:g} and less is exact")
    below.set_xticks(places, [c[0].problem.replace(" ", "\n") for c in comparisons], fontsize=8)
    for axes in (above, below):
        axes.grid(axis="y", alpha=0.3)
        for edge in places[1:] - 0.5:
            axes.axvline(edge, color="0.9", linewidth=0.8)
    figure.legend(*below.get_legend_handles_labels(), loc="outside right upper")
    figure.savefig(path, dpi=120)
    plt.close(figure)


def print_setting():
    """The machine and the threads, on which every number depends."""
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
    comparisons, table = [], []
    for name, arguments in settings(quick):
        if problems not in name:
            continue
        size = arguments["n_samples"] * arguments["dim"] ** 2 * 8
        if arguments["measurement"] == "matrix" and size > LARGEST:
            print(f"{name}: left out, {size / 1e9:.1f} GB of measurements")
            continue
        X, y, factor = make_matrix_sensing(**arguments, random_state=0)
        problem = Problem(name, arguments["measurement"], X, y, factor, arguments["noise"])
        results = compare(problem, repetitions, cap)
        comparisons.append(results)
        print(name)
        for row in rows(results):
            table.append(row)
            print("  {1:22}{2:>9}{3:>10}{4:>10}{5:>11}{6:>5}  {7:6} {8}".format(*row), flush=True)
        write_tables(table, out)
    if comparisons:
        draw(comparisons, out / "peers.png")


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
