"""The tasks of 08_whole_process: each with its check. The answers are in here: try first."""

import torch

from course.tasks.kit import Chapter, need, read_number, read_tuple
from course.tasks.probes import close, column, stepped

chapter = Chapter("08_whole_process")


@chapter.task(
    "adam",
    "adam_step(params, means, squares, count, lr, batch_size, beta1=0.9, beta2=0.999, eps=1e-8)",
)
def adam(f):
    slopes = [torch.tensor(g) for g in ([8.0, -16, 24, 32], [-8.0, 40, 16, 8], [16.0, 8, -8, 24])]

    def walk(*options):
        memory = [[torch.zeros(3, 1), torch.zeros(1)] for _ in range(2)]
        steps = enumerate(slopes, 1)
        moves = [stepped(f, g, count, 0.1, 8, *options, velocities=memory) for count, g in steps]
        return [torch.cat(moves), *(torch.cat([part.flatten() for part in parts]) for parts in memory)]

    def by_hand(divide=8, lr=-0.1, b1=0.75, b2=0.5, late=0, first=1, second=1, power=0.5, **other):
        c1, c2 = (1, 1) if other.get("whole") else (1 - b1, 1 - b2)
        mean, square, result, eps = torch.zeros(4), torch.zeros(4), [], other.get("eps", 0.25)
        for count, g in enumerate(slopes, 1 + late):
            if other.get("forget"):
                mean, square = torch.zeros(4), torch.zeros(4)
            mean, square = b1 * mean + c1 * g / divide, b2 * square + c2 * (g / divide) ** 2
            m, s = mean / (1 - b1**count) ** first, square / (1 - b2**count) ** second
            root = (s + eps) ** power if other.get("inside") else s**power + eps
            result.append(lr * m / root)
            mean, square = (m, s) if other.get("stored") else (mean, square)
        return torch.cat(result), mean, square

    names = {
        "the wrong sign: that is uphill": {"lr": 0.1},
        "lr is not used": {"lr": -1},
        "not divided by batch_size": {"divide": 1},
        "no correction: both means start at 0, and are too small at first": {"first": 0, "second": 0},
        "the mean is not corrected for its start at 0": {"first": 0},
        "the square is not corrected for its start at 0": {"second": 0},
        "the correction is a step late": {"late": 1},
        "the corrected values are kept: they are for this step only": {"stored": True},
        "the root of the square is missing": {"power": 1},
        "eps is inside the root": {"inside": True},
        "eps is not used": {"eps": 0},
        "beta1 and beta2 have changed places": {"b1": 0.5, "b2": 0.75},
        "beta and 1 - beta have changed places": {"b1": 0.25},
        "a sum, not a mean: the new gradient is to count with 1 - beta": {"whole": True},
        "nothing is kept from step to step: means and squares change in place": {"forget": True},
        "the mean is not kept from step to step": {"b1": 0},
        "the square is not kept from step to step": {"b2": 0},
        "beta1 and beta2 are not used": {"b1": 0.9, "b2": 0.999},
    }
    moves, *memory = walk(0.75, 0.5, 0.25)
    found = [name for name, change in names.items() if close(moves, by_hand(**change)[0])]
    wanted, *kept = by_hand()
    seen = "three steps do not lead where Adam leads"
    need(close(moves, wanted), seen, (found or ["another mean, or another step"])[0])
    for name, ours, right in zip(("means", "squares"), memory, kept, strict=True):
        need(close(ours, right), f"{name} holds other values", f"{name} is not updated in place")
    usual = by_hand(b1=0.9, b2=0.999, eps=1e-8)[0]
    need(close(walk()[0], usual, 1e-3), "without betas and eps the steps are others", "other defaults")


