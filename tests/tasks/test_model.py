"""The tasks of 04_model, proved: each mistake is named, each right answer passes."""

import numpy as np
import torch
from support.proof import proofs

import helpers


def terms(*columns):
    return lambda X: torch.cat([column(X[:, :1], X[:, 1:]) for column in columns], 1)


BOTH = [lambda p, q: p, lambda p, q: q]

SQUARES = [lambda p, q: p**2, lambda p, q: q**2]


# task -> answers that pass, and answers that do not, each with words that its note must hold
ANSWERS = {
    "linreg": {
        "right": [
            helpers.linreg,
            lambda X, w, b: torch.addmm(b, X, w),
            lambda X, w, b: (X * w.reshape(-1)).sum(1, keepdim=True) + b,
            lambda X, w, b: torch.stack([row @ w + b for row in X]),
        ],
        "wrong": [
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
    },
    "04-recall-record": {
        "right": ["c"],
        "wrong": [("predictions come out", "a"), ("it comes out", "b"), ("no way back", "d")],
    },
    "04-recall-last": {
        "right": [40, 1000 % 64, 40.0],
        "wrong": [
            ("to fill it", 64),
            ("nothing is dropped", 0),
            ("number of batches", 16),
            ("lacks", 24),
            ("remainder", 15.625),
        ],
    },
    "04-shape": {
        "right": ["d"],
        "wrong": [("both are stretched", "a"), ("counts as a row", "b"), ("no error", "c")],
    },
    "04-bug-line": {
        "right": ["e"],
        "wrong": [("trained on", "a"), ("mean 0", "b"), ("near zero", "c"), ("small", "d")],
    },
    "unscale": {
        "right": [
            lambda slope, bias, mean, std: (slope / std, bias - slope * mean / std),
            lambda s, b, m, d: [(b + s * (1 - m) / d) - (b - s * m / d), b - s * m / d],
        ],
        "wrong": [
            ("multiplied by std", lambda s, b, m, d: (s * d, b - s / d * m)),
            ("left as it was", lambda s, b, m, d: (s / d, b)),
            ("wrong sign", lambda s, b, m, d: (s / d, b + s * m / d)),
            ("not divided", lambda s, b, m, d: (s / d, b - s * m)),
            ("without the slope", lambda s, b, m, d: (s / d, b - m)),
            ("without the slope", lambda s, b, m, d: (s / d, b - m / d)),
            ("nothing is changed", lambda s, b, m, d: (s, b)),
            ("std is not used", lambda s, b, m, d: (s, b - s * m)),
            ("per standard deviation", lambda s, b, m, d: (s, b - s * m / d)),
            ("variance", lambda s, b, m, d: (s / d**2, b - s * m / d**2)),
            ("divided by std twice", lambda s, b, m, d: (s / d, b - s / d * m / d)),
            ("only the slope", lambda s, b, m, d: (s / d, (b - s * m / d) / d)),
            ("wrong order", lambda s, b, m, d: (b - s * m / d, s / d)),
            ("another line", lambda s, b, m, d: (s + m, b)),
            ("built in", lambda s, b, m, d: (s / 2, b - s * 3 / 2)),
            ("2 parts", lambda s, b, m, d: s / d),
        ],
    },
    "quadratic": {
        "right": [
            terms(*BOTH, *SQUARES, lambda p, q: p * q),
            terms(lambda p, q: (p + q) ** 2, lambda p, q: (p - q) ** 2, lambda p, q: 2 * p**2, *BOTH),
            lambda X: torch.stack([X[:, 0], X[:, 1], X[:, 0] ** 2, X.prod(1), X[:, 1] ** 2], dim=1),
        ],
        "wrong": [
            ("a column is missing", terms(*BOTH, *SQUARES)),
            ("a column too many", terms(lambda p, q: p**0, *BOTH, *SQUARES, lambda p, q: p * q)),
            ("x1 times x2", terms(lambda p, q: p**0, *BOTH, *SQUARES)),
            ("x1 times x2", terms(*BOTH, *SQUARES, lambda p, q: p + q)),
            ("x1 squared", terms(*BOTH, lambda p, q: p**3, lambda p, q: q**2, lambda p, q: p * q)),
            ("nothing is added", lambda X: X**2),
            ("columns are missing", terms(*BOTH, lambda p, q: (p + q) ** 2)),
            ("transposed", lambda X: terms(*BOTH, *SQUARES, lambda p, q: p * q)(X).T),
            ("other rows", lambda X: terms(*BOTH, *SQUARES, lambda p, q: p * q)(X - X.mean(0))),
            ("graph is cut", lambda X: terms(*BOTH, *SQUARES, lambda p, q: p * q)(X).detach()),
            ("nothing is returned", lambda X: print(X**2)),
        ],
    },
    "ohm": {
        "right": [47.04, 47, torch.tensor([46.98]), np.float32(47.1)],
        "wrong": [
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
    },
}

test_each_mistake_is_named, test_each_right_answer_passes, test_nothing_is_not_attempted = proofs(
    "04_model", ANSWERS
)
