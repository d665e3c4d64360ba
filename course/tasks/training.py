"""The tasks of 07_training: each with its check. The answers are in here: try first."""

from itertools import product

import torch

from course.tasks.kit import Chapter, Wrong, kind, need, read_number
from course.tasks.probes import Tensor, close, name_of, problem

chapter = Chapter("07_training")


@chapter.task("evaluate_loss", "evaluate_loss(params, features, labels)")
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


@chapter.task("train", "train(params, features, labels, lr=..., num_epochs=..., batch_size=...)")
def train(f):
    def run(w, b, X, y, lr, num_epochs, batch_size):
        losses = f([w, b], X, y, lr=lr, num_epochs=num_epochs, batch_size=batch_size, changes=1)
        need(losses is not None, "the result is None", "nothing is returned: the losses are wanted")
        listed = isinstance(losses, list | tuple)
        need(listed, f"the result is a {kind(losses)}", "a list of losses is wanted")
        return [read_number(loss, "a loss") for loss in losses]

    training(run)


@chapter.task("training_loop", "train_loop(w, b, features, labels, lr, num_epochs, batch_size)")
def training_loop(f):
    def run(*settings):
        f(*settings, changes=2)

    training(run)


chapter.sequence(
    "loop_order",
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


@chapter.task("lr_limit", "lr_limit(features)")
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


chapter.number(
    "07-recall-twice",
    (6, 6),
    {
        (3, 3): "that would be writing over what is there",
        (0, 0): "nobody has emptied it",
        (9, 9): "the two are not multiplied",
        (1.5, 1.5): "no mean is taken over the two walks",
    },
    "a number",
    look="06_optimizer",
)


chapter.choice(
    "07-recall-symptom",
    "d",
    {
        "a": "a wrong step length would spoil the bias, too",
        "b": "too few epochs would leave the bias behind, too",
        "c": "that swings, and does not settle at a tenth of the truth",
    },
    look="05_loss",
)


chapter.number(
    "07-slow",
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


chapter.choice(
    "07-more-epochs",
    "c",
    {
        "a": "that is below the noise of the labels, which no parameters can foresee",
        "b": "it has arrived already: the true parameters do no better",
        "d": "three numbers cannot learn a thousand examples by heart",
    },
)


chapter.choice(
    "07-bug",
    "a",
    {
        "b": "these are the rates to be compared, one after the other, as it should be",
        "c": "the same number of steps for each, as it should be",
        "d": "the error of all examples, as it should be",
        "e": "a step against the mean gradient, as it should be",
        "f": "the loss after the steps, on all examples, as it should be",
    },
)


chapter.number(
    "07-twin",
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


chapter.number(
    "planck",
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
