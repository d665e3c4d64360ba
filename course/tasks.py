"""The tasks of the exercises, and how each is checked. The answers are in here: try first.

A probe asks for one property at a time, on numbers that show each classic mistake in its own way.
The last comparison is with another calculation than the one asked for, on fresh data.
"""

import os
import tempfile
import tracemalloc
from itertools import product
from pathlib import Path
from unittest import mock

import torch

from course.feedback import (
    Wrong,
    choice,
    kind,
    need,
    number,
    read_number,
    read_tensor,
    read_tuple,
    sequence,
    task,
)

Tensor = torch.Tensor


def column(*values):
    return torch.tensor([[value] for value in values])  # no view: an answer may do with it what it likes


def close(a, b, tolerance=1e-4):
    """Equal but for rounding. Shapes are compared before."""
    a, b = a.double(), torch.as_tensor(b).double()
    return bool((a - b).abs().max() <= tolerance * b.abs().max().clamp(min=1e-3))


def name_of(factor, names, default):
    """The mistake that a measured factor betrays."""
    return next((name for known, name in names.items() if abs(factor - known) < 1e-3 * abs(known)), default)


# ---- 01 synthetic data


@task("synthetic_data", "01_synthetic_data", "synthetic_data(w, b, num_examples)")
def synthetic_data(f):
    n, w, b = 2000, torch.tensor([2.0, -3.4]), 4.2
    (X, y), (other, _) = (read_data(f(w, b, n), n, 2) for _ in range(2))
    need(not torch.equal(X, other), "two calls give the same X", "the same data every time: a seed inside")
    is_normal(X)
    A, truth = torch.cat([X, torch.ones(n, 1)], 1).double(), column(2.0, -3.4, 4.2).double()
    noise = y.double() - A @ truth
    mean, std = noise.mean().item(), noise.std().item()
    need(std > 1e-5 or abs(mean) > 1e-5, "y lies exactly on Xw + b", "the noise is forgotten")
    need(abs(mean + b) > 0.1, "y - Xw has mean 0", "the bias b is forgotten")
    need(std > 1e-5, "every y is off by the same amount", "one noise for all examples")
    used = torch.linalg.lstsq(A, y.double()).solution
    need(close(used, truth, 0.05), "y does not follow the given w and b", "other parameters than those given")
    on_X = 0.035 < std < 0.045  # 0.01 times the length of w
    need(not on_X, "y is off by as much as noise on the features makes", "the noise is on X, not on y")
    swapped = 0.09 < std < 0.11
    need(not swapped, "the noise has a standard deviation of 0.1", "variance taken for standard deviation")
    need(0.0088 < std < 0.0112, f"the noise has a standard deviation of {std:.1g}", "the size of the noise")
    need(abs(mean) < 0.0016, f"the noise has a mean of {mean:.1g}", "the noise is not around 0")
    need(noise.abs().max() > 0.02, "no noise exceeds two standard deviations", "the noise is not normal")
    X, y = read_data(f(torch.tensor([1.0, 2.0, -1.0]), -5.0, 50), 50, 3)
    near = (y - (X @ column(1.0, 2.0, -1.0) - 5)).abs().max() < 0.1
    need(near, "for three other weights y is far from Xw + b", "w or b of one data set are built in")


def read_data(pair, n, d):
    X, y = read_tuple(pair, 2)
    swapped = isinstance(X, Tensor) and X.shape == (n, 1)
    need(not swapped, f"the first part has shape {(n, 1)}", "X and y are in the wrong order")
    names = {(n,): "y is a plain vector", (n, n): "broadcast: a column and a row", (1, n): "y is a row"}
    return read_tensor(X, (n, d), {(d, n): "X is transposed"}, "X"), read_tensor(y, (n, 1), names, "y")


def is_normal(X):
    """Refuses features that are not from N(0, 1), all drawn by themselves. For n = 2000."""
    mean, std, low, high = X.mean(0).abs().max(), X.std(0), X.min(), X.max()
    need(std.min() > 1e-6, "all rows of X are equal", "the same features for all examples")
    unbounded = high - low > 4 * std.max()
    need(unbounded, f"all of X lies between {low:.1f} and {high:.1f}", "X is uniform, not normal")
    need(mean < 0.14, f"a column of X has a mean of {mean:.1g}", "X is not around 0")
    unit = ((std - 1).abs() < 0.1).all()
    need(unit, f"a column of X has a standard deviation of {std.max():.2g}", "the spread of X is not 1")
    related = torch.corrcoef(X.T).fill_diagonal_(0).abs().max() > 0.14
    need(not related, "the columns of X move together", "one random number for several features")


@task("stream", "01_synthetic_data", "stream(batch_size, seed), endless")
def stream(f):
    first, again, other = (read_stream(f, seed, count) for seed, count in ((7, 100), (7, 5), (8, 5)))
    need(not f.draws, "a global generator has moved", "the global generator is used: others draw from it too")
    X, same, new = (torch.cat([X for X, _ in batches]) for batches in (first, again, other))
    need(len(X.unique(dim=0)) == len(X), "the same examples come again and again", "no fresh data")
    need(torch.equal(X[: len(same)], same), "the same seed gives other data", "the seed is not used")
    need(not torch.equal(X[: len(new)], new), "another seed gives the same data", "the seed is built in")
    noise = torch.cat([y for _, y in first]) - (X @ column(2.0, -3.4) + 4.2)
    need(noise.abs().max() < 0.1, "y is far from Xw + b", "other parameters than [2, -3.4] and 4.2")
    need(noise.std() > 1e-5, "y lies exactly on Xw + b", "the noise is forgotten")
    is_normal(X)


def read_stream(f, seed, count, size=20):
    batches = f(size, seed, take=count)
    need(batches is not None, "the result is None", "nothing is yielded")
    need(isinstance(batches, list), f"the result is a {kind(batches)}", "something to loop over is wanted")
    one = len(batches) == 2 and isinstance(batches[0], Tensor)
    need(not one, "one batch comes back, and that is all", "return ends the function: it is no yield")
    need(len(batches) == count, f"it ends after {len(batches)} batches", "the stream has an end")
    pairs = [read_tuple(batch, 2, "a batch") for batch in batches]
    return [(read_tensor(X, (size, 2), what="X"), read_tensor(y, (size, 1), what="y")) for X, y in pairs]


sequence(
    "01-recall-blocks",
    "00_start_here",
    ["data", "reading", "parameters", "model", "loss", "optimizer", "training"],
    [
        ("data", "reading", "there are no examples to read yet"),
        ("reading", "parameters", "on the map, the data come first: blocks 1 and 2"),
        ("parameters", "model", "the model has nothing to calculate with yet"),
        ("model", "loss", "there is no prediction to judge yet"),
        ("loss", "optimizer", "there is nothing to make smaller yet"),
        ("optimizer", "training", "training is the loop over all other blocks: it comes last"),
    ],
)
choice(
    "01-recall-model",
    "00_start_here",
    "b",
    {
        "a": "the labels are known before: they come with the data",
        "c": "the parameters go into the model, and the optimizer changes them",
        "d": "the loss is the next block: it compares what the model says with the labels",
    },
)
number(
    "01-more-data",
    "01_synthetic_data",
    (9.5, 10.5),
    {
        (95, 105): "as if no noise evened out: it falls more slowly than the number of examples grows",
        (0.95, 1.05): "as if the noise did not even out at all",
        (9e3, 1.1e4): "the square: data help far less than that",
        (3, 3.3): "the root was taken twice",
        (0.09, 0.11): "the other way round: how many times smaller is wanted, a number over 1",
        (1.9, 2.1): "powers of ten counted: the root is wanted, not the logarithm",
        (4.5, 4.7): "the logarithm: the root is wanted",
    },
    "how many times smaller the error gets, a number",
)

choice(
    "01-bug-line",
    "01_synthetic_data",
    "a",
    {
        "b": "this line is in order: the features and a column of ones, side by side",
        "c": "this line is in order: each label is the weighted sum of its own features, plus the bias",
        "d": "this line is in order: a noise for each label, with standard deviation 0.01",
        "e": "this line is in order: what it finds predicts as well as can be",
    },
)


@task("noise_of", "01_synthetic_data", "noise_of(X, y, w, b)")
def noise_of(f):
    X, w, eps = (
        torch.arange(12.0).reshape(4, 3) - 5,
        torch.tensor([1.0, -2.0, 0.5]),
        column(0.1, -0.3, 0.4, 0.8),
    )
    clean = column(*[sum(x * v for x, v in zip(row, (1, -2, 0.5), strict=True)) for row in X.tolist()])
    names = {(4, 4): "broadcast: every label meets every prediction", (4,): "the column is lost"}
    names |= {(): "reduced to one number: the noise of each example is wanted"}
    found = read_tensor(f(X, clean + 3 + eps, w, 3.0), (4, 1), names)
    candidates = {
        "the wrong sign: the noise is what the label has more": -eps,
        "b is forgotten": eps + 3,
        "b is added once more: it is to be taken off": eps + 6,
        "the sign is lost: noise goes up and down": eps.abs(),
        "squared: the noise itself is wanted": eps**2,
        "its mean is taken off: keep it": eps - eps.mean(),
        "nothing is taken off the labels": clean + 3 + eps,
        "only b is taken off: the features are forgotten": clean + eps,
        "these are the predictions, not what they leave over": clean + 3,
    }
    mistakes = [mistake for mistake, value in candidates.items() if close(found, value)]
    listed = ", ".join(f"{value:.2g}" for value in found.flatten().tolist())
    mistake = (mistakes or ["not what w and b leave over"])[0]
    need(close(found, eps, 1e-3), f"noise of 0.1, -0.3, 0.4, 0.8 comes out as {listed}", mistake)
    X, w, b, eps = torch.randn(50, 2), torch.randn(2), torch.randn(()).item(), torch.randn(50, 1)
    y = (X * w).sum(1, keepdim=True) + b + eps
    fresh = close(read_tensor(f(X, y, w, b), (50, 1)), eps, 1e-3)
    need(fresh, "fresh data give another noise", "w or b is built in")


# ---- 02 reading data


@task("data_iter", "02_reading_data", "data_iter(batch_size, features, labels)")
def data_iter(f):
    for n, batch_size in ((43, 5), (41, 5), (20, 5), (7, 7)):
        read_epoch(f, n, batch_size)
    epochs = [read_epoch(f, 43, 4) for _ in range(8)]
    orders = [sum(epoch, []) for epoch in epochs]
    need(orders[0] != sorted(orders[0]), "the examples come in the order of the data", "nothing is shuffled")
    need(orders[0] != orders[1], "two epochs read in the same order", "shuffled only once, or a seed inside")
    first, second = ({frozenset(batch) for batch in epoch} for epoch in epochs[:2])
    apart = len(first & second) < 5
    need(apart, "the same examples meet in every epoch", "whole batches are shuffled, not the examples")
    neighbours = sum((a - b) % 43 in (1, 42) for a, b in zip(orders[0], orders[0][1:], strict=False))
    need(neighbours < 20, "most examples keep their neighbours", "turned or cut, but not shuffled")
    free = all(len(set(place)) > 1 for place in zip(*orders, strict=True))
    need(free, "a place has the same example in every epoch", "some examples are left out of the shuffling")


