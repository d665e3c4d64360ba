"""The tasks of 02_reading_data: each with its check. The answers are in here: try first."""

import tracemalloc

import torch

from course.tasks.kit import Chapter, Wrong, kind, need, read_number, read_tensor, read_tuple
from course.tasks.probes import column, read_epoch

chapter = Chapter("02_reading_data")


@chapter.task("data_iter", "data_iter(batch_size, features, labels)")
def data_iter(f):
    for n, batch_size in ((43, 5), (41, 5), (20, 5), (7, 7)):
        read_epoch(f, n, batch_size)
    epochs = [read_epoch(f, 43, 4) for _ in range(8)]
    orders = [sum(epoch, []) for epoch in epochs]
    need(orders[0] != sorted(orders[0]), "the examples come in the order of the data", "nothing is shuffled")
    need(orders[0] != orders[1], "two epochs read in the same order", "shuffled only once, or a seed inside")
    first, second = ({frozenset(batch) for batch in epoch} for epoch in epochs[:2])
    apart = len(first & second) < 5
    need(apart, "the same examples meet in every epoch", "whole batches are shuffled, not the examples")
    neighbours = sum((a - b) % 43 in (1, 42) for a, b in zip(orders[0], orders[0][1:], strict=False))
    need(neighbours < 20, "most examples keep their neighbours", "turned or cut, but not shuffled")
    free = all(len(set(place)) > 1 for place in zip(*orders, strict=True))
    need(free, "a place has the same example in every epoch", "some examples are left out of the shuffling")


chapter.choice(
    "02-recall-labels",
    "c",
    {
        "a": "a plain vector: against a column of predictions it would broadcast to a table",
        "b": "a row: one row for each example is wanted",
        "d": "that is the shape of the features: an example has two of them, and one label",
    },
    look="01_synthetic_data",
)


chapter.choice(
    "02-recall-noise",
    "b",
    {
        "a": "noise evens out, but not to nothing: what is left grows with it",
        "c": "so grows the mean squared error, not the error of the weights",
        "d": "the root belongs to the number of examples, not to the size of the noise",
    },
    look="01_synthetic_data",
)


chapter.choice(
    "02-last-batch",
    "d",
    {
        "a": "no error: a slice that reaches past the end gives what is there",
        "b": "that loses examples: a reader hands out every example once",
        "c": "that repeats examples: a reader hands out every example once",
    },
)


chapter.choice(
    "02-bug-line",
    "b",
    {
        "a": "this line is in place: the parameters are made once, before the training",
        "c": "this line is in place: three epochs are run, and each prints its loss",
        "d": "this line is in place: it takes all that the reader still has to give",
        "e": "this line is in place: it runs for each batch that comes",
        "f": "this line is in place: one step for each batch that comes",
    },
)


@chapter.task("audit", "audit(batches, n), which returns missing, extra, torn")
def audit(f):
    def counts(rows, n, labels=None):
        X, y = column(*map(float, rows)), -column(*map(float, labels or rows))
        parts = read_tuple(f(list(zip(X.split(4), y.split(4), strict=True)), n), 3)
        return [
            read_number(part, name) for part, name in zip(parts, ("missing", "extra", "torn"), strict=True)
        ]

    order = [7, 2, 9, 0, 4, 1, 8, 3, 6, 5]
    found = counts(order, 10)
    seen = "for a reader that is right, missing, extra, torn are {:g}, {:g}, {:g}".format(*found)
    need(found[2] < 11, seen, "broadcast: each X is compared with every y")
    need(found[2] < 9, seen, "the label of row i is -i: its sign is forgotten")
    need(not any(found), seen, "a fault is found where there is none")
    missing, extra, torn = counts(order[1:5] + order[6:9], 10)  # without 7, 1 and 5
    turned = (missing, extra) == (0, 3)
    need(not turned, "3 rows never come, and 3 are counted as extra", "the wrong order of the parts")
    need(
        missing == 3, f"3 rows never come, {missing:g} are counted as missing", "missing is not counted right"
    )
    need(extra == 0, f"no row comes twice, extra is {extra:g}", "a missing row is no negative extra")
    missing, _, _ = counts(order[:2] + order[3:], 10)  # without 9
    seen = f"the last row never comes, missing is {missing:g}"
    need(missing == 1, seen, "n is not used: the end is not noticed")
    _, extra, _ = counts([*order, 4, 4, 4], 10)
    names = {
        1: "rows are counted: readings too many are wanted",
        4: "the first reading of a row is not too many",
    }
    seen = f"row 4 comes 4 times, that is 3 times too often; extra is {extra:g}"
    need(extra == 3, seen, names.get(extra, "extra is not counted right"))
    missing, extra, _ = counts([0, 1, 2, 2, 5, 5, 5, 7], 8)
    seen = f"3 rows are missing and 3 readings are extra; counted are {missing:g} and {extra:g}"
    need((missing, extra) == (3, 3), seen, "missing and extra are set off against each other")
    torn = counts(order, 10, [2, 7, 9, 0, 8, 1, 4, 3, 6, 5])[2]
    names = {0: "not each row is compared with its own label", 2: "batches are counted: rows are wanted"}
    seen = f"4 rows, in 2 batches, have the label of another; torn is {torn:g}"
    need(torn == 4, seen, names.get(torn, "torn is not counted right"))
    order = torch.randperm(30).tolist()
    found = counts(order[:20] + order[:5], 30, order[:18] + order[18:20][::-1] + order[:5])
    need(found == [10, 5, 2], "fresh data are counted wrongly", "not these three counts")


