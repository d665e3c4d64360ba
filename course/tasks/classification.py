"""The tasks of 12_classification: each with its check. The answers are in here: try first."""

import math

import torch
import torch.nn.functional as F

from course.tasks.kit import Chapter, kind, need, read_number, read_tensor
from course.tasks.probes import Tensor, close, column

chapter = Chapter("12_classification")
OVERFLOW = "large scores overflow: what does exp make of 1000, and what may all scores of a row do together?"
EVERYWHERE = "the definition is not met everywhere"
HARD = "one maximum for the whole table: a row far below it is left with nothing"
SCORES = [[2.0, 1.0, -1.0, 0.5], [0.0, -3.0, 1.5, 0.25], [-1.0, 0.5, 2.5, -1.5]]


def finite(f, scores, *args, seen, mistake):
    """Calls f with scores that overflow in the naive code, and names that before anything else."""
    value = f(torch.tensor(scores), *args)
    broken = isinstance(value, Tensor) and not value.isfinite().all()
    need(not broken, f"{seen} the result holds nan or inf", mistake)
    return value


def matched(value, wanted, rivals, seen, default):
    """value is the wanted tensor. rivals: the mistakes, each by the tensor that it gives."""
    names = [name for name, rival in rivals.items() if close(value, rival, 1e-3)]
    need(close(value, wanted, 1e-3), seen, (names or [default])[0])


def listed(value):
    return ", ".join(f"{number:.3g}" for number in value.flatten().tolist())


def recorded(f, *args, **options):
    """The gradient reaches the scores: it is that of PyTorch's own function, which the caller compares."""
    scores = torch.tensor(SCORES).requires_grad_()
    value = f(scores, *args, **options)
    need(
        value.requires_grad, "the result has no grad_fn", "the graph is cut: backward cannot reach the scores"
    )
    weights = torch.linspace(1, 2, value.numel()).reshape(value.shape)
    return scores, torch.autograd.grad((value * weights).sum(), scores)[0], weights


@chapter.task("softmax", "softmax(X)")
def softmax(f):
    X = torch.tensor(SCORES)
    E = X.exp()
    names = {(): "reduced to one number", (3,): "one number for each row", (3, 1): "one number for each row"}
    p = read_tensor(f(X), (3, 4), names)
    rivals = {
        "over the examples, not over the classes": E / E.sum(0),
        "one sum for the whole table: each row is an example of its own": E / E.sum(),
        "nothing makes the scores positive: exp is missing": X / X.sum(1, keepdim=True),
        "not divided by the sum of its row": E,
        "not divided by the sum of its row; only the maximum is taken off": (
            X - X.amax(1, keepdim=True)
        ).exp(),
        "those are the logarithms of the probabilities": X.log_softmax(1),
        "the sign is turned round: the lowest score gets most": (-X).softmax(1),
        "only the largest gets something: argmax, made to a table": F.one_hot(X.argmax(1), 4).float(),
        "another base than e": (2**X) / (2**X).sum(1, keepdim=True),
        "softmax twice": X.softmax(1).softmax(1),
        "sigmoid, not softmax: each score alone": X.sigmoid(),
        "squares instead of exp: a negative score counts like a positive one": X**2
        / (X**2).sum(1, keepdim=True),
    }
    seen = f"for the scores {listed(X[0])} the result is {listed(p[0])}"
    matched(p, X.softmax(1), rivals, seen, "not exp of the score over the sum of all exp of its row")
    big = finite(f, [[1000.0, 999.0], [998.0, 998.0]], seen="for scores of 1000", mistake=OVERFLOW)
    p = read_tensor(big, (2, 2))
    names = {0.5: "large scores are cut off: their difference is lost"}
    lead = round(p[0, 0].item(), 2)
    need(
        lead == 0.73,
        f"a lead of 1 gives {lead:g} at 1000, another share than at 0",
        names.get(lead, OVERFLOW),
    )
    far = finite(f, [[-1000.0, -1001.0], [1000.0, 0.0]], seen="for a row far below another", mistake=HARD)
    need(close(far[0], [0.731059, 0.268941], 1e-3), f"a row far below gives {listed(far[0])}", HARD)
    fresh = 5 * torch.randn(20, 7)
    p = read_tensor(f(fresh), (20, 7))
    need(close(p, fresh.double().softmax(1)), "fresh data give others", EVERYWHERE)
    scores, slope, weights = recorded(f)
    by_torch = torch.autograd.grad((scores.softmax(1) * weights).sum(), scores)[0]
    need(close(slope, by_torch, 1e-2), "its gradient is wrong", "the graph is cut: a part is not recorded")


