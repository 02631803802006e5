"""Models that one set of dependencies writes, and another reads.

``python tests/across_versions.py write FOLDER`` with the one, and ``read FOLDER`` with the other:
predictions of what is read must be those of what was written. `.ci/run` writes with the oldest
dependencies and reads with the newest.
"""

import pickle
import sys
import warnings
from pathlib import Path

import numpy as np
import sklearn
import skops.io

from sklearn_prune import (
    FineTuner,
    GroupLassoMatrixSensing,
    GroupLassoMatrixSensingCV,
    PrunedMatrixSensing,
    make_pruning_pipeline,
)
from sklearn_prune.datasets import make_matrix_sensing

MODELS = {
    "pruned": PrunedMatrixSensing(fit_bias=True),
    "signed": PrunedMatrixSensing(positive=False),
    "pipeline": make_pruning_pipeline(),
    "sense": GroupLassoMatrixSensing(),
    "cross-validation": GroupLassoMatrixSensingCV(n_alphas=5),
    "fine-tuner": FineTuner(2),
}
PAGE = Path(__file__).parents[1] / "docs" / "user_guide" / "storing.md"


def trusted_types() -> list[str]:
    """The types that the page on storing lists for skops."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("sklearn_prune.")]


def write(folder: Path) -> None:
    X, y, _ = make_matrix_sensing(200, 8, 2, noise=0.1, random_state=0)
    predictions = {}
    for name, model in MODELS.items():
        model.fit(X, y)
        predictions[name] = model.predict(X)
        (folder / f"{name}.pickle").write_bytes(pickle.dumps(model))
        (folder / f"{name}.skops").write_bytes(skops.io.dumps(model))
    np.savez(folder / "predictions.npz", X=X, **predictions)
    print(f"{len(MODELS)} models written with scikit-learn {sklearn.__version__}")


def read(folder: Path) -> None:
    # scikit-learn warns of its own Pipeline.
    warnings.simplefilter("ignore", sklearn.exceptions.InconsistentVersionWarning)
    stored = np.load(folder / "predictions.npz")
    for name in MODELS:
        pickled = pickle.loads((folder / f"{name}.pickle").read_bytes())
        safe = skops.io.load(folder / f"{name}.skops", trusted=trusted_types())
        for model in (pickled, safe):
            # Another BLAS may round differently.
            np.testing.assert_allclose(model.predict(stored["X"]), stored[name], rtol=1e-12)
    print(f"{len(MODELS)} models read with scikit-learn {sklearn.__version__}")


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](Path(sys.argv[2]))
