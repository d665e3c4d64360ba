"""The checks of exercises 08 and 10 beyond the chapters, proved: mistakes are named, right answers pass."""

import numpy as np
import test_feedback as proof
import torch

from course import feedback

fresh = proof.fresh  # a fixture: no state is left from one test to the next


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


SHAPES = ["(1000, 3)", "(8, 3)", "(8, 1)", "()", "(3, 1)"]


def shapes(*order):
    return [SHAPES[i] for i in order]


# task -> the words that its hint must hold, and the answer that must bring them
WRONG_ANSWERS = {
    "08-recall-shapes": [
        ("they come first", shapes(1, 0, 2, 3, 4)),
        ("made from a mini-batch", shapes(0, 2, 1, 3, 4)),
        ("starts from one number", shapes(0, 1, 3, 2, 4)),
        ("comes out of backward", shapes(0, 1, 2, 4, 3)),
        ("once", SHAPES[:-1]),
    ],
    "08-recall-limit": [
        ("twice as much", 0.25),
        ("half of the inverse", 0.125),
        ("that is its root", 2),
        ("over the root", 1),
        ("wrong way round", 8),
        ("not a learning rate", 4),
        ("another value", 0.4),
    ],
    "08-unseen": [
        ("the same examples", 0.37),
        ("divided by", 0.37 / 5),
        ("in every epoch", 0.63**5),
        ("was seen", 0.993),
        ("added up", 5 * 0.37),
        ("percent", 0.67),
        ("unlucky", 0),
        ("another value", 0.02),
    ],
    "08-choose": [
        ("decide where it lands", "a"),
        ("widest feature", "b"),
        ("as hard as it is wrong", "d"),
    ],
    "08-bug": [
        ("same data", "a"),
        ("fresh start", "b"),
        ("its own loss", "c"),
        ("as many epochs", "d"),
        ("smallest of", "f"),
    ],
    "adam": [
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
    "early_stopping": [
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
    "clip": [
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
    "10-recall-condition": [
        ("counts twice", 10),
        ("a bowl", 1),
        ("upside down", 0.01),
        ("without the square", 0.1),
        ("cube", 1000),
        ("another value", 20),
    ],
    "10-recall-flattered": [("choose the parameters", "a"), ("learned the noise", "b"), ("truth", "c")],
    "10-steps": [
        ("the condition alone", 25),
        ("logarithm is missing", 2500),
        ("base 10", 50),
        ("factor of 1000", 7 * 25),
        ("square of the factor", 230),
        ("twice as fast", 57.5),
        ("another method", 5),
        ("another method", 23),
        ("another value", 90),
    ],
    "10-units": [
        ("one standard deviation", 16.06),
        ("for 1 mmHg", 1.161),
        ("not 10 mmHg", 160.6),
        ("divide", 2221),
        ("divide; and", 222.1),
        ("upside down", 8.6),
        ("upside down", 0.86),
        ("share", 1.38),
        ("those are", 0.72),
        ("wrong sign", -11.6),
    ],
    "10-bug": [
        ("another row", "a"),
        ("at random", "c"),
        ("numbers of the training part", "d"),
        ("fitted to", "e"),
        ("unit of the label", "f"),
    ],
    "split": [
        ("nothing is shuffled", parted(lambda n, seed: torch.arange(n))),
        ("nothing is shuffled", parted(lambda n, seed: torch.arange(n).flip(0))),
        ("nothing is shuffled", parted(lambda n, seed: torch.arange(n).roll(seed))),
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
    "cross_validate": [
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
        ("overlap", validated(parts=lambda n, k: [torch.arange(n)[i : i + n // k + 1] for i in range(n)])),
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
}
RIGHT_ANSWERS = {
    "08-recall-shapes": [SHAPES, tuple(SHAPES)],
    "08-recall-limit": [0.5, 2 / 4],
    "08-unseen": [np.exp(-5), 0.37**5],
    "08-choose": ["c", "C"],
    "08-bug": ["e", "E"],
    "adam": [adam(), adam_by_data],
    "early_stopping": [stopping(), stopping_by_slices],
    "clip": [clip(lambda length, limit: min(1, limit / length)), clip_by_torch, clip_by_loop],
    "10-recall-condition": [100, 99.0],
    "10-recall-flattered": ["d", "D"],
    "10-steps": [115, 113, np.log(100) * 25],
    "10-units": [11.6, 160.6 / 13.83],
    "10-bug": ["b", "B"],
    "split": [parted(), split_by_numpy, parted(test=lambda r, m: r[-m:], train=lambda r, m: r[:-m])],
    "cross_validate": [validated(), validate_by_slices],
}


(
    test_the_mistake_is_named,
    test_a_right_answer_passes_on_ten_seeds,
    test_each_task_is_proved_and_its_stub_is_not_attempted,
) = proof.proofs(WRONG_ANSWERS, RIGHT_ANSWERS)


def test_each_task_of_08_and_10_is_proved():
    asked = {name for name, task in feedback.TASKS.items() if task.chapter[:2] in ("08", "10")}
    asked |= {name for name in feedback.TASKS if name.startswith(("08-", "10-"))}
    assert asked == WRONG_ANSWERS.keys() | {"standardize"}  # that one in test_feedback.py
