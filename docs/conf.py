"""The documentation: ``python -m sphinx -W --keep-going -b html docs docs/_build/html``.

With ``GALLERY=full`` in the environment, the gallery runs the full examples, which takes minutes.
"""

import os
import shutil
import sys
import urllib.request
from importlib.resources import files
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
    "sphinx.ext.intersphinx",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
# The Markdown of a result is included by the page of benchmarks.
exclude_patterns = ["_build", "_templates", "benchmarks/results/*.md"]
nitpicky = True
# Messages and code in text keep their straight quotes.
smartquotes = False

# Single backticks in docstrings are names from Python.
default_role = "py:obj"
autodoc_typehints = "none"
# The list beside a page has room for the name of a method, not for its class.
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath", "substitution", "tasklist"]
myst_heading_anchors = 3
myst_substitutions = {"version": release}

# Formulas are readable without network: MathJax comes from a package of the extra `doc`.
mathjax_path = "mathjax/tex-chtml.js"


def copy_mathjax(app):
    """Copy what pages load: the program, its fonts and the extensions of TeX."""
    for part in ("tex-chtml.js", "output/chtml/fonts", "input/tex/extensions"):
        source = Path(str(files("mathjax"))) / "static/mathjax/es5" / part
        target = Path(app.outdir) / "_static/mathjax" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, target, **({"dirs_exist_ok": True} if source.is_dir() else {}))


def is_reachable(url):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=3):
            return True
    except OSError:
        return False


# Names of other packages are links where their documentation can be reached, and plain text
# elsewhere.
OTHERS = {
    "sklearn": "https://scikit-learn.org/stable/",
    "numpy": "https://numpy.org/doc/stable/",
    "scipy": "https://docs.scipy.org/doc/scipy/",
    "dask": "https://docs.dask.org/en/stable/",
}
intersphinx_mapping = {
    name: (url, None) for name, url in OTHERS.items() if is_reachable(url + "objects.inv")
}
nitpick_ignore_regex = [("py:.*", rf"({'|'.join(OTHERS)})\..*")]

# Copied code has no prompts.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

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
    "notebook_extensions": {".py"},
    "remove_config_comments": True,
    # The value of the last line of a cell, such as a legend, is no output.
    "capture_repr": (),
}

html_theme = "pydata_sphinx_theme"
html_title = f"sklearn_prune {release}"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
# Pages without pages below them.
ALONE = (
    "index",
    "installation",
    "getting_started",
    "benchmarks/index",
    "changelog",
    "related",
    "roadmap",
    "data_flow",
    "extending",
)
html_sidebars = {name: [] for name in ALONE}
# Code and output of the examples, and the table of which.md, need the room of the list on the
# right.
examples = Path(__file__).parents[1].glob("examples/plot_*.py")
WIDE = ["user_guide/which", *(f"auto_examples/{example.stem}" for example in examples)]
html_theme_options = {
    "logo": {"text": project},
    "navigation_with_keys": False,
    "secondary_sidebar_items": {"**": ["page-toc"]} | {name: [] for name in WIDE},
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
}


def tell_quick_gallery(app, pagename, templatename, context, doctree):
    """Say above the examples that they ran in their quick versions."""
    if pagename.startswith("auto_examples") and os.environ.get("GALLERY") != "full":
        context["theme_announcement"] = (
            "This site was built with the quick versions of the examples (quick = True): output "
            "and pictures are of smaller problems than those of the full versions."
        )


def setup(app):
    app.connect("builder-inited", copy_mathjax)
    app.connect("html-page-context", tell_quick_gallery)
