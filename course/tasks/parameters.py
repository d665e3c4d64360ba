"""The tasks of 03_parameters: each with its check. The answers are in here: try first."""

import torch

from course.tasks.kit import Chapter, need, read_tensor, read_tuple

chapter = Chapter("03_parameters")


@chapter.task("init_params", "init_params(num_features, std=0.01)")
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
        need(
            value.is_leaf,
            f"{name} has a grad_fn",
            f"{name} is the result of a calculation: no gradient arrives in it",
        )
    return w.detach(), b.detach()


chapter.choice(
    "03-recall-generator",
    "c",
    {
        "a": "a generator does not start again: a new call does",
        "b": "no error comes: that is what makes it dangerous",
        "d": "the first loop took them all, also the last one",
    },
    look="02_reading_data",
)


chapter.number(
    "03-recall-noise",
    (0.0095, 0.0105),
    {
        (0.00009, 0.00011): "that is the variance",
        (0.09, 0.11): "a root too many: 0.01 is the standard deviation already",
        (3.9, 4.2): "that is the spread of the labels: most of it comes from the features",
        (-0.001, 0.001): "that is the mean",
    },
    "a standard deviation, a number",
    look="01_synthetic_data",
)


chapter.number(
    "03-far-start",
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


chapter.choice(
    "03-zero-start",
    "d",
    {
        "a": "the predictions are equal, the labels and features are not: the gradient at zero is not zero",
        "b": "each weight has a gradient of its own: it compares the errors with its own feature",
        "c": "the loss has one lowest point only: each start ends there",
    },
)


chapter.choice(
    "03-bug-line",
    "c",
    {
        "a": "this line is in order: one start for all runs makes them comparable",
        "b": "this line is in order: it runs the rest twice",
        "d": "this line is in order: it trains the parameters that it is given",
        "e": "this line is in order: it prints the loss of the run that has just ended",
    },
)


chapter.number(
    "03-keep-spread",
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


@chapter.task("init_hidden", "init_hidden(num_features, num_hidden, std=0.5)")
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
            leaf = f"{name} is the result of a calculation: no gradient arrives in it"
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
