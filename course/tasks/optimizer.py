"""The tasks of 06_optimizer: each with its check. The answers are in here: try first."""

import torch

from course.tasks.kit import Chapter, Wrong, need, read_tensor, read_tuple
from course.tasks.probes import close, column, name_of, parts, problem, stepped

chapter = Chapter("06_optimizer")


def takes_any_number(f, *settings, velocities=False):
    """Refuses a step that handles exactly two parameters. For one that has moved two."""
    for sizes in ([2], [2, 1, 3]):
        count, state = sum(sizes), [parts(torch.ones(sum(sizes)), sizes)] * velocities
        try:
            stepped(f, torch.ones(count), *settings, velocities=state, sizes=sizes)
        except Wrong as wrong:
            mistake = "exactly two parameters are handled: params may have one or ten"
            raise Wrong(f"when the list holds {len(sizes)}, {wrong.args[0]}", mistake) from None


@chapter.task("sgd", "sgd(params, lr, batch_size)")
def sgd(f):
    grads = torch.tensor([8.0, -16.0, 24.0, 32.0])
    step, longer, other = (stepped(f, grads, *settings) for settings in ((0.5, 8), (1.0, 8), (0.5, 16)))
    rates = -step / grads
    need(not (rates < 0).all(), "the parameters move along the gradient", "the wrong sign: that is uphill")
    own = close(rates[:3], rates[0]) and not close(rates[3], rates[0])
    need(not own, "equal gradients move w and b differently", "divided by the size of each parameter")
    need(close(rates, rates[0]), "the step is not proportional to the gradient", "not along the gradient")
    names = {1: "not divided by batch_size", 0.5: "divided by the number of parameters, not by batch_size"}
    same = close(other, step)
    mistake = name_of(rates[0] / 0.5, names, "batch_size is not used")
    need(not same, "another batch_size, the same step", mistake)
    need(not close(longer, step), "another lr, the same step", "lr is not used")
    need(close(longer, 2 * step), "twice the lr is not twice the step", "lr enters in another way")
    mistake = "a larger batch makes a longer step: multiplied instead of divided"
    need(not close(other, 2 * step), "twice the batch_size, twice the step", mistake)
    need(
        close(other, step / 2), "twice the batch_size, not half the step", "divided twice, or in another way"
    )
    seen = f"the step is {rates[0] * 16:.3g} times as long as it should be"
    need(close(rates[0], 0.5 / 8), seen, "another factor before the step")
    takes_any_number(f, 0.5, 8)
    for _ in range(3):
        grads = torch.randn(4)
        by_hand = torch.tensor([-0.3 * value / 7 for value in grads.tolist()])
        equal = close(stepped(f, grads, 0.3, 7), by_hand, 1e-3)
        need(equal, "fresh gradients move the parameters elsewhere", "not the step of sgd")


