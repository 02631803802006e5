"""The house: rooms import only from the rooms before them, and the names it promises exist."""

import ast
from pathlib import Path

import pytest

import sklearn_prune
from sklearn_prune import datasets, inspection

ROOMS = ["sensing", "datasets", "objective", "solvers", "selection", "estimators", "inspection"]
HOUSE = Path(sklearn_prune.__file__).parent
FILES = sorted(path for path in HOUSE.rglob("*.py") if path.parent != HOUSE or path.stem in ROOMS)


def room_of(path):
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imported_modules(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_rooms_import_from_the_rooms_before_them(path):
    room = ROOMS.index(room_of(path))
    for module in imported_modules(path):
        if module.startswith("sklearn_prune"):
            used = ROOMS.index(module.split(".")[1])
            assert used <= room, f"{path} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_only_the_estimators_know_scikit_learn(path):
    """Below them are arrays. The data sets are called by users too, and check what they get."""
    if room_of(path) in ("estimators", "datasets", "inspection"):
        pytest.skip("called by users")
    modules = set(imported_modules(path))
    assert not any(module.split(".")[0] in ("sklearn", "warnings") for module in modules)


def test_every_room_is_in_the_list():
    found = {path.stem if path.is_file() else path.name for path in HOUSE.iterdir()}
    assert found - {"__init__", "__pycache__"} <= set(ROOMS)


def test_public_names():
    assert sorted(sklearn_prune.__all__) == [
        "FactoredMeasurements",
        "FineTuner",
        "GreedyColumnPruner",
        "GroupLassoMatrixSensing",
        "GroupLassoMatrixSensingCV",
        "alpha_max",
        "make_pruning_pipeline",
        "pruning_path",
    ]
    for name in sklearn_prune.__all__:
        assert ">>>" in getattr(sklearn_prune, name).__doc__


@pytest.mark.parametrize("module", [sklearn_prune, inspection, datasets], ids=lambda m: m.__name__)
def test_every_public_docstring_has_an_example(module):
    names = getattr(module, "__all__", ["make_matrix_sensing"])
    assert all(">>>" in getattr(module, name).__doc__ for name in names)