def read_epoch(f, n, batch_size):
    """The batches of one epoch, as lists of example numbers."""
    number = torch.arange(n).reshape(-1, 1)
    features, labels = torch.cat([number * 1.0, number * -0.5], 1), number + 100.0
    batches = f(batch_size, features, labels, take=2 * n)
    need(batches is not None, "the result is None", "nothing is yielded")
    one = isinstance(batches, list) and len(batches) == 2 and isinstance(batches[0], Tensor)
    need(not one, "one batch comes back, and that is all", "return ends the function: it is no yield")
    need(isinstance(batches, list), f"the result is a {kind(batches)}", "something to loop over is wanted")
    epoch, short, rows = [], n % batch_size, set(map(tuple, features.tolist()))
    for batch in batches:
        X, y = read_tuple(batch, 2, "a batch")
        tensors = isinstance(X, Tensor) and isinstance(y, Tensor)
        need(tensors, f"a batch holds a {kind(X)} and a {kind(y)}", "indices or lists, not rows")
        need(X.ndim == 2, f"X has shape {tuple(X.shape)}", "indices or single examples, not rows")
        size = len(X)
        need(size > 0, "a batch is empty", "an empty batch: there is nothing left at that point")
        need(X.shape != (size, 1), "the first part has one column", "X and y are in the wrong order")
        X = read_tensor(X, (size, 2), what="X")
        y = read_tensor(y, (size, 1), {(size,): "the column of y is lost"}, "y")
        known = rows.issuperset(map(tuple, X.tolist()))
        need(known, "a row of X is no example", "the features are changed")
        need(torch.equal(X[:, :1] + 100, y), "an X has the label of another", "X and y are torn apart")
        epoch.append(X[:, 0].int().tolist())
    sizes, order = [len(batch) for batch in epoch], sum(epoch, [])
    twice, missing = len(order) - len(set(order)), n - len(set(order))
    longest = max(sizes, default=0)
    need(longest <= batch_size, f"a batch has {longest} examples, not {batch_size}", "a batch is too long")
    padded = twice and not missing and sizes[-1] == batch_size
    need(not padded, "the last batch is full, with examples seen before", "the last batch is padded")
    need(not (twice and missing), "some examples come twice, others never", "drawn with replacement")
    need(not twice, "some examples come twice in an epoch", "examples are repeated")
    dropped = missing == short and set(sizes) == {batch_size}
    need(not (missing and dropped), "the examples left over never come", "the last, shorter batch is dropped")
    need(not missing, f"{missing} of {n} examples never come", "examples are skipped")
    wanted = [batch_size] * (n // batch_size) + [short] * (short > 0)
    need(sizes == wanted, f"the batches hold {sizes}", "a batch before the last is too short")
    return epoch


choice(
    "02-recall-labels",
    "01_synthetic_data",
    "c",
    {
        "a": "a plain vector: against a column of predictions it would broadcast to a table",
        "b": "a row: one row for each example is wanted",
        "d": "that is the shape of the features: an example has two of them, and one label",
    },
)
choice(
    "02-recall-noise",
    "01_synthetic_data",
    "b",
    {
        "a": "noise evens out, but not to nothing: what is left grows with it",
        "c": "so grows the mean squared error, not the error of the weights",
        "d": "the root belongs to the number of examples, not to the size of the noise",
    },
)
choice(
    "02-last-batch",
    "02_reading_data",
    "d",
    {
        "a": "no error: a slice that reaches past the end gives what is there",
        "b": "that loses examples: a reader hands out every example once",
        "c": "that repeats examples: a reader hands out every example once",
    },
)
choice(
    "02-bug-line",
    "02_reading_data",
    "b",
    {
        "a": "this line is in place: the parameters are made once, before the training",
        "c": "this line is in place: three epochs are run, and each prints its loss",
        "d": "this line is in place: it takes all that the reader still has to give",
        "e": "this line is in place: it runs for each batch that comes",
        "f": "this line is in place: one step for each batch that comes",
    },
)


@task("audit", "02_reading_data", "audit(batches, n), which returns missing, extra, torn")
def audit(f):
    def counts(rows, n, labels=None):
        X, y = column(*map(float, rows)), -column(*map(float, labels or rows))
        parts = read_tuple(f(list(zip(X.split(4), y.split(4), strict=True)), n), 3)
        return [
            read_number(part, name) for part, name in zip(parts, ("missing", "extra", "torn"), strict=True)
        ]

    order = [7, 2, 9, 0, 4, 1, 8, 3, 6, 5]
    found = counts(order, 10)
    seen = "for a reader that is right, missing, extra, torn are {:g}, {:g}, {:g}".format(*found)
    need(found[2] < 11, seen, "broadcast: each X is compared with every y")
    need(found[2] < 9, seen, "the label of row i is -i: its sign is forgotten")
    need(not any(found), seen, "a fault is found where there is none")
    missing, extra, torn = counts(order[1:5] + order[6:9], 10)  # without 7, 1 and 5
    turned = (missing, extra) == (0, 3)
    need(not turned, "3 rows never come, and 3 are counted as extra", "the wrong order of the parts")
    need(
        missing == 3, f"3 rows never come, {missing:g} are counted as missing", "missing is not counted right"
    )
    need(extra == 0, f"no row comes twice, extra is {extra:g}", "a missing row is no negative extra")
    missing, _, _ = counts(order[:2] + order[3:], 10)  # without 9
    seen = f"the last row never comes, missing is {missing:g}"
    need(missing == 1, seen, "n is not used: the end is not noticed")
    _, extra, _ = counts([*order, 4, 4, 4], 10)
    names = {
        1: "rows are counted: readings too many are wanted",
        4: "the first reading of a row is not too many",
    }
    seen = f"row 4 comes 4 times, that is 3 times too often; extra is {extra:g}"
    need(extra == 3, seen, names.get(extra, "extra is not counted right"))
    missing, extra, _ = counts([0, 1, 2, 2, 5, 5, 5, 7], 8)
    seen = f"3 rows are missing and 3 readings are extra; counted are {missing:g} and {extra:g}"
    need((missing, extra) == (3, 3), seen, "missing and extra are set off against each other")
    torn = counts(order, 10, [2, 7, 9, 0, 8, 1, 4, 3, 6, 5])[2]
    names = {0: "not each row is compared with its own label", 2: "batches are counted: rows are wanted"}
    seen = f"4 rows, in 2 batches, have the label of another; torn is {torn:g}"
    need(torn == 4, seen, names.get(torn, "torn is not counted right"))
    order = torch.randperm(30).tolist()
    found = counts(order[:20] + order[:5], 30, order[:18] + order[18:20][::-1] + order[:5])
    need(found == [10, 5, 2], "fresh data are counted wrongly", "not these three counts")


@task("malicious", "02_reading_data", "malicious(num_examples)")
def malicious(f):
    for n in (1000, 800):
        names = {(n,): "the labels are a plain vector", (1, n): "the labels are a row"}
        labels = read_tensor(f(n), (n, 1), names, "the result")
        low, high = labels.min().item(), labels.max().item()
        need(
            low >= 0 and high <= 1,
            f"the labels go from {low:.2g} to {high:.2g}",
            "0 to 1 is allowed, no more",
        )
        need(high > low, "all labels are equal", "then every order ends at the mean")
        mean, batches, b = labels.mean().item(), labels.reshape(-1, 10).mean(1).tolist(), 0.0
        for part in batches * 10:
            b += 0.03 * (part - b)
        seen = f"in the given order b ends at {b:.2f}, and the mean is {mean:.2f}"
        fair = max(batches) - min(batches) < 0.2
        fair = fair and "each mini-batch is a fair sample of the whole: no order of batches can harm"
        turns = sum((p > mean) != (q > mean) for p, q in zip(batches, batches[1:], strict=False))
        often = turns > 8 and "the labels change too often: pulls up and pulls down even out"
        need(abs(b - mean) > 0.1, seen, fair or often or "the last batches are too few, or too near the mean")


@task("affine_order", "02_reading_data", "affine_order(n, a, c)")
def affine_order(f):
    def read(n, a, c, take):
        numbers = f(n, a, c, take=take)
        need(numbers is not None, "the result is None", "nothing is yielded")
        need(
            isinstance(numbers, list),
            f"the result is a {kind(numbers)}",
            "return ends the function: it is no yield",
        )
        return [read_number(number, "a row number") for number in numbers]

    n, a, c = 10, 3, 4
    order, listed = read(n, a, c, 25), range(n)
    candidates = {
        "the remainder is forgotten: row numbers stay below n": [a * i + c for i in listed],
        "i starts at 0, and ends before n": [(a * i + c) % n for i in range(1, n + 1)],
        "c is added before the product": [a * (i + c) % n for i in listed],
        "c is not used": [a * i % n for i in listed],
        "a is not used": [(i + c) % n for i in listed],
        "a and c have changed places": [(c * i + a) % n for i in listed],
        "i is not used: each number is made from the one before": chain(n, a, c),
        "only the product is taken modulo n": [a * i % n + c for i in listed],
    }
    starts = [mistake for mistake, values in candidates.items() if order and is_part(order[:n], values)]
    seen = f"affine_order(10, 3, 4) begins with {', '.join(f'{value:g}' for value in order[:5])}"
    right = [(a * i + c) % n for i in listed]
    need(order[:n] == right[: len(order)], seen, (starts or ["not the numbers (a * i + c) mod n"])[0])
    need(
        len(order) == n,
        f"{len(order)} numbers come for n = 10",
        "the order has n numbers: i goes from 0 to n - 1",
    )
    tracemalloc.start()
    try:
        first = read(20_000, 7, 19_999, 3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    seen = f"the first 3 of 20000 numbers need {peak / 1e6:.1f} MB"
    need(peak < 3e5, seen, "all numbers are made before the first is wanted")
    need(first == [19_999, 6, 13], "for n = 20000 other numbers come", "a, c or n are built in")
    for n, a in ((10, 4), (12, 9), (10, 0)):
        try:
            read(n, a, 1, 3)
        except Wrong as found:
            need("it raises ValueError" in found.args[0], *found.args)
        else:
            shared = "a and n share a factor: some rows come again and again, others never"
            raise Wrong(f"n = {n} and a = {a} are taken", shared)


def chain(n, a, c, x=0):
    """0, and ten numbers, each made from the one before: another generator, often mistaken for this one."""
    return [x] + [x := (a * x + c) % n for _ in range(10)]


def is_part(part, values):
    """Whether a list is found in another, as it is."""
    return any(values[i : i + len(part)] == part for i in range(len(values)))


# ---- 03 parameters


@task("init_params", "03_parameters", "init_params(num_features, std=0.01)")
def init_params(f):
    d = 4000
    (w, b), (again, _) = read_params(f(d), d), read_params(f(d), d)
    need(w.abs().max() > 0, "all weights are 0", "std is not used")
    need(w.std() > 1e-6, "all weights are equal", "one number for all weights")
    need(not torch.equal(w, again), "two calls give the same weights", "a seed inside")
    spread, half = w.std().item(), read_params(f(d, 0.5), d)[0].std().item()
    seen = f"std=0.5 gives weights with a standard deviation of {half:.2g}"
    need(not 0.65 < half < 0.77, seen, "std is taken for the variance")
    need(not 0.23 < half < 0.27, seen, "std is squared: the variance is taken for std")
    need(abs(half / spread - 1) > 0.2, "std=0.5 spreads the weights no wider", "std is ignored")
    need(0.46 < half < 0.54, seen, "std is not the standard deviation")
    need(0.0092 < spread < 0.0108, f"without std the weights spread by {spread:.1g}", "the default of std")
    need(w.mean().abs() < 0.001, f"the weights have a mean of {w.mean():.1g}", "the weights are not around 0")
    need(w.abs().max() > 0.025, "no weight is far out", "the weights are not normal")
    need(b.item() == 0, f"b starts at {b.item():.1g}", "the bias does not start at 0")


def read_params(pair, d):
    w, b = read_tuple(pair, 2)
    names = {(d,): "w is a plain vector", (1, d): "w is a row", (1,): "w and b are in the wrong order"}
    read_tensor(w, (d, 1), names, "w")
    read_tensor(b, (1,), {(): "b has no dimension", (1, 1): "b has a dimension too many"}, "b")
    for name, value in (("w", w), ("b", b)):
        need(value.requires_grad, f"{name}.requires_grad is False", f"{name} does not record gradients")
        need(value.is_leaf, f"{name} has a grad_fn", f"{name} is a result, not a leaf")
    return w.detach(), b.detach()


choice(
    "03-recall-generator",
    "02_reading_data",
    "c",
    {
        "a": "a generator does not start again: a new call does",
        "b": "no error comes: that is what makes it dangerous",
        "d": "the first loop took them all, also the last one",
    },
)
number(
    "03-recall-noise",
    "01_synthetic_data",
    (0.0095, 0.0105),
    {
        (0.00009, 0.00011): "that is the variance",
        (0.09, 0.11): "a root too many: 0.01 is the standard deviation already",
        (3.9, 4.2): "that is the spread of the labels: most of it comes from the features",
        (-0.001, 0.001): "that is the mean",
    },
    "a standard deviation, a number",
)
number(
    "03-far-start",
    "03_parameters",
    (64, 71),
    {
        (60, 62.5): "that is how many times larger the loss is: each update multiplies, so take logarithms",
        (130, 140): "0.97 is for a parameter; the loss is a square and falls twice as fast",
        (28, 31): "a logarithm to the base 10 over a natural one: take the same base twice",
        (985, 1000): "the difference of the losses: each update multiplies, it does not subtract",
        (0, 2): "the start is further away, and each update goes only a part of the way",
        (110, 116): "that is the way from the far start to 1, not to the near start",
    },
    "the number of further updates",
)
choice(
    "03-zero-start",
    "03_parameters",
    "d",
    {
        "a": "the predictions are equal, the labels and features are not: the gradient at zero is not zero",
        "b": "each weight has a gradient of its own: it compares the errors with its own feature",
        "c": "the loss has one lowest point only: each start ends there",
    },
)
choice(
    "03-bug-line",
    "03_parameters",
    "c",
    {
        "a": "this line is in order: one start for all runs makes them comparable",
        "b": "this line is in order: it runs the rest twice",
        "d": "this line is in order: it trains the parameters that it is given",
        "e": "this line is in order: it prints the loss of the run that has just ended",
    },
)
number(
    "03-keep-spread",
    "03_parameters",
    (0.099, 0.101),
    {
        (0.0099, 0.0101): "that is the variance of a weight: its root is wanted",
        (
            0.99,
            1.01,
        ): "then 100 terms of spread 1 are added: the spread is ten times as large after each layer",
        (9.9, 10.1): "that is how much the spread grows with weights of spread 1",
        (0.30, 0.33): "the root was taken twice",
        (99, 101): "that is the number of terms",
    },
    "the standard deviation of the weights, a number",
)


@task("init_hidden", "03_parameters", "init_hidden(num_features, num_hidden, std=0.5)")
def init_hidden(f):
    d, h = 30, 400
    names = "W1", "b1", "W2", "b2"
    shapes = (d, h), (h,), (h, 1), (1,)
    turned = {(h, d): "W1 is transposed: X @ W1 needs a row for each feature", (h,): "W2 is a plain vector"}
    turned |= {
        (1, h): "it lies on its side",
        (d,): "one bias for each hidden unit is wanted, not for each feature",
    }
    turned |= {
        (h, h): "the layers do not fit together",
        (): "it has no dimension",
        (1, 1): "a dimension too many",
    }

    def read(*args):
        parts = read_tuple(f(*args), 4)
        for name, value, shape in zip(names, parts, shapes, strict=True):
            read_tensor(value, shape, turned, name)
            need(value.requires_grad, f"{name}.requires_grad is False", f"{name} does not record gradients")
            leaf = f"{name} is a result, not a leaf: no gradient arrives in it"
            need(value.is_leaf, f"{name} has a grad_fn", leaf)
        return [part.detach() for part in parts]

    (W1, b1, W2, b2), wide = read(d, h), read(d, h, 2.0)
    for name, W, wider in (("W1", W1, wide[0]), ("W2", W2, wide[2])):
        need(W.any(), f"all of {name} is 0", "units that start at zero stay alike")
        need(W.std() > 1e-6, f"all of {name} is equal", "units that start equal stay equal")
        ratio, spread = (wider.std() / W.std()).item(), W.std().item()
        seen = f"std=2 spreads {name} by {wider.std():.2g}, without std by {spread:.2g}"
        need(abs(ratio - 1) > 0.3, seen, "std is ignored")
        need(not 1.7 < ratio < 2.4, seen, "std is taken for the variance")
        need(not 11 < ratio < 25, seen, "std is squared: the variance is taken for std")
        need(0.32 < spread < 0.68, seen, "the default of std")
        need(1.4 < wider.std() < 2.6, seen, "std is not the standard deviation")
    need(W1.std(1).min() > 1e-6, "the columns of W1 are equal", "units that start equal stay equal")
    need(W1.std(0).min() > 1e-6, "the rows of W1 are equal", "one number for all features of a unit")
    need(not torch.equal(W1, read(d, h)[0]), "two calls give the same weights", "a seed inside")
    need(W1.mean().abs() < 0.05, f"W1 has a mean of {W1.mean():.1g}", "the weights are not around 0")
    need(not b1.any() and not b2.any(), "a bias is not 0", "the biases start at 0")


# ---- 04 model


@task("linreg", "04_model", "linreg(X, w, b)")
def linreg(f):
    X, w, b = torch.arange(12.0).reshape(4, 3) - 3, column(1.0, 10.0, 100.0), torch.tensor([0.5])
    names = {(4,): "the column is lost", (1, 4): "a row: the product is the wrong way round", (): "all added"}
    names |= {(4, 3): "the products are not added up over the features", (4, 4): "broadcast: column and row"}
    y_hat, without = (read_tensor(f(X, w, bias), (4, 1), names) for bias in (b, b * 0))
    need(not torch.equal(y_hat, without), "another b changes nothing", "the bias is missing")
    need(not close(y_hat, without - b), "a larger b gives smaller predictions", "the bias is subtracted")
    need(close(y_hat, without + b), "b shifts the predictions by more or less", "the bias is not just added")
    by_hand = [sum(x * v for x, v in zip(row, (1, 10, 100), strict=True)) for row in X.tolist()]
    need(close(without, column(*by_hand)), "for b = 0 it is not Xw", "the weighted sum of the features")
    w, b, X = torch.randn(2, 1, requires_grad=True), torch.randn(1, requires_grad=True), torch.randn(5, 2)
    y_hat = f(X, w, b)
    need(y_hat.requires_grad, "the result has no grad_fn", "the graph is cut: backward cannot reach w and b")
    to_w, to_b = torch.autograd.grad(y_hat.sum(), [w, b], materialize_grads=True)
    reached = close(to_w, X.sum(0).reshape(2, 1)) and close(to_b, 5)
    need(reached, "w or b gets another gradient", "the graph is cut: a part is not recorded")
    by_hand = (X * w.T).sum(1, keepdim=True) + b
    equal = close(read_tensor(y_hat, (5, 1)), by_hand.detach())
    need(equal, "fresh data give other predictions", "not Xw + b")


choice(
    "04-recall-record",
    "03_parameters",
    "c",
    {
        "a": "multiplying needs no recording: predictions come out",
        "b": "the loss is plain arithmetic too: it comes out",
        "d": "there is an error: PyTorch finds no way back to a parameter",
    },
)
number(
    "04-recall-last",
    "02_reading_data",
    (40, 40),
    {
        (64, 64): "full only when batch_size divides the number of examples: nothing is repeated to fill it",
        (0, 0): "nothing is dropped, and a batch is never empty",
        (24, 24): "that is what the last batch lacks",
        (15.5, 15.7): "that is 1000 / 64: the remainder is wanted, not the quotient",
        (15, 16): "that is the number of batches",
    },
    "a number of examples",
)
choice(
    "04-shape",
    "04_model",
    "d",
    {
        "a": "a column plus a plain vector is no sum entry by entry: both are stretched",
        "b": "the vector counts as a row, and the column stays a dimension of its own",
        "c": "no error: the two shapes can be stretched to fit each other",
    },
)
choice(
    "04-bug-line",
    "04_model",
    "e",
    {
        "a": "this line is in order: the scale comes from the data that are trained on",
        "b": "this line is in order: after it each feature has mean 0 and spread 1",
        "c": "this line is in order: a start near zero for two weights",
        "d": "this line is in order: the loss printed by it is small",
    },
)


@task("unscale", "04_model", "unscale(slope, bias, mean, std), which returns slope, bias")
def unscale(f):
    # changes=4: a float that comes back as it was is a mistake with a name of its own
    slope, bias, mean, std = 6.0, 10.0, 3.0, 2.0  # of z = (x - 3) / 2; for x itself: 3 and 1
    found = [read_number(part, "a part") for part in read_tuple(f(slope, bias, mean, std, changes=4), 2)]
    names = {
        (1, 3): "slope and bias are in the wrong order",
        (12, 1): "the slope is multiplied by std: a step of 1 in x is a smaller step in z",
        (12, -26): "the slope is multiplied by std: a step of 1 in x is a smaller step in z",
        (3, 10): "the bias is left as it was: z = 0 is at the mean, x = 0 is not",
        (3, 19): "the wrong sign of the shift",
        (3, -8): "the shift is not divided by std",
        (3, 7): "the shift is without the slope",
        (3, 8.5): "the shift is without the slope",
        (6, 10): "nothing is changed",
        (6, -8): "std is not used",
        (6, 1): "the slope is left as it was: it is per standard deviation",
        (1.5, 5.5): "divided by the variance, not by the standard deviation",
        (1.5, 1): "divided by the variance, not by the standard deviation",
        (3, 5.5): "the shift is divided by std twice",
        (3, 0.5): "the bias is divided by std: only the slope is per standard deviation",
    }
    near = [words for pair, words in names.items() if close(torch.tensor(found), torch.tensor(pair))]
    seen = "slope 6, bias 10, mean 3, std 2 give {:.3g} and {:.3g}".format(*found)
    right = close(torch.tensor(found), torch.tensor([3.0, 1.0]))
    need(right, seen, (near or ["another line than the one for z"])[0])
    slope, bias, mean, std = (torch.randn(4) + 3).tolist()
    new, shift = (read_number(part, "a part") for part in read_tuple(f(slope, bias, mean, std, changes=4), 2))
    for x in (-1.0, 0.0, 2.0):
        same = abs(new * x + shift - slope * (x - mean) / std - bias) < 1e-2
        need(same, "other numbers give another line", "the numbers of one example are built in")


@task("quadratic", "04_model", "quadratic(X)")
def quadratic(f):
    def read(X):
        n = len(X)
        names = {
            (n, 4): "a column is missing: squares of both, and the product",
            (n, 3): "columns are missing",
        }
        names |= {(n, 2): "nothing is added to the features", (5, n): "transposed: a row for each example"}
        names |= {
            (n, 6): "a column too many: the bias takes the place of a column of ones",
            (n,): "one column only",
        }
        return read_tensor(f(X), (n, 5), names)

    X = torch.randn(40, 2)
    Z = read(X).double()
    one, two = X.double().split(1, 1)
    need(
        close(read(X[:7]).double(), Z[:7]),
        "a row depends on the other rows",
        "scaled by the batch, or mixed up",
    )
    A = torch.cat([Z, torch.ones(40, 1)], 1)
    terms = {"x1": one, "x2": two, "x1 squared": one**2, "x2 squared": two**2, "x1 times x2": one * two}
    lost = []
    for name, term in terms.items():
        rest = term - A @ torch.linalg.lstsq(A, term, driver="gelsd").solution
        lost += [name] if rest.abs().max() > 1e-3 else []
    need(
        not lost,
        "five columns, but no weights make " + " or ".join(lost),
        "a term is missing, or there twice",
    )
    need(f(X.clone().requires_grad_()).requires_grad, "the result has no grad_fn", "the graph is cut")


# ---- 05 losses


def cost(f, *errors, **options):
    """The losses of examples that are off by these errors."""
    y = column(*[3.0 + i for i in range(len(errors))])
    return read_tensor(f(y + column(*errors), y, **options), (len(errors), 1)).flatten().tolist()


def one_each(f):
    """One loss per example, in the column of the predictions, whichever shape the labels have."""
    y_hat, y = column(3.0, 5.0, 5.0, 2.0), column(3.0, 4.0, 7.0, 2.5)
    names = dict.fromkeys([(), (1,), (1, 1)], "reduced: the losses are added or averaged to one number")
    names |= {(4,): "the column is lost", (4, 4): "broadcast: every prediction meets every label"}
    read_tensor(f(y_hat, y), (4, 1), names)
    names[4,] = "the wrong one is reshaped: the predictions took the shape of the labels"
    read_tensor(f(y_hat, y.flatten()), (4, 1), names, "for labels of shape (4,), the result")


def is_loss(f):
    """0 for no error, the same on both sides, no matter what the other examples are."""
    high, low, none = cost(f, 2.0, -2.0, 0.0)
    seen = f"errors of 2, -2 and 0 cost {high:.3g}, {low:.3g} and {none:.3g}"
    mistake = "the sign of the error is left in" if high == -low else "is the whole difference in brackets?"
    need(low >= 0 and high >= 0, seen, f"a loss below 0: {mistake}")
    need(abs(high - low) < 1e-5, seen, "too high and too low must cost the same")
    need(none == 0, seen, "no error must cost nothing")
    need(high > 0, seen, "an error must cost something")
    alone, among = cost(f, 2.0)[0], cost(f, 2.0, 1.0, 4.0)[0]
    seen = f"an error of 2 costs {alone:.3g} alone, and {among:.3g} among others"
    need(abs(alone - among) < 1e-5, seen, "divided by the number of examples, or mixed with the others")
    records = f(column(1.0, 2.0).requires_grad_(), column(3.0, 5.0)).requires_grad
    need(records, "the result has no grad_fn", "the graph is cut: backward cannot reach the predictions")


def grows(f, *errors, **options):
    """How the loss grows from error to error, and the sentence that says so."""
    costs = cost(f, *errors, **options)
    listed = [", ".join(f"{value:.3g}" for value in values) for values in (errors, costs)]
    ratios = [b / a if a else 0 for a, b in zip(costs, costs[1:], strict=False)]
    return costs, ratios, "errors of {} cost {}".format(*listed)


def matches(f, loss, **options):
    """Value and slope on fresh data. loss: of one error, in Python's numbers."""
    y_hat, y = torch.randn(50, 1) * torch.linspace(0.1, 40, 50).reshape(50, 1), torch.randn(50, 1)
    errors, y_hat = (y_hat.double() - y.double()).flatten().tolist(), y_hat.requires_grad_()
    value = f(y_hat, y, **options)
    equal = close(read_tensor(value, (50, 1)), column(*map(loss, errors)))
    need(equal, "fresh data give other losses", "the definition is not met everywhere")
    slope = torch.autograd.grad(value.sum(), y_hat)[0]
    by_hand = column(*[(loss(error + 1e-6) - loss(error - 1e-6)) / 2e-6 for error in errors])
    need(close(slope, by_hand, 1e-2), "its gradient is wrong", "the graph is cut: a part is not recorded")


def all_near(values, wanted):
    return all(abs(value - wanted) < 1e-3 for value in values)


@task("squared_loss", "05_loss", "squared_loss(y_hat, y)")
def squared_loss(f):
    one_each(f)
    is_loss(f)
    costs, ratios, seen = grows(f, 1.0, 2.0, 4.0)
    need(not all_near(ratios, 2), seen, "the square is missing: twice the error costs only twice")
    need(all_near(ratios, 4), seen, "not a square: twice the error must cost four times")
    names = {2: "the half is missing", 0.5: "halved twice"}
    need(all_near(costs[:1], 0.5), seen, name_of(costs[0] * 2, names, "a square, but with another factor"))
    matches(f, lambda error: error**2 / 2)


@task("absolute_loss", "05_loss", "absolute_loss(y_hat, y)")
def absolute_loss(f):
    one_each(f)
    is_loss(f)
    costs, ratios, seen = grows(f, 1.0, 2.0, 4.0)
    names = {4: "squared: twice the error must cost only twice", 1: "only the sign counts, not the size"}
    need(all_near(ratios, 2), seen, name_of(ratios[0], names, "not the absolute value"))
    names = {0.5: "a half too many: that belongs to the squared loss"}
    need(all_near(costs[:1], 1), seen, name_of(costs[0], names, "the right form, another factor"))
    matches(f, abs)


@task("huber_loss", "05_loss", "huber_loss(y_hat, y, delta=1.0)")
def huber_loss(f):
    one_each(f)
    alone, both = [cost(f, error, delta=2.0)[0] for error in (1.0, 4.0)], cost(f, 1.0, 4.0, delta=2.0)
    differs = [abs(a - b) > 1e-3 for a, b in zip(alone, both, strict=True)]
    seen = "with delta = 2, errors of 1 and 4 cost {:.3g} and {:.3g} alone, {:.3g} and {:.3g} in one batch"
    mistake = "one branch for the whole batch: each error chooses its own"
    need(sum(differs) != 1, seen.format(*alone, *both), mistake)
    small, inside, seen = grows(f, 0.25, 0.5, 1.0, delta=2.0)
    large, far, seen_far = grows(f, 4.0, 8.0, 12.0, delta=2.0)
    seen, seen_far = f"with delta = 2, {seen}", f"with delta = 2, {seen_far}"
    slopes = [(large[1] - large[0]) / 4, (large[2] - large[1]) / 4]
    need(not (all_near(far[:1], 4) and not all_near(inside, 4)), seen_far, "the two branches are swapped")
    is_loss(f)
    need(not all_near(inside, 2), seen, "inside delta it is straight: the square is missing")
    need(all_near(inside, 4), seen, "inside delta it is not a square")
    need(not all_near(far[:1], 4), seen_far, "outside delta it is still a square: delta is not used")
    need(abs(slopes[0] - slopes[1]) < 1e-3, seen_far, "outside delta it is not a straight line")
    names = {0.5: "divided by delta: that is SmoothL1", 2: "the half is missing inside delta"}
    need(all_near(small[2:], 0.5), seen, name_of(small[2] * 2, names, "inside delta, another factor"))
    names = {1: "the slope outside does not depend on delta", 4: "delta is multiplied twice outside"}
    need(all_near(slopes, 2), seen_far, name_of(slopes[0], names, "outside delta, another slope"))
    below, above = cost(f, 1.999, 2.001, delta=2.0)
    seen = f"with delta = 2, just below and just above 2 the loss is {below:.3g} and {above:.3g}"
    need(abs(above - below) < 0.1, seen, "a jump at delta: the two parts do not meet")
    (below, above), _, seen = grows(f, 1.5, 2.5, delta=2.0)
    meets = abs(below - 1.125) < 1e-3 and abs(above - 3) < 1e-3
    mistake = "the border is not at delta: an error of 1.5 is still inside, one of 2.5 is outside"
    need(meets, f"with delta = 2, {seen}", mistake)
    need(cost(f, 3.0) == cost(f, 3.0, delta=1.0), "without delta it is another loss", "the default of delta")
    matches(f, lambda e: e**2 / 2 if abs(e) <= 1.5 else 1.5 * (abs(e) - 0.75), delta=1.5)


number(
    "05-recall-batches",
    "02_reading_data",
    (101, 101),
    {
        (100, 100): "full batches only: the examples left over are read, too",
        (100.2, 100.4): "a part of a batch is a batch, too",
        (10, 10): "that is the size of a batch, not their number",
        (3, 3): "that is the size of the last batch, not their number",
        (1003, 1003): "that is the number of examples",
    },
    "the number of mini-batches",
)
choice(
    "05-recall-zeros",
    "03_parameters",
    "b",
    {
        "a": "that is true of hidden units: here each weight has a slope of its own",
        "c": "the weights have slopes too: the features are not zero",
        "d": "the start is the same for all examples, but their labels and features are not",
    },
)
number(
    "05-mean",
    "05_loss",
    (54, 54),
    {
        (270, 270): "that is how far the label moves: it is only one of five",
        (62, 62): "that is where the best constant is then, not how far it moved",
        (60, 60): "a fifth of the new label: it stood at 30 before",
        (300, 300): "that is the new label, not how far b moves",
        (8, 8): "that is where the best constant was before, not how far it moved",
        (67.5, 67.5): "one of four: the label that moves is counted, too",
        (0, 0): "that is the answer for another loss: a mean hears how far out a label is",
    },
    "how far the best constant moves, a number",
)
number(
    "05-median",
    "05_loss",
    (0, 0),
    {
        (54, 54): "that is the mean: the absolute loss does not take means",
        (60, 60): "a fifth of the new label: the absolute loss does not take means",
        (300, 300): "that is the new label, not how far b moves",
        (8, 8): "that is the mean before the change: the absolute loss does not take means",
        (3, 3): "that is where the best constant is, not how far it moved",
        (270, 270): "that is how far the label moves, not the number in the middle",
    },
    "how far the best constant moves, a number",
)
number(
    "05-outlier",
    "05_loss",
    (9, 11),
    {
        (9000, 11000): "the label moves by that much: it is one of a thousand",
        (900, 1100): "one of ten would be a mini-batch: here all examples count",
        (13.5, 15): "that is where the bias is then, not how far it moved",
        (0, 0.5): "that would be another loss: the squared one hears how far out a label is",
        (25, 35): "that is the kick of one update, with batches of ten: here the best bias is asked",
    },
    "how far the bias moves, a number",
)
choice(
    "05-bug",
    "05_loss",
    "c",
    {
        "a": "the rows belong together and have the shapes that they should have",
        "b": "a column of predictions, as it should be",
        "d": "it averages what it is given: look at the shape of that",
        "e": "one number, one walk back: nothing is wrong with that",
        "f": "the loss is a mean already, so it is right that nothing more is divided",
    },
)
number(
    "05-two-hubers",
    "05_loss",
    (0.2499, 0.2501),
    {
        (3.99, 4.01): "the other way round",
        (0.99, 1.01): "they agree only where the parameter is 1",
        (0.06, 0.065): "the parameter is in it, but not squared",
        (0.49, 0.51): "the half stands in both of them",
        (1.9, 2.1): "the half stands in both of them",
    },
    "the factor, a number",
)


# ---- 06 optimiser


def parts(vector, sizes):
    """The vector cut into tensors for parameters: columns, and shape (1,) for a size of 1."""
    return [(part.reshape(-1, 1) if len(part) > 1 else part).clone() for part in vector.split(sizes)]


def stepped(f, grads, *settings, velocities=(), sizes=(3, 1)):
    """How f moves parameters 1, 2, 3, ... that have these gradients: a vector. sizes: of each parameter."""
    before, sizes = torch.arange(1.0, len(grads) + 1), list(sizes)
    params = [part.requires_grad_() for part in parts(before, sizes)]
    for param, grad in zip(params, parts(grads, sizes), strict=True):
        param.grad = grad
    f(list(params), *velocities, *settings, changes=1 + len(velocities))
    moves = list((torch.cat([param.detach().flatten() for param in params]) - before).split(sizes))
    clean = [param.grad is None or not param.grad.any() for param in params]
    if not any(move.any() for move in moves):
        early = all(clean) and all(param._version for param in params)  # 0 was added, in place
        rebound = "nothing moves: no step is made, or it is made on a new tensor, not in place"
        rebound += ", or its gradient is zeroed too early" if all(clean) else ""
        mistake = "the gradients are zeroed before the step has used them" if early else rebound
        raise Wrong("the parameters are the same after the step", mistake)
    for i, (param, move) in enumerate(zip(params, moves, strict=True)):
        need(move.any(), f"params[{i}] has not moved, another has", "only some of the parameters are updated")
        records = param.requires_grad and param.is_leaf
        need(records, f"params[{i}] records no gradients any more", "recording is switched off for good")
    need(any(clean), "the gradients are still there after the step", "the gradients are not zeroed")
    need(all(clean), "one gradient is still there after the step", "only some of the gradients are zeroed")
    return torch.cat(moves)


def takes_any_number(f, *settings, velocities=False):
    """Refuses a step that handles exactly two parameters. For one that has moved two."""
    for sizes in ([2], [2, 1, 3]):
        count, state = sum(sizes), [parts(torch.ones(sum(sizes)), sizes)] * velocities
        try:
            stepped(f, torch.ones(count), *settings, velocities=state, sizes=sizes)
        except Wrong as wrong:
            mistake = "exactly two parameters are handled: params may have one or ten"
            raise Wrong(f"when the list holds {len(sizes)}, {wrong.args[0]}", mistake) from None


@task("sgd", "06_optimizer", "sgd(params, lr, batch_size)")
def sgd(f):
    grads = torch.tensor([8.0, -16.0, 24.0, 32.0])
    step, longer, other = (stepped(f, grads, *settings) for settings in ((0.5, 8), (1.0, 8), (0.5, 16)))
    rates = -step / grads
    need(not (rates < 0).all(), "the parameters move along the gradient", "the wrong sign: that is uphill")
    own = close(rates[:3], rates[0]) and not close(rates[3], rates[0])
    need(not own, "equal gradients move w and b differently", "divided by the size of each parameter")
    need(close(rates, rates[0]), "the step is not proportional to the gradient", "not along the gradient")
    names = {1: "not divided by batch_size", 0.5: "divided by the number of parameters, not by batch_size"}
    same = close(other, step)
    mistake = name_of(rates[0] / 0.5, names, "batch_size is not used")
    need(not same, "another batch_size, the same step", mistake)
    need(not close(longer, step), "another lr, the same step", "lr is not used")
    need(close(longer, 2 * step), "twice the lr is not twice the step", "lr enters in another way")
    mistake = "a larger batch makes a longer step: multiplied instead of divided"
    need(not close(other, 2 * step), "twice the batch_size, twice the step", mistake)
    need(
        close(other, step / 2), "twice the batch_size, not half the step", "divided twice, or in another way"
    )
    seen = f"the step is {rates[0] * 16:.3g} times as long as it should be"
    need(close(rates[0], 0.5 / 8), seen, "another factor before the step")
    takes_any_number(f, 0.5, 8)
    for _ in range(3):
        grads = torch.randn(4)
        by_hand = torch.tensor([-0.3 * value / 7 for value in grads.tolist()])
        equal = close(stepped(f, grads, 0.3, 7), by_hand, 1e-3)
        need(equal, "fresh gradients move the parameters elsewhere", "not the step of sgd")


@task("momentum", "06_optimizer", "sgd_momentum(params, velocities, lr, batch_size, momentum)")
def momentum(f):
    schedule = [(torch.tensor([8.0, -16.0, 24.0, 32.0]), 0.5), (torch.tensor([-8.0, 40.0, 16.0, 8.0]), 0.25)]
    start = torch.tensor([2.0, 1.0, -3.0, 5.0])  # no zeros: a step before the update shows
    velocities = parts(start, [3, 1])
    moves = torch.cat([stepped(f, grad, lr, 8, 0.75, velocities=[velocities]) for grad, lr in schedule])
    takes_any_number(f, 0.5, 8, 0.75, velocities=True)

    def by_hand(
        keep=0.75, weight=1 / 8, after=-1, lrs=lambda lr: (1, lr), kept=True, ahead=False, late=False
    ):
        velocity, result = start, []
        for grad, lr in schedule:
            within, outside = lrs(lr)
            old, g = velocity if kept else start, weight * within * grad
            velocity = keep * old + g
            direction = old if late else g + keep * velocity if ahead else velocity
            result.append(after * outside * direction)
        return torch.cat(result)

    names = {
        "the old velocity does not enter the new one": {"keep": 0},
        "the velocity is not kept from step to step": {"kept": False},
        "the old velocity is kept in full: momentum is not used": {"keep": 1},
        "the old velocity enters 1 + momentum times": {"keep": 1.75},
        "the old velocity moves the parameter: renew v first": {"late": True},
        "not divided by batch_size": {"weight": 1},
        "v holds the sum: divide g before it enters v": {"weight": 1, "after": -1 / 8},
        "the wrong sign: that is uphill": {"after": 1},
        "v points the other way": {"weight": -1 / 8, "after": 1},
        "the gradients are zeroed before the step has used them": {"weight": 0},
        "g is multiplied by momentum, too": {"weight": 0.75 / 8},
        "an average, with the gradient weighted by 1 - momentum: another convention": {"weight": 0.25 / 8},
        "lr is inside the velocity: it belongs to the step": {"lrs": lambda lr: (lr, 1)},
        "lr is not used": {"lrs": lambda lr: (1, 1)},
        "a look ahead: that is Nesterov's momentum": {"ahead": True},
    }
    found = [name for name, change in names.items() if close(moves, by_hand(**change))]
    param, velocities = torch.ones(1, requires_grad=True), [torch.zeros(1)]
    for _ in range(2):
        param.grad = torch.tensor([40.0])
        f([param], velocities, 0.1, 20, 0.5, changes=2)
    seen = "the example of the task ends with parameter {:.3g} and velocity {:.3g}"
    seen = seen.format(param.item(), velocities[0].item())
    need(close(moves, by_hand()), seen, (found or ["another velocity, or another step"])[0])


def problem(n=8):
    """Fresh data and parameters, and the same for formulas: A = [X, 1] and theta = [w; b], in float64."""
    X, y, w, b = torch.randn(n, 2), torch.randn(n, 1), column(3.0, -2.0), torch.tensor([5.0])
    return X, y, w, b, torch.cat([X, torch.ones(n, 1)], 1).double(), column(3.0, -2.0, 5.0).double()


def read_theta(pair, of):
    w, b = read_tuple(pair, 2)
    names = {
        (2,): f"{of} w is a plain vector",
        (1, 2): f"{of} w is a row",
        (1,): "w and b in the wrong order",
        (2, 3): "broadcast, a column meets a vector: g must be a column, (3, 1)",
    }
    w = read_tensor(w, (2, 1), names, f"{of} w")
    names = {(): f"{of} b has no dimension", (1, 1): f"{of} b has one dimension too many"}
    b = read_tensor(b, (1,), names, f"{of} b")
    return torch.cat([w, b.reshape(1, 1)]).double()


@task("gradient", "06_optimizer", "gradient(X, y, w, b), which returns (grad_w, grad_b), without autograd")
def gradient(f):
    X, y, w, b, A, theta = problem()
    try:
        with torch.no_grad():
            found = read_theta(f(X, y, w, b), "the gradient of")
    except Wrong as wrong:
        autograd = "require grad" in wrong.args[0]
        need(not autograd, "it asks autograd for the gradient", "autograd is not allowed here")
        raise
    twin = theta.clone().requires_grad_()
    wanted = torch.autograd.grad(((A @ twin - y) ** 2).mean() / 2, twin)[0]
    factor = ((found * wanted).sum() / (wanted * wanted).sum()).item()
    names = {-1: "the wrong sign", 8: "the sum over the examples, not the mean", 2: "the half is forgotten"}
    names |= {-8: "the wrong sign, and no mean", 16: "no mean, and the half is forgotten"}
    names |= {1 / 8: "divided by n twice"}
    if close(found, factor * wanted):
        seen = "the direction is right, the length is not" if factor > 0 else "it points the other way"
        need(abs(factor - 1) < 1e-3, seen, name_of(factor, names, "another factor"))
    no_bias = close(found[:2], A[:, :2].T @ (A[:, :2] @ theta[:2] - y) / 8)
    need(not no_bias, "grad_w is as if b were 0", "the bias is missing in the prediction")
    middles = X.mean(0).reshape(2, 1) * (A @ theta - y).mean()
    mistake = "the mean of the products is not the product of the means"
    need(not close(found[:2], middles), "grad_w is right for one example only", mistake)
    for name, part in (("grad_w", slice(2)), ("grad_b", slice(2, 3))):
        summed = close(found[part], 8 * wanted[part])
        need(not summed, f"{name} is 8 times too long (8 examples)", "summed, not averaged")
    good_w, good_b = close(found[:2], wanted[:2]), close(found[2:], wanted[2:])
    need(good_b or not good_w, "grad_w is right, grad_b is not", "the derivative with respect to b")
    need(good_w or not good_b, "grad_b is right, grad_w is not", "the derivative with respect to w")
    need(good_w and good_b, "neither part is right", "the error of the prediction, or its derivative")


@task("newton_step", "06_optimizer", "newton_step(X, y, w, b), which returns the new (w, b)")
def newton_step(f):
    X, y, w, b, A, theta = problem()
    new = read_theta(f(X, y, w, b), "the new")
    best = torch.linalg.lstsq(A, y.double()).solution
    slope, step, wanted = A.T @ (A @ theta - y) / 8, new - theta, best - theta
    need(step.any(), "w and b are as before", "no step is made")
    need(step[2] != 0, "b is as before", "the bias is left out of the step")
    alone = close(new, wanted) or close(new, -wanted)
    need(not alone, "w and b are the step, or its opposite", "the step itself is returned: add it to theta")
    twice = close(new, best - column(0.0, 0.0, 5.0), 1e-3)
    need(not twice, "b is too small by as much as it was before", "the bias is counted twice")
    need(not close(step, -slope), "the step is the gradient", "a gradient step: no second derivative")
    factor = ((step * wanted).sum() / (wanted * wanted).sum()).item()
    if close(step, factor * wanted, 1e-3):
        names = {-1: "the wrong sign", 2: "a half is missing in one derivative", 0.5: "a half too many"}
        names |= dict.fromkeys([8, 1 / 8], "the mean in one derivative, the sum in the other")
        seen = "the direction is right, the length is not"
        need(abs(factor - 1) < 1e-2, seen, name_of(factor, names, "another factor"))
    each = close(step, -slope / (A * A).mean(0).reshape(3, 1))
    need(not each, "each parameter steps by itself", "the mixed second derivatives are missing")
    need(close(new, best, 1e-3), "it does not reach the minimum", "the gradient, or the second derivatives")


number(
    "06-recall-differences",
    "05_loss",
    (64, 64),
    {
        (8, 8): "each would meet its own only if both had one shape",
        (1, 1): "one difference would be a sum or a mean: nothing is reduced here",
        (16, 16): "a column and a row are not put one after the other",
    },
    "how many numbers, a number",
)
choice(
    "06-recall-generator",
    "02_reading_data",
    "d",
    {
        "a": "it does not start again: that would be a list",
        "b": "a new order comes from a new call, and here is none",
        "c": "it would be kinder if one came, but none does",
    },
)
choice(
    "06-mean",
    "06_optimizer",
    "c",
    {
        "a": "that is below the noise, where no training arrives",
        "b": "the minimum is the same, but three epochs do not arrive: how long are the steps?",
        "d": "that would take longer steps, or the wrong sign",
    },
)
number(
    "06-mean-mended",
    "06_optimizer",
    (1, 1),
    {
        (10, 10): "divided twice: the mean has done it once",
        (100, 100): "divided even more often",
        (0.1, 0.1): "that multiplies: now the steps would be ten times too long",
        (0, 0): "a division by zero",
    },
    "a number",
)
choice(
    "06-bug",
    "06_optimizer",
    "c",
    {
        "a": "one start for all epochs, as it should be",
        "b": "the optimizer gets the tensors themselves, once, as it should be",
        "d": "it divides once, and the step of this optimizer does not: that fits",
        "e": "one walk back for each forward pass, as it should be",
        "f": "a step after each walk back, as it should be",
    },
)
choice(
    "06-newton-absolute",
    "06_optimizer",
    "a",
    {
        "b": "it has a corner, but no curve that leads there",
        "c": "that would need a curvature of 1, the squared loss has that",
        "d": "the slope is not zero, only its own slope is",
    },
)


# ---- 07 training


@task("evaluate_loss", "07_training", "evaluate_loss(params, features, labels)")
def evaluate_loss(f):
    n, X, ones = 23, torch.randn(23, 2), torch.ones(2, 1)
    zeros = [torch.zeros(2, 1, requires_grad=True), torch.zeros(1, requires_grad=True)]
    zeros[0].grad, zeros[1].grad = ones, ones[0]
    # Example i alone has a loss, of 1: what comes back is its weight.
    weights = torch.tensor([read_loss(f(zeros, X, 2**0.5 * row.reshape(n, 1))) for row in torch.eye(n)])
    unseen = (weights == 0).sum().item()
    need(unseen < n, "the result is 0 for every data set", "the labels are not used")
    need(not unseen, f"{unseen} of {n} examples count for nothing", "only a part of the data")
    even = weights.max() < 1.01 * weights.min()
    need(even, "some examples count more than others", "a mean of means: short batches weigh too much")
    names = {n: "the sum, not the mean", 2: "the half is forgotten", 2 * n: "the sum, and no half"}
    names |= {0.5: "halved twice", 1 / n: "divided by n twice"}
    factor = weights[0].item() * n
    mistake = name_of(factor, names, "not the mean")
    need(abs(factor - 1) < 1e-3, "each example counts, with a wrong weight", mistake)
    X, y, w, b, A, theta = problem()
    loss, wanted = read_loss(f([w, b], X, y)), mean_loss(A, y, theta)
    used = abs(loss / mean_loss(A, y, theta * 0) - 1) > 1e-4
    need(used, "other parameters give the same loss", "params are not used")
    need(abs(loss / wanted - 1) < 1e-4, "fresh data give another loss", "not the mean loss of the model")


def read_loss(value):
    need(value is not None, "the result is None", "nothing is returned: a print is no return")
    if isinstance(value, Tensor):
        need(value.numel() == 1, f"the result has shape {tuple(value.shape)}", "the losses are not averaged")
        need(not value.requires_grad, "the result has a grad_fn", "the evaluation is recorded")
        raise Wrong("the result is a tensor", "a Python float is wanted")
    return read_number(value, "the result")


def mean_loss(A, y, theta):
    return (((A @ theta - y) ** 2).mean() / 2).item()


def descend(A, y, theta, rate, stale=0):
    """The parameters after 0 to 4 steps on all data. stale = 1 adds up the gradients of all steps."""
    path, slope = [theta], 0
    for _ in range(4):
        slope = A.T @ (A @ path[-1] - y) + stale * slope
        path.append(path[-1] - rate * slope)
    return path


def training(run):
    """Probes run(w, b, X, y, lr, num_epochs, batch_size), which returns its losses, or None.

    One batch of all data makes the order meaningless, so every step is known.
    """
    X, y, w, b, A, theta = problem()
    n, lr = len(X), 0.1

    def end(*settings, X=X, y=y, w=w, b=b):
        w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
        losses = run(w, b, X, y, *settings)
        return torch.cat([w.detach(), b.detach().reshape(1, 1)]).double(), losses

    new, losses = end(lr, 3, n)
    count = 3 if losses is None else len(losses)
    mistake = "an epoch is missing" if count < 3 else "an epoch too many, or losses that are not per epoch"
    need(count == 3, f"{count} losses for 3 epochs", mistake)
    same = (new == theta).flatten().tolist()
    if all(same):
        skipped = (end(lr, 3, 3)[0] != theta).any()
        mistake = "not in place: the given parameters are not trained"
        mistake = "the last batch is left out: a part of the data" if skipped else mistake
        raise Wrong("w and b are the same after 3 epochs of one batch", mistake)
    need(not any(same), "w or b is the same after training", "only some of the parameters are updated")
    need(new.isfinite().all(), "w and b are nan or inf", "the steps are far too long, or go uphill")
    far = end(1e-6, 1, n, w=w + 100, b=b + 100)[0] > 50
    need(far.all(), "tiny steps end far from the start", "fresh parameters are made, the given ones are lost")
    right, seen = descend(A, y, theta, lr / n), "3 epochs, each one batch, do not lead where 3 steps lead"
    names = {
        "one epoch is missing": right[2],
        "one epoch too many": right[4],
        "only one step is made": right[1],
        "the gradients are never zeroed": descend(A, y, theta, lr / n, stale=1)[3],
        "divided by the batch size twice": descend(A, y, theta, lr / n**2)[3],
        "not divided by the batch size": descend(A, y, theta, lr)[3],
        "the wrong sign: that is uphill": descend(A, y, theta, -lr / n)[3],
        "the half of the loss is forgotten": descend(A, y, theta, 2 * lr / n)[3],
        "lr is not used": descend(A, y, theta, 0.03 / n)[3],
        "batch_size is not used": descend(A, y, theta, lr / 10)[3],
    }
    found = [name for name, candidate in names.items() if close(new, candidate)]
    need(close(new, right[3]), seen, (found or ["other steps than those of gradient descent"])[0])
    # Example i alone has feature i, so weight i tells how often it was used.
    single = {"X": torch.eye(50), "y": torch.ones(50, 1), "w": torch.zeros(50, 1), "b": torch.zeros(1)}
    for epochs in (1, 2):
        used = end(1e-3, epochs, 3, **single)[0][:-1] * 3 / 1e-3 / epochs
        unused, usual = (used.abs() < 1e-3).sum().item(), used.median().item()
        need(not unused, f"{unused} of 50 examples are never used", "a part of the data is left out")
        seen = f"in each of {epochs} epochs an example counts {usual:.2g} times, not once"
        need(abs(usual - 1) < 0.1, seen, "batch_size is not used, or not every epoch reads the data")
    if losses:
        levels, losses = torch.tensor([mean_loss(A, y, step) for step in right]), torch.tensor(losses)
        before = close(losses, levels[:3])
        need(not before, "the losses are those before the steps", "the loss of a mini-batch, not of all data")
        names = {n: "the sum, not the mean", 2: "the half is forgotten", 1 / n: "divided by n twice"}
        mistake = name_of((losses[2] / levels[3]).item(), names, "another loss")
        need(close(losses, levels[1:4]), "the losses are not those of all data after each epoch", mistake)
        new, losses = end(lr, 2, 3)
        last = abs(losses[-1] / mean_loss(A, y, new) - 1) < 1e-3
        need(last, "the last loss is not that at the end", "the loss of a mini-batch, not of all data")


@task("train", "07_training", "train(params, features, labels, lr=..., num_epochs=..., batch_size=...)")
def train(f):
    def run(w, b, X, y, lr, num_epochs, batch_size):
        losses = f([w, b], X, y, lr=lr, num_epochs=num_epochs, batch_size=batch_size, changes=1)
        need(losses is not None, "the result is None", "nothing is returned: the losses are wanted")
        listed = isinstance(losses, list | tuple)
        need(listed, f"the result is a {kind(losses)}", "a list of losses is wanted")
        return [read_number(loss, "a loss") for loss in losses]

    training(run)


@task("training_loop", "07_training", "train_loop(w, b, features, labels, lr, num_epochs, batch_size)")
def training_loop(f):
    def run(*settings):
        f(*settings, changes=2)

    training(run)


sequence(
    "loop_order",
    "07_training",
    ["init", "epochs", "batches", "model", "loss", "backward", "step", "evaluate"],
    [
        ("init", "epochs", "the parameters are made anew in each epoch: what was learned is lost"),
        ("epochs", "batches", "all batches make one epoch: the loop over them is the inner one"),
        ("batches", "model", "there is no X to predict from yet"),
        ("model", "loss", "there is no prediction to judge yet"),
        ("loss", "backward", "there is nothing to differentiate yet"),
        ("backward", "step", "there is no gradient to step along yet"),
        ("step", "evaluate", "the loss after the epoch is taken before its steps are done"),
    ],
)


@task("lr_limit", "07_training", "lr_limit(features)")
def lr_limit(f):
    X = torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.0, 4.0], [2.0, 2.0], [5.0, 1.0]])
    seen = read_number(f(X), "the result")
    parts = (  # of the formula: first as it is, then as it goes wrong
        {"": 2, "half of it: at 1 / lambda nothing diverges yet": 1, "the eigenvalue, not a limit": None},
        {"": True, "the column of ones is missing: the bias is a parameter too": False},
        {"": 5, "not divided by the number of examples": 1, "divided by the number less one": 4},
        {"": -1, "the smallest eigenvalue, not the largest": 0},
        {"": 1, "singular values of the data, not eigenvalues of the curvature": 0.5},
    )
    formulas = product(*(part.items() for part in parts))
    for chosen in sorted(formulas, key=lambda formula: sum(bool(mistake) for mistake, _ in formula)):
        mistakes, (top, ones, divisor, which, power) = zip(*chosen, strict=True)
        A = torch.cat([X, torch.ones(5, 1)], 1).double() if ones else X.double()
        curvature = (torch.linalg.eigvalsh(A.T @ A)[which].item() / divisor) ** power
        if abs(seen / (top / curvature if top else curvature) - 1) < 1e-3:
            need(not any(mistakes), "the result is not the limit", "; ".join(filter(None, mistakes)))
            break
    else:
        raise Wrong("the result is not the limit", "another formula")
    A = torch.cat([X := torch.randn(30, 4), torch.ones(30, 1)], 1).double()
    wanted = 2 * 30 / torch.linalg.matrix_norm(A, 2).item() ** 2
    fresh = abs(read_number(f(X), "the result") / wanted - 1) < 1e-3
    need(fresh, "fresh data give another limit", "the first data are built in")


