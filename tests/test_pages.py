"""What the pages and the examples show is what happens."""

import csv
import itertools
import os
import re
import runpy
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import sklearn_prune
from sklearn_prune import pair_differences
from sklearn_prune.datasets import make_matrix_sensing

ROOT = Path(__file__).parents[1]
BUILT = {"_build", "auto_examples", "generated"}
PAGES = [
    ROOT / "README.md",
    *sorted(p for p in (ROOT / "docs").rglob("*.md") if not BUILT & set(p.parts)),
]
BLOCK = r"^```(?:python|\{eval-rst\}\n\.\. plot::\n)\n(.*?)^```"
EXAMPLES = sorted((ROOT / "examples").glob("plot_*.py"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_on_the_pages_prints_what_it_says(page, capsys):
    """Blocks run one after the other; ``print(…)  # value`` must print that, … for the rest.

    Sphinx runs some itself, for the picture that they draw.
    """
    names = {}
    blocks = re.findall(BLOCK, page.read_text(encoding="utf-8"), re.M | re.S)
    for block in map(textwrap.dedent, blocks):
        exec(block, names)
        expected = re.findall(r"^print\(.*\) +# (.*)$", block, re.M)
        printed = capsys.readouterr().out.splitlines()
        assert len(printed) == len(expected)
        for line, value in zip(printed, expected, strict=True):
            assert re.fullmatch(re.escape(value).replace("…", ".*"), line), (line, value)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http", "#")):
            assert (page.parent / target.split("#")[0]).exists(), target


def test_the_readme_has_its_two_commands():
    commands = re.findall(r"^python3 -m venv.*$", (ROOT / "README.md").read_text(), re.M)
    assert len(commands) == 2
    assert (ROOT / commands[0].split()[-1]) in EXAMPLES


def data_of_the_readme():
    """The names that the lines of its table use, and the rank of the answer, row by row."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 5))
    yield {"X": X, "y": X[:, 0] * X[:, 1] + X[:, 2]}, 4
    points = rng.standard_normal((20, 2))
    pairs = rng.integers(20, size=(150, 2))
    distances = np.linalg.norm(pair_differences(pairs, points), axis=1)
    yield {"pairs": pairs, "p": 20, "distances": distances}, 2
    Z = rng.standard_normal((100, 4)) + np.array([4, 0, 0, 0]) * (np.arange(100) % 2)[:, None]
    pairs = rng.integers(100, size=(400, 2))
    yield {"pairs": pairs, "Z": Z, "labels": (pairs[:, 0] + pairs[:, 1]) % 2}, 1
    yield {"X": X, "y": (X @ rng.standard_normal(5)) ** 2}, 1
    X, y, _ = make_matrix_sensing(200, 6, 2, measurement="matrix", noise=0.1, random_state=0)
    yield {"X": X.reshape(-1, 6, 6), "y": y}, 2
    X, labels, _ = make_matrix_sensing(1000, 4, 1, loss="log_loss", random_state=0)
    yield {"X": X, "labels": labels}, 1
    da = pytest.importorskip("dask.array")
    X, y, _ = make_matrix_sensing(300, 6, 2, noise=0.1, random_state=0)
    yield {"X": da.from_array(X, chunks=(100, -1)), "y": da.from_array(y, chunks=100)}, 2


def test_the_table_of_the_readme_has_lines_that_run():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| [^|]+ \| `(.+?)`", readme, re.M)
    for line, (data, rank) in zip(lines, data_of_the_readme(), strict=True):
        model = eval(line, vars(sklearn_prune) | data)
        factor = model.factor_ if hasattr(model, "factor_") else model["tune"].factor_
        assert factor.shape[1] == rank, line


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples_run(example, tmp_path):
    command = [sys.executable, example, "--quick", "--picture", tmp_path / "picture.png"]
    environment = os.environ | {"MPLBACKEND": "Agg"}
    result = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
    )
    assert result.returncode == 0, result.stderr
    lines = result.stdout.replace(str(tmp_path), "").splitlines()
    # The lines of a verbose fit, "[GroupLassoMatrixSensing] …", are not those of the example.
    assert max(len(line) for line in lines if not line.startswith("[")) <= 100
    assert (tmp_path / "picture.png").stat().st_size > 5000


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_examples_have_text_before_and_after_their_pictures(example):
    """Prose stands in cells of comments, and the last cell says what the pictures show."""
    opening, *cells = re.split(r"^# %%$", example.read_text(encoding="utf-8"), flags=re.M)
    for before, after in itertools.pairwise([opening, *cells]):
        assert "plt.subplots" not in before or after.startswith("\n# "), after[:200]
    assert not re.search(r"^[^#\s]", cells[-1], re.M)


def test_benchmarks_can_be_loaded(monkeypatch):
    folder = ROOT / "docs" / "benchmarks"
    # As when they are run: one may import its neighbour.
    monkeypatch.syspath_prepend(folder)
    for script in folder.glob("*.py"):
        # `methods` is what `peers` compares, and no script.
        expected = "METHODS" if script.stem == "methods" else "main"
        assert expected in runpy.run_path(str(script), run_name="loaded")


def test_the_comparison_of_peers_runs(tmp_path):
    script = ROOT / "docs" / "benchmarks" / "peers.py"
    command = [sys.executable, script, "--quick", "--cap", "2", "--out", tmp_path]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    with open(tmp_path / "peers.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["method"] == "ours"]
    assert len(rows) == 4
    assert all(row["rank"] == "2" and row["certificate"] == "holds" for row in rows)
    assert (tmp_path / "peers.png").stat().st_size > 5000
