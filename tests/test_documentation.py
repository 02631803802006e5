"""Estimators link to their page of the documentation, where there is a documentation."""

from pathlib import Path

import pytest
from sklearn.utils import estimator_html_repr

import sklearn_prune
from sklearn_prune import (
    FineTuner,
    GreedyColumnPruner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    inspection,
)
from sklearn_prune.estimators._documentation import SITE, Documented

ESTIMATORS = [
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    GreedyColumnPruner,
    FineTuner,
]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_html_links_to_the_page_of_the_estimator(estimator, monkeypatch):
    template = "https://site.invalid/generated/sklearn_prune.{estimator_name}.html"
    monkeypatch.setattr(Documented, "_doc_link_template", template)
    page = template.format(estimator_name=estimator.__name__)
    assert f'href="{page}"' in estimator_html_repr(estimator())


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_no_link_without_a_site(estimator):
    assert ("href=" in estimator_html_repr(estimator())) == bool(SITE)


def test_the_api_reference_has_every_public_name():
    page = Path(__file__).parents[1].joinpath("docs", "api.rst").read_text(encoding="utf-8")
    listed = {line.strip() for line in page.splitlines()}
    assert {*sklearn_prune.__all__, *inspection.__all__, "make_matrix_sensing"} <= listed