@chapter.task("early_stopping", "early_stopping(losses, patience), which returns (best, stop)")
def early_stopping(f):
    def ends(*losses, patience, what=""):
        best, stop = (
            read_number(part, "a part") for part in read_tuple(f(list(losses), patience, take=3), 2)
        )
        return best, stop, f"losses {', '.join(map(str, losses))}, patience {patience}: {best:g}, {stop:g}"

    best, stop, seen = ends(1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, patience=3)
    need(best != 1.5 and stop != 1.5, seen, "a loss comes back: the number of its epoch is wanted")
    need((best, stop) != (1, 4), seen, "the first epoch has number 0")
    need(not best > stop, seen, "the wrong order of the two")
    need(stop != 7, seen, "it never stops")
    need(stop != 4, seen, "one epoch too long")
    need(stop != 2, seen, "one epoch too short")
    need(best != 3, seen, "the last epoch is kept, not the best")
    need((best, stop) == (0, 3), seen, "another end")
    for falling in (5.0, 4.0, 3.0, 2.0), (5.0, 3.0, 4.0):
        best, stop, seen = ends(*falling, patience=5)
        need(stop != len(falling), seen, "the first epoch has number 0, so the last has one less than all")
        need(stop == len(falling) - 1, seen, "no reason to stop: stop is the last epoch there is")
        need(best == falling.index(min(falling)), seen, "another best epoch")
    best, stop, seen = ends(5.0, 6.0, 4.0, 5.0, 3.0, 4.0, 2.0, 3.0, patience=2)
    need(stop == 7, seen, "bad epochs are added up: each new best starts the count anew")
    best, stop, seen = ends(3.0, 2.0, 4.0, 5.0, 6.0, 1.0, 0.0, patience=3)
    need(best < 5, seen, "looks beyond the stop: these epochs would never be run")
    best, stop, seen = ends(1.0, 5.0, 4.0, 3.0, 2.0, 1.5, 0.5, patience=3)
    need(stop == 3, seen, "compared with the epoch before, not with the best")
    need(best == 0, seen, "looks beyond the stop: these epochs would never be run")
    best, stop, seen = ends(3.0, 2.0, 4.0, 5.0, 6.0, 1.0, 0.0, patience=3)
    need(best == 1, seen, "looks beyond the stop: these epochs would never be run")
    need(stop == 4, seen, "the patience is not counted from the best epoch")
    best, stop, seen = ends(3.0, 2.0, 2.0, 2.0, 2.0, 1.0, patience=3)
    need((best, stop) == (1, 4), seen, "an equal loss is no improvement")
    for patience in (1, 2, 4):
        best, stop, seen = ends(2.0, 3.0, 4.0, 5.0, 6.0, 7.0, patience=patience)
        need(stop == patience, seen, "patience is not used")
    for patience in (1, 2, 3):
        losses, last = torch.rand(30).tolist(), 0
        while last < 29 and min(losses[: last + 1]) not in losses[: max(last - patience + 1, 0)]:
            last += 1
        best, stop, _ = ends(*losses, patience=patience)
        seen = f"thirty random losses, patience {patience}: {best:g}, {stop:g}"
        need((best, stop) == (losses.index(min(losses[: last + 1])), last), seen, "another end")


