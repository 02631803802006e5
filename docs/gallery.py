"""How sphinx-gallery runs the examples."""

import os


def arguments(gallery_conf, script_vars):
    """Command-line arguments of an example; the gallery captures the picture, so none is saved."""
    quick = [] if os.environ.get("GALLERY") == "full" else ["--quick"]
    return [*quick, "--picture", ""]
