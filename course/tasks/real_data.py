"""The tasks of 10_real_data: each with its check. The answers are in here: try first."""

import torch

from course.tasks.kit import Chapter, kind, need, read_number, read_tensor, read_tuple
from course.tasks.probes import Tensor, close, name_of

chapter = Chapter("10_real_data")


@chapter.task("standardize", "standardize(X), which returns (Z, mean, std)")
def standardize(f):
    for scale in (torch.tensor([1.0, 100.0, 0.01]), torch.tensor([5.0, 0.1, 30.0])):
        X = torch.randn(40, 3) * scale + 7
        Z, mean, std = read_tuple(f(X), 3)
        Z = read_tensor(Z, (40, 3), what="Z")
        stds = X.std(0), X.std(0, correction=0)  # with n - 1 or n: both are in use
        names = {(): "one number for all features", (40,): "taken over the features of one example"}
        names |= {(40, 1): names[40,], (1, 3): "a row of a table: one plain number for each column is wanted"}
        for name, value in (("mean", mean), ("std", std)):
            read_tensor(value, (3,), names, name)
        need(Z.mean(0).abs().max() < 1e-2, "the columns of Z are not around 0", "the mean is not taken off")
        spread = Z.std(0)
        need(not close(spread, stds[0]), "Z spreads like X", "not divided by the standard deviation")
        variance = any(close(spread * s * s, stds[0], 1e-3) for s in stds)
        need(not variance, "the widest column is now the narrowest", "divided by the variance")
        unit = any(close(spread * s / stds[0], torch.ones(3), 1e-3) for s in stds)
        need(unit, "the columns of Z do not spread by 1", "divided by something else")
        need(close(mean.flatten(), X.mean(0), 1e-3), "mean is not that of X", "the mean of something else")
        good = any(close(std.flatten() / s, torch.ones(3), 1e-3) for s in stds)
        need(good, "std is not that of X", "the standard deviation of something else")


