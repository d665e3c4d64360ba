"""The checks of the exercises, proved: mistakes are named, right answers pass, nothing is harmed."""

import itertools
import random
import re
import sys
import threading
import warnings
from functools import partial

import numpy as np
import pytest
import torch

import helpers
from course import feedback, tasks  # noqa: F401
from course.feedback import Hint, check, progress

TRUE_W = torch.tensor([2.0, -3.4])


def rows_of(X, y, batch_size, order):
    return ((X[rows], y[rows]) for rows in order.split(batch_size))


def data(w, b, n, *, X=None, noise=None, center=True):
    X = torch.randn(n, len(w)) if X is None else X(n)
    y = (X @ w + b * center).reshape(-1, 1)
    return X, y + (0.01 * torch.randn(n, 1) if noise is None else noise(n))


def data_1d(w, b, n):
    X = torch.randn(n, len(w))
    return X, X @ w + b + 0.01 * torch.randn(n)


def data_noise_on_X(w, b, n):
    X = torch.randn(n, len(w))
    y = (X @ w + b).reshape(-1, 1)
    return X + 0.01 * torch.randn(X.shape), y


def data_seeded(w, b, n):
    torch.manual_seed(0)
    return data(w, b, n)


def data_own_seed(w, b, n):
    g = torch.Generator().manual_seed(0)
    X = torch.randn(n, len(w), generator=g)
    return X, (X @ w + b).reshape(-1, 1) + 0.01 * torch.randn(n, 1, generator=g)


def data_by_numpy(w, b, n):
    X = np.random.default_rng().normal(size=(n, len(w))).astype(np.float32)
    y = X @ w.numpy() + b + np.random.default_rng().normal(0, 0.01, n)
    return torch.from_numpy(X), torch.tensor(y, dtype=torch.float32).unsqueeze(1)


def iter_by_indices(batch_size, features, labels):
    indices = list(range(len(features)))
    random.shuffle(indices)
    for i in range(0, len(features), batch_size):
        rows = torch.tensor(indices[i : min(i + batch_size, len(features))])
        yield features[rows], labels[rows]


def iter_by_loader(batch_size, features, labels):
    from torch.utils.data import DataLoader, TensorDataset

    return DataLoader(TensorDataset(features, labels), batch_size, shuffle=True)


def iter_by_numpy(batch_size, features, labels):
    order = np.random.permutation(len(features))
    return [(features[r], labels[r]) for r in np.split(order, range(batch_size, len(features), batch_size))]


def iter_in_order(batch_size, features, labels):
    for i in range(0, len(features), batch_size):
        yield features[i : i + batch_size], labels[i : i + batch_size]


def iter_with_replacement(batch_size, features, labels):
    return rows_of(features, labels, batch_size, torch.randint(len(features), (len(features),)))


def iter_without_last(batch_size, features, labels):
    for rows in torch.randperm(len(features)).split(batch_size):
        if len(rows) == batch_size:
            yield features[rows], labels[rows]


def iter_padded(batch_size, features, labels):
    order = torch.randperm(len(features))
    return rows_of(features, labels, batch_size, torch.cat([order, order[: -len(order) % batch_size]]))


def iter_torn(batch_size, features, labels):
    return rows_of(features, labels[torch.randperm(len(labels))], batch_size, torch.randperm(len(features)))


def iter_same_order(batch_size, features, labels):
    order = torch.randperm(len(features), generator=torch.Generator().manual_seed(1))
    return rows_of(features, labels, batch_size, order)


def iter_seeded(batch_size, features, labels):
    random.seed(0)
    return iter_by_indices(batch_size, features, labels)


def iter_skips_first(batch_size, features, labels):
    return rows_of(features, labels, batch_size, torch.randperm(len(features) - 1) + 1)


def iter_indices(batch_size, features, labels):
    return ((rows, rows) for rows in torch.randperm(len(features)).split(batch_size))


def iter_lists(batch_size, features, labels):
    return ((X.tolist(), y.tolist()) for X, y in iter_by_indices(batch_size, features, labels))


def iter_swapped(batch_size, features, labels):
    return ((y, X) for X, y in iter_by_indices(batch_size, features, labels))


def iter_returns(batch_size, features, labels):
    for X, y in iter_by_indices(batch_size, features, labels):  # noqa: B007
        return X, y


def iter_too_long(batch_size, features, labels):
    return rows_of(features, labels, batch_size + 1, torch.randperm(len(features)))


def iter_batches_shuffled(batch_size, features, labels):
    batches = list(iter_in_order(batch_size, features, labels))
    random.shuffle(batches)
    return sorted(batches, key=lambda batch: -len(batch[0]))


def iter_singles(batch_size, features, labels):
    return ((features[i], labels[i]) for i in torch.randperm(len(features)))


def iter_flat_labels(batch_size, features, labels):
    return ((X, y.flatten()) for X, y in iter_by_indices(batch_size, features, labels))


def iter_empty_end(batch_size, features, labels):
    order = torch.randperm(len(features))
    for i in range(0, len(features) + 1, batch_size):
        yield features[order[i : i + batch_size]], labels[order[i : i + batch_size]]


def iter_turned(batch_size, features, labels):
    return rows_of(
        features, labels, batch_size, torch.arange(len(features)).roll(random.randrange(len(features)))
    )


def iter_forgets_to_yield(batch_size, features, labels):
    torch.randperm(len(features)).split(batch_size)


def params(w=None, b=None, record=True):
    def init(num_features, std=0.01):
        weights = torch.normal(0, std, (num_features, 1)) if w is None else w(num_features, std)
        bias = torch.zeros(1) if b is None else b()
        return (weights.requires_grad_(), bias.requires_grad_()) if record else (weights, bias)

    return init


