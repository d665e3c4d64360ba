"""The tasks of 06_optimizer, proved: each mistake is named, each right answer passes."""

import torch
from support.proof import proofs

import helpers


def step(divisor=lambda p, params, B: B, sign=-1, lr=lambda lr: lr, zero="after", only=None):
    def sgd(params, lr_, batch_size):
        with torch.no_grad():
            for p in params[:only]:
                if zero == "before":
                    p.grad.zero_()
                p += sign * lr(lr_) * p.grad / divisor(p, params, batch_size)
                if zero == "after":
                    p.grad.zero_()

    return lambda params, lr, batch_size: sgd(params, lr, batch_size)


def step_rebinds(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            grad = param.grad
            param = param - lr * grad / batch_size
            grad.zero_()


def step_rebinds_then_zeroes(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param = param - lr * param.grad / batch_size
            param.grad.zero_()


def step_recorded(params, lr, batch_size):
    for param in params:
        param -= lr * param.grad / batch_size
        param.grad.zero_()


def step_zeroes_last(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
        param.grad.zero_()


def step_of_two(params, lr, batch_size):
    w, b = params
    helpers.sgd([w, b], lr, batch_size)


def step_zeroes_a_copy(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero()


def step_by_signs(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad.sign() / batch_size
            param.grad.zero_()


def step_stops_recording(params, lr, batch_size):
    for param in params:
        param.requires_grad_(False)
        param -= lr * param.grad / batch_size
        param.grad = None


@torch.no_grad()
def step_decorated(params, lr, batch_size):
    for param in params:
        param.sub_(param.grad, alpha=lr / batch_size)
        param.grad = None


def step_by_data(params, lr, batch_size):
    for param in params:
        param.data = param.data - lr / batch_size * param.grad
        param.grad.data.zero_()
    return params


def heavy(update, divide=True, sign=-1, zero=True):
    def sgd_momentum(params, velocities, lr, batch_size, momentum):
        with torch.no_grad():
            for p, v in zip(params, velocities, strict=True):
                p += sign * update(v, p.grad / (batch_size if divide else 1), lr, momentum)
                if zero:
                    p.grad.zero_()

    return sgd_momentum


def set_to(v, value):
    v.copy_(value)
    return v


def momentum_by_list(params, velocities, lr, batch_size, momentum):
    for i, p in enumerate(params):
        velocities[i] = momentum * velocities[i] + p.grad / batch_size
        p.data.sub_(lr * velocities[i])
        p.grad = None


def momentum_of_sums(params, velocities, lr, batch_size, momentum):
    heavy(lambda v, g, lr, m: lr * set_to(v, m * v + g), divide=False)(
        params, velocities, lr / batch_size, batch_size, momentum
    )


def momentum_of_two(params, velocities, lr, batch_size, momentum):
    w, b = params
    heavy(lambda v, g, lr, m: lr * set_to(v, m * v + g))([w, b], velocities, lr, batch_size, momentum)


def grad_of(error=lambda X, y, w, b: X @ w + b - y, scale=lambda n: 1 / n):
    def gradient(X, y, w, b):
        e = error(X, y, w, b) * scale(len(X))
        return X.T @ e, e.sum(0)

    return gradient


def grad_by_rows(X, y, w, b):
    grad_w, grad_b = torch.zeros_like(w), torch.zeros_like(b)
    for row, label in zip(X, y, strict=True):
        error = row @ w + b - label
        grad_w += error * row.reshape(-1, 1) / len(X)
        grad_b += error / len(X)
    return grad_w, grad_b


def grad_by_autograd(X, y, w, b):
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    ((X @ w + b - y) ** 2 / 2).mean().backward()
    return w.grad, b.grad


def grad_of_means(X, y, w, b):
    error = (X @ w + b - y).mean(0)
    return X.mean(0).reshape(-1, 1) * error, error


def newton(sign=-1, divisor=len, bias=True, full=True, hessian=True, slope=lambda g: g):
    def step(X, y, w, b):
        A = torch.cat([X, torch.ones(len(X), 1)], 1)
        theta = torch.cat([w, b.reshape(1, 1)])
        g, H = slope(A.T @ (A @ theta - y) / len(X)), A.T @ A / divisor(X)
        if not full:
            H = torch.diag(torch.diag(H))
        move = torch.linalg.solve(H, g) if hessian else g
        theta = theta + sign * move
        return theta[:-1], theta[-1] if bias else b.clone()

    return step


def newton_by_lstsq(X, y, w, b):
    theta = torch.linalg.lstsq(torch.cat([X, torch.ones(len(X), 1)], 1), y).solution
    return theta[:-1], theta[-1]


# task -> answers that pass, and answers that do not, each with words that its note must hold
ANSWERS = {
    "sgd": {
        "right": [helpers.sgd, step(), step_decorated, step_by_data],
        "wrong": [
            ("not divided", step(divisor=lambda p, params, B: 1)),
            ("number of parameters", step(divisor=lambda p, params, B: len(params))),
            ("size of each parameter", step(divisor=lambda p, params, B: p.numel())),
            ("size of each parameter", step(divisor=lambda p, params, B: B * len(p))),
            ("divided twice", step(divisor=lambda p, params, B: B * B)),
            ("multiplied instead of divided", step(divisor=lambda p, params, B: 1 / B)),
            ("exactly two parameters", step_of_two),
            ("exactly two parameters", step(only=2)),
            ("no step is made", step(sign=0, zero="never")),
            ("end in _", step_zeroes_a_copy),
            ("not zeroed", step(zero="never")),
            ("before the step", step(zero="before")),
            ("only some of the gradients", step_zeroes_last),
            ("not in place", step_rebinds),
            ("new tensor", step_rebinds_then_zeroes),
            ("not in place", lambda params, lr, B: [p - lr * p.grad / B for p in params]),
            ("wrong sign", step(sign=1)),
            ("only some of the parameters", step(only=1)),
            ("lr is not used", step(lr=lambda lr: 0.03)),
            ("lr is not used", step(lr=lambda lr: 1)),
            ("lr enters in another way", step(lr=lambda lr: lr**2)),
            ("along the gradient", step_by_signs),
            ("another factor", step(sign=-2)),
            ("no_grad is missing", step_recorded),
            ("recording is switched off", step_stops_recording),
        ],
    },
    "momentum": {
        "right": [heavy(lambda v, g, lr, m: lr * set_to(v, m * v + g)), momentum_by_list],
        "wrong": [
            ("not kept", heavy(lambda v, g, lr, m: lr * (m * v + g))),
            ("momentum is not used", heavy(lambda v, g, lr, m: lr * set_to(v, v + g))),
            ("old velocity does not enter", heavy(lambda v, g, lr, m: lr * set_to(v, g))),
            ("renew v first", heavy(lambda v, g, lr, m: lr * v.clone() + 0 * set_to(v, m * v + g))),
            ("points the other way", heavy(lambda v, g, lr, m: lr * set_to(v, m * v - g), sign=1)),
            ("holds the sum", momentum_of_sums),
            ("1 + momentum times", heavy(lambda v, g, lr, m: lr * v.add_(m * v + g))),
            ("multiplied by momentum, too", heavy(lambda v, g, lr, m: lr * v.add_(g).mul_(m))),
            ("lr is not used", heavy(lambda v, g, lr, m: set_to(v, m * v + g))),
            ("used them", heavy(lambda v, g, lr, m: lr * set_to(v, m * v + 0 * g))),
            ("parameter 0.6 and velocity 2", heavy(lambda v, g, lr, m: lr * set_to(v, g))),
            ("exactly two parameters", momentum_of_two),
            ("not divided", heavy(lambda v, g, lr, m: lr * set_to(v, m * v + g), divide=False)),
            ("wrong sign", heavy(lambda v, g, lr, m: lr * set_to(v, m * v + g), sign=1)),
            ("inside the velocity", heavy(lambda v, g, lr, m: set_to(v, m * v + lr * g))),
            ("average", heavy(lambda v, g, lr, m: lr * set_to(v, m * v + (1 - m) * g))),
            ("Nesterov", heavy(lambda v, g, lr, m: lr * (g + m * set_to(v, m * v + g)))),
            ("not zeroed", heavy(lambda v, g, lr, m: lr * set_to(v, m * v + g), zero=False)),
            ("not in place", lambda params, velocities, lr, B, m: [p - lr * p.grad / B for p in params]),
        ],
    },
    "gradient": {
        "right": [grad_of(), grad_by_rows],
        "wrong": [
            ("wrong sign", grad_of(lambda X, y, w, b: y - X @ w - b)),
            ("sum over the examples", grad_of(scale=lambda n: 1)),
            ("half is forgotten", grad_of(scale=lambda n: 2 / n)),
            ("no mean, and the half", grad_of(scale=lambda n: 2)),
            ("bias is missing", grad_of(lambda X, y, w, b: X @ w - y)),
            (
                "with respect to b",
                lambda X, y, w, b: (grad_by_rows(X, y, w, b)[0], grad_by_rows(X, y, w, b)[1] / 3),
            ),
            (
                "grad_b is 8 times too long",
                lambda X, y, w, b: (grad_of()(X, y, w, b)[0], (X @ w + b - y).sum(0)),
            ),
            (
                "grad_w is 8 times too long",
                lambda X, y, w, b: (X.T @ (X @ w + b - y), (X @ w + b - y).mean(0)),
            ),
            ("product of the means", grad_of_means),
            (
                "one dimension too many",
                lambda X, y, w, b: [g.reshape(-1, 1) for g in grad_by_rows(X, y, w, b)],
            ),
            ("plain vector", lambda X, y, w, b: [g.flatten() for g in grad_by_rows(X, y, w, b)]),
            ("b has no dimension", lambda X, y, w, b: (grad_by_rows(X, y, w, b)[0], (X @ w + b - y).mean())),
            ("autograd is not allowed", grad_by_autograd),
            ("wrong order", lambda X, y, w, b: grad_by_rows(X, y, w, b)[::-1]),
            ("neither", grad_of(lambda X, y, w, b: (X @ w + b - y) ** 2)),
        ],
    },
    "newton_step": {
        "right": [newton(), newton_by_lstsq],
        "wrong": [
            ("gradient step", newton(hessian=False)),
            ("wrong sign", newton(sign=1)),
            ("the sum in the other", newton(divisor=lambda X: 1)),
            ("bias is left out", newton(bias=False)),
            ("mixed second derivatives", newton(full=False)),
            ("half is missing", newton(sign=-2)),
            (
                "add it to theta",
                lambda X, y, w, b: [n - o for n, o in zip(newton()(X, y, w, b), (w, b), strict=True)],
            ),
            (
                "add it to theta",
                lambda X, y, w, b: [o - n for n, o in zip(newton()(X, y, w, b), (w, b), strict=True)],
            ),
            ("counted twice", lambda X, y, w, b: newton()(X, y - b, w, b)),
            ("g must be a column", newton(slope=torch.Tensor.flatten)),
            ("no step", lambda X, y, w, b: (w.clone(), b.clone())),
            ("own input", lambda X, y, w, b: (w, b)),
            ("2 parts", lambda X, y, w, b: torch.cat([w, b.reshape(1, 1)])),
            ("another factor", newton(sign=-0.1)),
        ],
    },
    "06-recall-differences": {
        "right": [64, 8 * 8],
        "wrong": [
            ("if both had one shape", 8),
            ("nothing is reduced", 1),
            ("one after the other", 16),
            ("another value", 80),
        ],
    },
    "06-recall-generator": {
        "right": ["d", "D"],
        "wrong": [("would be a list", "a"), ("a new call", "b"), ("none does", "c")],
    },
    "06-mean": {
        "right": ["c", "C"],
        "wrong": [("below the noise", "a"), ("do not arrive", "b"), ("longer steps", "d")],
    },
    "06-mean-mended": {
        "right": [1, 1.0],
        "wrong": [
            ("divided twice", 10),
            ("even more often", 100),
            ("ten times too long", 0.1),
            ("division by zero", 0),
            ("wrong sign", -1),
        ],
    },
    "06-bug": {
        "right": ["c", "C"],
        "wrong": [
            ("one start", "a"),
            ("tensors themselves", "b"),
            ("divides once", "d"),
            ("one walk back for each", "e"),
            ("a step after each", "f"),
        ],
    },
    "06-newton-absolute": {
        "right": ["a", "A"],
        "wrong": [("a corner", "b"), ("curvature of 1", "c"), ("slope is not zero", "d")],
    },
}

test_each_mistake_is_named, test_each_right_answer_passes, test_nothing_is_not_attempted = proofs(
    "06_optimizer", ANSWERS
)