@chapter.task("log_sum_exp", "log_sum_exp(X)")
def log_sum_exp(f):
    X = torch.tensor(SCORES)
    E, largest = X.exp(), X.amax(1, keepdim=True)
    names = {
        (3,): "the column is lost",
        (3, 3): "the column is lost in one part: a column and a row are added",
        (): "reduced to one number",
        (4,): "over the examples, not over the classes",
        (1, 4): "over the examples, not over the classes",
        (3, 4): "nothing is added up: one number for each row is wanted",
    }
    value = read_tensor(f(X), (3, 1), names)
    total = E.sum(1, keepdim=True)
    rivals = {
        "the logarithm is missing": total,
        "the mean, not the sum": total.log() - math.log(4),
        "the largest score alone: the others count too": largest,
        "the maximum is taken off and not put back": total.log() - largest,
        "the maximum is put back twice": total.log() + largest,
        "exp and log of each score undo each other: add up in between": X.sum(1, keepdim=True),
        "exp is missing": X.sum(1, keepdim=True).abs().log(),
        "a 1 is added before the logarithm": total.log1p(),
        "the logarithm with base 2": total.log2(),
        "the logarithm with base 10": total.log10(),
        "the wrong sign": -total.log(),
    }
    seen = f"for the scores {listed(X[0])} the result is {value[0].item():.3g}"
    matched(value, total.log(), rivals, seen, "not the logarithm of the sum of exp of the row")
    big = finite(f, [[1000.0, 1000.0], [998.0, 998.0]], seen="for scores of 1000", mistake=OVERFLOW)
    exact = [[1000 + math.log(2)], [998 + math.log(2)]]
    near = close(read_tensor(big, (2, 1)), exact, 1e-5)
    need(near, f"two scores of 1000 give {big[0].item():.6g}", "large scores are cut off")
    far = finite(f, [[-1000.0, -1000.0], [1000.0, 0.0]], seen="for a row far below another", mistake=HARD)
    need(
        close(far, [[-1000 + math.log(2)], [1000.0]], 1e-5),
        f"a row far below gives {far[0].item():.6g}",
        HARD,
    )
    fresh = 5 * torch.randn(20, 7)
    wanted = fresh.double().logsumexp(1, keepdim=True)
    equal = close(read_tensor(f(fresh), (20, 1)), wanted)
    need(equal, "fresh data give others", EVERYWHERE)
    scores, slope, weights = recorded(f)
    by_torch = scores.detach().softmax(1) * weights
    need(close(slope, by_torch, 1e-2), "its gradient is wrong", "the graph is cut: a part is not recorded")


def losses(f, X, y, **options):
    """The column of losses, whose wrong shapes have names."""
    B, K = X.shape
    names = dict.fromkeys([(), (1,), (1, 1)], "reduced: the losses are added or averaged to one number")
    names |= {
        (B,): "the column is lost",
        (B, B): "broadcast, or every row picks the labels of all",
        (B, B, 1): "every row picks the labels of all",
        (B, 1, 1): "a dimension too many",
        (B, K): "a loss for each class: only that of the label counts",
    }
    return read_tensor(f(X, y, **options), (B, 1), names)