number(
    "07-recall-twice",
    "06_optimizer",
    (6, 6),
    {
        (3, 3): "that would be writing over what is there",
        (0, 0): "nobody has emptied it",
        (9, 9): "the two are not multiplied",
        (1.5, 1.5): "no mean is taken over the two walks",
    },
    "a number",
)
choice(
    "07-recall-symptom",
    "05_loss",
    "d",
    {
        "a": "a wrong step length would spoil the bias, too",
        "b": "too few epochs would leave the bias behind, too",
        "c": "that swings, and does not settle at a tenth of the truth",
    },
)
number(
    "07-slow",
    "07_training",
    (1.8, 2.9),
    {
        (5.5, 6.7): "the loss is a square: the factor of the error enters twice",
        (13, 14.2): "that is after one epoch",
        (8.8, 9.4): "that is after three epochs",
        (16.2, 16.5): "epochs are counted, not updates",
        (16.5, 17): "that is the start",
        (0, 0.01): "so far comes a good learning rate, not this one",
    },
    "the loss after 10 epochs, a number",
)
choice(
    "07-more-epochs",
    "07_training",
    "c",
    {
        "a": "that is below the noise of the labels, which no parameters can foresee",
        "b": "it has arrived already: the true parameters do no better",
        "d": "three numbers cannot learn a thousand examples by heart",
    },
)
choice(
    "07-bug",
    "07_training",
    "a",
    {
        "b": "these are the rates to be compared, one after the other, as it should be",
        "c": "the same number of steps for each, as it should be",
        "d": "the error of all examples, as it should be",
        "e": "a step against the mean gradient, as it should be",
        "f": "the loss after the steps, on all examples, as it should be",
    },
)
number(
    "07-twin",
    "07_training",
    (0.01499, 0.01501),
    {
        (0.0299, 0.0301): "the same step length, but the slope is longer without the half",
        (0.0599, 0.0601): "the wrong way: a longer slope needs shorter steps",
        (0.00149, 0.00151): "the mean has divided already: not once more",
        (0.00299, 0.00301): "the mean has divided already, and the half is forgotten",
        (0.149, 0.151): "the sum had been divided before: the mean changes nothing",
        (0.299, 0.301): "the sum had been divided before: the mean changes nothing; the half is forgotten",
    },
    "the learning rate, a number",
)


