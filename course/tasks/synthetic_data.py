"""The tasks of 01_synthetic_data: each with its check. The answers are in here: try first."""

import torch

from course.tasks.kit import Chapter, kind, need, read_tensor, read_tuple
from course.tasks.probes import Tensor, close, column

chapter = Chapter("01_synthetic_data")


@chapter.task("synthetic_data", "synthetic_data(w, b, num_examples)")
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
    need(
        not swapped,
        "the noise has a standard deviation of 0.1",
        "a standard deviation is taken for a variance",
    )
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


@chapter.task("stream", "stream(batch_size, seed), endless")
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


chapter.sequence(
    "01-recall-blocks",
    ["data", "reading", "parameters", "model", "loss", "optimizer", "training"],
    [
        ("data", "reading", "there are no examples to read yet"),
        ("reading", "parameters", "on the map, the data come first: blocks 1 and 2"),
        ("parameters", "model", "the model has nothing to calculate with yet"),
        ("model", "loss", "there is no prediction to judge yet"),
        ("loss", "optimizer", "there is nothing to make smaller yet"),
        ("optimizer", "training", "training is the loop over all other blocks: it comes last"),
    ],
    look="00_start_here",
)


chapter.choice(
    "01-recall-model",
    "b",
    {
        "a": "the labels are known before: they come with the data",
        "c": "the parameters go into the model, and the optimizer changes them",
        "d": "the loss is the next block: it compares what the model says with the labels",
    },
    look="00_start_here",
)


chapter.number(
    "01-more-data",
    (9.5, 10.5),
    {
        (95, 105): "as many times as there are more examples: the error falls more slowly than that",
        (0.95, 1.05): "as if the noise did not even out at all",
        (9e3, 1.1e4): "the square: data help far less than that",
        (3, 3.3): "the root was taken twice",
        (0.09, 0.11): "the other way round: how many times smaller is wanted, a number over 1",
        (1.9, 2.1): "powers of ten counted: the root is wanted, not the logarithm",
        (4.5, 4.7): "the logarithm: the root is wanted",
    },
    "how many times smaller the error gets, a number",
)


chapter.choice(
    "01-bug-line",
    "a",
    {
        "b": "this line is in order: the features and a column of ones, side by side",
        "c": "this line is in order: each label is the weighted sum of its own features, plus the bias",
        "d": "this line is in order: a noise for each label, with standard deviation 0.01",
        "e": "this line is in order: what it finds predicts as well as can be",
    },
)


@chapter.task("noise_of", "noise_of(X, y, w, b)")
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
