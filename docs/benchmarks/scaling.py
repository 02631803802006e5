"""Growth of the time with n at fixed d, and with d at fixed rank and fixed n/d.

``python docs/benchmarks/scaling.py`` fits the pipeline, with alpha given and with alpha chosen from
the data, and the oracle that knows the rank. The data are rank-one, on one thread. It prints
medians and the slopes of straight lines fitted to them on log axes, and writes a picture to
``--picture``. ``--quick`` is a tiny version.
"""

import argparse
from time import process_time

import numpy as np
from threadpoolctl import threadpool_limits

from sklearn_prune import FineTuner, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing

RANK = 5
DIM, SAMPLES = 100, [2000, 4000, 8000, 16_000, 32_000, 64_000]
DIMS, SAMPLES_PER_ROW = [50, 100, 200, 400], 30
QUICK_DIM, QUICK_SAMPLES, QUICK_DIMS = 20, [600, 1200], [20, 40]


def time_once(n, d, seed):
    """Seconds of the three fits, on the same data."""
    X, y, _ = make_matrix_sensing(n, d, RANK, noise=0.1, random_state=seed)
    began = process_time()
    alpha = make_pruning_pipeline().fit(X, y)["sense"].alpha_
    chosen = process_time()
    make_pruning_pipeline(alpha=alpha).fit(X, y)
    given = process_time()
    FineTuner(RANK).fit(X, y)
    ended = process_time()
    return {
        "alpha from the data": chosen - began,
        "alpha given": given - chosen,
        "oracle": ended - given,
    }


def medians(sizes, repetitions):
    """The median seconds at each ``(n, d)``, by name."""
    found = []
    for n, d in sizes:
        times = [time_once(n, d, seed) for seed in range(repetitions)]
        found.append({name: float(np.median([t[name] for t in times])) for name in times[0]})
        text = "".join(f"   {name} {seconds:8.3f} s" for name, seconds in found[-1].items())
        print(f"  n = {n:6}, d = {d:4}{text}", flush=True)
    return {name: np.array([m[name] for m in found]) for name in found[0]}


def slope(sizes, seconds):
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


STYLES = (("o-", "tab:blue"), ("s--", "tab:orange"), ("^:", "black"))


def measure(title, variable, values, sizes, repetitions, axes):
    """Medians and slopes for one variable, and its half of the picture."""
    print(title)
    found = medians(sizes, repetitions)
    for (name, seconds), (style, color) in zip(found.items(), STYLES, strict=True):
        exponent = slope(values, seconds)
        print(f"  {name}: about {variable}^{exponent:.2f}")
        label = rf"{name}: about ${variable}^{{{exponent:.2f}}}$"
        axes.loglog(values, seconds, style, color=color, mfc="none", label=label)
    axes.set(xlabel=variable, ylabel="CPU seconds", title=title)
    axes.set_xticks(values, values)
    axes.minorticks_off()
    axes.legend(loc="lower right")
    axes.grid(alpha=0.3)


def main(*, quick=False, repetitions=3, picture="scaling.png"):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    dim, samples, dims = (QUICK_DIM, QUICK_SAMPLES, QUICK_DIMS) if quick else (DIM, SAMPLES, DIMS)
    repetitions = 1 if quick else repetitions
    print(f"rank-one, r = {RANK}, noise 0.1, one thread, medians of {repetitions}")
    figure, (above, below) = plt.subplots(2, 1, figsize=(6.4, 7.6), layout="constrained")
    sizes = [(n, dim) for n in samples]
    measure(f"d = {dim}", "n", samples, sizes, repetitions, above)
    sizes = [(SAMPLES_PER_ROW * d, d) for d in dims]
    measure(f"n = {SAMPLES_PER_ROW} d", "d", dims, sizes, repetitions, below)
    figure.savefig(picture, dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny problems, once")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--picture", default="scaling.png", help="where the picture goes")
    arguments = parser.parse_args()
    with threadpool_limits(1):
        main(
            quick=arguments.quick,
            repetitions=arguments.repetitions,
            picture=arguments.picture,
        )