# ---- 08 the whole process


@task(
    "adam",
    "08_whole_process",
    "adam_step(params, means, squares, count, lr, batch_size, beta1=0.9, beta2=0.999, eps=1e-8)",
)
def adam(f):
    slopes = [torch.tensor(g) for g in ([8.0, -16, 24, 32], [-8.0, 40, 16, 8], [16.0, 8, -8, 24])]

    def walk(*options):
        memory = [[torch.zeros(3, 1), torch.zeros(1)] for _ in range(2)]
        steps = enumerate(slopes, 1)
        moves = [stepped(f, g, count, 0.1, 8, *options, velocities=memory) for count, g in steps]
        return [torch.cat(moves), *(torch.cat([part.flatten() for part in parts]) for parts in memory)]

    def by_hand(divide=8, lr=-0.1, b1=0.75, b2=0.5, late=0, first=1, second=1, power=0.5, **other):
        c1, c2 = (1, 1) if other.get("whole") else (1 - b1, 1 - b2)
        mean, square, result, eps = torch.zeros(4), torch.zeros(4), [], other.get("eps", 0.25)
        for count, g in enumerate(slopes, 1 + late):
            if other.get("forget"):
                mean, square = torch.zeros(4), torch.zeros(4)
            mean, square = b1 * mean + c1 * g / divide, b2 * square + c2 * (g / divide) ** 2
            m, s = mean / (1 - b1**count) ** first, square / (1 - b2**count) ** second
            root = (s + eps) ** power if other.get("inside") else s**power + eps
            result.append(lr * m / root)
            mean, square = (m, s) if other.get("stored") else (mean, square)
        return torch.cat(result), mean, square

    names = {
        "the wrong sign: that is uphill": {"lr": 0.1},
        "lr is not used": {"lr": -1},
        "not divided by batch_size": {"divide": 1},
        "no correction: both means start at 0, and are too small at first": {"first": 0, "second": 0},
        "the mean is not corrected for its start at 0": {"first": 0},
        "the square is not corrected for its start at 0": {"second": 0},
        "the correction is a step late": {"late": 1},
        "the corrected values are kept: they are for this step only": {"stored": True},
        "the root of the square is missing": {"power": 1},
        "eps is inside the root": {"inside": True},
        "eps is not used": {"eps": 0},
        "beta1 and beta2 have changed places": {"b1": 0.5, "b2": 0.75},
        "beta and 1 - beta have changed places": {"b1": 0.25},
        "a sum, not a mean: the new gradient is to count with 1 - beta": {"whole": True},
        "nothing is kept from step to step: means and squares change in place": {"forget": True},
        "the mean is not kept from step to step": {"b1": 0},
        "the square is not kept from step to step": {"b2": 0},
        "beta1 and beta2 are not used": {"b1": 0.9, "b2": 0.999},
    }
    moves, *memory = walk(0.75, 0.5, 0.25)
    found = [name for name, change in names.items() if close(moves, by_hand(**change)[0])]
    wanted, *kept = by_hand()
    seen = "three steps do not lead where Adam leads"
    need(close(moves, wanted), seen, (found or ["another mean, or another step"])[0])
    for name, ours, right in zip(("means", "squares"), memory, kept, strict=True):
        need(close(ours, right), f"{name} holds other values", f"{name} is not updated in place")
    usual = by_hand(b1=0.9, b2=0.999, eps=1e-8)[0]
    need(close(walk()[0], usual, 1e-3), "without betas and eps the steps are others", "other defaults")


