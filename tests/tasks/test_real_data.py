"""The tasks of 10_real_data, proved: each mistake is named, each right answer passes."""

import numpy as np
import torch
from support.proof import proofs


def scaled(
    mean=lambda X: X.mean(0), std=lambda X: X.std(0), Z=lambda X, m, s: (X - m) / s, back=lambda m, s: (m, s)
):
    def standardize(X):
        m, s = mean(X), std(X)
        return Z(X, m, s), *back(m, s)

    return standardize


def parted(
    order=lambda n, seed: torch.randperm(n, generator=torch.Generator().manual_seed(seed)),
    test=lambda rows, m: rows[:m],
    train=lambda rows, m: rows[m:],
    other=lambda rows: rows,
    end=lambda *parts: parts,
):
    def split(X, y, num_test, seed):
        rows = order(len(X), seed)
        a, b = train(rows, num_test), test(rows, num_test)
        return end(X[a], y[other(a)], X[b], y[other(b)])

    return split


def split_by_numpy(X, y, num_test, seed):
    rows = np.random.default_rng(seed).permutation(len(X))
    held = torch.zeros(len(X), dtype=torch.bool)
    held[rows[:num_test]] = True
    return [X[~held], y[~held], X[held], y[held]]


def split_by_seed(X, y, num_test, seed):
    torch.manual_seed(seed)
    return parted(lambda n, seed: torch.randperm(n))(X, y, num_test, seed)


def split_by_two_orders(X, y, num_test, seed):
    g = torch.Generator().manual_seed(seed)
    a, b = torch.randperm(len(X), generator=g), torch.randperm(len(X), generator=g)
    return X[a][num_test:], y[b][num_test:], X[a][:num_test], y[b][:num_test]


def validated(
    parts=lambda n, k: torch.arange(n).tensor_split(k),
    known=lambda rows, part: rows[~torch.isin(rows, part)],
    total=lambda errors: torch.cat(errors).square().mean().sqrt().item(),
    part_of=lambda rows, part: part,
):
    def cross_validate(fit, X, y, k):
        rows, errors = torch.arange(len(X)), []
        for part in parts(len(X), k):
            a, b = known(rows, part), part_of(rows, part)
            errors.append(fit(X[a], y[a])(X[b]) - y[b])
        return total(errors)

    return cross_validate


def validate_by_slices(fit, X, y, k):
    squares = 0.0
    for i in range(k):
        held = [row for row in range(len(X)) if row % k == i]
        rest = [row for row in range(len(X)) if row % k != i]
        squares += float(((fit(X[rest], y[rest])(X[held]) - y[held]) ** 2).sum())
    return torch.tensor([(squares / len(X)) ** 0.5])


def validate_fitted_once(fit, X, y, k):
    predict = fit(X, y)
    errors = [predict(X[part]) - y[part] for part in torch.arange(len(X)).tensor_split(k)]
    return torch.cat(errors).square().mean().sqrt().item()


def validate_everybody(fit, X, y, k):
    parts = torch.arange(len(X)).tensor_split(k)
    errors = [fit(X[part], y[part])(X) - y for part in parts]
    return torch.cat(errors).square().mean().sqrt().item()


def validate_torn(fit, X, y, k):
    return validated()(fit, X, y.flip(0), k)


def root_last(errors):
    return torch.stack([e.square().mean() for e in errors]).mean().sqrt().item()


def blocks(n, k):
    size = n // k
    return [torch.arange(i * size, (i + 1) * size) for i in range(k)]


def blocks_and_rest(n, k):
    size = n // k
    return [torch.arange(i * size, n if i == k - 1 else (i + 1) * size) for i in range(k)]