@chapter.task("cross_entropy", "cross_entropy(y_hat, y)")
def cross_entropy(f):
    X, y = torch.tensor(SCORES), column(1.0, 2.0, 0.0)
    value = losses(f, X, y)
    pick = y.long()
    p, whole = X.softmax(1).gather(1, pick), X.logsumexp(1, keepdim=True)
    right = -p.log()
    one_hot = F.one_hot(pick.flatten(), 4)
    rivals = {
        "the sign: a probability below 1 has a negative logarithm": -right,
        "that is the probability itself: the logarithm is missing": p,
        "1 - p: the logarithm is missing": 1 - p,
        "softmax twice": -X.softmax(1).log_softmax(1).gather(1, pick),
        "softmax is missing: only the score of the label is there": -X.gather(1, pick),
        "the score of the label is not taken off": whole,
        "the score of the label is added, not taken off": whole + X.gather(1, pick),
        "the largest score is taken for the label: y is not used": -X.log_softmax(1).amax(1, keepdim=True),
        "the first class is taken for the label: y is not used": -X.log_softmax(1)[:, :1],
        "the classes are counted from 1: they count from 0": -X.log_softmax(1).gather(1, (pick - 1) % 4),
        "over the examples, not over the classes": -X.log_softmax(0).gather(1, pick),
        "the logarithm with base 2": right / math.log(2),
        "the logarithm with base 10": right / math.log(10),
        "divided by the number of examples": right / 3,
        "divided by the number of classes": right / 4,
        "squared, not the surprise": ((X.softmax(1) - one_hot) ** 2).sum(1, keepdim=True),
        "each class is judged by itself: that is the loss of ten yes-or-no questions": (
            F.binary_cross_entropy_with_logits(X, one_hot.float(), reduction="none").sum(1, keepdim=True)
        ),
        "exp is missing in the sum": X.sum(1, keepdim=True).abs().log() - X.gather(1, pick),
    }
    seen = f"for the scores {listed(X[0])} and class 1 the loss is {value[0].item():.3g}"
    matched(value, right, rivals, seen, "not the surprise at the class of the label")
    detour = "the way over the probability: it is too small for the computer, and its logarithm is lost"
    big = finite(f, [[1000.0, 0.0], [0.0, 0.0]], column(1.0, 0.0), seen="wrong by 1000:", mistake=detour)
    lost = read_tensor(big, (2, 1))[0].item()
    cut = "something is cut off, or added to p: a very wrong answer costs too little, and is not pushed"
    need(abs(lost - 1000) < 0.1, f"scores 1000 and 0 and class 1 cost {lost:.4g}", cut)
    fresh, classes = 5 * torch.randn(20, 7), torch.randint(7, (20, 1))
    by_torch = F.cross_entropy(fresh.double(), classes.flatten(), reduction="none").reshape(-1, 1)
    equal = close(losses(f, fresh, classes.float()), by_torch)
    need(equal, "fresh data give others", EVERYWHERE)
    scores, slope, weights = recorded(f, y)
    by_hand = (scores.detach().softmax(1) - one_hot) * weights
    need(close(slope, by_hand, 1e-2), "its gradient is wrong", "the graph is cut: a part is not recorded")


@chapter.task("accuracy", "accuracy(y_hat, y)")
def accuracy(f):
    said, true = [0, 1, 2, 2, 1, 0, 0, 0, 2, 1], [0, 1, 2, 0, 0, 0, 0, 1, 2, 2]  # 6 of 10
    X = 3.0 * F.one_hot(torch.tensor(said), 3) - 1 + torch.tensor([0.0, 0.25, 0.5])
    y = column(*map(float, true))
    value = read_number(f(X, y))
    seen = f"6 of 10 are right, and the result is {value:.4g}"
    table = (torch.tensor(said) == y).double().mean().item()
    top2 = (X.topk(2).indices == y).any(1).double().mean().item()
    rivals = {
        6: "the number of right ones, not their share",
        60: "in percent: a share is between 0 and 1",
        0.4: "the share of the wrong ones",
        4: "the number of wrong ones, not the share of the right ones",
        table: "broadcast: each answer is compared with all labels",
        10 * table: "broadcast: each answer is compared with all labels",
        (X.argmin(1) == y.flatten()).double().mean().item(): "the lowest score is taken for the answer",
        (X > 0).double().mean().item(): "a score above 0 is no answer: which class comes first?",
        (X.round() == y).double().mean().item(): "scores are compared with class numbers",
        (X.amax(1) == y.flatten()).double().mean().item(): "scores are compared with class numbers",
        1.0: "everything is right: the labels are not used",
        top2: "the second place counts too",
        2: "divided by the number of classes",
        0.2: "divided by the size of the whole table",
    }
    names = [name for number, name in rivals.items() if abs(value - number) < 1e-6]
    need(abs(value - 0.6) < 1e-6, seen, (names or ["not the share of rows whose label comes first"])[0])
    for n, K in ((1, 3), (30, 4), (5, 12)):
        fresh, classes = torch.randn(n, K), torch.randint(K, (n, 1)).float()
        wanted = sum(int(row.argmax() == label) for row, label in zip(fresh, classes, strict=True)) / n
        value = read_number(f(fresh, classes))
        need(abs(value - wanted) < 1e-6, f"fresh data give {value:.4g}", EVERYWHERE)


