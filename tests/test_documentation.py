"""The API reference and the page of warnings are complete."""

import ast
import re
from pathlib import Path

import pytest

import sklearn_prune
from sklearn_prune import inspection

PACKAGE = Path(sklearn_prune.__file__).parent


def longest_fixed_parts():
    """Of each message that is given to ``warn`` or ``_warn``: the longest part without a number."""
    for module in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("warnings.warn", "_warn"):
                parts = [
                    part.value
                    for part in ast.walk(node.args[0])
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                ]
                longest = max(parts, key=len).split(". ")[0]
                if "{text}" not in ast.unparse(node):
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