@chapter.task("momentum", "sgd_momentum(params, velocities, lr, batch_size, momentum)")
def momentum(f):
    schedule = [(torch.tensor([8.0, -16.0, 24.0, 32.0]), 0.5), (torch.tensor([-8.0, 40.0, 16.0, 8.0]), 0.25)]
    start = torch.tensor([2.0, 1.0, -3.0, 5.0])  # no zeros: a step before the update shows
    velocities = parts(start, [3, 1])
    moves = torch.cat([stepped(f, grad, lr, 8, 0.75, velocities=[velocities]) for grad, lr in schedule])
    takes_any_number(f, 0.5, 8, 0.75, velocities=True)

    def by_hand(
        keep=0.75, weight=1 / 8, after=-1, lrs=lambda lr: (1, lr), kept=True, ahead=False, late=False
    ):
        velocity, result = start, []
        for grad, lr in schedule:
            within, outside = lrs(lr)
            old, g = velocity if kept else start, weight * within * grad
            velocity = keep * old + g
            direction = old if late else g + keep * velocity if ahead else velocity
            result.append(after * outside * direction)
        return torch.cat(result)

    names = {
        "the old velocity does not enter the new one": {"keep": 0},
        "the velocity is not kept from step to step": {"kept": False},
        "the old velocity is kept in full: momentum is not used": {"keep": 1},
        "the old velocity enters 1 + momentum times": {"keep": 1.75},
        "the old velocity moves the parameter: renew v first": {"late": True},
        "not divided by batch_size": {"weight": 1},
        "v holds the sum: divide g before it enters v": {"weight": 1, "after": -1 / 8},
        "the wrong sign: that is uphill": {"after": 1},
        "v points the other way": {"weight": -1 / 8, "after": 1},
        "the gradients are zeroed before the step has used them": {"weight": 0},
        "g is multiplied by momentum, too": {"weight": 0.75 / 8},
        "an average, with the gradient weighted by 1 - momentum: another convention": {"weight": 0.25 / 8},
        "lr is inside the velocity: it belongs to the step": {"lrs": lambda lr: (lr, 1)},
        "lr is not used": {"lrs": lambda lr: (1, 1)},
        "a look ahead: that is Nesterov's momentum": {"ahead": True},
    }
    found = [name for name, change in names.items() if close(moves, by_hand(**change))]
    param, velocities = torch.ones(1, requires_grad=True), [torch.zeros(1)]
    for _ in range(2):
        param.grad = torch.tensor([40.0])
        f([param], velocities, 0.1, 20, 0.5, changes=2)
    seen = "the example of the task ends with parameter {:.3g} and velocity {:.3g}"
    seen = seen.format(param.item(), velocities[0].item())
    need(close(moves, by_hand()), seen, (found or ["another velocity, or another step"])[0])


def read_theta(pair, of_w, of_b):
    w, b = read_tuple(pair, 2)
    names = {
        (2,): f"{of_w} is a plain vector",
        (1, 2): f"{of_w} is a row",
        (1,): "w and b in the wrong order",
        (2, 3): "broadcast, a column meets a vector: g must be a column, (3, 1)",
    }
    w = read_tensor(w, (2, 1), names, of_w)
    names = {(): f"{of_b} has no dimension", (1, 1): f"{of_b} has one dimension too many"}
    b = read_tensor(b, (1,), names, of_b)
    return torch.cat([w, b.reshape(1, 1)]).double()


@chapter.task("gradient", "gradient(X, y, w, b), which returns (grad_w, grad_b), without autograd")
def gradient(f):
    X, y, w, b, A, theta = problem()
    try:
        with torch.no_grad():
            found = read_theta(f(X, y, w, b), "the gradient of w", "the gradient of b")
    except Wrong as wrong:
        autograd = "require grad" in wrong.args[0]
        need(not autograd, "it asks autograd for the gradient", "autograd is not allowed here")
        raise
    twin = theta.clone().requires_grad_()
    wanted = torch.autograd.grad(((A @ twin - y) ** 2).mean() / 2, twin)[0]
    factor = ((found * wanted).sum() / (wanted * wanted).sum()).item()
    names = {-1: "the wrong sign", 8: "the sum over the examples, not the mean", 2: "the half is forgotten"}
    names |= {-8: "the wrong sign, and no mean", 16: "no mean, and the half is forgotten"}
    names |= {1 / 8: "divided by n twice"}
    if close(found, factor * wanted):
        seen = "the direction is right, the length is not" if factor > 0 else "it points the other way"
        need(abs(factor - 1) < 1e-3, seen, name_of(factor, names, "another factor"))
    no_bias = close(found[:2], A[:, :2].T @ (A[:, :2] @ theta[:2] - y) / 8)
    need(not no_bias, "grad_w is as if b were 0", "the bias is missing in the prediction")
    middles = X.mean(0).reshape(2, 1) * (A @ theta - y).mean()
    mistake = "the mean of the products is not the product of the means"
    need(not close(found[:2], middles), "grad_w is right for one example only", mistake)
    for name, part in (("grad_w", slice(2)), ("grad_b", slice(2, 3))):
        summed = close(found[part], 8 * wanted[part])
        need(not summed, f"{name} is 8 times too long (8 examples)", "summed, not averaged")
    good_w, good_b = close(found[:2], wanted[:2]), close(found[2:], wanted[2:])
    need(good_b or not good_w, "grad_w is right, grad_b is not", "the derivative with respect to b")
    need(good_w or not good_b, "grad_b is right, grad_w is not", "the derivative with respect to w")
    need(good_w and good_b, "neither part is right", "the error of the prediction, or its derivative")


