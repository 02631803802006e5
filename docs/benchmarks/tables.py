"""R² on ten tables, beside ridge regression on all products and boosting.

``python docs/benchmarks/tables.py`` cross-validates in five folds (``KFold(5, shuffle=True,
random_state=0)``); everything that is chosen is chosen by a further cross-validation inside each
fold. Features are scaled to variance one. Five of the tables are those of example 14; others come
with scikit-learn and vega_datasets (extra ``doc``) and with statsmodels (not in any extra:
``pip install statsmodels``). ``--only NAME`` takes one table.

- positive, signed: `GroupLassoMatrixSensingCV` with biases and an offset.
- no offset: the same as signed with ``fit_intercept=False``. The bias of a column that counts
  negatively makes any offset, which is then penalised.
- pipeline: ``make_pruning_pipeline(positive=False)`` with biases and an offset, searched over alpha
  and ``tune__shrinkage``.
- ridge², boosting: `RidgeCV` on all products of two features, `HistGradientBoostingRegressor`.
"""

import argparse
import warnings
from importlib import import_module
from tempfile import TemporaryDirectory

import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import (
    load_diabetes,
    load_wine,
    make_friedman1,
    make_friedman2,
    make_friedman3,
)
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from threadpoolctl import threadpool_limits
from vega_datasets import data

from sklearn_prune import GroupLassoMatrixSensingCV, alpha_max, make_pruning_pipeline

QUADRATIC = {"fit_bias": True, "fit_intercept": True}
PENALTIES = np.geomspace(1e-2, 1e4, 13)
# Shuffled, since the rows of some tables are sorted.
FOLDS = KFold(5, shuffle=True, random_state=0)


def cars():
    """Miles per gallon; rows with a missing number are left out."""
    table = data.cars().dropna()
    table["Year"] = table["Year"].dt.year
    names = ["Cylinders", "Displacement", "Horsepower", "Weight_in_lbs", "Acceleration", "Year"]
    return table[names].to_numpy(float), table["Miles_per_Gallon"].to_numpy(float)


def weather():
    """The largest temperature of a day from the season, rain and wind of that day in Seattle."""
    table = data.seattle_weather()
    angle = 2 * np.pi * table["date"].dt.day_of_year / 365.25
    X = np.column_stack([np.cos(angle), np.sin(angle), table["precipitation"], table["wind"]])
    return X, table["temp_max"].to_numpy(float)


def wine():
    """The alcohol of a wine from its other twelve measurements."""
    X, _ = load_wine(return_X_y=True)
    return X[:, 1:], X[:, 0]


def of_statsmodels(name, rows=None):
    """A table of statsmodels; some of its rows, drawn with a fixed seed."""
    loaded = import_module(f"statsmodels.datasets.{name}").load_pandas()
    X, y = loaded.exog.to_numpy(float), np.asarray(loaded.endog, float)
    y = y if y.ndim == 1 else y[:, 0] / y.sum(axis=1)
    if rows is not None:
        chosen = np.random.default_rng(0).permutation(len(y))[:rows]
        X, y = X[chosen], y[chosen]
    return X[:, X.std(axis=0) > 0], y


TABLES = {
    "friedman1": lambda: make_friedman1(500, noise=1.0, random_state=0),
    "friedman2": lambda: make_friedman2(500, noise=125.0, random_state=0),
    "friedman3": lambda: make_friedman3(500, noise=0.1, random_state=0),
    "diabetes": lambda: load_diabetes(return_X_y=True),
    "cars": cars,
    "weather": weather,
    "wine": wine,
    "star98": lambda: of_statsmodels("star98"),
    "fair": lambda: of_statsmodels("fair", 1500),
    "randhie": lambda: of_statsmodels("randhie", 800),
}


def searched_pipeline(X, y, memory):
    """The pipeline with alpha and the shrinkage chosen by cross-validation."""
    settings = {"positive": False, **QUADRATIC}
    top = alpha_max(X, y, **settings)
    grid = {
        "sense__alpha": top * np.geomspace(0.3, 3e-3, 7),
        # At 1 no column is left, as at the largest alpha of a path.
        "tune__shrinkage": [0.0, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0],
    }
    pipeline = make_pruning_pipeline(**settings, memory=memory)
    return GridSearchCV(pipeline, grid, cv=FOLDS).fit(X, y)


def fitted(name, X, y):
    """A model that was fitted."""
    match name:
        case "positive":
            model = GroupLassoMatrixSensingCV(cv=FOLDS, **QUADRATIC)
        case "signed":
            model = GroupLassoMatrixSensingCV(positive=False, cv=FOLDS, **QUADRATIC)
        case "no offset":
            model = GroupLassoMatrixSensingCV(positive=False, fit_bias=True, cv=FOLDS)
        case "pipeline":
            # All shrinkages of an alpha are tried on one penalised fit.
            with TemporaryDirectory() as folder:
                return searched_pipeline(X, y, memory=folder)
        case "ridge²":
            products = PolynomialFeatures(2, include_bias=False)
            model = make_pipeline(products, StandardScaler(), RidgeCV(PENALTIES))
        case "boosting":
            model = HistGradientBoostingRegressor(random_state=0)
    return model.fit(X, y)


def columns_of(model):
    """How many columns a quadratic model has."""
    if isinstance(model, GridSearchCV):
        return np.count_nonzero(model.best_estimator_["tune"].factor_.any(axis=0))
    return getattr(model, "rank_", np.nan)


def predict(X, y, train, test, name):
    """Predictions of a fold, and the number of columns."""
    scaler = StandardScaler().fit(X[train])
    with threadpool_limits(1), warnings.catch_warnings():
        # Of the smallest alphas of a grid, some fits do not converge, and others keep no column.
        warnings.simplefilter("ignore")
        model = fitted(name, scaler.transform(X[train]), y[train])
        return model.predict(scaler.transform(X[test])), columns_of(model)


def score(X, y, name):
    """R² of the predictions of all folds, and the mean number of columns."""
    folds = list(FOLDS.split(X))
    results = [predict(X, y, train, test, name) for train, test in folds]
    predicted = np.empty_like(y)
    for (_, test), (values, _) in zip(folds, results, strict=True):
        predicted[test] = values
    return r2_score(y, predicted), np.mean([columns for _, columns in results])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="the name of a table")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    models = ("positive", "signed", "no offset", "pipeline", "ridge²", "boosting")
    print(f"{'table':12}{'n':>6}{'d':>4}" + "".join(f"{name:>14}" for name in models))
    for name, load in TABLES.items():
        if options.only in name:
            X, y = load()
            results = Parallel(options.jobs)(delayed(score)(X, y, model) for model in models)
            texts = [f"{r:.3f}" + (f" ({c:.1f})" if c == c else "") for r, c in results]
            print(f"{name:12}{X.shape[0]:6}{X.shape[1]:4}", end="")
            print("".join(f"{text:>14}" for text in texts), flush=True)


if __name__ == "__main__":
    main()