@chapter.task("clip", "clip(params, limit)")
def clip(f):
    def clipped(grads, limit):
        values = [column(1.0, 2.0, 3.0), torch.tensor([4.0])]
        params = [value.clone().requires_grad_() for value in values]
        for param, grad in zip(params, grads.split([3, 1]), strict=True):
            param.grad = grad.reshape(param.shape).clone()
        f(params, limit, changes=1)
        for param, value in zip(params, values, strict=True):
            need(torch.equal(param.detach(), value), "a parameter has changed", "only the gradients change")
            need(param.grad is not None, "a gradient is gone", "the gradients are still needed by the step")
        result = torch.cat([param.grad.flatten() for param in params])
        need(not result.requires_grad, "a gradient has a grad_fn", "the graph is recorded")
        return result

    grads = torch.tensor([-2.0, 3.0, -6.0, 24.0])  # lengths 7, 24, and 25 together
    new, seen = clipped(grads, 5.0), "gradients of length 25 and a limit of 5 are not as they should be"
    parts = torch.tensor([5 / 7] * 3 + [5 / 24])
    names = {
        "each tensor is cut by itself: that turns the direction": grads * parts,
        "each number is cut by itself: that turns the direction": grads.clamp(-5, 5),
        "each number is cut by itself, and only above": grads.clamp(max=5),
        "the gradients are the same as before": grads,
        "only the first tensor is scaled": grads * torch.tensor([0.2] * 3 + [1]),
        "only the last tensor is scaled": grads * torch.tensor([1] * 3 + [0.2]),
        "the root of the squares' sum is missing": grads / 125,
        "the wrong way round: the long gradients get longer": grads * 5,
        "scaled to length 1: limit is not used": grads / 25,
        "the largest number is taken for the length": grads * 5 / 24,
        "the sum of the sizes is taken for the length": grads / 7,
        "the mean of the squares is taken: the length is their sum's root": grads * 0.4,
        "the lengths of the tensors are added: the length of all together is wanted": grads * 5 / 31,
    }
    found = [name for name, value in names.items() if close(new, value)]
    need(close(new, grads / 5), seen, (found or ["another scale"])[0])
    kept, seen = clipped(grads, 50.0), "gradients of length 25 change, though the limit is 50"
    stretched = close(kept, grads * 2)
    square = stretched and close(clipped(grads, 700.0), grads)
    need(not square, seen, "the square of the length is compared with the limit")
    need(not stretched, seen, "short gradients are stretched: the limit is an upper one")
    need(close(kept, grads), seen, "what is compared with the limit is not the length")
    zero = clipped(torch.zeros(4), 1.0)
    need(not zero.any(), "a gradient of zero has become another", "a division by zero")
    for limit in (0.5, 3.0):
        grads = torch.randn(4) * 2
        right = grads * min(1, limit / sum(g * g for g in grads.tolist()) ** 0.5)
        need(close(clipped(grads, limit), right, 1e-3), "fresh gradients end elsewhere", "another scale")


chapter.sequence(
    "08-recall-shapes",
    ["()", "(3, 1)", "(8, 1)", "(8, 3)", "(1000, 3)"],  # as the note lists them: not in order
    [
        ("(1000, 3)", "(8, 3)", "a mini-batch is read from all the examples: they come first"),
        ("(8, 3)", "(8, 1)", "predictions and losses are made from a mini-batch"),
        ("(8, 1)", "()", "backward starts from one number: the sum of the losses, which come before it"),
        ("()", "(3, 1)", "the gradient of w comes out of backward, and that needs its number first"),
    ],
    look="07_training",
)


chapter.number(
    "08-recall-limit",
    (0.499, 0.501),
    {
        (0.249, 0.251): "the inverse of the eigenvalue: there the steps are safe, with room to twice as much",
        (0.124, 0.126): "half of the inverse: that is far from the limit",
        (1.99, 2.01): "that is its root: the curvature itself is the eigenvalue",
        (0.99, 1.01): "two over the root: the curvature itself is the eigenvalue",
        (7.99, 8.01): "the wrong way round: more curvature needs shorter steps",
        (3.99, 4.01): "that is the curvature, not a learning rate",
    },
    "a learning rate, a number",
    look="07_training",
)


chapter.number(
    "08-unseen",
    (0.006, 0.0075),
    {
        (0.36, 0.38): "as if each epoch missed the same examples",
        (0.07, 0.078): "divided by the epochs: but each epoch takes its share of what was left",
        (0.09, 0.105): "0.63 to the fifth: these were seen in every epoch",
        (0.985, 0.995): "that is the share that was seen",
        (1.8, 1.9): "added up: a share cannot be more than 1",
        (0.6, 0.7): "percent, or the share that one epoch sees",
        (0, 0.0001): "each draw is independent: some examples stay unlucky",
    },
    "a share between 0 and 1",
)


chapter.choice(
    "08-choose",
    "c",
    {
        "a": "it is exact, for the squared loss: the wild labels decide where it lands",
        "b": "the wild labels no longer decide, but the widest feature makes these steps too long",
        "d": "the scales no longer matter, but each wild label pulls as hard as it is wrong",
    },
)


chapter.choice(
    "08-bug",
    "e",
    {
        "a": "this line is in order: all runs meet the same data",
        "b": "this line is in order: each run has a fresh start, the same for all",
        "c": "this line is in order: each run is to have its own loss",
        "d": "this line is in order: as many epochs for each, and the same learning rate",
        "f": "this line is in order: the smallest wins; ask what it is the smallest of",
    },
)
