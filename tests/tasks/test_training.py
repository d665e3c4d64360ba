"""The tasks of 07_training, proved: each mistake is named, each right answer passes."""

import numpy as np
import torch
from support.proof import proofs
from support.readers import iter_by_indices, iter_by_loader, iter_in_order

import helpers


def evaluation(reduce, net=helpers.linreg, loss=helpers.squared_loss):
    def evaluate(params, features, labels):
        with torch.no_grad():
            return reduce(loss(net(features, *params), labels))

    return evaluate


def evaluate_recorded(params, features, labels):
    return helpers.squared_loss(helpers.linreg(features, *params), labels).mean()


def evaluate_by_batches(params, features, labels):
    parts = [helpers.evaluate_loss(params, X, y) for X, y in iter_in_order(10, features, labels)]
    return sum(parts) / len(parts)


def evaluate_changes(params, features, labels):
    for param in params:
        param.grad = None
    return helpers.evaluate_loss(params, features, labels)


def evaluate_by_rows(params, features, labels):
    total = 0.0
    for X, y in iter_in_order(1, features, labels):
        total += float((X @ params[0] + params[1] - y) ** 2) / 2
    return total / len(features)


def trained(
    epochs=lambda n: n,
    zero=True,
    divisor=lambda B: B,
    sign=-1,
    fresh=False,
    copy=False,
    report="all",
    keep=None,
    half=0.5,
):
    """A training program with one thing changed."""

    def train(params, features, labels, lr=0.03, num_epochs=3, batch_size=10):
        w, b = [p.detach().clone().requires_grad_() for p in params] if copy else params
        if fresh:
            w.data.normal_(0, 0.01)
            b.data.zero_()
        losses = []
        for _ in range(epochs(num_epochs)):
            for X, y in list(iter_by_indices(batch_size, features, labels))[:keep]:
                loss = (half * (X @ w + b - y) ** 2).sum()
                loss.backward()
                with torch.no_grad():
                    for p in (w, b):
                        p += sign * lr * p.grad / divisor(batch_size)
                        if zero:
                            p.grad.zero_()
            if report == "all":
                losses.append((half * (features @ w + b - labels) ** 2).mean().item())
            elif report == "sum":
                losses.append((half * (features @ w + b - labels) ** 2).sum().item())
            elif report == "graph":
                losses.append((half * (features @ w + b - labels) ** 2).mean())
            elif report == "batch":
                losses.append(loss.item() / len(X))
        return losses if report else None

    return train


def train_by_mean(params, features, labels, lr, num_epochs, batch_size):
    losses, (w, b) = [], params
    for _ in range(num_epochs):
        for X, y in iter_by_loader(batch_size, features, labels):
            grads = torch.autograd.grad(((X @ w + b - y) ** 2).mean() / 2, params)
            for param, grad in zip(params, grads, strict=True):
                param.data -= lr * grad
        losses.append(evaluate_by_rows([w.detach(), b.detach()], features, labels))
    return tuple(losses)


def train_whole_set(params, features, labels, lr=0.03, num_epochs=3, batch_size=10):
    return trained()(params, features, labels, lr, num_epochs, len(features))


def train_first_batch(params, features, labels, lr=0.03, num_epochs=3, batch_size=10):
    return trained()(params, features[:batch_size], labels[:batch_size], lr, num_epochs, batch_size)


def loop(train):
    """train, with the signature of the loop from nothing."""

    def train_loop(w, b, features, labels, lr, num_epochs, batch_size):
        train([w, b], features, labels, lr=lr, num_epochs=num_epochs, batch_size=batch_size)

    return train_loop


def loop_by_hand(w, b, features, labels, lr, num_epochs, batch_size):
    for _ in range(num_epochs):
        for rows in torch.randperm(len(features)).split(batch_size):
            error = features[rows] @ w.data + b.data - labels[rows]
            w.data -= lr * features[rows].T @ error / batch_size
            b.data -= lr * error.sum(0) / batch_size


