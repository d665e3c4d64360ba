"""The tasks of 12_classification, proved: each mistake is named, each right answer passes."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from support.proof import proofs

import helpers


def softmax_by_loops(X):
    rows = []
    for row in X:
        E = [(score - row.max()).exp() for score in row]
        rows.append(torch.stack([e / sum(E) for e in E]))
    return torch.stack(rows)


def softmax_in_place(X):
    X -= X.amax(1, keepdim=True)
    return X.exp() / X.exp().sum(1, keepdim=True)


def shares(E, dim=1):
    return E / E.sum(dim, keepdim=True)


def top(X):
    return X.amax(1, keepdim=True)


def log_sum_exp_by_loops(X):
    return torch.stack([row.max() + sum((s - row.max()).exp() for s in row).log() for row in X]).reshape(
        -1, 1
    )


def picked(X, y):
    return X.gather(1, y.long())


def surprise(X, y):
    return -picked(X.log_softmax(1), y)


def rowwise(X, y):
    return torch.stack([X[i].logsumexp(0) - X[i, int(y[i])] for i in range(len(X))]).unsqueeze(1)


def table_of(X, y):
    return F.one_hot(y.long().flatten(), X.shape[1])


def by_one_hot(X, y):
    return -(table_of(X, y) * (X - X.logsumexp(1, keepdim=True))).sum(1, keepdim=True)


def first(X, y):
    return (X.argmax(1) == y.flatten()).double()


def counted(rows=lambda y, said: (y, said), add=1.0, accumulate=True, size=lambda X, y: X.shape[1]):
    def confusion_matrix(X, y):
        pair = rows(y.flatten().long(), X.argmax(1))
        K = size(X, y.flatten().long())
        table = torch.zeros(K, K)
        return table.index_put_(pair, torch.tensor(add).expand(len(y)), accumulate=accumulate)

    return confusion_matrix


def table_by_loop(X, y):
    table = torch.zeros(X.shape[1], X.shape[1], dtype=torch.long)
    for scores, label in zip(X, y, strict=True):
        table[int(label), int(scores.argmax())] += 1
    return table


def table_by_bincount(X, y):
    K = X.shape[1]
    return torch.bincount(y.flatten().long() * K + X.argmax(1), minlength=K * K).reshape(K, K)


def table_by_matmul(X, y):
    K = X.shape[1]
    return F.one_hot(y.flatten().long(), K).T @ F.one_hot(X.argmax(1), K)


def smoothed(label=lambda eps, K: 1 - eps, share=lambda eps, K: eps / K):
    def smooth_cross_entropy(y_hat, y, eps=0.1):
        K = y_hat.shape[1]
        target = label(eps, K) * F.one_hot(y.long().flatten(), K) + share(eps, K)
        return -(target * y_hat.log_softmax(1)).sum(1, keepdim=True)

    return smooth_cross_entropy


def smoothed_by_where(y_hat, y, eps=0.1):
    K = y_hat.shape[1]
    own = torch.arange(K) == y
    target = torch.where(own, 1 - eps + eps / K, eps / K)
    return (target * (y_hat.logsumexp(1, keepdim=True) - y_hat)).sum(1).reshape(-1, 1)


def smoothed_others(y_hat, y, eps=0.1):
    K = y_hat.shape[1]
    target = torch.where(torch.arange(K) == y, 1 - eps, eps / (K - 1))
    return -(target * y_hat.log_softmax(1)).sum(1, keepdim=True)


# task -> answers that pass, and answers that do not, each with words that its note must hold
ANSWERS = {
    "softmax": {
        "right": [
            helpers.softmax,
            softmax_by_loops,
            lambda X: torch.softmax(X, 1),
            lambda X: (X - X.logsumexp(1, keepdim=True)).exp(),
            lambda X: shares((X - X.max(dim=1).values[:, None]).exp()),
        ],
        "wrong": [
            ("overflow", lambda X: shares(X.exp())),
            ("over the examples", lambda X: X.softmax(0)),
            ("whole table", lambda X: X.exp() / X.exp().sum()),
            ("one maximum for the whole table", lambda X: shares((X - X.max()).exp())),
            ("exp is missing", lambda X: shares(X)),
            ("not divided", lambda X: X.exp()),
            ("only the maximum", lambda X: (X - top(X)).exp()),
            ("logarithms", lambda X: X.log_softmax(1)),
            ("turned round", lambda X: (-X).softmax(1)),
            ("argmax", lambda X: F.one_hot(X.argmax(1), X.shape[1]).float()),
            ("another base", lambda X: shares(2**X)),
            ("softmax twice", lambda X: X.softmax(1).softmax(1)),
            ("return a pair", lambda X: shares((X - X.max(1, keepdim=True)).exp())),
            ("sigmoid", lambda X: X.sigmoid()),
            ("squares", lambda X: shares(X**2)),
            ("cut off", lambda X: shares(X.clamp(max=50).exp())),
            ("graph is cut", lambda X: X.detach().softmax(1)),
            ("changes its argument X", softmax_in_place),
            ("one number for each row", lambda X: X.softmax(1).amax(1)),
            ("a tensor is wanted", lambda X: X.softmax(1).tolist()),
        ],
    },
    "log_sum_exp": {
        "right": [
            helpers.log_sum_exp,
            log_sum_exp_by_loops,
            lambda X: torch.logsumexp(X, 1, keepdim=True),
            lambda X: top(X).detach() + (X - top(X).detach()).exp().sum(1, keepdim=True).log(),
        ],
        "wrong": [
            ("overflow", lambda X: X.exp().sum(1, keepdim=True).log()),
            ("column is lost", lambda X: X.logsumexp(1)),
            ("column is lost in one", lambda X: top(X) + (X - top(X)).exp().sum(1).log()),
            ("one number", lambda X: X.logsumexp((0, 1))),
            ("over the examples", lambda X: X.logsumexp(0)),
            ("over the examples", lambda X: X.logsumexp(0, keepdim=True)),
            ("nothing is added up", lambda X: X.exp().log()),
            ("logarithm is missing", lambda X: X.exp().sum(1, keepdim=True)),
            ("not the sum", lambda X: X.exp().mean(1, keepdim=True).log()),
            ("largest score alone", top),
            ("not put back", lambda X: (X - top(X)).exp().sum(1, keepdim=True).log()),
            ("put back twice", lambda X: 2 * top(X) + (X - top(X)).exp().sum(1, keepdim=True).log()),
            ("undo each other", lambda X: X.exp().log().sum(1, keepdim=True)),
            ("1 is added", lambda X: X.exp().sum(1, keepdim=True).log1p()),
            ("base 2", lambda X: X.exp().sum(1, keepdim=True).log2()),
            ("base 10", lambda X: X.exp().sum(1, keepdim=True).log10()),
            ("wrong sign", lambda X: -X.logsumexp(1, keepdim=True)),
            (
                "one maximum for the whole table",
                lambda X: X.max() + (X - X.max()).exp().sum(1, keepdim=True).log(),
            ),
            ("cut off", lambda X: X.clamp(max=80).logsumexp(1, keepdim=True)),
            ("graph is cut", lambda X: X.detach().logsumexp(1, keepdim=True)),
        ],
    },
    "cross_entropy": {
        "right": [
            helpers.cross_entropy,
            surprise,
            rowwise,
            by_one_hot,
            lambda X, y: F.cross_entropy(X, y.long().flatten(), reduction="none")[:, None],
        ],
        "wrong": [
            ("too small for the computer", lambda X, y: -picked(X.softmax(1), y).log()),
            ("an index is a whole number", lambda X, y: -X.log_softmax(1).gather(1, y)),
            ("as a vector", lambda X, y: F.cross_entropy(X, y.long(), reduction="none")),
            ("costs too little", lambda X, y: -picked(X.softmax(1), y).clamp(min=1e-12).log()),
            ("costs too little", lambda X, y: -(picked(X.softmax(1), y) + 1e-9).log()),
            ("the sign", lambda X, y: -surprise(X, y)),
            ("probability itself", lambda X, y: picked(X.softmax(1), y)),
            ("1 - p", lambda X, y: 1 - picked(X.softmax(1), y)),
            ("softmax twice", lambda X, y: surprise(X.softmax(1), y)),
            ("softmax is missing", lambda X, y: -picked(X, y)),
            ("not taken off", lambda X, y: X.logsumexp(1, keepdim=True)),
            ("is added", lambda X, y: X.logsumexp(1, keepdim=True) + picked(X, y)),
            ("y is not used", lambda X, y: -top(X.log_softmax(1))),
            ("y is not used", lambda X, y: surprise(X, 0 * y)),
            ("counted from 1", lambda X, y: surprise(X, (y - 1) % X.shape[1])),
            ("over the examples", lambda X, y: -picked(X.log_softmax(0), y)),
            ("base 2", lambda X, y: surprise(X, y) / math.log(2)),
            ("number of examples", lambda X, y: surprise(X, y) / len(X)),
            (
                "squared",
                lambda X, y: ((X.softmax(1) - table_of(X, y)) ** 2).sum(1, True),
            ),
            (
                "yes-or-no",
                lambda X, y: F.binary_cross_entropy_with_logits(
                    X, table_of(X, y).float(), reduction="none"
                ).sum(1, keepdim=True),
            ),
            ("reduced", lambda X, y: surprise(X, y).mean()),
            ("column is lost", lambda X, y: surprise(X, y).flatten()),
            ("all", lambda X, y: X.logsumexp(1, keepdim=True) - X[:, y.long().flatten()]),
            ("a loss for each class", lambda X, y: X.logsumexp(1, keepdim=True) - X),
            ("graph is cut", lambda X, y: surprise(X.detach(), y)),
        ],
    },
    "accuracy": {
        "right": [
            helpers.accuracy,
            lambda X, y: first(X, y).mean(),
            lambda X, y: (
                sum(int(row.argmax()) == int(label) for row, label in zip(X, y, strict=True)) / len(y)
            ),
            lambda X, y: np.mean(X.numpy().argmax(1) == y.numpy().ravel()),
        ],
        "wrong": [
            ("number of right ones", lambda X, y: first(X, y).sum()),
            ("until they are numbers", lambda X, y: (X.argmax(1) == y.flatten()).mean()),
            ("percent", lambda X, y: 100 * first(X, y).mean()),
            ("share of the wrong", lambda X, y: 1 - first(X, y).mean()),
            ("number of wrong", lambda X, y: (1 - first(X, y)).sum()),
            ("broadcast", lambda X, y: (X.argmax(1) == y).double().mean()),
            ("broadcast", lambda X, y: (X.argmax(1) == y).sum() / len(y)),
            ("lowest score", lambda X, y: (X.argmin(1) == y.flatten()).double().mean()),
            ("above 0", lambda X, y: (X > 0).double().mean()),
            ("class numbers", lambda X, y: (X.amax(1) == y.flatten()).double().mean()),
            ("labels are not used", lambda X, y: 1.0),
            ("second place", lambda X, y: (X.topk(2).indices == y).any(1).double().mean()),
            ("number of classes", lambda X, y: first(X, y).sum() / X.shape[1]),
            ("one number is wanted", first),
            ("nothing is returned", lambda X, y: print(first(X, y).mean())),
        ],
    },
    "confusion_matrix": {
        "right": [counted(), table_by_loop, table_by_bincount, table_by_matmul],
        "wrong": [
            ("transposed", counted(lambda y, said: (said, y))),
            ("an index is a whole number", lambda X, y: table_of(X, y)[y.flatten(), X.argmax(1)]),
            ("once at most", counted(accumulate=False)),
            ("shares", lambda X, y: counted()(X, y) / len(y)),
            (
                "shares of each row",
                lambda X, y: counted()(X, y) / counted()(X, y).sum(1, keepdim=True).clamp(min=1),
            ),
            ("right ones are left out", lambda X, y: counted()(X, y).fill_diagonal_(0)),
            ("only the right ones", lambda X, y: torch.diag(counted()(X, y).diag())),
            ("both ways", lambda X, y: counted()(X, y) + counted()(X, y).T),
            ("compared with themselves", counted(lambda y, said: (y, y))),
            ("compared with themselves", counted(lambda y, said: (said, said))),
            ("a class that is missing", counted(size=lambda X, y: int(y.max()) + 1)),
            ("broadcast", lambda X, y: table_by_matmul(X, y).sum(1, True) * table_by_matmul(X, y).sum(0)),
            ("rows and columns", lambda X, y: table_by_bincount(X, y).flatten()),
            ("a tensor is wanted", lambda X, y: table_by_loop(X, y).tolist()),
            ("nothing is returned", lambda X, y: print(table_by_loop(X, y))),
        ],
    },
    "smooth_cross_entropy": {
        "right": [
            smoothed(),
            smoothed_by_where,
            lambda y_hat, y, eps=0.1: (
                (1 - eps) * surprise(y_hat, y) - eps * y_hat.log_softmax(1).mean(1, keepdim=True)
            ),
            lambda X, y, eps=0.1: F.cross_entropy(
                X, y.long().flatten(), reduction="none", label_smoothing=eps
            ).reshape(-1, 1),
        ],
        "wrong": [
            ("eps is not used", smoothed(lambda eps, K: 1, lambda eps, K: 0)),
            ("given to nobody", smoothed(share=lambda eps, K: 0)),
            ("more than 1", smoothed(label=lambda eps, K: 1)),
            ("other classes only", smoothed_others),
            ("the whole eps", smoothed(share=lambda eps, K: eps)),
            ("the label none", smoothed(label=lambda eps, K: 1 - eps - eps / K)),
            ("swapped", smoothed(lambda eps, K: eps, lambda eps, K: (1 - eps) / K)),
            ("ten classes", smoothed(share=lambda eps, K: eps / 10)),
            ("the sign", lambda X, y, eps=0.1: -smoothed()(X, y, eps)),
            (
                "probabilities are smoothed",
                lambda X, y, eps=0.1: -picked((1 - eps) * X.softmax(1) + eps / X.shape[1], y).log(),
            ),
            ("default", lambda X, y, eps=0.2: smoothed()(X, y, eps)),
            ("signature", lambda X, y: smoothed()(X, y)),
            (
                "too small for the computer",
                lambda X, y, eps=0.1: (
                    -(((1 - eps) * table_of(X, y) + eps / X.shape[1]) * X.softmax(1).log()).sum(
                        1, keepdim=True
                    )
                ),
            ),
            ("reduced", lambda X, y, eps=0.1: smoothed()(X, y, eps).mean()),
            ("column is lost", lambda X, y, eps=0.1: smoothed()(X, y, eps).flatten()),
            ("graph is cut", lambda X, y, eps=0.1: smoothed()(X.detach(), y, eps)),
        ],
    },
    "12-recall-gap": {
        "right": ["c", "C"],
        "wrong": [("leaves both possible", "a"), ("not seen is not proved", "b"), ("same pictures", "d")],
    },
    "12-recall-units": {
        "right": [1, 1.0],
        "wrong": [
            ("what tells them apart", 64),
            ("they do learn", 0),
            ("number of classes", 10),
            ("not even two", 2),
            ("half of them", 32),
            ("another value", 7),
        ],
    },
    "12-start": {
        "right": [math.log(26), 3.26],
        "wrong": [
            ("ten classes", 2.3026),
            ("not the surprise", 1 / 26),
            ("not the surprise", 0.04),
            ("wrong ones", 25 / 26),
            ("base 2", math.log2(26)),
            ("base 10", math.log10(26)),
            ("number of letters", 26),
            ("surprised", 0),
            ("two classes", 0.693),
            ("wrong sign", -math.log(26)),
            ("another value", 2),
        ],
    },
    "12-push": {
        "right": [-0.8, 0.2 - 1],
        "wrong": [
            ("wrong sign", 0.8),
            ("p alone", 0.2),
            ("p alone", -0.2),
            ("another class", 0.7),
            ("first class", -0.3),
            ("for the probability", -5),
            ("loss itself", 1.609),
            ("logarithm of p", math.log(0.2)),
            ("probability of 0", -1),
            ("another value", 0.1),
        ],
    },
    "12-doubled": {
        "right": ["d", " D"],
        "wrong": [("another lead", "a"), ("the largest does not change", "b"), ("those that are wrong", "c")],
    },
    "12-bug": {
        "right": ["b", "B"],
        "wrong": [
            ("fair start", "a"),
            ("takes scores", "c"),
            ("before each walk back", "d"),
            ("one walk back", "e"),
            ("also which score", "f"),
        ],
    },
}

test_each_mistake_is_named, test_each_right_answer_passes, test_nothing_is_not_attempted = proofs(
    "12_classification", ANSWERS
)
