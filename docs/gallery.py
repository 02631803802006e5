"""How sphinx-gallery runs the examples."""

import os


def arguments(gallery_conf, script_vars):
    """Of the command line; the gallery takes the picture itself, so that none is saved."""
    quick = [] if os.environ.get("GALLERY") == "full" else ["--quick"]
    return [*quick, "--picture", ""]
