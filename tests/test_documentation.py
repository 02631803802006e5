"""The API reference is complete."""

from pathlib import Path

import sklearn_prune
from sklearn_prune import inspection


def test_the_api_reference_has_every_public_name():
    page = Path(__file__).parents[1].joinpath("docs", "api.rst").read_text(encoding="utf-8")
    listed = {line.strip() for line in page.splitlines()}
    assert {*sklearn_prune.__all__, *inspection.__all__, "make_matrix_sensing"} <= listed
