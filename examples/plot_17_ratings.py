"""
A one-hot table of ratings
==========================

A rating is a row with two ones, for the user and for the item. A quadratic function of such a row
has an effect of each user, an effect of each item and their interaction, as the models of
recommender systems have. This example compares it with two of these on ratings that are drawn from
a model of rank two.

The command ``python examples/plot_17_ratings.py`` runs the full version in less than a
minute.
"""

import argparse
import time

import matplotlib.pyplot as plt
import numpy as np
from scipy import sparse
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from sklearn_prune import GroupLassoMatrixSensingCV

quick = False  # True takes 160 users and 80 items.
# sphinx_gallery_start_ignore
parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true", help="160 users and 80 items")
parser.add_argument("--picture", default="ratings.png", help="file to save; '' for none")
arguments = parser.parse_args()
quick = arguments.quick
# sphinx_gallery_end_ignore

# %%
# The table
# ---------
#
# A row is ``e_u + e_i``, so that a prediction is
# ``(e_u + e_i)ᵀ M (e_u + e_i) = M_uu + M_ii + 2 M_ui``. A factorisation machine leaves out the
# diagonal and has ``<v_u, v_i>`` and linear terms instead. Here the diagonal serves as effects of
# users and items at no cost; but the same columns must then make the diagonal and the interactions.
# ``fit_bias=True`` adds a constant to the row, and with it linear terms, which sets them free of
# each other. The ratings have effects, interactions of rank two, and noise.

NOISE, RANK = 0.5, 2
users, items, n = (160, 80, 3000) if quick else (600, 300, 18_000)
rng = np.random.default_rng(0)
cells = rng.choice(users * items, n, replace=False)  # no pair is rated twice
u, i = cells // items, cells % items
user_effects, item_effects = 0.5 * rng.standard_normal(users), 0.5 * rng.standard_normal(items)
interactions = rng.standard_normal((users, RANK)) @ rng.standard_normal((RANK, items)) / 2
means = 3.5 + user_effects[:, None] + item_effects + interactions
y = means[u, i] + NOISE * rng.standard_normal(n)


def one_hot(u, i):
    """Rows ``e_u + e_i`` in CSR format."""
    places = np.column_stack([u, users + i]).ravel()
    starts = np.arange(0, len(places) + 1, 2)
    return sparse.csr_array((np.ones(len(places)), places, starts), shape=(len(u), users + items))


X = one_hot(u, i)
print(f"{n:,} ratings by {users} users of {items} items; X takes {X.data.nbytes / 1e6:.1f} MB")

# %%
# Four models
# -----------
#
# Each chooses its penalty on the same validation part and is then fitted to all but the test part.
# Alternating least squares (ALS) are ridge regressions of the effect and the latent factors of each
# user, then of each item, in turn; they are given a choice of the rank, too. Ridge regression on
# the one-hot columns has effects only. The group lasso is that of
# `sklearn_prune.GroupLassoMatrixSensingCV`, since ratings of one user are few and the best
# prediction is asked for: with columns that may count negatively, and with ``positive=True``.

train, validation, test = np.split(np.arange(n), [round(0.7 * n), round(0.8 * n)])
known = np.arange(len(train) + len(validation))


def ridges(groups, n_groups, features, targets, penalty):
    """A ridge regression for each group of samples."""
    k = features.shape[1]
    grams, sides = np.zeros((n_groups, k, k)), np.zeros((n_groups, k, 1))
    np.add.at(grams, groups, features[:, :, None] * features[:, None, :])
    np.add.at(sides, groups, (features * targets[:, None])[:, :, None])
    return np.linalg.solve(grams + penalty * np.eye(k), sides)[:, :, 0]


def als(samples, rank, penalty, rounds=50):
    """Predictions for all cells. The last column of P and of Q are effects."""
    a, b, mean = u[samples], i[samples], y[samples].mean()
    Q = np.random.default_rng(0).standard_normal((items, rank + 1)) * ([0.1] * rank + [0.0])
    ones = np.ones((len(samples), 1))
    for _ in range(rounds):
        P = ridges(a, users, np.hstack([Q[b, :-1], ones]), y[samples] - mean - Q[b, -1], penalty)
        Q = ridges(b, items, np.hstack([P[a, :-1], ones]), y[samples] - mean - P[a, -1], penalty)
    return mean + P[:, -1:] + Q[:, -1] + P[:, :-1] @ Q[:, :-1].T


def linear(samples, penalty):
    """Predictions for all cells of ridge regression on the one-hot columns."""
    model = Ridge(penalty).fit(X[samples], y[samples])
    return model.intercept_ + model.coef_[:users, None] + model.coef_[users:]


def chosen(fit, settings):
    """Predictions for all cells with the setting that is best on the validation part."""
    scores = [r2_score(y[validation], fit(train, *one)[u, i][validation]) for one in settings]
    return fit(known, *settings[int(np.argmax(scores))])


