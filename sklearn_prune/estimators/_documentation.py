"""Where the HTML representation of an estimator links to."""

# The address of the published documentation, with a slash at the end. There is none yet, and no
# link is better than one that leads nowhere.
SITE = ""


class Documented:
    """Gives scikit-learn the address of an estimator's page in the API reference."""

    _doc_link_module = "sklearn_prune"
    _doc_link_template = SITE and SITE + "generated/sklearn_prune.{estimator_name}.html"