def read_table(value, K):
    need(value is not None, "the result is None", "nothing is returned: a print is no return")
    need(isinstance(value, Tensor), f"the result is a {kind(value)}", "a tensor is wanted")
    names = {
        (K - 1, K - 1): "the size comes from the labels: a class that is missing there is lost",
        (K * K,): "a table with rows and columns is wanted",
        (K,): "one number for each class: a table is wanted",
    }
    need(
        value.shape == (K, K),
        f"the result has shape {tuple(value.shape)}",
        names.get(value.shape, "no table"),
    )
    return value.detach().double()


@chapter.task("confusion_matrix", "confusion_matrix(y_hat, y)")
def confusion_matrix(f):
    said, true = [0, 1, 1, 1, 2, 0, 0, 0, 2, 1], [0, 1, 1, 0, 0, 0, 2, 2, 2, 0]
    X, y = 3.0 * F.one_hot(torch.tensor(said), 4) - 1, column(*map(float, true))  # class 3 never comes
    wanted = torch.zeros(4, 4)
    for t, s in zip(true, said, strict=True):
        wanted[t, s] += 1
    table = read_table(f(X, y), 4)
    off = wanted - torch.diag(wanted.diag())
    rivals = {
        "transposed: a row is a true class": wanted.T,
        "each pair is counted once at most: what happens to an index that comes twice?": wanted.clamp(max=1),
        "shares, not counts": wanted / 10,
        "shares of each row, not counts": wanted / wanted.sum(1, keepdim=True).clamp(min=1),
        "the right ones are left out": off,
        "only the right ones are counted": torch.diag(wanted.diag()),
        "both ways are added up": wanted + wanted.T,
        "the labels are compared with themselves": torch.diag(wanted.sum(1)),
        "the answers are compared with themselves": torch.diag(wanted.sum(0)),
    }
    row = " / ".join(listed(line) for line in table)
    one_each = wanted.sum(1, keepdim=True) * wanted.sum(0)
    rivals |= {"broadcast: each answer meets each label": one_each}
    matched(table, wanted, rivals, f"the rows are {row}", "not the number of times that the pair occurs")
    fresh, classes = torch.randn(40, 3), torch.randint(3, (40, 1))
    pairs = torch.zeros(3, 3)
    for t, scores in zip(classes.flatten(), fresh, strict=True):
        pairs[t, scores.argmax()] += 1
    same = torch.equal(read_table(f(fresh, classes.float()), 3), pairs.double())
    need(same, "fresh data give another table", EVERYWHERE)


