"""The tasks of 03_parameters, proved: each mistake is named, each right answer passes."""

import math
from functools import partial

import torch
from support.proof import proofs

import helpers


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


def hidden(W1=None, W2=None, bias=torch.zeros, end=lambda W: W, default=0.5):
    """init_hidden with one thing changed. W1, W2: of the shape and std."""

    def init_hidden(num_features, num_hidden, std=default):
        draw = lambda shape, std: torch.normal(0, std, shape)  # noqa: E731
        first = (W1 or draw)((num_features, num_hidden), std)
        second = (W2 or draw)((num_hidden, 1), std)
        return [end(p.requires_grad_()) for p in (first, bias(num_hidden), second, bias(1))]

    return init_hidden


def hidden_by_parameters(num_features, num_hidden, std=0.5):
    W1, W2 = (torch.nn.Parameter(torch.randn(s) * std) for s in ((num_features, num_hidden), (num_hidden, 1)))
    return W1, torch.zeros(num_hidden, requires_grad=True), W2, torch.zeros(1, requires_grad=True)


def hidden_unrecorded(num_features, num_hidden, std=0.5):
    return [p.detach() for p in hidden()(num_features, num_hidden, std)]


def hidden_seeded(num_features, num_hidden, std=0.5):
    draw = partial(torch.normal, 0, std, generator=torch.Generator().manual_seed(0))
    return hidden(lambda shape, std: draw(shape))(num_features, num_hidden, std)


# task -> answers that pass, and answers that do not, each with words that its note must hold
ANSWERS = {
    "init_params": {
        "right": [helpers.init_params, params(), params_by_data],
        "wrong": [
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
            ("result of a calculation", params_not_leaf),
            ("not normal", params(w=lambda d, std: (torch.rand(d, 1) - 0.5) * std * 12**0.5)),
            ("not around 0", params(w=lambda d, std: torch.normal(std, std, (d, 1)))),
            ("seeds the generator", params_seeded),
            ("signature", lambda: params()(2)),
        ],
    },
    "03-recall-generator": {
        "right": ["c"],
        "wrong": [("does not start again", "a"), ("dangerous", "b"), ("took them all", "d")],
    },
    "03-recall-noise": {
        "right": [0.01, torch.tensor(0.0101)],
        "wrong": [
            ("variance", 0.0001),
            ("root too many", 0.1),
            ("from the features", 4.05),
            ("the mean", 0),
            ("sign", -0.01),
        ],
    },
    "03-far-start": {
        "right": [68, math.log(1009 / 16.6) / -2 / math.log(0.97), 67],
        "wrong": [
            ("take logarithms", 1009 / 16.6),
            ("a square", 135.1),
            ("base 10", 29.3),
            ("does not subtract", 992),
            ("further away", 0),
            ("to 1", 113.7),
            ("another value", 20),
        ],
    },
    "03-zero-start": {
        "right": ["d"],
        "wrong": [("is not zero", "a"), ("gradient of its own", "b"), ("one lowest point", "c")],
    },
    "03-bug-line": {
        "right": ["c"],
        "wrong": [("one start", "a"), ("twice", "b"), ("it is given", "d"), ("just ended", "e")],
    },
    "03-keep-spread": {
        "right": [0.1, 100**-0.5],
        "wrong": [
            ("variance", 0.01),
            ("ten times", 1),
            ("grows", 10),
            ("twice", 0.316),
            ("number of terms", 100),
        ],
    },
    "init_hidden": {
        "right": [hidden(), hidden_by_parameters],
        "wrong": [
            ("at zero", hidden(lambda shape, std: torch.zeros(shape))),
            ("stay equal", hidden(lambda shape, std: torch.full(shape, std))),
            (
                "columns of W1",
                hidden(lambda shape, std: torch.normal(0, std, (shape[0], 1)).repeat(1, shape[1])),
            ),
            (
                "rows of W1",
                hidden(lambda shape, std: torch.normal(0, std, (1, shape[1])).repeat(shape[0], 1)),
            ),
            ("at zero", hidden(W2=lambda shape, std: torch.zeros(shape))),
            ("for the variance", hidden(lambda shape, std: torch.normal(0, std**0.5, shape))),
            ("squared", hidden(lambda shape, std: torch.normal(0, std**2, shape))),
            ("std is ignored", hidden(lambda shape, std: torch.normal(0, 0.5, shape))),
            ("default", hidden(default=0.01)),
            ("transposed", hidden(lambda shape, std: torch.normal(0, std, shape[::-1]))),
            ("plain vector", hidden(W2=lambda shape, std: torch.normal(0, std, shape[:1]))),
            ("on its side", hidden(W2=lambda shape, std: torch.normal(0, std, shape[::-1]))),
            ("bias is not 0", hidden(bias=torch.ones)),
            ("result of a calculation", hidden(end=lambda W: W * 1)),
            ("does not record", hidden_unrecorded),
            ("seed inside", hidden_seeded),
            ("not around 0", hidden(lambda shape, std: std * (torch.randn(shape) + 0.5))),
            ("4 parts", lambda d, h, std=0.5: hidden()(d, h, std)[:3]),
        ],
    },
}

test_each_mistake_is_named, test_each_right_answer_passes, test_nothing_is_not_attempted = proofs(
    "03_parameters", ANSWERS
)
