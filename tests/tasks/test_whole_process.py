"""The tasks of 08_whole_process, proved: each mistake is named, each right answer passes."""

import numpy as np
import torch
from support.proof import proofs


def adam(
    grad=lambda g, size: g / size,
    mean=lambda old, g, b1, b2: b1 * old + (1 - b1) * g,
    square=lambda old, g, b1, b2: b2 * old + (1 - b2) * g**2,
    first=lambda m, b1, b2, t: m / (1 - b1**t),
    second=lambda s, b1, b2, t: s / (1 - b2**t),
    step=lambda lr, m, s, eps: -lr * m / (s.sqrt() + eps),
    keep=True,
    zero=True,
    defaults=(0.9, 0.999, 1e-8),
):
    """Adam with one thing changed."""
    usual = defaults

    def adam_step(
        params, means, squares, count, lr, batch_size, beta1=usual[0], beta2=usual[1], eps=usual[2]
    ):
        with torch.no_grad():
            for p, m, s in zip(params, means, squares, strict=True):
                g = grad(p.grad, batch_size)
                new_m, new_s = mean(m, g, beta1, beta2), square(s, g, beta1, beta2)
                p += step(lr, first(new_m, beta1, beta2, count), second(new_s, beta1, beta2, count), eps)
                if keep:
                    m.copy_(new_m), s.copy_(new_s)
                if zero:
                    p.grad.zero_()

    return adam_step


def adam_stored(params, means, squares, count, lr, batch_size, beta1=0.9, beta2=0.999, eps=1e-8):
    adam()(params, means, squares, count, lr, batch_size, beta1, beta2, eps)
    for m, s in zip(means, squares, strict=True):
        m /= 1 - beta1**count
        s /= 1 - beta2**count


def adam_by_data(params, means, squares, count, lr, batch_size, beta1=0.9, beta2=0.999, eps=1e-8):
    for i, param in enumerate(params):
        g = param.grad.div(batch_size)
        means[i] = means[i].mul(beta1).add(g, alpha=1 - beta1)
        squares[i] = torch.lerp(g * g, squares[i], beta2)
        size = (squares[i] / (1 - beta2**count)) ** 0.5 + eps
        param.data -= lr * means[i] / size / (1 - beta1**count)
        param.grad = None


def adam_new_lists(params, means, squares, *rest):
    means, squares = [m.clone() for m in means], [s.clone() for s in squares]
    adam()(params, means, squares, *rest)


def stopping(better=lambda loss, best: loss < best, enough=lambda waited, p: waited >= p, start=0, anew=True):
    def early_stopping(losses, patience):
        best, waited, stop = None, 0, start
        for epoch, loss in enumerate(losses, start):
            stop = epoch
            if best is None or better(loss, losses[best - start]):
                best, waited = epoch, 0 if anew else waited
            else:
                waited += 1
            if enough(waited, patience):
                break
        return best, stop

    return early_stopping


def stopping_by_neighbours(losses, patience):
    waited = 0
    for epoch in range(1, len(losses)):
        waited = waited + 1 if losses[epoch] > losses[epoch - 1] else 0
        if waited == patience:
            break
    return losses.index(min(losses[: epoch + 1])), epoch


def stopping_by_slices(losses, patience):
    for stop in range(len(losses)):
        seen = losses[: stop + 1]
        if stop - seen.index(min(seen)) == patience:
            return seen.index(min(seen)), stop
    return int(torch.tensor(losses).argmin()), len(losses) - 1


def after(change):
    """The right answer, changed: change(losses, best, stop)."""
    return lambda losses, patience: change(losses, *stopping()(losses, patience))


def clip(scale=lambda length, limit: min(1, limit / length), length=lambda g: (g**2).sum().sqrt()):
    def clip(params, limit):
        factor = scale(length(torch.cat([p.grad.flatten() for p in params])), limit)
        for p in params:
            p.grad *= factor

    return clip


def clip_each(params, limit):
    for p in params:
        clip()([p], limit)