@chapter.task("smooth_cross_entropy", "smooth_cross_entropy(y_hat, y, eps=0.1)")
def smooth_cross_entropy(f):
    X, y, eps = torch.tensor(SCORES), column(1.0, 2.0, 0.0), 0.3
    value = losses(f, X, y, eps=eps)
    surprise, pick = -X.log_softmax(1), y.long()
    own, all_of_them = surprise.gather(1, pick), surprise.sum(1, keepdim=True)
    rivals = {
        "eps is not used": own,
        "eps is taken from the label and given to nobody": (1 - eps) * own,
        "the label keeps all: the weights add up to more than 1": own + eps * all_of_them / 4,
        "the share of the label is given to the other classes only: all get the same part of eps": (
            (1 - eps) * own + eps * (all_of_them - own) / 3
        ),
        "every class gets the whole eps: it is to be shared": (1 - eps) * own + eps * all_of_them,
        "the other classes get a part of eps, the label none": (1 - eps) * own
        + eps * (all_of_them - own) / 4,
        "the two weights are swapped": eps * own + (1 - eps) * all_of_them / 4,
        "shared among ten classes: how many are there?": (1 - eps) * own + eps * all_of_them / 10,
        "the sign: a probability below 1 has a negative logarithm": -(1 - eps) * own - eps * all_of_them / 4,
        "the probabilities are smoothed, not the labels": -(
            (1 - eps) * X.softmax(1).gather(1, pick) + eps / 4
        ).log(),
    }
    seen = f"for the scores {listed(X[0])}, class 1 and eps = 0.3 the loss is {value[0].item():.3g}"
    wanted = (1 - eps) * own + eps * all_of_them / 4
    matched(value, wanted, rivals, seen, "not the surprises, weighted by the smoothed label")
    plain = losses(f, X, y, eps=0.0)
    need(close(plain, own), "with eps = 0 it is not the cross-entropy", "eps is built in")
    seen = "without a third argument it is not as with 0.1"
    need(close(losses(f, X, y), losses(f, X, y, eps=0.1)), seen, "the default of eps is another")
    detour = "the way over the probability: it is too small for the computer, and its logarithm is lost"
    finite(f, [[1000.0, 0.0], [0.0, 0.0]], column(1.0, 0.0), seen="wrong by 1000:", mistake=detour)
    fresh, classes = 5 * torch.randn(20, 7), torch.randint(7, (20, 1))
    by_torch = F.cross_entropy(fresh, classes.flatten(), reduction="none", label_smoothing=0.2)
    equal = close(losses(f, fresh, classes.float(), eps=0.2), by_torch.reshape(-1, 1), 1e-3)
    need(equal, "fresh data give others", EVERYWHERE)
    recorded(f, y)


chapter.choice(
    "12-recall-gap",
    "c",
    {
        "a": "an interval that holds 0 leaves both possible, and a loss of 0.01 as well",
        "b": "not seen is not proved: the interval also holds a gain of 0.01",
        "d": "both were judged on the same pictures: that is why the difference can be judged",
    },
    look="10_real_data",
)

chapter.number(
    "12-recall-units",
    (1, 1),
    {
        (64, 64): "equal units have equal slopes: what tells them apart?",
        (0, 0): "they do learn: the start is not zero",
        (10, 10): "ten is the number of classes, not of different units",
        (2, 2): "not even two: no unit is different from the others",
        (32, 32): "half of them would need a reason to differ",
    },
    "a number of different units",
    look="03_parameters",
)

chapter.number(
    "12-start",
    (3.25, 3.27),
    {
        (2.29, 2.31): "that is for ten classes",
        (0.035, 0.04): "that is the probability of each letter, not the surprise",
        (0.96, 0.97): "that is the share of the wrong ones, not the surprise",
        (4.69, 4.71): "the logarithm with base 2",
        (1.41, 1.42): "the logarithm with base 10",
        (26, 26): "the number of letters: its logarithm is wanted",
        (0, 0): "nothing is known yet, so there is something to be surprised at",
        (0.69, 0.70): "that is for two classes",
    },
    "the loss, a number",
)

chapter.number(
    "12-push",
    (-0.801, -0.799),
    {
        (0.199, 0.201): "p alone: what is taken off for the right class?",
        (-0.201, -0.199): "p alone: what is taken off for the right class?",
        (0.699, 0.701): "that is the slope for another class",
        (-0.301, -0.299): "that is as if the first class were right",
        (-5.01, -4.99): "that is the slope for the probability, not for the score",
        (1.60, 1.62): "that is the loss itself",
        (-1.62, -1.60): "that is the logarithm of p, not a slope",
        (-1.01, -0.99): "that would be for a probability of 0",
    },
    "the slope, a number",
)

chapter.choice(
    "12-doubled",
    "d",
    {
        "a": "twice a score is another lead over the others: the probabilities move",
        "b": "which score is the largest does not change",
        "c": "it falls for pictures that are right; what happens to those that are wrong?",
    },
)

chapter.choice(
    "12-bug",
    "b",
    {
        "a": "zeros are a fair start without a hidden layer",
        "c": "that is the mean surprise at the right class, and cross_entropy of PyTorch takes scores",
        "d": "the gradients are emptied before each walk back, as they should be",
        "e": "one walk back for each batch, from a mean: that is right",
        "f": "which probability is the largest is also which score is the largest",
    },
)
