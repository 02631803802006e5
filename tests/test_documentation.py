"""The API reference and the page of warnings are complete."""

import ast
import re
from pathlib import Path

import pytest

import sklearn_prune
from sklearn_prune import inspection

PACKAGE = Path(sklearn_prune.__file__).parent


def messages():
    """What is given to ``warn`` or ``_warn``, and the texts that a module of warnings returns."""
    for module in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("warnings.warn", "_warn"):
                yield module, node.args[0]
            elif isinstance(node, ast.Return) and module.stem == "_prediction_warnings":
                yield module, node.value


def longest_fixed_parts():
    """Of each message: the longest part without a number."""
    for module, node in messages():
        constants = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
        parts = [value for value in constants if isinstance(value, str)]
        if parts and "{text}" not in ast.unparse(node):
            longest = max(parts, key=len).split(". ")[0]
            yield pytest.param(longest, id=f"{module.stem}-{node.lineno}")


def test_the_api_reference_has_every_public_name():
    page = Path(__file__).parents[1].joinpath("docs", "api.rst").read_text(encoding="utf-8")
    listed = {line.strip() for line in page.splitlines()}
    assert {*sklearn_prune.__all__, *inspection.__all__, "make_matrix_sensing"} <= listed


@pytest.mark.parametrize("text", longest_fixed_parts())
def test_troubleshooting_explains_every_warning(text):
    page = Path(__file__).parents[1].joinpath("docs", "user_guide", "troubleshooting.md")
    quoted = re.sub(r"\s*\n>?\s*", " ", page.read_text(encoding="utf-8"))
    assert text.strip(" .:,") in quoted