@task("early_stopping", "08_whole_process", "early_stopping(losses, patience), which returns (best, stop)")
def early_stopping(f):
    def ends(*losses, patience, what=""):
        best, stop = (
            read_number(part, "a part") for part in read_tuple(f(list(losses), patience, take=3), 2)
        )
        return best, stop, f"losses {', '.join(map(str, losses))}, patience {patience}: {best:g}, {stop:g}"

    best, stop, seen = ends(1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, patience=3)
    need(best != 1.5 and stop != 1.5, seen, "a loss comes back: the number of its epoch is wanted")
    need((best, stop) != (1, 4), seen, "the first epoch has number 0")
    need(not best > stop, seen, "the wrong order of the two")
    need(stop != 7, seen, "it never stops")
    need(stop != 4, seen, "one epoch too long")
    need(stop != 2, seen, "one epoch too short")
    need(best != 3, seen, "the last epoch is kept, not the best")
    need((best, stop) == (0, 3), seen, "another end")
    for falling in (5.0, 4.0, 3.0, 2.0), (5.0, 3.0, 4.0):
        best, stop, seen = ends(*falling, patience=5)
        need(stop != len(falling), seen, "the first epoch has number 0, so the last has one less than all")
        need(stop == len(falling) - 1, seen, "no reason to stop: stop is the last epoch there is")
        need(best == falling.index(min(falling)), seen, "another best epoch")
    best, stop, seen = ends(5.0, 6.0, 4.0, 5.0, 3.0, 4.0, 2.0, 3.0, patience=2)
    need(stop == 7, seen, "bad epochs are added up: each new best starts the count anew")
    best, stop, seen = ends(1.0, 5.0, 4.0, 3.0, 2.0, 1.5, 0.5, patience=3)
    need(stop == 3, seen, "compared with the epoch before, not with the best")
    need(best == 0, seen, "looks beyond the stop: these epochs would never be run")
    best, stop, seen = ends(3.0, 2.0, 4.0, 5.0, 6.0, 1.0, 0.0, patience=3)
    need(best == 1, seen, "looks beyond the stop: these epochs would never be run")
    need(stop == 4, seen, "the patience is not counted from the best epoch")
    best, stop, seen = ends(3.0, 2.0, 2.0, 2.0, 2.0, 1.0, patience=3)
    need((best, stop) == (1, 4), seen, "an equal loss is no improvement")
    for patience in (1, 2, 4):
        best, stop, seen = ends(2.0, 3.0, 4.0, 5.0, 6.0, 7.0, patience=patience)
        need(stop == patience, seen, "patience is not used")
    for patience in (1, 2, 3):
        losses, last = torch.rand(30).tolist(), 0
        while last < 29 and min(losses[: last + 1]) not in losses[: max(last - patience + 1, 0)]:
            last += 1
        best, stop, _ = ends(*losses, patience=patience)
        seen = f"thirty random losses, patience {patience}: {best:g}, {stop:g}"
        need((best, stop) == (losses.index(min(losses[: last + 1])), last), seen, "another end")


