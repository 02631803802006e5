"""
Two million rows from a file and from dask
==========================================

X has two million rows of a hundred numbers, and stays in its file. A memory map is read in place,
a block of rows at a time. A dask array over the same file is read in chunks, on several threads
here and on the workers of a cluster where there is one. Both give the same M.

The command ``python examples/plot_16_two_million_rows.py`` runs the full version in two minutes.
It needs 0.8 GB of room for a temporary file, and dask, from the extra ``dask``, for its second
half.
"""

import argparse
import tempfile
import time
import tracemalloc
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from sklearn_prune import PrunedMatrixSensing

try:
    import dask.array as da
except ImportError:
    da = None

quick = False  # True takes 10,000 rows.
# sphinx_gallery_start_ignore
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="10,000 rows")
parser.add_argument("--picture", default="two_million_rows.png", help="file to save; '' for none")
arguments = parser.parse_args()
quick = arguments.quick
# sphinx_gallery_end_ignore

# %%
# A file of rows
# --------------
#
# The rows are written a block at a time, in float32, so that they are never in memory as a whole.
# The responses are a vector in memory. The true M has rank three.

RANK, SIDE, NOISE = 3, 100, 0.3
n = 10_000 if quick else 2_000_000


def write_rows(path, block=20_000):
    """Write a file of rows; return the responses and the true factor."""
    rng = np.random.default_rng(0)
    factor = np.linalg.qr(rng.standard_normal((SIDE, RANK)))[0]
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, SIDE))
    y = np.empty(n)
    for start in range(0, n, block):
        some = rng.standard_normal((min(block, n - start), SIDE), dtype=np.float32)
        rows[start : start + block] = some
        y[start : start + block] = np.sum((some @ factor) ** 2, axis=1)
    rows.flush()
    return y + NOISE * rng.standard_normal(n), factor


folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
path = Path(folder.name) / "rows.npy"
y, truth = write_rows(path)
print(f"{n:,} x {SIDE} in float32: a file of {path.stat().st_size / 1e6:,.0f} MB")

# %%
# In place
# --------
#
# ``np.load`` with ``mmap_mode`` opens the file and reads nothing yet. With ``verbose=1`` a fit
# prints a line for each rank that it tries and for each round of the penalised fit, and one for
# fine-tuning. The memory is that of the largest arrays of the fit at one time, as ``tracemalloc``
# counts them; the file is not among them, since the system reads its pages and drops them again.


def fit(model, X, y):
    """The model, fitted; print its CPU seconds and the memory above its data."""
    tracemalloc.start()
    began = time.process_time()
    model.fit(X, y)
    seconds = time.process_time() - began
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"rank {model.rank_}, {seconds:.1f} CPU seconds, {peak / 1e6:,.0f} MB above the data")
    return model


def distance(M, other):
    """``‖M − other‖`` over ``‖other‖``."""
    return np.linalg.norm(M - other) / np.linalg.norm(other)


X = np.load(path, mmap_mode="r")
in_place = fit(PrunedMatrixSensing(verbose=1), X, y)
print(f"relative error of M: {distance(in_place.matrix_, truth @ truth.T):.1e}")

# %%
# In chunks
# ---------
#
# The chunks of a dask array are the parts of the sums over the rows, and must hold whole rows. The
# second fit is given the alpha that the first has found, so that it need not search for the rank
# again; it finds the factor anew. ``alpha="auto"`` is possible too. A prediction for a dask array
# is a dask array, computed when it is asked for.

if da is None:
    print("dask is not installed: pip install dask distributed")
else:
    chunk = max(n // 8, 5_000)
    rows = da.from_array(X, chunks=(chunk, -1))
    responses = da.from_array(y, chunks=chunk)
    in_chunks = fit(PrunedMatrixSensing(alpha=in_place.alpha_, verbose=1), rows, responses)
    difference = distance(in_chunks.matrix_, in_place.matrix_)
    print(f"relative difference of the two M: {difference:.1e}")
    print(in_chunks.predict(rows))

del X  # the map is closed before the file is removed
folder.cleanup()

# %%
# The rank
# --------
#
# The picture has the losses of the lines above: the mean squared residual of the factors of 0, 1,
# 2, … columns that ``alpha="auto"`` has tried.

search = in_place.rank_search_
figure, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.semilogy(search.ranks, search.losses, "o-", color="tab:blue", mfc="none", label="mean loss")
ax.axhline(NOISE**2, color="black", linestyle=":", label="variance of the noise")
ax.set(xlabel="columns", ylabel="mean squared residual", xticks=search.ranks)
ax.set_title("Mean loss by the number of columns", fontsize="medium")
ax.legend()
# sphinx_gallery_start_ignore
if arguments.picture:
    figure.savefig(arguments.picture, dpi=120)
    print(f"picture: {arguments.picture}")
# sphinx_gallery_end_ignore

# %%
# Three columns lower the loss to the variance of the noise, and further ones hardly lower it: the
# true rank is found. M from the file and M from the chunks agree to many digits more than either
# agrees with the truth, from which the noise keeps both.
