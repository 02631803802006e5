"""What is written in several places about the package agrees."""

import re
import tomllib
from pathlib import Path

import sklearn_prune

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_changelog_begins_with_the_version():
    sections = re.findall(
        r"^## \[(.*?)\] - (\d{4}-\d\d-\d\d|unreleased)$",
        (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        re.M,
    )
    assert sections[0][0] == sklearn_prune.__version__
    # Only the one that is worked on has no date.
    assert all(date != "unreleased" for _, date in sections[1:])


def test_the_oldest_python_is_one_that_is_tested():
    tested = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if ":: Python :: 3." in c]
    assert PROJECT["requires-python"] == f">={tested[0]}"