@task("clip", "08_whole_process", "clip(params, limit)")
def clip(f):
    def clipped(grads, limit):
        values = [column(1.0, 2.0, 3.0), torch.tensor([4.0])]
        params = [value.clone().requires_grad_() for value in values]
        for param, grad in zip(params, grads.split([3, 1]), strict=True):
            param.grad = grad.reshape(param.shape).clone()
        f(params, limit, changes=1)
        for param, value in zip(params, values, strict=True):
            need(torch.equal(param.detach(), value), "a parameter has changed", "only the gradients change")
            need(param.grad is not None, "a gradient is gone", "the gradients are still needed by the step")
        result = torch.cat([param.grad.flatten() for param in params])
        need(not result.requires_grad, "a gradient has a grad_fn", "the graph is recorded")
        return result

    grads = torch.tensor([-2.0, 3.0, -6.0, 24.0])  # lengths 7, 24, and 25 together
    new, seen = clipped(grads, 5.0), "gradients of length 25 and a limit of 5 are not as they should be"
    parts = torch.tensor([5 / 7] * 3 + [5 / 24])
    names = {
        "each tensor is cut by itself: that turns the direction": grads * parts,
        "each number is cut by itself: that turns the direction": grads.clamp(-5, 5),
        "each number is cut by itself, and only above": grads.clamp(max=5),
        "the gradients are the same as before": grads,
        "only the first tensor is scaled": grads * torch.tensor([0.2] * 3 + [1]),
        "only the last tensor is scaled": grads * torch.tensor([1] * 3 + [0.2]),
        "the root of the squares' sum is missing": grads / 125,
        "the wrong way round: the long gradients get longer": grads * 5,
        "scaled to length 1: limit is not used": grads / 25,
        "the largest number is taken for the length": grads * 5 / 24,
        "the sum of the sizes is taken for the length": grads / 7,
        "the mean of the squares is taken: the length is their sum's root": grads * 0.4,
        "the lengths of the tensors are added: the length of all together is wanted": grads * 5 / 31,
    }
    found = [name for name, value in names.items() if close(new, value)]
    need(close(new, grads / 5), seen, (found or ["another scale"])[0])
    kept, seen = clipped(grads, 50.0), "gradients of length 25 change, though the limit is 50"
    stretched = close(kept, grads * 2)
    square = stretched and close(clipped(grads, 700.0), grads)
    need(not square, seen, "the square of the length is compared with the limit")
    need(not stretched, seen, "short gradients are stretched: the limit is an upper one")
    need(close(kept, grads), seen, "what is compared with the limit is not the length")
    zero = clipped(torch.zeros(4), 1.0)
    need(not zero.any(), "a gradient of zero has become another", "a division by zero")
    for limit in (0.5, 3.0):
        grads = torch.randn(4) * 2
        right = grads * min(1, limit / sum(g * g for g in grads.tolist()) ** 0.5)
        need(close(clipped(grads, limit), right, 1e-3), "fresh gradients end elsewhere", "another scale")


