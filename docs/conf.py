"""The documentation: ``python -m sphinx -W --keep-going -b html docs docs/_build/html``.

With ``GALLERY=full`` in the environment, the gallery runs the full examples, which takes minutes.
"""

import os
import sys
from pathlib import Path

import sklearn_prune

# sphinx-gallery imports `gallery.arguments` by its name.
sys.path.insert(0, str(Path(__file__).parent))

project = "sklearn_prune"
copyright = "2026, the sklearn_prune developers"
version = release = sklearn_prune.__version__

extensions = [
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_templates"]
nitpicky = True

# Single backticks in docstrings are names from Python.
default_role = "py:obj"
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath", "substitution"]
myst_heading_anchors = 3
myst_substitutions = {"version": release}

plot_formats = [("png", 120)]
plot_html_show_formats = False
plot_html_show_source_link = False
plot_include_source = True
plot_pre_code = ""

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "within_subsection_order": "FileNameSortKey",
    "backreferences_dir": "generated/examples",
    "doc_module": ("sklearn_prune",),
    "reset_argv": "gallery.arguments",
    "run_stale_examples": os.environ.get("GALLERY") == "full",
    "write_computation_times": False,
    "download_all_examples": False,
    # A notebook has no command line.
    "notebook_extensions": set(),
}

html_theme = "pydata_sphinx_theme"
html_title = f"sklearn_prune {release}"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
# Pages without pages below them.
html_sidebars = {name: [] for name in ("index", "getting_started", "benchmarks/index")}
html_theme_options = {
    "logo": {"text": project},
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
}
