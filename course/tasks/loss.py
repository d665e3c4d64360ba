"""The tasks of 05_loss: each with its check. The answers are in here: try first."""

import torch

from course.tasks.kit import Chapter, need, read_tensor
from course.tasks.probes import close, column, name_of

chapter = Chapter("05_loss")


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


@chapter.task("squared_loss", "squared_loss(y_hat, y)")
def squared_loss(f):
    one_each(f)
    is_loss(f)
    costs, ratios, seen = grows(f, 1.0, 2.0, 4.0)
    need(not all_near(ratios, 2), seen, "the square is missing: twice the error costs only twice")
    need(all_near(ratios, 4), seen, "not a square: twice the error must cost four times")
    names = {2: "the half is missing", 0.5: "halved twice"}
    need(all_near(costs[:1], 0.5), seen, name_of(costs[0] * 2, names, "a square, but with another factor"))
    matches(f, lambda error: error**2 / 2)


@chapter.task("absolute_loss", "absolute_loss(y_hat, y)")
def absolute_loss(f):
    one_each(f)
    is_loss(f)
    costs, ratios, seen = grows(f, 1.0, 2.0, 4.0)
    names = {4: "squared: twice the error must cost only twice", 1: "only the sign counts, not the size"}
    need(all_near(ratios, 2), seen, name_of(ratios[0], names, "not the absolute value"))
    names = {0.5: "a half too many: that belongs to the squared loss"}
    need(all_near(costs[:1], 1), seen, name_of(costs[0], names, "the right form, another factor"))
    matches(f, abs)


@chapter.task("huber_loss", "huber_loss(y_hat, y, delta=1.0)")
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


chapter.number(
    "05-recall-batches",
    (101, 101),
    {
        (100, 100): "full batches only: the examples left over are read, too",
        (100.2, 100.4): "a part of a batch is a batch, too",
        (10, 10): "that is the size of a batch, not their number",
        (3, 3): "that is the size of the last batch, not their number",
        (1003, 1003): "that is the number of examples",
    },
    "the number of mini-batches",
    look="02_reading_data",
)


chapter.choice(
    "05-recall-zeros",
    "b",
    {
        "a": "that is true of hidden units: here each weight has a slope of its own",
        "c": "the weights have slopes too: the features are not zero",
        "d": "the start is the same for all examples, but their labels and features are not",
    },
    look="03_parameters",
)


chapter.number(
    "05-mean",
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


chapter.number(
    "05-median",
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


chapter.number(
    "05-outlier",
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


chapter.choice(
    "05-bug",
    "c",
    {
        "a": "the rows belong together and have the shapes that they should have",
        "b": "a column of predictions, as it should be",
        "d": "it averages what it is given: look at the shape of that",
        "e": "one number, one walk back: nothing is wrong with that",
        "f": "the loss is a mean already, so it is right that nothing more is divided",
    },
)


chapter.number(
    "05-two-hubers",
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