@chapter.task("split", "split(X, y, num_test, seed), which returns (X, y, X_test, y_test)")
def split(f):
    def rows(n, num_test, seed):
        X = torch.arange(2.0 * n).reshape(n, 2)
        parts = read_tuple(f(X, X[:, :1] + 0.5, num_test, seed), 4)
        for name, part in zip(("X", "y", "X_test", "y_test"), parts, strict=True):
            need(isinstance(part, Tensor), f"{name} is a {kind(part)}", "a tensor is wanted")
        order = [tuple(part.shape[1:]) for part in parts] != [(2,), (2,), (1,), (1,)]
        need(order, "the second part has two columns", "the order is X, y, X_test, y_test")
        flat = any(part.ndim == 1 for part in parts[1::2])
        need(not flat, "y or y_test is a plain vector", "the column of the labels is lost")
        X, y, X_test, y_test = parts
        sizes = len(X), len(X_test)
        swapped = sizes == (num_test, n - num_test) and num_test != n - num_test
        need(not swapped, f"{sizes[0]} of {n} are to train on", "the two parts are swapped")
        need(sizes[1] == num_test, f"{sizes[1]} are held out, not {num_test}", "num_test is not used")
        for A, b in ((X, y), (X_test, y_test)):
            need(len(A) == len(b), f"{len(A)} rows of X meet {len(b)} labels", "X and y are torn apart")
            own = torch.equal(A[:, :1] + 0.5, b)
            need(own, "a row of X has the label of another", "X and y are torn apart")
        train, test = ([int(x) // 2 for x in part[:, 0]] for part in (X, X_test))
        both = len(set(train) & set(test))
        need(not both, f"{both} examples are in both parts", "a held-out example is also learned from")
        twice = len(set(train + test)) < len(train + test)
        need(not twice, "some examples come twice", "drawn with replacement")
        lost = n - len(train + test)
        need(not lost, f"{lost} of {n} examples are in no part", "examples are lost")
        return train, test

    (train, test), again, other = (rows(50, 15, seed)[:2] for seed in (3, 3, 4))
    need(not f.draws, "a global generator has moved", "the global generator is used: make one of its own")
    need(sorted(test) != list(range(35, 50)), "the last rows are held out", "nothing is shuffled")
    need(sorted(test) != list(range(15)), "the first rows are held out", "nothing is shuffled")
    need((train, test) == again, "the same seed gives another split", "the seed is not used")
    need(set(test) != set(other[1]), "another seed gives the same split", "the seed is built in, or not used")
    steps = {(b - a) % 50 for a, b in zip(test, test[1:], strict=False)}
    need(len(steps) > 2, "the held-out rows are evenly spaced", "nothing is shuffled")
    often = torch.bincount(torch.tensor(sum((rows(20, 5, seed)[1] for seed in range(60)), [])), minlength=20)
    need(often.min() > 0, "some rows are never held out", "only a part of the data is shuffled")
    rows(7, 1, 0), rows(7, 6, 0)


@chapter.task("cross_validate", "cross_validate(fit, X, y, k)")
def cross_validate(f):
    def run(n, k, label=lambda X: X):
        X, meetings, torn = torch.arange(1.0 * n).reshape(n, 1), [], []

        def fit(X, y):
            torn.append(X.shape != y.shape or not torch.equal(label(X), y))
            known = X.flatten().tolist()

            def predict(X):
                meetings.append((known, X.flatten().tolist()))
                return label(X) + (X + 1) / 4  # so the error of example i is (i + 1) / 4

            return predict

        found = read_number(f(fit, X, label(X), k), "the result")
        need(torn, "fit was never called", "nothing is fitted")
        need(not any(torn), "fit gets labels of other rows", "X and y are torn apart")
        need(meetings, "predict was never called", "nothing is held out")
        return found, meetings

    for n, k in ((12, 4), (11, 4), (6, 4), (5, 5)):
        found, meetings = run(n, k)
        seen = f"{n} examples, k = {k}: "
        whole = any(len(held) == n for _, held in meetings)
        need(not whole, f"{seen}predict gets all of them", "predict is to get the held-out part alone")
        known = sum(len(set(known) & set(held)) for known, held in meetings)
        mistake = "what is predicted was learned from"
        need(not known, f"{seen}{known} held-out examples were known to fit", mistake)
        most = max(len(held) for _, held in meetings)
        turned = k > 2 and all(len(known) < len(held) for known, held in meetings)
        mistake = "the wrong way round: the small part is to be predicted"
        need(not turned, f"{seen}fit gets fewer examples than are predicted", mistake)
        times = [sum(row in held for _, held in meetings) for row in range(n)]
        never, often = times.count(0), max(times)
        mistake = "one split only: each part is held out in its turn"
        need(len(meetings) > 1, f"{seen}one part is predicted", mistake)
        need(not never, f"{seen}{never} are never held out", "what is left over by the division is dropped")
        need(often == 1, f"{seen}an example is held out {often} times", "the parts overlap")
        mistake = "k is not used, or a part is missing" if n % k == 0 else "the parts are cut too long"
        need(len(meetings) == k, f"{seen}{len(meetings)} parts", mistake)
        even = most - min(len(held) for _, held in meetings) < 2
        need(even, f"{seen}one part has {most} examples", "the parts differ by more than one example")
        whole = all(len(known) + len(held) == n for known, held in meetings)
        need(whole, f"{seen}fit does not get all the others", "a part of the data is not used")
        errors = [[(row + 1) / 4 for row in held] for _, held in meetings]
        total, means = (
            sum(e * e for part in errors for e in part),
            [sum(e * e for e in part) / len(part) for part in errors],
        )
        names = {
            total / n: "the root is missing",
            total: "the sum of the squares",
            total / n / 2: "half of the mean square: that is the loss",
            (total / n / 2) ** 0.5: "the half of the loss is inside the root",
            total**0.5: "the root of the sum: divide by the number of examples",
            sum(m**0.5 for m in means)
            / k: "a mean of roots: take the root last, of all the examples together",
            sum(means) / k: "the root is missing",
            (sum(means) / k) ** 0.5: "a mean of means: small parts weigh too much",
            sum(map(sum, errors)) / n: "the mean error: no squares",
            means[-1] ** 0.5: "only the last part counts",
            means[0] ** 0.5: "only the first part counts",
            min(means) ** 0.5: "the best part is picked",
        }
        right = (total / n) ** 0.5
        ok = abs(found / right - 1) < 1e-4
        need(ok, f"{seen}the result is not the error of all", name_of(found, names, "another error"))
    run(9, 3, label=lambda X: 5 - 2 * X)


chapter.number(
    "10-recall-condition",
    (95, 105),
    {
        (9.5, 10.5): "the curvature is made of squares: the factor counts twice",
        (0.99, 1.01): "that would be a bowl: here it is ten times as wide one way",
        (0.009, 0.011): "upside down: the largest over the smallest is wanted",
        (0.09, 0.11): "upside down, and without the square",
        (950, 1050): "a square, not a cube",
    },
    "a condition number",
    look="08_whole_process",
)


chapter.choice(
    "10-recall-flattered",
    "d",
    {
        "a": "these 20 were used to choose the parameters: no others are fitted so well",
        "b": "the true parameters would do that: these have learned the noise of the 20 as well",
        "c": "better than the truth is not possible on examples that nobody has seen",
    },
    look="08_whole_process",
)


chapter.number(
    "10-steps",
    (108, 120),
    {
        (24, 26): "the condition alone: after that many steps about a third of the error is left",
        (2400, 2600): "factors are taken off by multiplying: a logarithm is missing",
        (48, 52): "the logarithm to base 10: the one to base e is meant",
        (165, 180): "seven conditions are for a factor of 1000",
        (220, 240): "that is for the square of the factor",
        (4.55, 4.65): "the logarithm alone: each step takes off one part in the condition number",
        (54, 61): "as if the loss were meant: it is a square and falls twice as fast",
        (4.5, 5.5): "the root of the condition: that needs another method than plain descent",
        (22.5, 23.5): "the root of the condition: that needs another method than plain descent",
    },
    "a number of steps",
)


chapter.number(
    "10-units",
    (11.4, 11.8),
    {
        (16, 16.2): "that is for one standard deviation",
        (1.14, 1.18): "that is for 1 mmHg",
        (160, 161): "10 standard deviations are not 10 mmHg",
        (2200, 2240): "multiplied by the standard deviation: divide",
        (221, 223): "multiplied by the standard deviation: divide; and that is for 1 mmHg",
        (8.5, 8.7): "upside down: the deviation was divided by the weight",
        (0.85, 0.87): "upside down: the deviation was divided by the weight",
        (1.3, 1.4): "the weight was forgotten, and the division is turned round",
        (0.7, 0.75): "the weight was forgotten: those are standard deviations",
    },
    "a change of the prediction, a number",
)


chapter.choice(
    "10-bug",
    "b",
    {
        "a": "products of features are features: no row looks at another row, or at a label",
        "c": "this is as it should be: a fifth is held out, at random",
        "d": "this is as it should be: the numbers of the training part alone",
        "e": "this is as it should be: fitted to the training part alone",
        "f": "this is as it should be: the root of the mean square, in the unit of the label",
    },
)
