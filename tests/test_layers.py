"""The layers: imports and calls go one way, files are small, and the public names exist."""

import ast
import importlib
import runpy
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import sklearn_prune
from sklearn_prune import datasets, inspection, make_pruning_pipeline
from sklearn_prune.datasets import make_matrix_sensing

# The script that traces the calls has the list of the layers, from the lowest to the highest.
DATA_FLOW = runpy.run_path(
    str(Path(__file__).parents[1] / "docs" / "benchmarks" / "data_flow.py"), run_name="loaded"
)
LEVEL, layer_of, calls_of = (DATA_FLOW[name] for name in ("LEVEL", "layer_of", "calls_of"))
PACKAGE = Path(sklearn_prune.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")
LARGEST_FILE = 320


def module_of(path):
    parts = ("sklearn_prune", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


def imported_modules(path):
    """Absolute names of the modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            yield node.module


parametrize_files = pytest.mark.parametrize(
    "path", FILES, ids=lambda path: str(path.relative_to(PACKAGE))
)


@parametrize_files
def test_imports_go_down(path):
    own = layer_of(path)
    for module in imported_modules(path):
        if module.startswith("sklearn_prune."):
            layer = module.split(".")[1]
            assert layer == own or LEVEL[layer] < LEVEL[own], f"{path} imports {module}"


@parametrize_files
def test_private_modules_are_imported_by_their_own_layer_only(path):
    for module in imported_modules(path):
        # Files beside the layers belong to all of them.
        shared = module.count(".") == 1
        if module.startswith("sklearn_prune.") and module.count("._") and not shared:
            assert module.split(".")[1] == layer_of(path), f"{path} imports {module}"


def test_no_import_cycle():
    names = {module_of(path): path for path in FILES}
    edges = {
        name: [m for m in imported_modules(path) if m in names and m != name]
        for name, path in names.items()
    }
    done, active = set(), []

    def visit(name):
        assert name not in active, f"import cycle: {[*active, name]}"
        if name not in done:
            active.append(name)
            for other in edges[name]:
                visit(other)
            active.pop()
            done.add(name)

    for name in edges:
        visit(name)
    assert len(done) == len(FILES)


@parametrize_files
def test_below_the_estimators_are_arrays_only(path):
    """scikit-learn, warnings and validation belong to what users call."""
    modules = {module.split(".")[0] for module in imported_modules(path)}
    if layer_of(path) in ("estimators", "datasets", "inspection"):
        pytest.skip("called by users")
    assert not modules & {"sklearn", "warnings"}


@parametrize_files
def test_files_are_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LARGEST_FILE


def test_lower_layers_offer_only_what_others_use():
    root = Path(__file__).parents[1]
    others = [*(root / "tests").glob("*.py"), *(root / "docs" / "benchmarks").glob("*.py")]
    used = {}
    for path in [*FILES, *others]:
        own = layer_of(path) if path in FILES else None
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("sklearn_prune."):
                layer = node.module.split(".")[1]
                if layer != own:
                    used.setdefault(layer, set()).update(alias.name for alias in node.names)
    layers = [p.name for p in PACKAGE.iterdir() if p.is_dir() and (p / "__init__.py").exists()]
    lower = [layer for layer in layers if LEVEL[layer] < LEVEL["estimators"]]
    assert {"sensing", "models", "losses", "objective", "solvers", "selection"} == set(lower)
    for layer in lower:
        offered = importlib.import_module(f"sklearn_prune.{layer}").__all__
        assert not set(offered) - used[layer]


def test_every_layer_is_in_the_list():
    found = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir()}
    assert found == {*LEVEL, "__init__", "py"} | (found & {"__pycache__"})


@pytest.mark.parametrize("alpha", ["auto", 0.05])
def test_calls_go_down_and_data_are_read_once_a_step(alpha):
    """No lower layer calls a higher one; each step validates and surveys its data once."""
    X, y, _ = make_matrix_sensing(300, 8, 2, noise=0.1, random_state=0)
    calls = calls_of(lambda: make_pruning_pipeline(alpha=alpha).fit(X, y))
    upwards = [(by, called) for (by, called) in calls if LEVEL[called[0]] > LEVEL[by[0]]]
    assert not upwards
    times = Counter()
    for (_, called), count in calls.items():
        times[called] += count
    # Two steps fit, and each makes one problem of the data: one validation of each argument, one
    # survey of the measurements.
    assert times["estimators", "check_measurements"] == 1
    assert times["estimators", "check_responses"] == 2
    assert times["objective", "Problem.from_data"] == 2
    assert times["sensing", "DenseRows._survey"] == 2


def test_calls_up_would_be_seen():
    """The tracing itself: a callback from the objective up to an estimator is an upward call."""
    seen = calls_of(lambda: make_pruning_pipeline(alpha=0.05, verbose=1).fit(X_SMALL, Y_SMALL))
    assert any(LEVEL[called[0]] > LEVEL[by[0]] for by, called in seen)


X_SMALL, Y_SMALL, _ = make_matrix_sensing(100, 5, 1, noise=0.1, random_state=0)


def test_public_names():
    assert sorted(sklearn_prune.__all__) == [
        "FactoredMeasurements",
        "FineTuner",
        "FineTunerClassifier",
        "GreedyColumnPruner",
        "GroupLassoMatrixSensing",
        "GroupLassoMatrixSensingCV",
        "GroupLassoMatrixSensingClassifier",
        "GroupLassoMatrixSensingClassifierCV",
        "PrunedMatrixSensing",
        "RankWarning",
        "alpha_max",
        "make_pruning_pipeline",
        "pair_differences",
        "pruning_path",
    ]


def test_dir_shows_what_is_public():
    modules = {"datasets", "inspection"}
    assert set(dir(sklearn_prune)) == {*sklearn_prune.__all__, "__version__", *modules}
    # Without having been imported by the caller.
    code = "import sklearn_prune as s; s.datasets.make_matrix_sensing; s.inspection.interactions"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("module", [sklearn_prune, inspection, datasets], ids=lambda m: m.__name__)
def test_every_public_docstring_has_an_example(module):
    names = getattr(module, "__all__", ["make_matrix_sensing"])
    assert names
    assert all(">>>" in getattr(module, name).__doc__ for name in names)


def test_annotations_reach_the_users():
    assert (PACKAGE / "py.typed").exists()
    X, y, factor = make_matrix_sensing.__annotations__["return"].__args__
    assert X == y == factor
    # NumPy 2.5 has another kind of alias, with the same name of the numbers.
    assert "float64" in str(X)