sequence(
    "08-recall-shapes",
    "07_training",
    ["()", "(3, 1)", "(8, 1)", "(8, 3)", "(1000, 3)"],  # as the note lists them: not in order
    [
        ("(1000, 3)", "(8, 3)", "a mini-batch is read from all the examples: they come first"),
        ("(8, 3)", "(8, 1)", "predictions and losses are made from a mini-batch"),
        ("(8, 1)", "()", "backward starts from one number: the sum of the losses, which come before it"),
        ("()", "(3, 1)", "the gradient of w comes out of backward, and that needs its number first"),
    ],
)
number(
    "08-recall-limit",
    "07_training",
    (0.499, 0.501),
    {
        (0.249, 0.251): "the inverse of the eigenvalue: there the steps are safe, with room to twice as much",
        (0.124, 0.126): "half of the inverse: that is far from the limit",
        (1.99, 2.01): "that is its root: the curvature itself is the eigenvalue",
        (0.99, 1.01): "two over the root: the curvature itself is the eigenvalue",
        (7.99, 8.01): "the wrong way round: more curvature needs shorter steps",
        (3.99, 4.01): "that is the curvature, not a learning rate",
    },
    "a learning rate, a number",
)
number(
    "08-unseen",
    "08_whole_process",
    (0.006, 0.0075),
    {
        (0.36, 0.38): "as if each epoch missed the same examples",
        (0.07, 0.078): "divided by the epochs: but each epoch takes its share of what was left",
        (0.09, 0.105): "0.63 to the fifth: these were seen in every epoch",
        (0.985, 0.995): "that is the share that was seen",
        (1.8, 1.9): "added up: a share cannot be more than 1",
        (0.6, 0.7): "percent, or the share that one epoch sees",
        (0, 0.0001): "each draw is independent: some examples stay unlucky",
    },
    "a share between 0 and 1",
)
choice(
    "08-choose",
    "08_whole_process",
    "c",
    {
        "a": "it is exact, for the squared loss: the wild labels decide where it lands",
        "b": "the wild labels no longer decide, but the widest feature makes these steps too long",
        "d": "the scales no longer matter, but each wild label pulls as hard as it is wrong",
    },
)
choice(
    "08-bug",
    "08_whole_process",
    "e",
    {
        "a": "this line is in order: all runs meet the same data",
        "b": "this line is in order: each run has a fresh start, the same for all",
        "c": "this line is in order: each run is to have its own loss",
        "d": "this line is in order: as many epochs for each, and the same learning rate",
        "f": "this line is in order: the smallest wins; ask what it is the smallest of",
    },
)


# ---- 10 real data


@task("standardize", "10_real_data", "standardize(X), which returns (Z, mean, std)")
def standardize(f):
    for scale in (torch.tensor([1.0, 100.0, 0.01]), torch.tensor([5.0, 0.1, 30.0])):
        X = torch.randn(40, 3) * scale + 7
        Z, mean, std = read_tuple(f(X), 3)
        Z = read_tensor(Z, (40, 3), what="Z")
        stds = X.std(0), X.std(0, correction=0)  # with n - 1 or n: both are in use
        names = {(): "one number for all features", (40,): "taken over the features of one example"}
        names[40, 1] = names[40,]
        for name, value in (("mean", mean), ("std", std)):
            row = isinstance(value, Tensor) and value.shape == (1, 3)
            read_tensor(value, (1, 3) if row else (3,), names, name)
        need(Z.mean(0).abs().max() < 1e-2, "the columns of Z are not around 0", "the mean is not taken off")
        spread = Z.std(0)
        need(not close(spread, stds[0]), "Z spreads like X", "not divided by the standard deviation")
        variance = any(close(spread * s * s, stds[0], 1e-3) for s in stds)
        need(not variance, "the widest column is now the narrowest", "divided by the variance")
        unit = any(close(spread * s / stds[0], torch.ones(3), 1e-3) for s in stds)
        need(unit, "the columns of Z do not spread by 1", "divided by something else")
        need(close(mean.flatten(), X.mean(0), 1e-3), "mean is not that of X", "the mean of something else")
        good = any(close(std.flatten() / s, torch.ones(3), 1e-3) for s in stds)
        need(good, "std is not that of X", "the standard deviation of something else")


