"""The tasks of 05_loss, proved: each mistake is named, each right answer passes."""

from functools import partial

import torch
from support.proof import proofs

import helpers


def loss_changes(y_hat, y):
    y_hat -= y.reshape(y_hat.shape)
    return y_hat**2 / 2


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


# task -> answers that pass, and answers that do not, each with words that its note must hold
ANSWERS = {
    "squared_loss": {
        "right": [
            helpers.squared_loss,
            lambda y_hat, y: 0.5 * (y.view_as(y_hat) - y_hat).pow(2),
            lambda y_hat, y: torch.nn.functional.mse_loss(y_hat, y.view(y_hat.size()), reduction="none") / 2,
            lambda y_hat, y: (y_hat - y.view(-1, 1)).square().div(2),
        ],
        "wrong": [
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
    },
    "absolute_loss": {
        "right": [
            lambda y_hat, y: diff(y_hat, y).abs(),
            lambda y_hat, y: torch.maximum(diff(y_hat, y), -diff(y_hat, y)),
            lambda y_hat, y: torch.nn.functional.l1_loss(y_hat, y.view_as(y_hat), reduction="none"),
        ],
        "wrong": [
            ("squared", lambda y_hat, y: diff(y_hat, y) ** 2),
            ("sign of the error", diff),
            ("a half too many", lambda y_hat, y: diff(y_hat, y).abs() / 2),
            ("reduced", lambda y_hat, y: diff(y_hat, y).abs().mean()),
            ("broadcast", lambda y_hat, y: (y_hat - y).abs()),
            ("only the sign", lambda y_hat, y: diff(y_hat, y).sign().abs()),
            ("column is lost", lambda y_hat, y: diff(y_hat, y).abs().flatten()),
        ],
    },
    "huber_loss": {
        "right": [
            huber,
            huber_by_clamp,
            lambda y_hat, y, delta=1.0: torch.nn.functional.huber_loss(
                y_hat, y.view_as(y_hat), reduction="none", delta=delta
            ),
        ],
        "wrong": [
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
                lambda y_hat, y, delta=1.0: huber(
                    y_hat - y, torch.zeros(()).expand((y_hat - y).shape), delta
                ),
            ),
        ],
    },
    "05-recall-batches": {
        "right": [101, 101.0],
        "wrong": [
            ("full batches only", 100),
            ("a part of a batch", 100.3),
            ("100.7", 100.7),
            ("size of a batch", 10),
            ("size of the last batch", 3),
            ("number of examples", 1003),
            ("another value", 99),
        ],
    },
    "05-recall-zeros": {
        "right": ["b", " B "],
        "wrong": [
            ("hidden units", "a"),
            ("have slopes too", "c"),
            ("labels and features are not", "d"),
        ],
    },
    "05-mean": {
        "right": [54, (300 - 30) / 5],
        "wrong": [
            ("only one of five", 270),
            ("not how far it moved", 62),
            ("one of four", 67.5),
            ("how far out", 0),
            ("wrong sign", -54),
            ("stood at 30", 60),
            ("that is the new label", 300),
            ("was before", 8),
            ("another value", 10),
        ],
    },
    "05-median": {
        "right": [0, 0.0],
        "wrong": [
            ("that is the mean", 54),
            ("not how far it moved", 3),
            ("in the middle", 270),
            ("a fifth of the new label", 60),
            ("that is the new label", 300),
            ("the mean before the change", 8),
            ("another value", 1),
        ],
    },
    "05-outlier": {
        "right": [10, 9.93],
        "wrong": [
            ("one of a thousand", 10000),
            ("mini-batch", 1000),
            ("not how far it moved", 14.13),
            ("another loss", 0),
            ("the kick of one update", 30),
            ("wrong sign", -10),
        ],
    },
    "05-bug": {
        "right": ["c", "C"],
        "wrong": [
            ("belong together", "a"),
            ("a column of predictions", "b"),
            ("look at the shape", "d"),
            ("one walk back", "e"),
            ("is a mean already", "f"),
        ],
    },
    "05-two-hubers": {
        "right": [0.25, 1 / 4],
        "wrong": [
            ("other way round", 4),
            ("only where the parameter is 1", 1),
            ("not squared", 0.0625),
            ("half stands", 0.5),
            ("half stands", 2),
        ],
    },
}

test_each_mistake_is_named, test_each_right_answer_passes, test_nothing_is_not_attempted = proofs(
    "05_loss", ANSWERS
)