def limit(top=lambda v: 2 / v[-1], ones=True, divisor=lambda A: len(A), values=torch.linalg.eigvalsh):
    def lr_limit(features):
        A = torch.cat([features, torch.ones(len(features), 1)], 1) if ones else features
        return top(values(A.T @ A / divisor(A))).item()

    return lr_limit


def limit_by_svd(features):
    A = torch.cat([torch.ones(len(features), 1), features], 1)
    return 2 * len(A) / torch.linalg.svdvals(A)[0] ** 2


LINES = ["init", "epochs", "batches", "model", "loss", "backward", "step", "evaluate"]


def swapped(first, second):
    lines = list(LINES)
    i, j = lines.index(first), lines.index(second)
    lines[i], lines[j] = lines[j], lines[i]
    return lines


# task -> answers that pass, and answers that do not, each with words that its note must hold
ANSWERS = {
    "evaluate_loss": {
        "right": [
            helpers.evaluate_loss,
            evaluation(lambda losses: float(losses.mean())),
            evaluate_by_rows,
        ],
        "wrong": [
            ("sum, not the mean", evaluation(lambda losses: losses.sum().item())),
            ("part of the data", evaluation(lambda losses: losses[-3:].mean().item())),
            ("recorded", evaluate_recorded),
            ("Python float", evaluation(lambda losses: losses.mean())),
            ("not averaged", evaluation(lambda losses: losses)),
            ("half is forgotten", evaluation(lambda losses: 2 * losses.mean().item())),
            ("mean of means", evaluate_by_batches),
            ("changes its argument params", evaluate_changes),
            ("nothing is returned", evaluation(lambda losses: print(losses.mean().item()))),
            (
                "params are not used",
                evaluation(lambda losses: losses.mean().item(), net=lambda X, w, b: 0 * (X @ w)),
            ),
        ],
    },
    "train": {
        "right": [helpers.train, trained(), train_by_mean],
        "wrong": [
            ("never zeroed", trained(zero=False)),
            ("an epoch is missing", trained(epochs=lambda n: n - 1)),
            ("too many", trained(epochs=lambda n: n + 1)),
            ("loss of a mini-batch", trained(report="batch")),
            ("fresh parameters", trained(fresh=True)),
            ("part of the data", train_first_batch),
            ("part of the data", trained(keep=-1)),
            ("not in place", trained(copy=True)),
            ("divided by the batch size twice", trained(divisor=lambda B: B * B)),
            ("not divided", trained(divisor=lambda B: 1)),
            ("uphill", trained(sign=1)),
            ("half of the loss", trained(half=1)),
            ("batch_size is not used", train_whole_set),
            ("the sum", trained(report="sum")),
            ("graph is recorded", trained(report="graph")),
            ("nothing is returned", trained(report=None)),
            (
                "lr is not used",
                lambda p, X, y, lr, num_epochs, batch_size: trained()(p, X, y, 0.03, num_epochs, batch_size),
            ),
            (
                "a list of losses",
                lambda p, X, y, lr, num_epochs, batch_size: trained()(p, X, y, lr, num_epochs, batch_size)[
                    -1
                ],
            ),
            ("signature", lambda params, features, labels: trained()(params, features, labels)),
        ],
    },
    "training_loop": {
        "right": [loop(trained()), loop(helpers.train), loop_by_hand],
        "wrong": [
            ("never zeroed", loop(trained(zero=False))),
            ("one epoch is missing", loop(trained(epochs=lambda n: n - 1))),
            ("one epoch too many", loop(trained(epochs=lambda n: n + 1))),
            ("only one step", loop(trained(epochs=lambda n: 1))),
            ("fresh parameters", loop(trained(fresh=True))),
            ("part of the data", loop(train_first_batch)),
            ("not in place", loop(trained(copy=True))),
            ("twice", loop(trained(divisor=lambda B: B * B))),
            ("uphill", loop(trained(sign=1))),
        ],
    },
    "loop_order": {
        "right": [LINES, tuple(LINES)],
        "wrong": [
            ("made anew", swapped("init", "epochs")),
            ("inner one", swapped("epochs", "batches")),
            ("no gradient", swapped("backward", "step")),
            ("nothing to differentiate", swapped("loss", "backward")),
            ("no prediction", swapped("model", "loss")),
            ("no X", swapped("batches", "model")),
            ("before its steps", swapped("step", "evaluate")),
            ("once", LINES[:-1]),
            ("once", [*LINES, "step"]),
            ("is wanted", [*LINES, "stop"]),
            ("is wanted", "init"),
        ],
    },
    "lr_limit": {
        "right": [helpers.lr_limit, limit(), limit_by_svd],
        "wrong": [
            ("half of it", limit(lambda v: 1 / v[-1])),
            ("column of ones", limit(ones=False)),
            ("smallest eigenvalue", limit(lambda v: 2 / v[0])),
            ("not divided", limit(divisor=lambda A: 1)),
            ("less one", limit(divisor=lambda A: len(A) - 1)),
            ("singular values", limit(lambda v: 2 / v[-1].sqrt())),
            ("not a limit", limit(lambda v: v[-1])),
            (
                "column of ones is missing: the bias is a parameter too; the smallest",
                limit(lambda v: 2 / v[0], ones=False),
            ),
            ("another formula", limit(lambda v: 3 / v[-1])),
            ("one number", lambda X: 2 / torch.linalg.eigvalsh(X.T @ X)),
        ],
    },
    "07-recall-twice": {
        "right": [6, 6.0],
        "wrong": [
            ("writing over", 3),
            ("emptied", 0),
            ("not multiplied", 9),
            ("no mean", 1.5),
            ("another value", 4),
        ],
    },
    "07-recall-symptom": {
        "right": ["d", "D"],
        "wrong": [("step length", "a"), ("too few epochs", "b"), ("swings", "c")],
    },
    "07-slow": {
        "right": [16.6 * 0.999**2000, 2.26],
        "wrong": [
            ("enters twice", 16.6 * 0.999**1000),
            ("one epoch", 16.6 * 0.999**200),
            ("three epochs", 16.6 * 0.999**600),
            ("not updates", 16.6 * 0.999**20),
            ("the start", 16.6),
            ("a good learning rate", 5e-5),
            ("another value", 1),
        ],
    },
    "07-more-epochs": {
        "right": ["c", "C"],
        "wrong": [("below the noise", "a"), ("arrived already", "b"), ("by heart", "d")],
    },
    "07-bug": {
        "right": ["a", "A"],
        "wrong": [
            ("rates to be compared", "b"),
            ("number of steps", "c"),
            ("error of all", "d"),
            ("mean gradient", "e"),
            ("after the steps", "f"),
        ],
    },
    "07-twin": {
        "right": [0.015, 0.03 / 2],
        "wrong": [
            ("slope is longer", 0.03),
            ("wrong way", 0.06),
            ("not once more", 0.0015),
            ("already, and the half", 0.003),
            ("changes nothing", 0.15),
            ("changes nothing; the half", 0.3),
            ("wrong sign", -0.015),
        ],
    },
    "planck": {
        "right": [5771.0, 5762, np.array(5772.0)],
        "wrong": [
            ("Wien", 5713),
            ("thousands of kelvin", 5.772),
            ("Celsius", 5498.9),
            ("logarithm", 1.7531),
            ("logarithm", 8.6607),
            ("a start", 4000.0),
            ("overflows", float("inf")),
            ("diverged", 1e12),
            ("graph", torch.tensor(5771.0, requires_grad=True)),
        ],
    },
}

test_each_mistake_is_named, test_each_right_answer_passes, test_nothing_is_not_attempted = proofs(
    "07_training", ANSWERS
)