@task("split", "10_real_data", "split(X, y, num_test, seed), which returns (X, y, X_test, y_test)")
def split(f):
    def rows(n, num_test, seed):
        X = torch.arange(2.0 * n).reshape(n, 2)
        parts = read_tuple(f(X, X[:, :1] + 0.5, num_test, seed), 4)
        for name, part in zip(("X", "y", "X_test", "y_test"), parts, strict=True):
            need(isinstance(part, Tensor), f"{name} is a {kind(part)}", "a tensor is wanted")
        order = [tuple(part.shape[1:]) for part in parts] != [(2,), (2,), (1,), (1,)]
        need(order, "the second part has two columns", "the order is X, y, X_test, y_test")
        flat = any(part.ndim == 1 for part in parts[1::2])
        need(not flat, "y or y_test is a plain vector", "the column of the labels is lost")
        X, y, X_test, y_test = parts
        sizes = len(X), len(X_test)
        swapped = sizes == (num_test, n - num_test) and num_test != n - num_test
        need(not swapped, f"{sizes[0]} of {n} are to train on", "the two parts are swapped")
        need(sizes[1] == num_test, f"{sizes[1]} are held out, not {num_test}", "num_test is not used")
        for A, b in ((X, y), (X_test, y_test)):
            need(len(A) == len(b), f"{len(A)} rows of X meet {len(b)} labels", "X and y are torn apart")
            own = torch.equal(A[:, :1] + 0.5, b)
            need(own, "a row of X has the label of another", "X and y are torn apart")
        train, test = ([int(x) // 2 for x in part[:, 0]] for part in (X, X_test))
        both = len(set(train) & set(test))
        need(not both, f"{both} examples are in both parts", "a held-out example is also learned from")
        twice = len(set(train + test)) < len(train + test)
        need(not twice, "some examples come twice", "drawn with replacement")
        lost = n - len(train + test)
        need(not lost, f"{lost} of {n} examples are in no part", "examples are lost")
        return train, test

    (train, test), again, other = (rows(50, 15, seed)[:2] for seed in (3, 3, 4))
    need(not f.draws, "a global generator has moved", "the global generator is used: make one of its own")
    need(sorted(test) != list(range(35, 50)), "the last rows are held out", "nothing is shuffled")
    need(sorted(test) != list(range(15)), "the first rows are held out", "nothing is shuffled")
    need((train, test) == again, "the same seed gives another split", "the seed is not used")
    need(set(test) != set(other[1]), "another seed gives the same split", "the seed is built in, or not used")
    steps = {(b - a) % 50 for a, b in zip(test, test[1:], strict=False)}
    need(len(steps) > 2, "the held-out rows are evenly spaced", "nothing is shuffled")
    often = torch.bincount(torch.tensor(sum((rows(20, 5, seed)[1] for seed in range(60)), [])), minlength=20)
    need(often.min() > 0, "some rows are never held out", "only a part of the data is shuffled")
    rows(7, 1, 0), rows(7, 6, 0)


@task("cross_validate", "10_real_data", "cross_validate(fit, X, y, k)")
def cross_validate(f):
    def run(n, k, label=lambda X: X):
        X, meetings, torn = torch.arange(1.0 * n).reshape(n, 1), [], []

        def fit(X, y):
            torn.append(X.shape != y.shape or not torch.equal(label(X), y))
            known = X.flatten().tolist()

            def predict(X):
                meetings.append((known, X.flatten().tolist()))
                return label(X) + (X + 1) / 4  # so the error of example i is (i + 1) / 4

            return predict

        found = read_number(f(fit, X, label(X), k), "the result")
        need(torn, "fit was never called", "nothing is fitted")
        need(not any(torn), "fit gets labels of other rows", "X and y are torn apart")
        need(meetings, "predict was never called", "nothing is held out")
        return found, meetings

    for n, k in ((12, 4), (11, 4), (6, 4), (5, 5)):
        found, meetings = run(n, k)
        seen = f"{n} examples, k = {k}: "
        whole = any(len(held) == n for _, held in meetings)
        need(not whole, f"{seen}predict gets all of them", "predict is to get the held-out part alone")
        known = sum(len(set(known) & set(held)) for known, held in meetings)
        mistake = "what is predicted was learned from"
        need(not known, f"{seen}{known} held-out examples were known to fit", mistake)
        most = max(len(held) for _, held in meetings)
        turned = k > 2 and all(len(known) < len(held) for known, held in meetings)
        mistake = "the wrong way round: the small part is to be predicted"
        need(not turned, f"{seen}fit gets fewer examples than are predicted", mistake)
        times = [sum(row in held for _, held in meetings) for row in range(n)]
        never, often = times.count(0), max(times)
        mistake = "one split only: each part is held out in its turn"
        need(len(meetings) > 1, f"{seen}one part is predicted", mistake)
        need(not never, f"{seen}{never} are never held out", "what is left over by the division is dropped")
        need(often == 1, f"{seen}an example is held out {often} times", "the parts overlap")
        mistake = "k is not used, or a part is missing" if n % k == 0 else "the parts are cut too long"
        need(len(meetings) == k, f"{seen}{len(meetings)} parts", mistake)
        even = most - min(len(held) for _, held in meetings) < 2
        need(even, f"{seen}one part has {most} examples", "the parts differ by more than one example")
        whole = all(len(known) + len(held) == n for known, held in meetings)
        need(whole, f"{seen}fit does not get all the others", "a part of the data is not used")
        errors = [[(row + 1) / 4 for row in held] for _, held in meetings]
        total, means = (
            sum(e * e for part in errors for e in part),
            [sum(e * e for e in part) / len(part) for part in errors],
        )
        names = {
            total / n: "the root is missing",
            total: "the sum of the squares",
            total / n / 2: "half of the mean square: that is the loss",
            (total / n / 2) ** 0.5: "the half of the loss is inside the root",
            total**0.5: "the root of the sum: divide by the number of examples",
            sum(m**0.5 for m in means)
            / k: "a mean of roots: take the root last, of all the examples together",
            sum(means) / k: "the root is missing",
            (sum(means) / k) ** 0.5: "a mean of means: small parts weigh too much",
            sum(map(sum, errors)) / n: "the mean error: no squares",
            means[-1] ** 0.5: "only the last part counts",
            means[0] ** 0.5: "only the first part counts",
            min(means) ** 0.5: "the best part is picked",
        }
        right = (total / n) ** 0.5
        ok = abs(found / right - 1) < 1e-4
        need(ok, f"{seen}the result is not the error of all", name_of(found, names, "another error"))
    run(9, 3, label=lambda X: 5 - 2 * X)


number(
    "10-recall-condition",
    "08_whole_process",
    (95, 105),
    {
        (9.5, 10.5): "the curvature is made of squares: the factor counts twice",
        (0.99, 1.01): "that would be a bowl: here it is ten times as wide one way",
        (0.009, 0.011): "upside down: the largest over the smallest is wanted",
        (0.09, 0.11): "upside down, and without the square",
        (950, 1050): "a square, not a cube",
    },
    "a condition number",
)
choice(
    "10-recall-flattered",
    "08_whole_process",
    "d",
    {
        "a": "these 20 were used to choose the parameters: no others are fitted so well",
        "b": "the true parameters would do that: these have learned the noise of the 20 as well",
        "c": "better than the truth is not possible on examples that nobody has seen",
    },
)
number(
    "10-steps",
    "10_real_data",
    (108, 120),
    {
        (24, 26): "the condition alone: after that many steps about a third of the error is left",
        (2400, 2600): "factors are taken off by multiplying: a logarithm is missing",
        (48, 52): "the logarithm to base 10: the one to base e is meant",
        (165, 180): "seven conditions are for a factor of 1000",
        (220, 240): "that is for the square of the factor",
        (54, 61): "as if the loss were meant: it is a square and falls twice as fast",
        (4.5, 5.5): "the root of the condition: that needs another method than plain descent",
        (22.5, 23.5): "the root of the condition: that needs another method than plain descent",
    },
    "a number of steps",
)
number(
    "10-units",
    "10_real_data",
    (11.4, 11.8),
    {
        (16, 16.2): "that is for one standard deviation",
        (1.14, 1.18): "that is for 1 mmHg",
        (160, 161): "10 standard deviations are not 10 mmHg",
        (2200, 2240): "multiplied by the standard deviation: divide",
        (221, 223): "multiplied by the standard deviation: divide; and that is for 1 mmHg",
        (8.5, 8.7): "upside down: the deviation was divided by the weight",
        (0.85, 0.87): "upside down: the deviation was divided by the weight",
        (1.3, 1.4): "the weight was forgotten: that is the share of a standard deviation",
        (0.7, 0.75): "the weight was forgotten: those are standard deviations",
    },
    "a change of the prediction, a number",
)
choice(
    "10-bug",
    "10_real_data",
    "b",
    {
        "a": "products of features are features: no row looks at another row, or at a label",
        "c": "this is as it should be: a fifth is held out, at random",
        "d": "this is as it should be: the numbers of the training part alone",
        "e": "this is as it should be: fitted to the training part alone",
        "f": "this is as it should be: the root of the mean square, in the unit of the label",
    },
)


# ---- 11 scaling out


number(
    "11-recall-step",
    "06_optimizer",
    (0.2999, 0.3001),
    {
        (2.39, 2.41): "that is for the sum: a step goes along the mean gradient",
        (0.037, 0.038): "the number of examples divides once, not twice",
        (2.99, 3.01): "that is the mean gradient: the learning rate is missing",
        (23.9, 24.1): "that is the summed gradient, not the step",
        (29, 31): "the learning rate multiplies: it does not divide",
    },
    "by how much w falls, a number",
)
choice(
    "11-recall-seed",
    "02_reading_data",
    "b",
    {
        "a": "chance has a generator behind it, and both generators start in the same state",
        "c": "what is shuffled is one list of rows: its order and its pieces come from the same draw",
        "d": "nothing tells either of the two that there is another",
    },
)
number(
    "11-four-processes",
    "11_scaling_out",
    (1.85, 1.86),
    {
        (3.99, 4.01): "as if everything were shared: the fixed part is not, and messages are added",
        (3.2, 3.3): "the messages are forgotten",
        (2.0, 2.1): "the fixed part is shared too: every process pays all of it",
        (0.8, 0.82): "the messages are counted once for each process: they go at the same time",
        (1.29, 1.31): "that is for two processes",
        (6.9, 7.1): "that is the time of a step, not how many times as fast it is",
        (0.53, 0.55): "the other way round: how many times as fast is wanted, a number over 1",
        (1.7, 1.72): "one process has a fixed part too",
        (2.16, 2.18): "four processes have a fixed part too",
    },
    "how many times as fast, a number",
)


@task("combine", "11_scaling_out", "combine(gradients, sizes)")
def combine(f):
    parts, sizes = [[1.0, 10.0], [4.0, 20.0], [10.0, 60.0]], [3, 2, 1]
    total = [sum(n * part[i] for part, n in zip(parts, sizes, strict=True)) for i in range(2)]  # 21, 130
    names = {(): "added up to one number", (3, 2): "nothing is added", (3,): "the wrong direction of a sum"}
    gradients = [torch.tensor(part) for part in parts]
    found = read_tensor(f(gradients, sizes), (2,), names)
    candidates = {
        "a mean of means: the example that is alone counts too much": [5, 30],
        "a sum of means: each is to count as often as it has examples": [15, 90],
        "the sum over all examples: it is not divided by their number": total,
        "divided by the number of shares, not of examples": [value / 3 for value in total],
        "divided by the number of shares too: the number of examples is enough": [v / 18 for v in total],
        "a sum of means, divided by the number of examples": [2.5, 15],
        "each mean is divided by its size once more": [(1 / 3 + 2 + 10) / 3, (10 / 3 + 10 + 60) / 3],
        "only the first share counts": parts[0],
        "only the last share counts": parts[2],
        "the largest share counts for all": [1 * 6, 10 * 6],
    }
    near = [mistake for mistake, value in candidates.items() if close(found, torch.tensor(value))]
    seen = f"1, 4 and 10, the means of 3, 2 and 1 examples, give {found[0].item():.3g}"
    need(close(found, torch.tensor(total) / 6), seen, (near or ["not the mean of all examples"])[0])
    # An empty share has the mean nan. changes=1: nan differs from nan, so as if the argument were changed
    empty = f([torch.full((2,), float("nan")), *gradients], [0, *sizes], changes=1)
    lost = isinstance(empty, Tensor) and empty.isnan().any()
    need(not lost, "with a share that is empty, the result is nan", "0 times nan is nan, not 0")
    same = close(read_tensor(empty, (2,)), found)
    need(same, "with a share that is empty, the result is another", "an empty share counts")
    broken = f([torch.full((2,), float("nan")), *gradients], [2, *sizes], changes=1)
    hidden = isinstance(broken, Tensor) and not broken.isnan().all()
    mistake = "a real nan is hidden: only the size tells that a share is empty"
    need(not hidden, "a share of 2 examples has the gradient nan, the result has not", mistake)
    rows, sizes = torch.randn(40, 3, 2), [7, 1, 0, 20, 12]
    means = [part.mean(0) for part in rows.split(sizes)]
    fresh = close(read_tensor(f(means, sizes, changes=1), (3, 2)), rows.mean(0), 1e-3)
    need(fresh, "fresh gradients of shape (3, 2) give another mean", "not the mean of all examples")


@task("block_iter", "11_scaling_out", "block_iter(batch_size, load, num_blocks)")
def block_iter(f):
    names = {
        "a batch before the last is too short": "what a block leaves over is to go with the next one",
        "examples are skipped": "examples are lost where a block ends, or a block is never read",
    }

    def read(n, batch_size, size, first=None):
        loads = []

        def reader(batch_size, features, labels, take):
            def load(i):
                if i not in range(num_blocks):
                    raise IndexError(f"there is no block {i}: they are 0 to {num_blocks - 1}")
                loads.append(int(i))
                return features[i * size :][:size].clone(), labels[i * size :][:size].clone()

            num_blocks = -(-n // size)
            return f(batch_size, load, num_blocks, take=first or take)

        if first:
            reader(batch_size, torch.zeros(n, 2), torch.zeros(n, 1), first)
            return [], loads
        try:
            return sum(read_epoch(reader, n, batch_size), []), loads
        except Wrong as found:
            raise Wrong(found.args[0], names.get(found.args[1], found.args[1])) from None

    _, loads = read(20, 4, 20)
    twice = "a block is read twice: features and labels come together"
    need(len(loads) == 1, f"one block is loaded {len(loads)} times", twice)
    for first in (1, 4):
        _, loads = read(100, 4, 10, first)
        wanted = 1 + -(-4 * first // 10)  # one ahead is allowed
        many = "all blocks are in memory at once: load one when its turn comes"
        need(len(loads) <= wanted, f"the first {4 * first} of 100 rows take {len(loads)} of 10 blocks", many)
    for n, batch_size, size in ((40, 4, 10), (43, 5, 10), (30, 10, 4), (12, 20, 5)):
        read(n, batch_size, size)
    epochs = [read(120, 8, 12) for _ in range(8)]
    (order, loads), (_, others) = epochs[:2]
    need(len(loads) == 10, f"10 blocks are loaded {len(loads)} times", twice)
    need(loads != sorted(loads), "the blocks come in the order of the file", "the blocks are not shuffled")
    need(loads != others, "two epochs visit the blocks in one order", "shuffled only once, or a seed inside")
    free = all(len(set(place)) > 1 for place in zip(*(loads for _, loads in epochs), strict=True))
    need(free, "a place has the same block in every epoch", "some blocks are left out of the shuffling")
    inside = [[row % 12 for row in order if row // 12 == i] for i in range(10)]
    seen = "the rows of a block come in the order of the file"
    need(not any(rows == sorted(rows) for rows in inside), seen, "inside the blocks nothing is shuffled")
    seen = "the rows of all blocks come in one and the same order"
    need(len(set(map(tuple, inside))) > 5, seen, "one shuffle for all blocks: each needs its own")


choice(
    "11-bug-line",
    "11_scaling_out",
    "d",
    {
        "a": "this line is in order: both runs begin with the same data and the same parameters",
        "b": "this line is in order: a copy, so that the checkpoint itself is not trained",
        "c": "this line is in order: what was saved is put back before the next draw",
        "e": "this line is in order: the first epoch after a restart is the one after the last saved",
        "f": "this line is in order: a copy of the parameters, at the end of the epoch",
    },
)
choice(
    "11-checkpoint",
    "11_scaling_out",
    "c",
    {
        "a": "a step leaves nothing of them: the next one begins with fresh gradients",
        "b": "they are read by people, not by the training",
        "d": "with plain descent that would be true: momentum remembers more than the parameters",
    },
)


def same_state(path, state):
    """Whether a checkpoint can be read, and is this one."""
    try:
        found = torch.load(path)
    except Exception:  # each kind of damage has its own
        return False
    known = isinstance(found, dict) and found.keys() == state.keys()
    return known and found["epoch"] == state["epoch"] and torch.equal(found["w"], state["w"])


class Unwritable:
    """What a full disk does to a state, in the middle of its writing."""

    def __init__(self, path):
        self.path, self.was_there = path, None

    def __reduce__(self):
        self.was_there = self.path.exists()
        raise OSError("no space left on the disk")


@task("save_checkpoint", "11_scaling_out", "save_checkpoint(path, state)")
def save_checkpoint(f):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "epoch_3.pt"
        old, new = ({"epoch": 3, "w": torch.randn(2, 1)} for _ in range(2))
        moves = []

        def watched(move):
            def run(source, target, **options):
                moves.append((path.exists(), Path(source).resolve().parent == path.resolve().parent))
                return move(source, target, **options)

            return run

        f(path, old | {"w": old["w"].clone()})
        need(path.exists(), "there is no file of the given name", "nothing is saved, or under another name")
        need(same_state(path, old), "torch.load does not give the state back", "not the state is saved")
        count = len(list(Path(name).iterdir()))
        need(count == 1, f"one call leaves {count} files", "copied, not renamed: the other file stays")
        number = path.stat().st_ino  # of the file itself, whatever its name
        with (
            mock.patch.object(os, "rename", watched(os.rename)),
            mock.patch.object(os, "replace", watched(os.replace)),
        ):
            f(path, new)
        need(same_state(path, new), "a second call leaves the first state", "an old file is not replaced")
        there, beside = map(all, zip(*moves, strict=True)) if moves else (True, True)
        away = "the old file is removed too early: renaming replaces it in one go"
        need(there, "for a moment there is no file of that name", away)
        far = "on another disk, renaming fails: write aside in the same folder"
        need(beside, "the file is written in another folder", far)
        over = "the good file itself is written over: write aside, then rename"
        need(path.stat().st_ino != number, "the old file itself has other contents now", over)
        broken = Unwritable(path)
        try:
            f(path, new | {"last": broken})
        except Wrong as found:
            need("no space left" in found.args[0], *found.args)
        else:
            raise Wrong("the disk is full, and no error comes", "the error is caught: nobody learns of it")
        need(broken.was_there is not False, "while the new file is written, there is none", away)
        need(same_state(path, new), "after a writing that failed, the good file is gone", over)


@task("newest", "11_scaling_out", "newest(folder)")
def newest(f):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "unfinished").write_bytes(b"PK")
        need(f(folder) is None, "without a checkpoint something comes back", "None is wanted there")
        for age, epoch in enumerate((3, 10, 2, 9)):
            path = folder / f"epoch_{epoch}.pt"
            torch.save({"epoch": epoch, "w": torch.randn(2, 1)}, path)
            os.utime(path, (1e9 - 100 * age,) * 2)
        good = {epoch: torch.load(folder / f"epoch_{epoch}.pt") for epoch in (10, 9, 3, 2)}
        names = {
            9: "sorted as texts, where 9 comes after 10: compare numbers",
            3: "the time of writing decides: a copy has another",
            2: "the oldest, not the newest",
        }
        for epoch, damage in (
            (10, lambda whole: whole[: len(whole) // 2]),
            (9, lambda whole: b""),
            (3, lambda whole: b"hello"),
            (2, lambda whole: whole[:100]),
            (None, None),
        ):
            harmed = {10: "", 9: "with epoch_10.pt cut in half, "}.get(epoch, "with several damaged files, ")
            try:
                found = f(folder)
            except Wrong as wrong:
                stop = "a damaged file stops it: skip the file"
                if epoch and epoch < 9:
                    stop = "not every damage is caught: each kind has its own error"
                raise Wrong(harmed + wrong.args[0], stop if epoch != 10 else wrong.args[1]) from None
            if epoch is None:
                need(found is None, "with all files damaged, something comes back", "None is wanted there")
                break
            needed = "it gives up: the one before may be whole" if harmed else "a checkpoint is there"
            need(found is not None, harmed + "the result is None", needed)
            need(
                isinstance(found, dict),
                f"{harmed}the result is a {kind(found)}",
                "the state is wanted: load it",
            )
            seen = f"{harmed}epoch {found.get('epoch')} comes back, not {epoch}"
            need(found.get("epoch") == epoch, seen, names.get(found.get("epoch"), "another checkpoint"))
            need(torch.equal(found["w"], good[epoch]["w"]), seen, "the state is changed")
            path = folder / f"epoch_{epoch}.pt"
            need(path.exists(), f"{path.name} is gone after the call", "reading removes files")
            path.write_bytes(damage(path.read_bytes()))
        left = len(list(folder.iterdir()))
        need(left == 5, f"of 5 files {left} are left", "reading removes files: a person may still want them")


# ---- numbers that an experiment gives

number(
    "ohm",
    "04_model",
    (46.5, 47.5),
    {
        (0.0465, 0.0475): "kilo-ohm: the current is in milliamperes",
        (46500, 47500): "milli-ohm: the voltage is in millivolts",
        (0.0208, 0.0218): "the inverse: a conductance, in ampere per volt",
        (1.3, 1.45): "volts per standard deviation: not converted back from the scaled current",
        (0.3, 46): "the descent has not arrived: the feature is small, and so are the steps",
        (1e5, 1e300): "the descent diverged: the feature is large, and so are the steps",
    },
    "the resistance in ohm, a number",
)
number(
    "planck",
    "05_loss",
    (5750, 5800),
    {
        (5690, 5740): "Wien's straight line, used where it no longer holds",
        (5.7, 5.8): "thousands of kelvin, not kelvin",
        (5477, 5527): "degrees Celsius, not kelvin",
        (1.74, 1.76): "the logarithm of the temperature",
        (8.65, 8.67): "the logarithm of the temperature",
        (2990, 3010): "that is a start: no step was made",
        (3990, 4010): "that is a start: no step was made",
        (9990, 10010): "that is a start: no step was made",
        (1e5, 1e300): "the descent diverged: the wavelengths and the spectrum need other units first",
    },
    "the temperature in kelvin, a number",
)
