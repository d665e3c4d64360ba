"""The checks of exercises 01 to 04 beyond helpers.py, proved: mistakes are named, right answers pass."""

import math
from functools import partial
from itertools import chain

import test_feedback as proof
import torch

fresh = proof.fresh  # a fixture: no state is left from one test to the next


def noise(take=lambda X, y, w, b: X @ w.reshape(-1, 1) + b, of=lambda y, y_hat: y - y_hat):
    return lambda X, y, w, b: of(y, take(X, y, w, b))


def noise_by_rows(X, y, w, b):
    return torch.stack([label - sum(row * w) - b for row, label in zip(X, y, strict=True)])


def noise_in_place(X, y, w, b):
    y -= (X @ w + b).reshape(-1, 1)
    return y


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


def terms(*columns):
    return lambda X: torch.cat([column(X[:, :1], X[:, 1:]) for column in columns], 1)


BOTH = [lambda p, q: p, lambda p, q: q]
SQUARES = [lambda p, q: p**2, lambda p, q: q**2]
BLOCKS = ["data", "reading", "parameters", "model", "loss", "optimizer", "training"]


def swap(first, second):
    places = {first: second, second: first}
    return [places.get(block, block) for block in BLOCKS]


# task -> the words that its hint must hold, and the answer that must bring them
WRONG_ANSWERS = {
    "01-recall-blocks": [
        ("no examples to read", swap("data", "reading")),
        ("data come first", swap("reading", "parameters")),
        ("nothing to calculate with", swap("parameters", "model")),
        ("no prediction", swap("model", "loss")),
        ("make smaller", swap("loss", "optimizer")),
        ("comes last", swap("optimizer", "training")),
        ("once", BLOCKS[:-1]),
    ],
    "01-recall-model": [
        ("known before", "a"),
        ("go into the model", "c"),
        ("next block", "d"),
        ("wanted", "e"),
    ],
    "01-more-data": [
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
    "01-bug-line": [
        ("side by side", "b"),
        ("weighted sum", "c"),
        ("a noise for each", "d"),
        ("it finds", "e"),
        ("wanted", 1),
    ],
    "noise_of": [
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
        ("built in", noise(lambda X, y, w, b: X @ torch.tensor([[1.0], [-2.0], [0.5]])[: X.shape[1]] + 3)),
        ("changes its argument", noise_in_place),
        ("nothing is returned", noise(of=lambda y, y_hat: print(y - y_hat))),
    ],
    "02-recall-labels": [("plain vector", "a"), ("a row:", "b"), ("the features", "d"), ("wanted", "(n, 1)")],
    "02-recall-noise": [("not to nothing", "a"), ("mean squared error", "c"), ("number of examples", "d")],
    "02-last-batch": [("no error", "a"), ("loses examples", "b"), ("repeats examples", "c")],
    "02-bug-line": [
        ("made once", "a"),
        ("three epochs", "c"),
        ("all that the reader", "d"),
        ("for each batch", "e"),
        ("one step", "F"),
    ],
    "audit": [
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
    "malicious": [
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
    "affine_order": [
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
    "03-recall-generator": [("does not start again", "a"), ("dangerous", "b"), ("took them all", "d")],
    "03-recall-noise": [
        ("variance", 0.0001),
        ("root too many", 0.1),
        ("from the features", 4.05),
        ("the mean", 0),
        ("sign", -0.01),
    ],
    "03-far-start": [
        ("take logarithms", 1009 / 16.6),
        ("a square", 135.1),
        ("base 10", 29.3),
        ("does not subtract", 992),
        ("further away", 0),
        ("to 1", 113.7),
        ("another value", 20),
    ],
    "03-zero-start": [("is not zero", "a"), ("gradient of its own", "b"), ("one lowest point", "c")],
    "03-bug-line": [("one start", "a"), ("twice", "b"), ("it is given", "d"), ("just ended", "e")],
    "03-keep-spread": [
        ("variance", 0.01),
        ("ten times", 1),
        ("grows", 10),
        ("twice", 0.316),
        ("number of terms", 100),
    ],
    "init_hidden": [
        ("at zero", hidden(lambda shape, std: torch.zeros(shape))),
        ("stay equal", hidden(lambda shape, std: torch.full(shape, std))),
        ("columns of W1", hidden(lambda shape, std: torch.normal(0, std, (shape[0], 1)).repeat(1, shape[1]))),
        ("rows of W1", hidden(lambda shape, std: torch.normal(0, std, (1, shape[1])).repeat(shape[0], 1))),
        ("at zero", hidden(W2=lambda shape, std: torch.zeros(shape))),
        ("for the variance", hidden(lambda shape, std: torch.normal(0, std**0.5, shape))),
        ("squared", hidden(lambda shape, std: torch.normal(0, std**2, shape))),
        ("std is ignored", hidden(lambda shape, std: torch.normal(0, 0.5, shape))),
        ("default", hidden(default=0.01)),
        ("transposed", hidden(lambda shape, std: torch.normal(0, std, shape[::-1]))),
        ("plain vector", hidden(W2=lambda shape, std: torch.normal(0, std, shape[:1]))),
        ("on its side", hidden(W2=lambda shape, std: torch.normal(0, std, shape[::-1]))),
        ("bias is not 0", hidden(bias=torch.ones)),
        ("not a leaf", hidden(end=lambda W: W * 1)),
        ("does not record", hidden_unrecorded),
        ("seed inside", hidden_seeded),
        ("not around 0", hidden(lambda shape, std: std * (torch.randn(shape) + 0.5))),
        ("4 parts", lambda d, h, std=0.5: hidden()(d, h, std)[:3]),
    ],
    "04-recall-record": [("predictions come out", "a"), ("it comes out", "b"), ("no way back", "d")],
    "04-recall-last": [
        ("to fill it", 64),
        ("nothing is dropped", 0),
        ("number of batches", 16),
        ("lacks", 24),
        ("remainder", 15.625),
    ],
    "04-shape": [("both are stretched", "a"), ("counts as a row", "b"), ("no error", "c")],
    "04-bug-line": [("trained on", "a"), ("mean 0", "b"), ("near zero", "c"), ("small", "d")],
    "unscale": [
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
    "quadratic": [
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
}
RIGHT_ANSWERS = {
    "01-recall-blocks": [BLOCKS, tuple(BLOCKS)],
    "01-recall-model": ["b", " B"],
    "01-more-data": [10, 100**0.5, torch.tensor([9.96])],
    "01-bug-line": ["a"],
    "noise_of": [noise(), noise_by_rows, lambda X, y, w, b: y - b - (X * w).sum(1, keepdim=True)],
    "02-recall-labels": ["c"],
    "02-recall-noise": ["b"],
    "02-last-batch": ["d"],
    "02-bug-line": ["b"],
    "audit": [audited(), audit_by_dict, audited(missing=lambda counts, rows, n: (counts == 0).sum())],
    "malicious": [
        lambda n: (torch.arange(n) >= n // 2).float().reshape(-1, 1),
        lambda n: torch.linspace(1, 0, n).reshape(-1, 1),
        lambda n: torch.rand(n, 1).sort(0).values,
        lambda n: torch.tensor(list(chain([0.0] * (n // 3), [1.0] * (n - n // 3)))).unsqueeze(1),
    ],
    "affine_order": [affine(), affine_by_map, affine_by_adding],
    "03-recall-generator": ["c"],
    "03-recall-noise": [0.01, torch.tensor(0.0101)],
    "03-far-start": [68, math.log(1009 / 16.6) / -2 / math.log(0.97), 67],
    "03-zero-start": ["d"],
    "03-bug-line": ["c"],
    "03-keep-spread": [0.1, 100**-0.5],
    "init_hidden": [hidden(), hidden_by_parameters],
    "04-recall-record": ["c"],
    "04-recall-last": [40, 1000 % 64, 40.0],
    "04-shape": ["d"],
    "04-bug-line": ["e"],
    "unscale": [
        lambda slope, bias, mean, std: (slope / std, bias - slope * mean / std),
        lambda s, b, m, d: [(b + s * (1 - m) / d) - (b - s * m / d), b - s * m / d],
    ],
    "quadratic": [
        terms(*BOTH, *SQUARES, lambda p, q: p * q),
        terms(lambda p, q: (p + q) ** 2, lambda p, q: (p - q) ** 2, lambda p, q: 2 * p**2, *BOTH),
        lambda X: torch.stack([X[:, 0], X[:, 1], X[:, 0] ** 2, X.prod(1), X[:, 1] ** 2], dim=1),
    ],
}


(
    test_the_mistake_is_named,
    test_a_right_answer_passes_on_ten_seeds,
    test_each_task_is_proved_and_its_stub_is_not_attempted,
) = proof.proofs(WRONG_ANSWERS, RIGHT_ANSWERS)