# task -> answers that pass, and answers that do not, each with words that its note must hold
ANSWERS = {
    "standardize": {
        "right": [
            scaled(),
            scaled(std=lambda X: X.std(0, correction=0)),
        ],
        "wrong": [
            ("one plain number for each column", scaled(mean=lambda X: X.mean(0, keepdim=True))),
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
    },
    "split": {
        "right": [parted(), split_by_numpy, parted(test=lambda r, m: r[-m:], train=lambda r, m: r[:-m])],
        "wrong": [
            ("nothing is shuffled", parted(lambda n, seed: torch.arange(n))),
            ("nothing is shuffled", parted(lambda n, seed: torch.arange(n).flip(0))),
            ("nothing is shuffled", parted(lambda n, seed: torch.arange(n).roll(seed))),
            ("nothing is shuffled", lambda X, y, m, seed: (X[m:], y[m:], X[:m], y[:m])),
            ("torn apart", split_by_two_orders),
            ("torn apart", parted(other=lambda rows: rows.sort().values)),
            ("seeds the generator", split_by_seed),
            ("global generator", parted(lambda n, seed: torch.randperm(n))),
            (
                "seed is built in",
                parted(lambda n, seed: torch.randperm(n, generator=torch.Generator().manual_seed(0))),
            ),
            ("two parts are swapped", parted(train=lambda r, m: r[:m], test=lambda r, m: r[m:])),
            ("in both parts", parted(train=lambda r, m: r)),
            (
                "twice",
                parted(
                    lambda n, seed: torch.randint(n, (n,), generator=torch.Generator().manual_seed(1)),
                    test=lambda r, m: torch.arange(50)[~torch.isin(torch.arange(50), r)][:m],
                ),
            ),
            ("lost", parted(train=lambda r, m: r[m:-1])),
            (
                "num_test is not used",
                parted(test=lambda r, m: r[: len(r) // 5], train=lambda r, m: r[len(r) // 5 :]),
            ),
            ("the order is", parted(end=lambda X, y, X_test, y_test: (X, X_test, y, y_test))),
            ("column of the labels", parted(end=lambda X, y, A, b: (X, y.flatten(), A, b.flatten()))),
            ("4 parts", parted(end=lambda X, y, A, b: ((X, y), (A, b)))),
            ("nothing is returned", parted(end=print)),
            ("changes its argument", lambda X, y, m, seed: (X.zero_(), y, X[:m], y[:m])),
        ],
    },
    "cross_validate": {
        "right": [validated(), validate_by_slices],
        "wrong": [
            ("learned from", validated(known=lambda rows, part: rows)),
            ("learned from", validate_fitted_once),
            ("held-out part alone", validate_everybody),
            (
                "wrong way round",
                validated(
                    known=lambda rows, part: part, part_of=lambda rows, part: rows[~torch.isin(rows, part)]
                ),
            ),
            ("one split only", validated(parts=lambda n, k: [torch.arange(n // k)])),
            ("left over", validated(parts=blocks)),
            ("more than one example", validated(parts=blocks_and_rest)),
            ("cut too long", validated(parts=lambda n, k: torch.arange(n).chunk(k))),
            ("k is not used", validated(parts=lambda n, k: torch.arange(n).tensor_split(3))),
            (
                "overlap",
                validated(parts=lambda n, k: [torch.arange(n)[i : i + n // k + 1] for i in range(n)]),
            ),
            (
                "part of the data is not used",
                validated(known=lambda rows, part: rows[~torch.isin(rows, part)][1:]),
            ),
            ("torn apart", validate_torn),
            ("root is missing", validated(total=lambda e: torch.cat(e).square().mean().item())),
            (
                "mean of roots",
                validated(total=lambda e: torch.stack([p.square().mean().sqrt() for p in e]).mean()),
            ),
            ("mean of means", validated(total=root_last)),
            ("no squares", validated(total=lambda e: torch.cat(e).abs().mean())),
            ("half", validated(total=lambda e: (torch.cat(e).square().mean() / 2).sqrt())),
            ("last part", validated(total=lambda e: e[-1].square().mean().sqrt())),
            ("one number", validated(total=lambda e: torch.stack([p.square().mean() for p in e]))),
            ("nothing is fitted", lambda fit, X, y, k: 1.0),
            ("nothing is returned", validated(total=lambda e: print(len(e)))),
        ],
    },
    "10-recall-condition": {
        "right": [100, 99.0],
        "wrong": [
            ("counts twice", 10),
            ("a bowl", 1),
            ("upside down", 0.01),
            ("without the square", 0.1),
            ("cube", 1000),
            ("another value", 20),
        ],
    },
    "10-recall-flattered": {
        "right": ["d", "D"],
        "wrong": [("choose the parameters", "a"), ("learned the noise", "b"), ("truth", "c")],
    },
    "10-steps": {
        "right": [115, 113, np.log(100) * 25],
        "wrong": [
            ("the condition alone", 25),
            ("logarithm is missing", 2500),
            ("base 10", 50),
            ("factor of 1000", 7 * 25),
            ("square of the factor", 230),
            ("twice as fast", 57.5),
            ("logarithm alone", 4.605),
            ("another method", 5),
            ("another method", 23),
            ("another value", 90),
        ],
    },
    "10-units": {
        "right": [11.6, 160.6 / 13.83],
        "wrong": [
            ("one standard deviation", 16.06),
            ("for 1 mmHg", 1.161),
            ("not 10 mmHg", 160.6),
            ("divide", 2221),
            ("divide; and", 222.1),
            ("upside down", 8.6),
            ("upside down", 0.86),
            ("turned round", 1.38),
            ("those are", 0.72),
            ("wrong sign", -11.6),
        ],
    },
    "10-bug": {
        "right": ["b", "B"],
        "wrong": [
            ("another row", "a"),
            ("at random", "c"),
            ("numbers of the training part", "d"),
            ("fitted to", "e"),
            ("unit of the label", "f"),
        ],
    },
}

test_each_mistake_is_named, test_each_right_answer_passes, test_nothing_is_not_attempted = proofs(
    "10_real_data", ANSWERS
)