@chapter.task("newton_step", "newton_step(X, y, w, b), which returns the new (w, b)")
def newton_step(f):
    X, y, w, b, A, theta = problem()
    new = read_theta(f(X, y, w, b), "the new w", "the new b")
    best = torch.linalg.lstsq(A, y.double()).solution
    slope, step, wanted = A.T @ (A @ theta - y) / 8, new - theta, best - theta
    need(step.any(), "w and b are as before", "no step is made")
    need(step[2] != 0, "b is as before", "the bias is left out of the step")
    alone = close(new, wanted) or close(new, -wanted)
    need(not alone, "w and b are the step, or its opposite", "the step itself is returned: add it to theta")
    twice = close(new, best - column(0.0, 0.0, 5.0), 1e-3)
    need(not twice, "b is too small by as much as it was before", "the bias is counted twice")
    need(not close(step, -slope), "the step is the gradient", "a gradient step: no second derivative")
    factor = ((step * wanted).sum() / (wanted * wanted).sum()).item()
    if close(step, factor * wanted, 1e-3):
        names = {-1: "the wrong sign", 2: "a half is missing in one derivative", 0.5: "a half too many"}
        names |= dict.fromkeys([8, 1 / 8], "the mean in one derivative, the sum in the other")
        seen = "the direction is right, the length is not"
        need(abs(factor - 1) < 1e-2, seen, name_of(factor, names, "another factor"))
    each = close(step, -slope / (A * A).mean(0).reshape(3, 1))
    need(not each, "each parameter steps by itself", "the mixed second derivatives are missing")
    need(close(new, best, 1e-3), "it does not reach the minimum", "the gradient, or the second derivatives")


chapter.number(
    "06-recall-differences",
    (64, 64),
    {
        (8, 8): "each would meet its own only if both had one shape",
        (1, 1): "one difference would be a sum or a mean: nothing is reduced here",
        (16, 16): "a column and a row are not put one after the other",
    },
    "how many numbers, a number",
    look="05_loss",
)


chapter.choice(
    "06-recall-generator",
    "d",
    {
        "a": "it does not start again: that would be a list",
        "b": "a new order comes from a new call, and here is none",
        "c": "it would be kinder if one came, but none does",
    },
    look="02_reading_data",
)


chapter.choice(
    "06-mean",
    "c",
    {
        "a": "that is below the noise, where no training arrives",
        "b": "the minimum is the same, but three epochs do not arrive: how long are the steps?",
        "d": "that would take longer steps, or the wrong sign",
    },
)


chapter.number(
    "06-mean-mended",
    (1, 1),
    {
        (10, 10): "divided twice: the mean has done it once",
        (100, 100): "divided even more often",
        (0.1, 0.1): "that multiplies: now the steps would be ten times too long",
        (0, 0): "a division by zero",
    },
    "a number",
)


chapter.choice(
    "06-bug",
    "c",
    {
        "a": "one start for all epochs, as it should be",
        "b": "the optimizer gets the tensors themselves, once, as it should be",
        "d": "it divides once, and the step of this optimizer does not: that fits",
        "e": "one walk back for each forward pass, as it should be",
        "f": "a step after each walk back, as it should be",
    },
)


chapter.choice(
    "06-newton-absolute",
    "a",
    {
        "b": "it has a corner, but no curve that leads there",
        "c": "that would need a curvature of 1, the squared loss has that",
        "d": "the slope is not zero, only its own slope is",
    },
)