def params_not_leaf(num_features, std=0.01):
    return torch.randn(num_features, 1, requires_grad=True) * std, torch.zeros(1, requires_grad=True)


def params_by_data(num_features, std=0.01):
    w = torch.empty(num_features, 1, requires_grad=True)
    w.data.normal_(0, std)
    return w, torch.tensor([0.0], requires_grad=True)


def params_seeded(num_features, std=0.01):
    torch.manual_seed(3)
    return params()(num_features, std)


def loss_changes(y_hat, y):
    y_hat -= y.reshape(y_hat.shape)
    return y_hat**2 / 2


def step(divisor=lambda p, params, B: B, sign=-1, lr=lambda lr: lr, zero="after", only=None):
    def sgd(params, lr_, batch_size):
        with torch.no_grad():
            for p in params[:only]:
                if zero == "before":
                    p.grad.zero_()
                p += sign * lr(lr_) * p.grad / divisor(p, params, batch_size)
                if zero == "after":
                    p.grad.zero_()

    return lambda params, lr, batch_size: sgd(params, lr, batch_size)


def step_rebinds(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            grad = param.grad
            param = param - lr * grad / batch_size
            grad.zero_()


def step_rebinds_then_zeroes(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param = param - lr * param.grad / batch_size
            param.grad.zero_()


def step_recorded(params, lr, batch_size):
    for param in params:
        param -= lr * param.grad / batch_size
        param.grad.zero_()


def step_zeroes_last(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
        param.grad.zero_()


def step_of_two(params, lr, batch_size):
    w, b = params
    helpers.sgd([w, b], lr, batch_size)


def step_zeroes_a_copy(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero()


def step_by_signs(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad.sign() / batch_size
            param.grad.zero_()


def step_stops_recording(params, lr, batch_size):
    for param in params:
        param.requires_grad_(False)
        param -= lr * param.grad / batch_size
        param.grad = None


@torch.no_grad()
def step_decorated(params, lr, batch_size):
    for param in params:
        param.sub_(param.grad, alpha=lr / batch_size)
        param.grad = None


def step_by_data(params, lr, batch_size):
    for param in params:
        param.data = param.data - lr / batch_size * param.grad
        param.grad.data.zero_()
    return params


def heavy(update, divide=True, sign=-1, zero=True):
    def sgd_momentum(params, velocities, lr, batch_size, momentum):
        with torch.no_grad():
            for p, v in zip(params, velocities, strict=True):
                p += sign * update(v, p.grad / (batch_size if divide else 1), lr, momentum)
                if zero:
                    p.grad.zero_()

    return sgd_momentum


def set_to(v, value):
    v.copy_(value)
    return v


def momentum_by_list(params, velocities, lr, batch_size, momentum):
    for i, p in enumerate(params):
        velocities[i] = momentum * velocities[i] + p.grad / batch_size
        p.data.sub_(lr * velocities[i])
        p.grad = None


def momentum_of_sums(params, velocities, lr, batch_size, momentum):
    heavy(lambda v, g, lr, m: lr * set_to(v, m * v + g), divide=False)(
        params, velocities, lr / batch_size, batch_size, momentum
    )


def momentum_of_two(params, velocities, lr, batch_size, momentum):
    w, b = params
    heavy(lambda v, g, lr, m: lr * set_to(v, m * v + g))([w, b], velocities, lr, batch_size, momentum)


def grad_of(error=lambda X, y, w, b: X @ w + b - y, scale=lambda n: 1 / n):
    def gradient(X, y, w, b):
        e = error(X, y, w, b) * scale(len(X))
        return X.T @ e, e.sum(0)

    return gradient


def grad_by_rows(X, y, w, b):
    grad_w, grad_b = torch.zeros_like(w), torch.zeros_like(b)
    for row, label in zip(X, y, strict=True):
        error = row @ w + b - label
        grad_w += error * row.reshape(-1, 1) / len(X)
        grad_b += error / len(X)
    return grad_w, grad_b


def grad_by_autograd(X, y, w, b):
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    ((X @ w + b - y) ** 2 / 2).mean().backward()
    return w.grad, b.grad


def grad_of_means(X, y, w, b):
    error = (X @ w + b - y).mean(0)
    return X.mean(0).reshape(-1, 1) * error, error


def newton(sign=-1, divisor=len, bias=True, full=True, hessian=True, slope=lambda g: g):
    def step(X, y, w, b):
        A = torch.cat([X, torch.ones(len(X), 1)], 1)
        theta = torch.cat([w, b.reshape(1, 1)])
        g, H = slope(A.T @ (A @ theta - y) / len(X)), A.T @ A / divisor(X)
        if not full:
            H = torch.diag(torch.diag(H))
        move = torch.linalg.solve(H, g) if hessian else g
        theta = theta + sign * move
        return theta[:-1], theta[-1] if bias else b.clone()

    return step


def newton_by_lstsq(X, y, w, b):
    theta = torch.linalg.lstsq(torch.cat([X, torch.ones(len(X), 1)], 1), y).solution
    return theta[:-1], theta[-1]


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


def scaled(
    mean=lambda X: X.mean(0), std=lambda X: X.std(0), Z=lambda X, m, s: (X - m) / s, back=lambda m, s: (m, s)
):
    def standardize(X):
        m, s = mean(X), std(X)
        return Z(X, m, s), *back(m, s)

    return standardize


def stream(batch_size, seed, *, own=True, grow=True, noise=0.01, count=None, w=TRUE_W, fix=None):
    g = torch.Generator().manual_seed(seed if fix is None else fix) if own else None
    for _ in itertools.count() if count is None else range(count):
        if not grow:
            g.manual_seed(seed)
        X = torch.randn(batch_size, 2, generator=g)
        y = X @ w + 4.2 + noise * torch.randn(batch_size, generator=g)
        yield X, y.reshape(-1, 1)


def stream_seeds(batch_size, seed):
    torch.manual_seed(seed)
    yield from stream(batch_size, seed, own=False)


def stream_by_numpy(batch_size, seed):
    rng = np.random.default_rng(seed)
    while True:
        X = torch.tensor(rng.normal(size=(batch_size, 2)), dtype=torch.float32)
        noise = torch.tensor(rng.normal(0, 0.01, (batch_size, 1)), dtype=torch.float32)
        yield X, X @ TRUE_W.reshape(2, 1) + 4.2 + noise


def huber(
    y_hat, y, delta=1.0, *, inside=lambda r, d: r**2 / 2, outside=lambda r, d: d * (r - d / 2), flip=False
):
    r = (y_hat - y.reshape(y_hat.shape)).abs()
    return torch.where((r > delta) if flip else (r <= delta), inside(r, delta), outside(r, delta))


def huber_jumps(y_hat, y, delta=1.0):
    return huber(y_hat, y, delta, outside=lambda r, d: d * (r - d / 2) + d / 2)


def huber_border(y_hat, y, delta=1.0):
    r = diff(y_hat, y).abs()
    return torch.where(r <= 1, r**2 / 2, delta * (r - delta / 2))


def huber_if(y_hat, y, delta=1.0, *, choose):
    r = diff(y_hat, y).abs()
    return r**2 / 2 if choose(r <= delta) else delta * (r - delta / 2)


def huber_by_clamp(y_hat, y, delta=1.0):
    r = (y_hat - y.view_as(y_hat)).abs()
    q = r.clamp(max=delta)
    return q * q / 2 + delta * (r - q)


def diff(y_hat, y):
    return y_hat - y.reshape(y_hat.shape)


LINES = ["init", "epochs", "batches", "model", "loss", "backward", "step", "evaluate"]


def swapped(first, second):
    lines = list(LINES)
    i, j = lines.index(first), lines.index(second)
    lines[i], lines[j] = lines[j], lines[i]
    return lines


# task -> the words that its hint must hold, and the answer that must bring them
WRONG_ANSWERS = {
    "synthetic_data": [
        ("y is a plain vector", data_1d),
        ("noise is forgotten", partial(data, noise=lambda n: 0)),
        (
            "variance taken for standard deviation",
            partial(data, noise=lambda n: torch.normal(0, 0.01**0.5, (n, 1))),
        ),
        ("size of the noise", partial(data, noise=lambda n: torch.randn(n, 1))),
        ("noise is on X", data_noise_on_X),
        ("uniform", partial(data, X=lambda n: torch.rand(n, 2))),
        ("uniform", partial(data, X=lambda n: (torch.rand(n, 2) - 0.5) * 12**0.5)),
        ("spread of X", partial(data, X=lambda n: torch.randn(n, 2) * 0.01)),
        ("several features", partial(data, X=lambda n: torch.randn(n, 1).repeat(1, 2))),
        ("for all examples", partial(data, X=lambda n: torch.randn(1, 2).repeat(n, 1))),
        ("bias b is forgotten", partial(data, center=False)),
        ("one noise for all", partial(data, noise=lambda n: 0.01 * torch.randn(1))),
        ("not around 0", partial(data, noise=lambda n: 0.01 * torch.randn(n, 1) + 0.02)),
        ("not normal", partial(data, noise=lambda n: (torch.rand(n, 1) - 0.5) * 0.01 * 12**0.5)),
        ("same data every time", data_own_seed),
        ("seeds the generator", data_seeded),
        ("wrong order", lambda w, b, n: data(w, b, n)[::-1]),
        ("broadcast", lambda w, b, n: (data(w, b, n)[0], data(w, b, n)[1] + torch.randn(n))),
        ("other parameters", lambda w, b, n: data(-w, b, n)),
        (
            "built in",
            lambda w, b, n: (
                data(TRUE_W, 4.2, n, X=lambda n: torch.randn(n, 2))
                if n > 50
                else (torch.randn(n, len(w)), torch.randn(n, 1))
            ),
        ),
        ("2 parts", lambda w, b, n: data(w, b, n)[0]),
        ("nothing is returned", lambda w, b, n: print(data(w, b, n))),
    ],
    "stream": [
        ("global generator", partial(stream, own=False)),
        ("global generator", stream_seeds),
        ("no fresh data", partial(stream, grow=False)),
        ("has an end", partial(stream, count=50)),
        ("noise is forgotten", partial(stream, noise=0)),
        ("other parameters", partial(stream, w=-TRUE_W)),
        ("seed is built in", partial(stream, fix=1)),
        ("no yield", lambda batch_size, seed: next(stream(batch_size, seed))),
        ("seed is not used", lambda batch_size, seed: stream(batch_size, torch.Generator().seed())),
    ],
    "data_iter": [
        ("nothing is shuffled", iter_in_order),
        ("replacement", iter_with_replacement),
        ("shorter batch is dropped", iter_without_last),
        ("padded", iter_padded),
        ("torn apart", iter_torn),
        ("same order", iter_same_order),
        ("seeds the generator", iter_seeded),
        ("skipped", iter_skips_first),
        ("indices", iter_indices),
        ("indices or lists", iter_lists),
        ("wrong order", iter_swapped),
        ("no yield", iter_returns),
        ("too long", iter_too_long),
        ("whole batches", iter_batches_shuffled),
        ("single examples", iter_singles),
        ("column of y is lost", iter_flat_labels),
        ("empty batch", iter_empty_end),
        ("not shuffled", iter_turned),
        ("a batch is a Tensor", lambda B, X, y: [X[rows] for rows in torch.randperm(len(X)).split(B)]),
        ("nothing is yielded", iter_forgets_to_yield),
    ],
    "init_params": [
        ("w does not record", params(record=False)),
        ("b does not record", lambda d, std=0.01: (params()(d, std)[0], torch.zeros(1))),
        ("bias does not start at 0", params(b=lambda: torch.ones(1))),
        ("std is not used", params(w=lambda d, std: torch.zeros(d, 1))),
        ("one number for all", params(w=lambda d, std: torch.full((d, 1), std))),
        ("std is ignored", params(w=lambda d, std: torch.randn(d, 1))),
        ("std is ignored", params(w=lambda d, std: torch.normal(0, 0.01, (d, 1)))),
        ("std is taken for the variance", params(w=lambda d, std: torch.normal(0, std**0.5, (d, 1)))),
        ("squared", params(w=lambda d, std: torch.normal(0, std**2, (d, 1)))),
        ("plain vector", params(w=lambda d, std: torch.normal(0, std, (d,)))),
        ("a row", params(w=lambda d, std: torch.normal(0, std, (1, d)))),
        ("b has no dimension", params(b=lambda: torch.tensor(0.0))),
        ("not a leaf", params_not_leaf),
        ("not normal", params(w=lambda d, std: (torch.rand(d, 1) - 0.5) * std * 12**0.5)),
        ("not around 0", params(w=lambda d, std: torch.normal(std, std, (d, 1)))),
        ("seeds the generator", params_seeded),
        ("signature", lambda: params()(2)),
    ],
    "linreg": [
        ("bias is missing", lambda X, w, b: X @ w),
        ("subtracted", lambda X, w, b: X @ w - b),
        ("column is lost", lambda X, w, b: (X @ w + b).reshape(-1)),
        ("element by element", lambda X, w, b: X * w + b),
        ("not added up", lambda X, w, b: X * w.T + b),
        ("order of the two", lambda X, w, b: w @ X + b),
        ("wrong way round", lambda X, w, b: w.T @ X.T + b),
        ("graph is cut", lambda X, w, b: X @ w.detach() + b.detach()),
        ("graph is cut", lambda X, w, b: X @ w + b.item()),
        ("a tensor is wanted", lambda X, w, b: (X @ w + b).tolist()),
        ("not floats", lambda X, w, b: (X @ w + b).long()),
        ("weighted sum", lambda X, w, b: X @ w.abs() / 3 + b),
        ("not just added", lambda X, w, b: X @ w + 2 * b),
    ],
    "squared_loss": [
        ("half is missing", lambda y_hat, y: diff(y_hat, y) ** 2),
        ("halved twice", lambda y_hat, y: (diff(y_hat, y) / 2) ** 2),
        ("sign of the error", lambda y_hat, y: diff(y_hat, y) / 2),
        ("brackets", lambda y_hat, y: y_hat - y.reshape(y_hat.shape) ** 2 / 2),
        ("brackets", lambda y_hat, y: (y_hat**2 - y.reshape(y_hat.shape) ** 2) / 2),
        ("square is missing", lambda y_hat, y: diff(y_hat, y).abs() / 2),
        ("square is missing", lambda y_hat, y: (diff(y_hat, y) ** 2).sqrt()),
        ("not a square", lambda y_hat, y: diff(y_hat, y) ** 4 / 2),
        ("reduced", lambda y_hat, y: (diff(y_hat, y) ** 2 / 2).mean()),
        ("reduced", lambda y_hat, y: (diff(y_hat, y) ** 2 / 2).sum()),
        ("broadcast", lambda y_hat, y: (y_hat - y) ** 2 / 2),
        ("broadcast", lambda y_hat, y: (y_hat - y.reshape(-1)) ** 2 / 2),
        ("column is lost", lambda y_hat, y: (y_hat.flatten() - y.flatten()) ** 2 / 2),
        ("wrong one is reshaped", lambda y_hat, y: (y_hat.reshape(y.shape) - y) ** 2 / 2),
        ("number of examples", lambda y_hat, y: diff(y_hat, y) ** 2 / 2 / len(y)),
        ("graph is cut", lambda y_hat, y: torch.tensor((diff(y_hat, y) ** 2 / 2).tolist())),
        ("graph is cut", lambda y_hat, y: diff(y_hat.detach(), y) ** 2 / 2),
        ("another factor", lambda y_hat, y: diff(y_hat, y) ** 2 / 3),
        ("not met everywhere", lambda y_hat, y: diff(y_hat, y).clamp(-9, 9) ** 2 / 2),
        ("changes its argument y_hat", loss_changes),
        ("returns its own input", lambda y_hat, y: y_hat),
        ("a tensor is wanted", lambda y_hat, y: [float(e) ** 2 / 2 for e in diff(y_hat, y)]),
    ],
    "absolute_loss": [
        ("squared", lambda y_hat, y: diff(y_hat, y) ** 2),
        ("sign of the error", diff),
        ("a half too many", lambda y_hat, y: diff(y_hat, y).abs() / 2),
        ("reduced", lambda y_hat, y: diff(y_hat, y).abs().mean()),
        ("broadcast", lambda y_hat, y: (y_hat - y).abs()),
        ("only the sign", lambda y_hat, y: diff(y_hat, y).sign().abs()),
        ("column is lost", lambda y_hat, y: diff(y_hat, y).abs().flatten()),
    ],
    "huber_loss": [
        ("SmoothL1", partial(huber, inside=lambda r, d: r**2 / 2 / d, outside=lambda r, d: r - d / 2)),
        ("half is missing", partial(huber, inside=lambda r, d: r**2)),
        ("jump at delta", partial(huber, outside=lambda r, d: d * r)),
        ("just above 2 the loss is 2 and 3", huber_jumps),
        ("border is not at delta", huber_border),
        ("asks once for the whole tensor", partial(huber_if, choose=lambda small: small)),
        ("one branch for the whole batch", partial(huber_if, choose=torch.all)),
        ("one branch for the whole batch", partial(huber_if, choose=torch.any)),
        ("swapped", partial(huber, flip=True)),
        ("delta is not used", partial(huber, outside=lambda r, d: r**2 / 2)),
        ("square is missing", partial(huber, inside=lambda r, d: r)),
        ("does not depend on delta", partial(huber, outside=lambda r, d: r - d / 2)),
        ("signature", lambda y_hat, y: huber(y_hat, y)),
        ("default", lambda y_hat, y, delta=2.0: huber(y_hat, y, delta)),
        (
            "broadcast",
            lambda y_hat, y, delta=1.0: huber(y_hat - y, torch.zeros(()).expand((y_hat - y).shape), delta),
        ),
    ],
    "sgd": [
        ("not divided", step(divisor=lambda p, params, B: 1)),
        ("number of parameters", step(divisor=lambda p, params, B: len(params))),
        ("size of each parameter", step(divisor=lambda p, params, B: p.numel())),
        ("size of each parameter", step(divisor=lambda p, params, B: B * len(p))),
        ("divided twice", step(divisor=lambda p, params, B: B * B)),
        ("multiplied instead of divided", step(divisor=lambda p, params, B: 1 / B)),
        ("exactly two parameters", step_of_two),
        ("exactly two parameters", step(only=2)),
        ("no step is made", step(sign=0, zero="never")),
        ("end in _", step_zeroes_a_copy),
        ("not zeroed", step(zero="never")),
        ("before the step", step(zero="before")),
        ("only some of the gradients", step_zeroes_last),
        ("not in place", step_rebinds),
        ("new tensor", step_rebinds_then_zeroes),
        ("not in place", lambda params, lr, B: [p - lr * p.grad / B for p in params]),
        ("wrong sign", step(sign=1)),
        ("only some of the parameters", step(only=1)),
        ("lr is not used", step(lr=lambda lr: 0.03)),
        ("lr is not used", step(lr=lambda lr: 1)),
        ("lr enters in another way", step(lr=lambda lr: lr**2)),
        ("along the gradient", step_by_signs),
        ("another factor", step(sign=-2)),
        ("no_grad is missing", step_recorded),
        ("recording is switched off", step_stops_recording),
    ],
    "momentum": [
        ("not kept", heavy(lambda v, g, lr, m: lr * (m * v + g))),
        ("momentum is not used", heavy(lambda v, g, lr, m: lr * set_to(v, v + g))),
        ("old velocity does not enter", heavy(lambda v, g, lr, m: lr * set_to(v, g))),
        ("renew v first", heavy(lambda v, g, lr, m: lr * v.clone() + 0 * set_to(v, m * v + g))),
        ("points the other way", heavy(lambda v, g, lr, m: lr * set_to(v, m * v - g), sign=1)),
        ("holds the sum", momentum_of_sums),
        ("1 + momentum times", heavy(lambda v, g, lr, m: lr * v.add_(m * v + g))),
        ("multiplied by momentum, too", heavy(lambda v, g, lr, m: lr * v.add_(g).mul_(m))),
        ("lr is not used", heavy(lambda v, g, lr, m: set_to(v, m * v + g))),
        ("used them", heavy(lambda v, g, lr, m: lr * set_to(v, m * v + 0 * g))),
        ("parameter 0.6 and velocity 2", heavy(lambda v, g, lr, m: lr * set_to(v, g))),
        ("exactly two parameters", momentum_of_two),
        ("not divided", heavy(lambda v, g, lr, m: lr * set_to(v, m * v + g), divide=False)),
        ("wrong sign", heavy(lambda v, g, lr, m: lr * set_to(v, m * v + g), sign=1)),
        ("inside the velocity", heavy(lambda v, g, lr, m: set_to(v, m * v + lr * g))),
        ("average", heavy(lambda v, g, lr, m: lr * set_to(v, m * v + (1 - m) * g))),
        ("Nesterov", heavy(lambda v, g, lr, m: lr * (g + m * set_to(v, m * v + g)))),
        ("not zeroed", heavy(lambda v, g, lr, m: lr * set_to(v, m * v + g), zero=False)),
        ("not in place", lambda params, velocities, lr, B, m: [p - lr * p.grad / B for p in params]),
    ],
    "gradient": [
        ("wrong sign", grad_of(lambda X, y, w, b: y - X @ w - b)),
        ("sum over the examples", grad_of(scale=lambda n: 1)),
        ("half is forgotten", grad_of(scale=lambda n: 2 / n)),
        ("no mean, and the half", grad_of(scale=lambda n: 2)),
        ("bias is missing", grad_of(lambda X, y, w, b: X @ w - y)),
        (
            "with respect to b",
            lambda X, y, w, b: (grad_by_rows(X, y, w, b)[0], grad_by_rows(X, y, w, b)[1] / 3),
        ),
        ("grad_b is 8 times too long", lambda X, y, w, b: (grad_of()(X, y, w, b)[0], (X @ w + b - y).sum(0))),
        ("grad_w is 8 times too long", lambda X, y, w, b: (X.T @ (X @ w + b - y), (X @ w + b - y).mean(0))),
        ("product of the means", grad_of_means),
        ("one dimension too many", lambda X, y, w, b: [g.reshape(-1, 1) for g in grad_by_rows(X, y, w, b)]),
        ("plain vector", lambda X, y, w, b: [g.flatten() for g in grad_by_rows(X, y, w, b)]),
        ("b has no dimension", lambda X, y, w, b: (grad_by_rows(X, y, w, b)[0], (X @ w + b - y).mean())),
        ("autograd is not allowed", grad_by_autograd),
        ("wrong order", lambda X, y, w, b: grad_by_rows(X, y, w, b)[::-1]),
        ("neither", grad_of(lambda X, y, w, b: (X @ w + b - y) ** 2)),
    ],
    "newton_step": [
        ("gradient step", newton(hessian=False)),
        ("wrong sign", newton(sign=1)),
        ("the sum in the other", newton(divisor=lambda X: 1)),
        ("bias is left out", newton(bias=False)),
        ("mixed second derivatives", newton(full=False)),
        ("half is missing", newton(sign=-2)),
        (
            "add it to theta",
            lambda X, y, w, b: [n - o for n, o in zip(newton()(X, y, w, b), (w, b), strict=True)],
        ),
        (
            "add it to theta",
            lambda X, y, w, b: [o - n for n, o in zip(newton()(X, y, w, b), (w, b), strict=True)],
        ),
        ("counted twice", lambda X, y, w, b: newton()(X, y - b, w, b)),
        ("g must be a column", newton(slope=torch.Tensor.flatten)),
        ("no step", lambda X, y, w, b: (w.clone(), b.clone())),
        ("own input", lambda X, y, w, b: (w, b)),
        ("2 parts", lambda X, y, w, b: torch.cat([w, b.reshape(1, 1)])),
        ("another factor", newton(sign=-0.1)),
    ],
    "evaluate_loss": [
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
    "train": [
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
            lambda p, X, y, lr, num_epochs, batch_size: trained()(p, X, y, lr, num_epochs, batch_size)[-1],
        ),
        ("signature", lambda params, features, labels: trained()(params, features, labels)),
    ],
    "training_loop": [
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
    "loop_order": [
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
    "lr_limit": [
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
    "standardize": [
        ("not divided", scaled(Z=lambda X, m, s: X - m)),
        ("not taken off", scaled(Z=lambda X, m, s: X / s)),
        ("variance", scaled(Z=lambda X, m, s: (X - m) / s**2)),
        ("one number for all", scaled(mean=lambda X: X.mean(), std=lambda X: X.std())),
        (
            "over the features",
            scaled(mean=lambda X: X.mean(1, keepdim=True), std=lambda X: X.std(1, keepdim=True)),
        ),
        ("something else", scaled(std=lambda X: X.amax(0) - X.amin(0))),
        ("mean is not that of X", scaled(back=lambda m, s: (0 * m, s))),
        ("std is not that of X", scaled(back=lambda m, s: (m, s**2))),
        ("3 parts", lambda X: (X - X.mean(0)) / X.std(0)),
        ("changes its argument X", scaled(Z=lambda X, m, s: X.sub_(m).div_(s))),
    ],
    "ohm": [
        ("kilo-ohm", 0.047),
        ("milli-ohm", 47000.0),
        ("inverse", 0.02126),
        ("not converted back", 1.359),
        ("not arrived", 12.6),
        ("diverged", 1.9e18),
        ("sign", -47.04),
        ("overflows", float("nan")),
        ("is a str", "47 ohm"),
        ("one number", torch.ones(2)),
        ("a function", lambda: 47),
        ("another value", 52),
    ],
    "planck": [
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
}
RIGHT_ANSWERS = {
    "synthetic_data": [helpers.synthetic_data, data, data_by_numpy],
    "stream": [stream, stream_by_numpy, lambda batch_size, seed: (pair for pair in stream(batch_size, seed))],
    "data_iter": [helpers.data_iter, iter_by_indices, iter_by_loader, iter_by_numpy],
    "init_params": [helpers.init_params, params(), params_by_data],
    "linreg": [
        helpers.linreg,
        lambda X, w, b: torch.addmm(b, X, w),
        lambda X, w, b: (X * w.reshape(-1)).sum(1, keepdim=True) + b,
        lambda X, w, b: torch.stack([row @ w + b for row in X]),
    ],
    "squared_loss": [
        helpers.squared_loss,
        lambda y_hat, y: 0.5 * (y.view_as(y_hat) - y_hat).pow(2),
        lambda y_hat, y: torch.nn.functional.mse_loss(y_hat, y.view(y_hat.size()), reduction="none") / 2,
        lambda y_hat, y: (y_hat - y.view(-1, 1)).square().div(2),
    ],
    "absolute_loss": [
        lambda y_hat, y: diff(y_hat, y).abs(),
        lambda y_hat, y: torch.maximum(diff(y_hat, y), -diff(y_hat, y)),
        lambda y_hat, y: torch.nn.functional.l1_loss(y_hat, y.view_as(y_hat), reduction="none"),
    ],
    "huber_loss": [
        huber,
        huber_by_clamp,
        lambda y_hat, y, delta=1.0: torch.nn.functional.huber_loss(
            y_hat, y.view_as(y_hat), reduction="none", delta=delta
        ),
    ],
    "sgd": [helpers.sgd, step(), step_decorated, step_by_data],
    "momentum": [heavy(lambda v, g, lr, m: lr * set_to(v, m * v + g)), momentum_by_list],
    "gradient": [grad_of(), grad_by_rows],
    "newton_step": [newton(), newton_by_lstsq],
    "evaluate_loss": [
        helpers.evaluate_loss,
        evaluation(lambda losses: float(losses.mean())),
        evaluate_by_rows,
    ],
    "train": [helpers.train, trained(), train_by_mean],
    "training_loop": [loop(trained()), loop(helpers.train), loop_by_hand],
    "loop_order": [LINES, tuple(LINES)],
    "lr_limit": [helpers.lr_limit, limit(), limit_by_svd],
    "standardize": [
        scaled(),
        scaled(std=lambda X: X.std(0, correction=0)),
        scaled(mean=lambda X: X.mean(0, keepdim=True)),
    ],
    "ohm": [47.04, 47, torch.tensor([46.98]), np.float32(47.1)],
    "planck": [5771.0, 5762, np.array(5772.0)],
}


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(feedback, "STATES", {})


def hint(name, answer):
    with pytest.raises(Hint) as caught:
        check(name, answer)
    return str(caught.value)


def cases(table):
    return [
        pytest.param(
            name, *(case if isinstance(case, tuple) and table is WRONG_ANSWERS else (case,)), id=f"{name}-{i}"
        )
        for name in table
        for i, case in enumerate(table[name])
    ]


@pytest.mark.parametrize(("name", "words", "answer"), cases(WRONG_ANSWERS))
def test_the_mistake_is_named(name, words, answer):
    note = hint(name, answer)
    assert words in note and "not yet" in note and f"chapters/{feedback.TASKS[name].chapter}.ipynb" in note
    assert note == hint(name, answer), "the note differs from run to run"
    told = note[note.index("mistake") :]  # what was seen may repeat the answer that was given
    assert not re.search(
        r"\*\*|\w[(]\)|\.(mean|sum|reshape|zero_|item|split)\b|randperm|eigvals|\b47\b|57[67]\d", told
    )


@pytest.mark.parametrize(("name", "answer"), cases(RIGHT_ANSWERS))
def test_a_right_answer_passes_on_ten_seeds(name, answer, monkeypatch, capsys):
    for seed in range(10):
        monkeypatch.setattr(feedback, "SEED", seed)
        check(name, answer)
        assert capsys.readouterr().out.startswith(f"{name}: right")


def stub(*args, **options):
    """A stub with any signature."""
    raise NotImplementedError


def empty(*args, **options):
    """Nothing but this."""


@pytest.mark.parametrize("name", WRONG_ANSWERS)
def test_each_task_is_proved_and_its_stub_is_not_attempted(name):
    assert len(WRONG_ANSWERS[name]) >= 6 and len(RIGHT_ANSWERS[name]) >= 2
    assert WRONG_ANSWERS.keys() == RIGHT_ANSWERS.keys() <= feedback.TASKS.keys()
    for answer in (..., None) + (
        (stub, empty, torch.no_grad()(stub)) if feedback.TASKS[name].is_function else ()
    ):
        note = hint(name, answer)
        assert "not attempted" in note and "mistake" not in note
    assert feedback.STATES == {name: "not attempted"}


def test_an_unwritten_part_is_pointed_at():
    def data_iter(batch_size, features, labels):
        raise NotImplementedError

    note = hint(
        "training_loop", lambda w, b, X, y, lr, num_epochs, batch_size: list(data_iter(batch_size, X, y))
    )
    assert "not attempted" in note and "first data_iter" in note


# ---- nothing that an answer does can harm


def never_ends(y_hat, y):
    while True:
        pass


def never_ends_and_swallows(y_hat, y):
    while True:
        try:
            y = y + 1
        except:  # noqa: E722
            pass


@pytest.mark.parametrize("answer", [never_ends, never_ends_and_swallows])
def test_an_endless_loop_ends_in_any_thread(answer, monkeypatch):
    monkeypatch.setattr(feedback, "TIME_LIMIT", 0.05)
    notes = [hint("squared_loss", answer)]
    worker = threading.Thread(target=lambda: notes.append(hint("squared_loss", answer)), daemon=True)
    worker.start()
    worker.join(20)
    assert len(notes) == 2 and all("never ends" in note for note in notes)
    assert feedback.STATES == {"squared_loss": "not yet"}
    monkeypatch.setattr(feedback, "TIME_LIMIT", 10)
    check("squared_loss", helpers.squared_loss)


def test_a_check_leaves_nothing_that_stops_a_tracer(monkeypatch):
    """A debugger, a profiler or coverage may run in the same kernel."""
    monkeypatch.setattr(feedback, "TIME_LIMIT", 0.05)
    hint("squared_loss", never_ends)
    lines = []
    sys.settrace(lambda frame, event, arg: lines.append(event))
    try:
        helpers.check_lr(0.1)
    finally:
        sys.settrace(None)
    assert "call" in lines


def test_a_time_limit_that_is_not_reached_leaves_nothing_behind():
    threads = threading.active_count()
    for _ in range(20):
        check("linreg", helpers.linreg)
    assert threading.active_count() == threads


def test_an_endless_generator_is_cut():
    note = hint("data_iter", lambda B, X, y: ((X[:B], y[:B]) for _ in itertools.count()))
    assert "some examples come twice, others never" in note


def test_printing_is_kept_from_the_page(capsys):
    def talkative(X, w, b):
        print("X is", X)
        print("and more", file=sys.stderr)
        return X @ w + b

    check("linreg", talkative)
    assert capsys.readouterr() == ("linreg: right (what it prints is left out here)\n", "")
    assert "a print is no return" in hint("linreg", lambda X, w, b: print(X @ w + b))
    assert capsys.readouterr() == ("", "")


def test_an_error_is_named_with_its_message_and_line():
    def linreg(X, w, b):
        return X @ W + b  # noqa: F821

    note = hint("linreg", linreg)
    assert "it raises NameError: name 'W' is not defined" in note and "in the line  return X @ W + b" in note
    assert "it raises SystemExit" in hint("linreg", lambda X, w, b: sys.exit())
    assert "RecursionError" in hint("linreg", recursive)
    assert "it raises KeyError: <object object>" in hint("linreg", lambda X, w, b: {}[object()])


def recursive(X, w, b):
    return recursive(X, w, b)


def test_an_interrupt_of_the_learner_goes_through():
    def interrupted(X, w, b):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("linreg", interrupted)


@pytest.mark.parametrize("seed", [torch.manual_seed, random.seed, np.random.seed])
def test_seeding_is_named(seed):
    def seeds(X, w, b):
        seed(0)
        return X @ w + b

    assert "it seeds the generator" in hint("linreg", seeds)


def global_state():
    return (
        torch.get_rng_state().tolist(),
        random.getstate(),
        np.random.get_state()[1].tolist(),
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
        sys.stdout,
        sys.stderr,
        list(warnings.filters),
    )


@pytest.mark.parametrize("end", [lambda: None, lambda: 1 / 0, sys.exit])
def test_the_state_of_the_world_is_put_back(end):
    def careless(X, w, b):
        torch.manual_seed(1), random.seed(1), np.random.seed(1)
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        warnings.simplefilter("error")
        sys.stdout = None
        end()

    before = global_state()
    assert "not yet" in hint("linreg", careless)
    assert global_state() == before
    with torch.no_grad():  # a page may call it anywhere
        check("linreg", helpers.linreg)


def test_the_parameters_of_a_caller_are_not_touched():
    w, b = helpers.init_params(2)
    before = w.clone(), b.clone()
    check("train", helpers.train)
    assert torch.equal(w, before[0]) and torch.equal(b, before[1]) and w.grad is None


# ---- what a learner sees


def test_wrong_input_to_check_itself():
    assert "near     squared_loss" in hint("squred_loss", helpers.squared_loss)
    assert "squared_loss, " in hint("xyz", None) or "loop_order" in hint("xyz", None)
    assert "comes first, as a text" in hint(helpers.squared_loss, "squared_loss")
    assert "without calling it" in hint("squared_loss", torch.ones(2, 1))
    assert not feedback.STATES or list(feedback.STATES) == ["squared_loss"]


def test_a_hint_has_no_traceback():
    with pytest.raises(Hint) as caught:
        check("sgd", step(sign=1))
    assert caught.value._render_traceback_() == [str(caught.value)]
    assert isinstance(caught.value, AssertionError) and caught.value.__suppress_context__
    assert str(caught.value).splitlines() == [
        "sgd: not yet",
        "  seen     the parameters move along the gradient",
        "  mistake  the wrong sign: that is uphill",
        "  look at  chapters/06_optimizer.ipynb",
    ]


def test_progress_counts_what_is_solved(capsys):
    progress()
    assert "No check has run yet" in capsys.readouterr().out
    hint("sgd", step(sign=1)), hint("linreg", stub), hint("ohm", 1)
    check("ohm", 47)
    check("squared_loss", helpers.squared_loss)
    capsys.readouterr()
    progress()
    assert capsys.readouterr().out.splitlines() == [
        "| task | state |",
        "|:--|:--|",
        "| sgd | not yet |",
        "| linreg | not attempted |",
        "| ohm | ✓ solved |",
        "| squared_loss | ✓ solved |",
        "",
        "**2 of 4 solved**",
    ]


def test_a_choice(monkeypatch):
    monkeypatch.setattr(feedback, "TASKS", dict(feedback.TASKS))
    feedback.choice("shape", "05_loss", "b", {"a": "a column minus a row", "c": "no error comes"})
    check("shape", "b")
    check("shape", " B ")
    assert "a column minus a row" in hint("shape", "a") and "no error comes" in hint("shape", "c")
    assert "one of 'a', 'b', 'c' is wanted" in hint("shape", "d") and "is wanted" in hint("shape", 2)
    assert "not attempted" in hint("shape", ...)


def proofs(wrong, right):
    """The tests of another table, in the same form, for the file that holds it."""

    @pytest.mark.parametrize(
        ("name", "words", "answer"),
        [pytest.param(name, *case, id=f"{name}-{i}") for name in wrong for i, case in enumerate(wrong[name])],
    )
    def mistake_is_named(name, words, answer):
        test_the_mistake_is_named(name, words, answer)

    @pytest.mark.parametrize(
        ("name", "answer"),
        [
            pytest.param(name, answer, id=f"{name}-{i}")
            for name in right
            for i, answer in enumerate(right[name])
        ],
    )
    def right_answer_passes(name, answer, monkeypatch):
        for seed in range(10):
            monkeypatch.setattr(feedback, "SEED", seed)
            check(name, answer)
            assert feedback.STATES[name] == "solved"

    @pytest.mark.parametrize("name", wrong)
    def task_is_proved(name):
        is_function = feedback.TASKS[name].is_function
        assert wrong.keys() == right.keys()
        assert not is_function or len(wrong[name]) >= 6 and len(right[name]) >= 2
        for answer in (..., None, *([stub, empty] * is_function)):
            assert "not attempted" in hint(name, answer)

    return mistake_is_named, right_answer_passes, task_is_proved
