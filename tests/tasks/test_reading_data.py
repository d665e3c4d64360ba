"""The tasks of 02_reading_data, proved: each mistake is named, each right answer passes."""

import math
import random
from itertools import chain

import numpy as np
import torch
from support.proof import proofs
from support.readers import iter_by_indices, iter_by_loader, iter_in_order

import helpers


def rows_of(X, y, batch_size, order):
    return ((X[rows], y[rows]) for rows in order.split(batch_size))


def iter_by_numpy(batch_size, features, labels):
    order = np.random.permutation(len(features))
    return [(features[r], labels[r]) for r in np.split(order, range(batch_size, len(features), batch_size))]


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


def audited(
    missing=lambda counts, rows, n: n - len(set(rows)),
    extra=lambda counts, rows: len(rows) - len(set(rows)),
    torn=lambda X, y: (X != -y).sum().item(),
    order=(0, 1, 2),
):
    def audit(batches, n):
        X, y = (torch.cat(part) for part in zip(*batches, strict=True))
        rows = [int(x) for x in X]
        counts = torch.bincount(torch.tensor(rows), minlength=n)
        found = missing(counts, rows, n), extra(counts, rows), torn(X, y)
        return tuple(found[i] for i in order)

    return audit


def audit_by_dict(batches, n):
    counts, torn = dict.fromkeys(range(n), 0), 0
    for X, y in batches:
        for x, label in zip(X.flatten().tolist(), y.flatten().tolist(), strict=True):
            counts[int(x)] += 1
            torn += label != -x
    return [sum(k == 0 for k in counts.values()), sum(max(k - 1, 0) for k in counts.values()), torn]


def torn_batches(batches, n):
    missing, extra, _ = audited()(batches, n)
    return missing, extra, sum(not torch.equal(X, -y) for X, y in batches)


