"""The block lab of chapter 08: one task, one method for every block, one run."""

import math
import time
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from course.explore import Explorer, choice
from course.figures import axes
from helpers import data_iter, linreg, squared_loss

TASKS = [
    "default",
    "outliers",
    "badly scaled",
    "one wild row",
    "sorted",
    "curved",
    "tiny and noisy",
    "many features",
]
SIZES = {  # task -> n, d, noise, where they are not 500, 2, 0.01
    "tiny and noisy": (20, 10, 1.0),
    "many features": (30, 20, 3.0),
    "sorted": (500, 2, 1.0),
}
DATA = ["as it is", "standardised"]
READING = {
    "reshuffled": data_iter,
    "shuffled once": lambda B, X, y: in_order(B, X, y, torch.randperm(len(X), generator=same_again())),
    "with replacement": lambda B, X, y: in_order(B, X, y, torch.randint(len(X), (len(X),))),
    "sequential": lambda B, X, y: in_order(B, X, y, torch.arange(len(X))),
    "all at once": lambda B, X, y: [(X, y)],
}
INIT = {
    "zeros": torch.zeros,
    "constant 0.5": lambda inputs, outputs: torch.full((inputs, outputs), 0.5),
    "normal, std 0.01": lambda inputs, outputs: 0.01 * torch.randn(inputs, outputs),
    "Xavier": lambda inputs, outputs: (2 / (inputs + outputs)) ** 0.5 * torch.randn(inputs, outputs),
    "He": lambda inputs, outputs: (2 / inputs) ** 0.5 * torch.randn(inputs, outputs),
}
MODEL = {
    "linear": linreg,
    "with squares": lambda X, w, b: linreg(squares(X), w, b),
    "16 hidden units": lambda X, W1, b1, w2, b2: torch.tanh(X @ W1 + b1) @ w2 + b2,
}
LOSS = {
    "squared": squared_loss,
    "absolute": lambda y_hat, y: F.l1_loss(y_hat, y, reduction="none"),
    "Huber": lambda y_hat, y: F.huber_loss(y_hat, y, reduction="none"),
}
OPTIMIZER = {
    "SGD": lambda params: torch.optim.SGD(params, lr=0.03),
    "momentum": lambda params: torch.optim.SGD(params, lr=0.03, momentum=0.9),
    "Adam": lambda params: torch.optim.Adam(params, lr=0.1),
    "SGD with decay": lambda params: decayed(torch.optim.SGD, params, lr=0.03, weight_decay=DECAY),
    "AdamW with decay": lambda params: decayed(torch.optim.AdamW, params, lr=0.1, weight_decay=DECAY),
    "SGD, clipped": lambda params: torch.optim.SGD(params, lr=0.03),
    "L-BFGS": lambda params: torch.optim.LBFGS(params, max_iter=5, line_search_fn="strong_wolfe"),
    "least squares": lambda params: None,
    "ridge": lambda params: None,
}
SCHEDULE = ["constant", "halved", "stop early", "lr searched"]
DECAY = 0.5  # of every method that decays
LIMIT = 10  # length of a gradient, for "SGD, clipped"


@dataclass
class Run:
    """What a choice of blocks gives.

    losses: mean training loss after each epoch; the last is math.inf when training blew up.
    error: root mean square of prediction minus true label without noise, on 1000 fresh examples.
    seconds: time of training.
    """

    losses: list
    error: float
    seconds: float


def squares(X):
    return torch.cat([X, X**2], 1)


def decayed(optimizer, params, **options):
    """An optimizer that decays the weights and leaves the biases alone."""
    weights = {"params": params[0::2]}
    return optimizer([weights, {"params": params[1::2], "weight_decay": 0}], **options)


def same_again():
    return torch.Generator().manual_seed(7)


def in_order(batch_size, X, y, rows):
    return zip(X[rows].split(batch_size), y[rows].split(batch_size), strict=True)