def clip_first(params, limit):
    factor = min(1, limit / torch.cat([p.grad.flatten() for p in params]).norm())
    params[0].grad *= factor


def clip_numbers(low=True):
    return lambda params, limit: [p.grad.clamp_(-limit if low else None, limit) for p in params] and None


def clip_new(params, limit):
    grads = [p.grad * min(1, limit / torch.cat([p.grad.flatten() for p in params]).norm()) for p in params]
    return grads


def clip_params(params, limit):
    clip()(params, limit)
    for p in params:
        p.data *= 0.5


def clip_by_torch(params, limit):
    torch.nn.utils.clip_grad_norm_(params, limit)


def clip_by_loop(params, limit):
    total = sum(float(g) ** 2 for p in params for g in p.grad.flatten()) ** 0.5
    if total > limit:
        for p in params:
            p.grad = p.grad * limit / total


SHAPES = ["(1000, 3)", "(8, 3)", "(8, 1)", "()", "(3, 1)"]


def shapes(*order):
    return [SHAPES[i] for i in order]


# task -> answers that pass, and answers that do not, each with words that its note must hold
ANSWERS = {
    "adam": {
        "right": [adam(), adam_by_data],
        "wrong": [
            ("wrong sign", adam(step=lambda lr, m, s, eps: lr * m / (s.sqrt() + eps))),
            ("lr is not used", adam(step=lambda lr, m, s, eps: -m / (s.sqrt() + eps))),
            ("not divided", adam(grad=lambda g, size: g.clone())),
            ("no correction", adam(first=lambda m, *_: m, second=lambda s, *_: s)),
            ("the mean is not corrected", adam(first=lambda m, *_: m)),
            ("the square is not corrected", adam(second=lambda s, *_: s)),
            (
                "a step late",
                adam(
                    first=lambda m, b1, b2, t: m / (1 - b1 ** (t + 1)),
                    second=lambda s, b1, b2, t: s / (1 - b2 ** (t + 1)),
                ),
            ),
            ("this step only", adam_stored),
            ("root of the square is missing", adam(step=lambda lr, m, s, eps: -lr * m / (s + eps))),
            ("inside the root", adam(step=lambda lr, m, s, eps: -lr * m / (s + eps).sqrt())),
            ("eps is not used", adam(step=lambda lr, m, s, eps: -lr * m / s.sqrt())),
            ("kept from step", adam(mean=lambda old, g, *_: g, first=lambda m, *_: m)),
            ("kept from step", adam(square=lambda old, g, *_: g**2, second=lambda s, *_: s)),
            (
                "a sum, not a mean",
                adam(
                    lambda g, n: g / n,
                    lambda old, g, b1, b2: b1 * old + g,
                    (lambda old, g, b1, b2: b2 * old + g**2),
                ),
            ),
            ("change in place", adam_new_lists),
            ("not zeroed", adam(zero=False)),
            ("other defaults", adam(defaults=(0.9, 0.99, 1e-8))),
            (
                "are not used",
                lambda p, m, s, t, lr, B, beta1=0, beta2=0, eps=1e-8: adam()(p, m, s, t, lr, B, eps=eps),
            ),
            ("another mean", adam(square=lambda old, g, b1, b2: b2 * old + (1 - b2) * g.abs())),
        ],
    },
    "early_stopping": {
        "right": [stopping(), stopping_by_slices],
        "wrong": [
            ("number 0", stopping(start=1)),
            ("wrong order", after(lambda losses, best, stop: (stop, best))),
            ("loss comes back", after(lambda losses, best, stop: (losses[best], stop))),
            ("never stops", stopping(enough=lambda waited, p: False)),
            ("too long", stopping(enough=lambda waited, p: waited > p)),
            ("too short", stopping(enough=lambda waited, p: waited >= p - 1)),
            ("last epoch is kept", after(lambda losses, best, stop: (stop, stop))),
            ("added up", stopping(anew=False)),
            ("epoch before", stopping_by_neighbours),
            ("beyond the stop", after(lambda losses, best, stop: (losses.index(min(losses)), stop))),
            (
                "beyond the stop",  # the patience counted from the best of all, which is not known yet
                lambda losses, p: (
                    losses.index(min(losses)),
                    min(losses.index(min(losses)) + p, len(losses) - 1),
                ),
            ),
            ("equal loss", stopping(better=lambda loss, best: loss <= best)),
            ("patience is not used", stopping(enough=lambda waited, p: waited >= 3)),
            (
                "one less than all",
                lambda losses, p: next(
                    (end for end in [stopping()(losses, p)] if end[1] < len(losses) - 1),
                    (losses.index(min(losses)), len(losses)),
                ),
            ),
            ("2 parts", after(lambda losses, best, stop: (best, stop, losses))),
            ("nothing is returned", after(lambda losses, best, stop: print(best))),
            ("changes its argument", lambda losses, p: (losses.pop(), 0)),
        ],
    },
    "clip": {
        "right": [clip(lambda length, limit: min(1, limit / length)), clip_by_torch, clip_by_loop],
        "wrong": [
            ("each tensor", clip_each),
            ("by itself: that", clip_numbers()),
            ("only above", clip_numbers(low=False)),
            ("same as before", clip_new),
            ("only the first", clip_first),
            ("squares' sum", clip(length=lambda g: (g**2).sum())),
            ("get longer", clip(lambda length, limit: length / limit)),
            ("length 1", clip(lambda length, limit: 1 / length)),
            ("largest number", clip(length=lambda g: g.abs().max())),
            ("sum of the sizes", clip(length=lambda g: g.abs().sum())),
            ("mean of the squares", clip(length=lambda g: (g**2).mean().sqrt())),
            ("stretched", clip(lambda length, limit: limit / length)),
            ("square of the length", clip(lambda length, limit: limit / length if length**2 > limit else 1)),
            ("only the gradients", clip_params),
            ("needed by the step", lambda params, limit: [setattr(p, "grad", None) for p in params]),
            ("a zero divides", lambda params, limit: clip(lambda a, b: min(1, b / a.item()))(params, limit)),
        ],
    },
    "08-recall-shapes": {
        "right": [SHAPES, tuple(SHAPES)],
        "wrong": [
            ("they come first", shapes(1, 0, 2, 3, 4)),
            ("made from a mini-batch", shapes(0, 2, 1, 3, 4)),
            ("starts from one number", shapes(0, 1, 3, 2, 4)),
            ("comes out of backward", shapes(0, 1, 2, 4, 3)),
            ("once", SHAPES[:-1]),
        ],
    },
    "08-recall-limit": {
        "right": [0.5, 2 / 4],
        "wrong": [
            ("twice as much", 0.25),
            ("half of the inverse", 0.125),
            ("that is its root", 2),
            ("over the root", 1),
            ("wrong way round", 8),
            ("not a learning rate", 4),
            ("another value", 0.4),
        ],
    },
    "08-unseen": {
        "right": [np.exp(-5), 0.37**5],
        "wrong": [
            ("the same examples", 0.37),
            ("divided by", 0.37 / 5),
            ("in every epoch", 0.63**5),
            ("was seen", 0.993),
            ("added up", 5 * 0.37),
            ("percent", 0.67),
            ("unlucky", 0),
            ("another value", 0.02),
        ],
    },
    "08-choose": {
        "right": ["c", "C"],
        "wrong": [
            ("decide where it lands", "a"),
            ("widest feature", "b"),
            ("as hard as it is wrong", "d"),
        ],
    },
    "08-bug": {
        "right": ["e", "E"],
        "wrong": [
            ("same data", "a"),
            ("fresh start", "b"),
            ("its own loss", "c"),
            ("as many epochs", "d"),
            ("smallest of", "f"),
        ],
    },
}

test_each_mistake_is_named, test_each_right_answer_passes, test_nothing_is_not_attempted = proofs(
    "08_whole_process", ANSWERS
)