def groups(length):
    return lambda n: (torch.arange(n) // length % 2).float().reshape(-1, 1)


def affine(term=lambda i, n, a, c: (a * i + c) % n, listed=range, refuse=True):
    def affine_order(n, a, c):
        if refuse and math.gcd(a, n) > 1:
            raise ValueError(f"a={a} and n={n} share a factor")
        for i in listed(n):
            yield term(i, n, a, c)

    return affine_order


def affine_by_map(n, a, c):
    if any(a % k == 0 and n % k == 0 for k in range(2, n + 1)[:1000]) or a == 0:
        raise ValueError("a and n share a factor")
    return map(lambda i: (a * i + c) % n, range(n))


def affine_by_adding(n, a, c):
    if math.gcd(a, n) != 1:
        raise ValueError("a and n share a factor")
    row = c % n
    for _ in range(n):
        yield row
        row = (row + a) % n


def affine_in_a_chain(n, a, c):
    row = c
    for _ in range(n):
        yield row
        row = (a * row + c) % n


def affine_all_at_once(n, a, c):
    rows = [(a * i + c) % n for i in range(n)]
    yield from rows


# task -> answers that pass, and answers that do not, each with words that its note must hold
ANSWERS = {
    "data_iter": {
        "right": [helpers.data_iter, iter_by_indices, iter_by_loader, iter_by_numpy],
        "wrong": [
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
    },
    "02-recall-labels": {
        "right": ["c"],
        "wrong": [("plain vector", "a"), ("a row:", "b"), ("the features", "d"), ("wanted", "(n, 1)")],
    },
    "02-recall-noise": {
        "right": ["b"],
        "wrong": [("not to nothing", "a"), ("mean squared error", "c"), ("number of examples", "d")],
    },
    "02-last-batch": {
        "right": ["d"],
        "wrong": [("no error", "a"), ("loses examples", "b"), ("repeats examples", "c")],
    },
    "02-bug-line": {
        "right": ["b"],
        "wrong": [
            ("made once", "a"),
            ("three epochs", "c"),
            ("all that the reader", "d"),
            ("for each batch", "e"),
            ("one step", "F"),
        ],
    },
    "audit": {
        "right": [audited(), audit_by_dict, audited(missing=lambda counts, rows, n: (counts == 0).sum())],
        "wrong": [
            ("set off", audited(missing=lambda counts, rows, n: n - len(rows))),
            ("n is not used", audited(missing=lambda counts, rows, n: (counts[: max(rows) + 1] == 0).sum())),
            ("no negative", audited(extra=lambda counts, rows: len(rows) - len(counts))),
            ("rows are counted", audited(extra=lambda counts, rows: (counts > 1).sum().item())),
            ("first reading", audited(extra=lambda counts, rows: counts[counts > 1].sum().item())),
            ("own label", audited(torn=lambda X, y: int(X.sum() != -y.sum()))),
            ("own label", audited(torn=lambda X, y: (X.sort(0)[0] != (-y).sort(0)[0]).sum())),
            ("broadcast", audited(torn=lambda X, y: (X != -y.flatten()).sum())),
            ("sign is forgotten", audited(torn=lambda X, y: (X != y).sum())),
            ("batches are counted", torn_batches),
            ("wrong order", audited(order=(1, 0, 2))),
            ("number is wanted", audited(torn=lambda X, y: not torch.equal(X, -y))),
            ("3 parts", audited(order=(0, 1))),
            ("nothing is returned", lambda batches, n: print(len(batches))),
        ],
    },
    "malicious": {
        "right": [
            lambda n: (torch.arange(n) >= n // 2).float().reshape(-1, 1),
            lambda n: torch.linspace(1, 0, n).reshape(-1, 1),
            lambda n: torch.rand(n, 1).sort(0).values,
            lambda n: torch.tensor(list(chain([0.0] * (n // 3), [1.0] * (n - n // 3)))).unsqueeze(1),
        ],
        "wrong": [
            ("fair sample", groups(1)),
            ("fair sample", groups(5)),
            ("too often", groups(50)),
            ("too often", lambda n: torch.randint(2, (n, 1)).float()),
            ("every order", lambda n: torch.ones(n, 1)),
            ("0 to 1", lambda n: torch.arange(n).float().reshape(-1, 1)),
            ("plain vector", lambda n: torch.linspace(0, 1, n)),
            ("too few", lambda n: (torch.arange(n) >= n - 10).float().reshape(-1, 1)),
            ("floats", lambda n: (torch.arange(n) >= n // 2).long().reshape(-1, 1)),
            ("shape is wrong", lambda n: torch.linspace(0, 1, 1000).reshape(-1, 1)),
        ],
    },
    "affine_order": {
        "right": [affine(), affine_by_map, affine_by_adding],
        "wrong": [
            ("remainder", affine(lambda i, n, a, c: a * i + c)),
            ("starts at 0", affine(listed=lambda n: range(1, n + 1))),
            ("before the product", affine(lambda i, n, a, c: a * (i + c) % n)),
            ("c is not used", affine(lambda i, n, a, c: a * i % n)),
            ("a is not used", affine(lambda i, n, a, c: (i + c) % n)),
            ("changed places", affine(lambda i, n, a, c: (c * i + a) % n)),
            ("the one before", affine_in_a_chain),
            ("only the product", affine(lambda i, n, a, c: a * i % n + c)),
            ("n numbers", affine(listed=lambda n: range(n - 1))),
            ("n numbers", affine(listed=lambda n: range(n + 1))),
            ("made before", affine_all_at_once),
            ("made before", lambda n, a, c: list(affine()(n, a, c))),
            ("share a factor", affine(refuse=False)),
            ("no yield", lambda n, a, c: next(affine()(n, a, c))),
            ("nothing is yielded", lambda n, a, c: print(c)),
        ],
    },
}

test_each_mistake_is_named, test_each_right_answer_passes, test_nothing_is_not_attempted = proofs(
    "02_reading_data", ANSWERS
)