def task_data(task):
    """Features (n, d) and labels (n, 1) of a task, and 1000 fresh features with labels without noise."""
    n, d, noise = SIZES.get(task, (500, 2, 0.01))
    X = torch.randn(n + 1000, d)
    x1, x2 = X[:, :1], X[:, 1:2]
    truth = torch.sin(2 * x1) + x2**2 if task == "curved" else 2 * x1 - 3.4 * x2 + 4.2
    y = truth[:n] + noise * torch.randn(n, 1)
    if task == "outliers":
        y[torch.randperm(n)[: n // 20]] += 50
    if task == "badly scaled":
        X[:, 1] *= 10
    if task == "one wild row":
        X[0] *= 1000
    rows = y.flatten().argsort() if task == "sorted" else torch.arange(n)
    return X[rows], y[rows], X[n:], truth[n:]


def starting_params(model, init, d):
    """Fresh parameters for a model with d features, biases zero."""
    sizes = {"linear": [d, 1], "with squares": [2 * d, 1], "16 hidden units": [d, 16, 1]}[model]
    layers = zip(sizes, sizes[1:], strict=False)
    return [p.requires_grad_() for i, o in layers for p in (INIT[init](i, o), torch.zeros(o))]


def solve(X, y, model, decay):
    """The parameters with the least squared loss, plus decay, of a model that is linear in them."""
    A = squares(X) if model == "with squares" else X
    pull = (decay * len(A)) ** 0.5 * torch.eye(A.shape[1])  # rows of their own, whose labels are 0
    A = torch.cat([torch.cat([A, pull]), torch.ones(len(A) + len(pull), 1)], 1)
    A[len(y) :, -1] = 0
    y = torch.cat([y, torch.zeros(len(pull), 1)])
    solution = torch.linalg.lstsq(A, y, driver="gelsd").solution
    return [solution[:-1], solution[-1]]


def run_blocks(
    task="default",
    data="as it is",
    reading="reshuffled",
    init="normal, std 0.01",
    model="linear",
    loss="squared",
    optimizer="SGD",
    schedule="constant",
    num_epochs=20,
):
    """Trains one choice of blocks on one task. Source: chapter 08.

    The choices are the entries of CHOICES. Batches of 10; L-BFGS takes all examples at once, and least
    squares solves once. "halved" halves lr in each epoch of the second half. "stop early" holds a fifth of
    the examples out, and keeps the parameters of the epoch with the best loss on them. "lr searched" holds as
    many out, tries a hundredth, a tenth, once and ten times the lr for three epochs, and takes the best.
    Returns a Run. The same seed of torch gives the same losses and error.
    Raises ValueError for an unknown choice, and for least squares with a model or loss that it cannot solve.
    """
    chosen = (task, data, reading, init, model, loss, optimizer, schedule)
    for method, (block, known) in zip(chosen, CHOICES.items(), strict=True):
        if method not in known:
            raise ValueError(f"{block} is {method!r}: choose one of {', '.join(known)}")
    solved = optimizer in ("least squares", "ridge")
    if solved and (model == "16 hidden units" or loss != "squared"):
        raise ValueError(f"{optimizer} cannot fit {model} with {loss} loss: exchange one of the three")

    X, y, X_fresh, truth = task_data(task)
    if data == "standardised":
        X, X_fresh = ((part - X.mean(0)) / X.std(0) for part in (X, X_fresh))
    held = torch.randperm(len(X)) < (len(X) // 5 if schedule in ("stop early", "lr searched") else 0)
    (X, X_held), (y, y_held) = ((part[~held], part[held]) for part in (X, y))
    net, loss_of = MODEL[model], LOSS[loss]
    params, best, losses = starting_params(model, init, X.shape[1]), math.inf, []

    batches = READING["all at once" if optimizer == "L-BFGS" else reading]
    clip = LIMIT if optimizer == "SGD, clipped" else math.inf

    def one_epoch(stepper, params):
        for X_batch, y_batch in batches(10, X, y):

            def closure(X_batch=X_batch, y_batch=y_batch):
                stepper.zero_grad()
                batch_loss = loss_of(net(X_batch, *params), y_batch).mean()
                batch_loss.backward()
                if clip < math.inf:
                    torch.nn.utils.clip_grad_norm_(params, clip)
                return batch_loss

            stepper.step(closure)

    def tried(factor):
        """The held-out loss after a short run from the same start."""
        trial = [param.detach().clone().requires_grad_() for param in params]
        stepper = OPTIMIZER[optimizer](trial)
        multiply_lr(stepper, factor)
        for _ in range(3):
            one_epoch(stepper, trial)
        now = mean_loss(trial, X_held, y_held, net, loss_of)
        return now if math.isfinite(now) else math.inf

    stepper = OPTIMIZER[optimizer](params)  # the first of a session loads a large part of torch: not timed
    start = time.perf_counter()
    if solved:
        params = solve(X, y, model, DECAY if optimizer == "ridge" else 0)
        losses = [mean_loss(params, X, y, net, loss_of)]
        num_epochs = 0
    elif schedule == "lr searched":
        multiply_lr(stepper, min((1, 0.1, 0.01, 10), key=tried))
    for epoch in range(num_epochs):
        one_epoch(stepper, params)
        losses.append(mean_loss(params, X, y, net, loss_of))
        if not math.isfinite(losses[-1]):
            return Run([*losses[:-1], math.inf], math.inf, time.perf_counter() - start)
        if schedule == "halved" and epoch >= num_epochs // 2:
            multiply_lr(stepper, 0.5)
        if schedule == "stop early" and (now := mean_loss(params, X_held, y_held, net, loss_of)) < best:
            best, kept = now, [param.detach().clone() for param in params]
    seconds = time.perf_counter() - start
    if best < math.inf:
        params = kept
    with torch.no_grad():
        error = (net(X_fresh, *params) - truth).square().mean().sqrt().item()
    return Run(losses, error, seconds)


def multiply_lr(stepper, factor):
    for group in stepper.param_groups:
        group["lr"] *= factor


def mean_loss(params, X, y, net, loss):
    with torch.no_grad():
        return loss(net(X, *params), y).mean().item()


CHOICES = {
    "task": TASKS,
    "data": DATA,
    "reading": list(READING),
    "init": list(INIT),
    "model": list(MODEL),
    "loss": list(LOSS),
    "optimizer": list(OPTIMIZER),
    "schedule": SCHEDULE,
}


def block_lab():
    """Chapter 08: choose a task and a method for every block, and compare with the choice before."""
    before = None

    def draw(**chosen):
        nonlocal before
        torch.manual_seed(0)
        run = run_blocks(**chosen)
        fig, ax = axes("epoch", "training loss")
        if before:
            plot(ax, before, "C7", "the choice before")
        plot(ax, run, "C0", f"this choice, {run.seconds:.1f} s")
        # the same axes for every choice, so that two pictures can be compared
        ax.set(yscale="log", xlim=(0, 21), ylim=(1e-5, 1e5), xticks=range(0, 21, 5))
        ax.legend(loc="upper right")
        alt = f"{'; '.join(chosen.values())}. {described(run)}"
        alt += f" The choice before: {described(before)}" if before else ""
        before = run
        return fig, alt

    controls = {block: choice(block, methods, methods[0]) for block, methods in CHOICES.items()}
    return Explorer(draw, release=True, **controls)


def plot(ax, run, color, label):
    """The losses of a run, as far as they are finite; a dot where there is only one."""
    losses = [loss for loss in run.losses if loss < math.inf]
    ax.plot(range(1, len(losses) + 1), losses, "-" if len(losses) > 1 else "o", color=color, label=label)


def described(run):
    if run.error == math.inf:
        return f"Training blew up in epoch {len(run.losses)}."
    loss = f"Last training loss {run.losses[-1]:.2g}"
    return f"{loss}; distance from the truth on fresh examples {run.error:.2g}."
