"""The tasks of 01_synthetic_data, proved: each mistake is named, each right answer passes."""

import itertools
import math
from functools import partial

import numpy as np
import torch
from support.proof import proofs

import helpers

TRUE_W = torch.tensor([2.0, -3.4])


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


def noise(take=lambda X, y, w, b: X @ w.reshape(-1, 1) + b, of=lambda y, y_hat: y - y_hat):
    return lambda X, y, w, b: of(y, take(X, y, w, b))


def noise_by_rows(X, y, w, b):
    return torch.stack([label - sum(row * w) - b for row, label in zip(X, y, strict=True)])


def noise_in_place(X, y, w, b):
    y -= (X @ w + b).reshape(-1, 1)
    return y


BLOCKS = ["data", "reading", "parameters", "model", "loss", "optimizer", "training"]


def swap(first, second):
    places = {first: second, second: first}
    return [places.get(block, block) for block in BLOCKS]


# task -> answers that pass, and answers that do not, each with words that its note must hold
ANSWERS = {
    "synthetic_data": {
        "right": [helpers.synthetic_data, data, data_by_numpy],
        "wrong": [
            ("y is a plain vector", data_1d),
            ("noise is forgotten", partial(data, noise=lambda n: 0)),
            (
                "a standard deviation is taken for a variance",
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
    },
    "stream": {
        "right": [
            stream,
            stream_by_numpy,
            lambda batch_size, seed: (pair for pair in stream(batch_size, seed)),
        ],
        "wrong": [
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
    },
    "01-recall-blocks": {
        "right": [BLOCKS, tuple(BLOCKS)],
        "wrong": [
            ("no examples to read", swap("data", "reading")),
            ("data come first", swap("reading", "parameters")),
            ("nothing to calculate with", swap("parameters", "model")),
            ("no prediction", swap("model", "loss")),
            ("make smaller", swap("loss", "optimizer")),
            ("comes last", swap("optimizer", "training")),
            ("once", BLOCKS[:-1]),
        ],
    },
    "01-recall-model": {
        "right": ["b", " B"],
        "wrong": [
            ("known before", "a"),
            ("go into the model", "c"),
            ("next block", "d"),
            ("wanted", "e"),
        ],
    },
    "01-more-data": {
        "right": [10, 100**0.5, torch.tensor([9.96])],
        "wrong": [
            ("more slowly", 100),
            ("at all", 1),
            ("the square", 10_000),
            ("twice", 10**0.5),
            ("other way round", 0.1),
            ("powers of ten", 2),
            ("logarithm", math.log(100)),
            ("sign", -10),
            ("another value", 50),
        ],
    },
    "01-bug-line": {
        "right": ["a"],
        "wrong": [
            ("side by side", "b"),
            ("weighted sum", "c"),
            ("a noise for each", "d"),
            ("it finds", "e"),
            ("wanted", 1),
        ],
    },
    "noise_of": {
        "right": [noise(), noise_by_rows, lambda X, y, w, b: y - b - (X * w).sum(1, keepdim=True)],
        "wrong": [
            ("broadcast", noise(lambda X, y, w, b: X @ w + b)),
            ("column is lost", lambda X, y, w, b: y.flatten() - X @ w - b),
            ("wrong sign", noise(of=lambda y, y_hat: y_hat - y)),
            ("b is forgotten", noise(lambda X, y, w, b: X @ w.reshape(-1, 1))),
            ("once more", noise(lambda X, y, w, b: X @ w.reshape(-1, 1) - b)),
            ("sign is lost", noise(of=lambda y, y_hat: (y - y_hat).abs())),
            ("squared", noise(of=lambda y, y_hat: (y - y_hat) ** 2)),
            ("mean is taken off", noise(of=lambda y, y_hat: y - y_hat - (y - y_hat).mean())),
            ("one number", noise(of=lambda y, y_hat: (y - y_hat).std())),
            ("nothing is taken off", lambda X, y, w, b: y + 0),
            ("features are forgotten", lambda X, y, w, b: y - b),
            ("are the predictions", noise(of=lambda y, y_hat: y_hat)),
            (
                "built in",
                noise(lambda X, y, w, b: X @ torch.tensor([[1.0], [-2.0], [0.5]])[: X.shape[1]] + 3),
            ),
            ("changes its argument", noise_in_place),
            ("nothing is returned", noise(of=lambda y, y_hat: print(y - y_hat))),
        ],
    },
}

test_each_mistake_is_named, test_each_right_answer_passes, test_nothing_is_not_attempted = proofs(
    "01_synthetic_data", ANSWERS
)