def group_lasso(positive):
    """The model; its one fold has the validation part held out."""
    model = GroupLassoMatrixSensingCV(
        20,
        alphas=ALPHAS,
        cv=[(train, validation)],
        fit_bias=True,
        fit_intercept=True,
        positive=positive,
        tol=1e-4,
    )
    return model.fit(X[known], y[known])


every = one_hot(np.repeat(np.arange(users), items), np.tile(np.arange(items), users))
PENALTIES = (0.3, 1.0, 3.0, 10.0)
ALPHAS = np.geomspace(0.03, 0.01, 4) if quick else np.geomspace(0.02, 0.003, 6)
predictions, notes, seconds = {}, {}, {}
began = time.process_time()
predictions["ridge"] = chosen(linear, [(penalty,) for penalty in PENALTIES])
seconds["ridge"] = time.process_time() - began
began = time.process_time()
predictions["ALS"] = chosen(als, [(rank, penalty) for rank in (1, 2, 3) for penalty in PENALTIES])
seconds["ALS"] = time.process_time() - began
for name, positive in (("signed", False), ("positive", True)):
    began = time.process_time()
    model = group_lasso(positive)
    seconds[name] = time.process_time() - began
    predictions[name] = model.predict(every).reshape(users, items)
    holds = "holds" if model.certificate_.holds else "does not hold"
    notes[name] = f"{model.rank_} columns, alpha {model.alpha_:.4f}, certificate {holds}"
predictions["true means"] = means

# %%
# The table has the scores on the test part. No model can be expected to be better than the true
# means.

scores = {name: r2_score(y[test], values[u, i][test]) for name, values in predictions.items()}
print(f"{'':12}{'R²':>7}{'RMSE':>8}{'CPU seconds':>13}")
for name, score in scores.items():
    error = np.sqrt(np.mean((predictions[name][u, i] - y)[test] ** 2))
    spent = f"{seconds[name]:.1f}" if name in seconds else ""
    print(f"{name:12}{score:7.3f}{error:8.3f}{spent:>13}  {notes.get(name, '')}")

figure, ax = plt.subplots(figsize=(6.4, 3), layout="constrained")
names = list(predictions)[:-1]
ax.plot([scores[name] for name in names], names, "o", color="tab:blue", markersize=9)
ax.axvline(scores["true means"], color="black", linestyle=":", label="true means")
ax.set(xlabel="R² on the test part", xlim=(0, 1))
ax.set_title("R² of each model on ratings it has not seen", fontsize="medium")
ax.margins(y=0.2)
ax.invert_yaxis()
ax.grid(axis="y", alpha=0.3)
ax.legend(loc="lower left")
# sphinx_gallery_start_ignore
if arguments.picture:
    figure.savefig(arguments.picture, dpi=120)
    print(f"picture: {arguments.picture}")
# sphinx_gallery_end_ignore

# %%
# Ridge regression has effects only, and explains less than half of what the true means explain. The
# group lasso is better by far and close to ALS. ALS is still a little better and takes less time:
# each of its steps is a small linear system for one user or item. For predictions from
# two fields ALS is the method to take. The group lasso finds its number of columns itself, takes
# any number of fields and further features, and its fit is certified. With columns that may count
# negatively it is no better here than without.
#
# What is not identified
# ----------------------
#
# Every row has one user and one item, so that the vector with 1 for each user and −1 for each item
# is orthogonal to all rows: a constant can move from the users to the items, in every column, and
# no prediction changes. The entries of M are therefore no effects by themselves. What is
# identified is read from predictions: those for all cells, less their means over rows and over
# columns, are the interactions.

move = np.concatenate([np.ones(users), -np.ones(items)])
print(f"rows times the vector: at most {np.abs(X @ move).max():.0f}")
moved = model.factor_ + 0.1 * move[:, None]
largest = np.abs((X @ moved) ** 2 - (X @ model.factor_) ** 2).max()
change = np.linalg.norm(moved @ moved.T - model.factor_ @ model.factor_.T)
change /= np.linalg.norm(model.factor_ @ model.factor_.T)
print(f"M changed by {change:.0%}, predictions by {largest:.0e}")


def centred(table):
    return table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()


unseen = np.ones((users, items), dtype=bool)
unseen[u, i] = False
true, found = centred(means)[unseen], centred(predictions["signed"])[unseen]
print(f"interactions of pairs without a rating: correlation {np.corrcoef(true, found)[0, 1]:.3f}")
some = rng.choice(true.size, 600, replace=False)
figure, ax = plt.subplots(figsize=(5, 4.4), layout="constrained")
ax.axline((0, 0), slope=1, color="0.6", linewidth=1)
ax.plot(true[some], found[some], ".", color="tab:blue")
ax.set(xlabel="true interaction", ylabel="interaction found", aspect="equal")
ax.set_title("Interactions of pairs without a rating", fontsize="medium")

# %%
# The interactions of pairs that were never rated are found up to an error that comes from few and
# noisy ratings. Most of the large ones are found too small: the penalty draws them towards zero.