@chapter.task("malicious", "malicious(num_examples)")
def malicious(f):
    for n in (1000, 800):
        names = {(n,): "the labels are a plain vector", (1, n): "the labels are a row"}
        labels = read_tensor(f(n), (n, 1), names, "the result")
        low, high = labels.min().item(), labels.max().item()
        need(
            low >= 0 and high <= 1,
            f"the labels go from {low:.2g} to {high:.2g}",
            "0 to 1 is allowed, no more",
        )
        need(high > low, "all labels are equal", "then every order ends at the mean")
        mean, batches, b = labels.mean().item(), labels.reshape(-1, 10).mean(1).tolist(), 0.0
        for part in batches * 10:
            b += 0.03 * (part - b)
        seen = f"in the given order b ends at {b:.2f}, and the mean is {mean:.2f}"
        fair = max(batches) - min(batches) < 0.2
        fair = fair and "each mini-batch is a fair sample of the whole: no order of batches can harm"
        turns = sum((p > mean) != (q > mean) for p, q in zip(batches, batches[1:], strict=False))
        often = turns > 8 and "the labels change too often: pulls up and pulls down even out"
        need(abs(b - mean) > 0.1, seen, fair or often or "the last batches are too few, or too near the mean")


@chapter.task("affine_order", "affine_order(n, a, c)")
def affine_order(f):
    def read(n, a, c, take):
        numbers = f(n, a, c, take=take)
        need(numbers is not None, "the result is None", "nothing is yielded")
        need(
            isinstance(numbers, list),
            f"the result is a {kind(numbers)}",
            "return ends the function: it is no yield",
        )
        return [read_number(number, "a row number") for number in numbers]

    n, a, c = 10, 3, 4
    order, listed = read(n, a, c, 25), range(n)
    candidates = {
        "the remainder is forgotten: row numbers stay below n": [a * i + c for i in listed],
        "i starts at 0, and ends before n": [(a * i + c) % n for i in range(1, n + 1)],
        "c is added before the product": [a * (i + c) % n for i in listed],
        "c is not used": [a * i % n for i in listed],
        "a is not used": [(i + c) % n for i in listed],
        "a and c have changed places": [(c * i + a) % n for i in listed],
        "i is not used: each number is made from the one before": chain(n, a, c),
        "only the product is taken modulo n": [a * i % n + c for i in listed],
    }
    starts = [mistake for mistake, values in candidates.items() if order and is_part(order[:n], values)]
    seen = f"affine_order(10, 3, 4) begins with {', '.join(f'{value:g}' for value in order[:5])}"
    right = [(a * i + c) % n for i in listed]
    need(order[:n] == right[: len(order)], seen, (starts or ["not the numbers (a * i + c) mod n"])[0])
    need(
        len(order) == n,
        f"{len(order)} numbers come for n = 10",
        "the order has n numbers: i goes from 0 to n - 1",
    )
    tracemalloc.start()
    try:
        first = read(20_000, 7, 19_999, 3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    seen = f"the first 3 of 20000 numbers need {peak / 1e6:.1f} MB"
    need(peak < 3e5, seen, "all numbers are made before the first is wanted")
    need(first == [19_999, 6, 13], "for n = 20000 other numbers come", "a, c or n are built in")
    for n, a in ((10, 4), (12, 9), (10, 0)):
        try:
            read(n, a, 1, 3)
        except Wrong as found:
            need("it raises ValueError" in found.args[0], *found.args)
        else:
            shared = "a and n share a factor: some rows come again and again, others never"
            raise Wrong(f"n = {n} and a = {a} are taken", shared)


def chain(n, a, c, x=0):
    """0, and ten numbers, each made from the one before: another generator, often mistaken for this one."""
    return [x] + [x := (a * x + c) % n for _ in range(10)]


def is_part(part, values):
    """Whether a list is found in another, as it is."""
    return any(values[i : i + len(part)] == part for i in range(len(values)))
