"""One explorer for each of the chapters 01 to 07, each built around one thing to discover."""

from functools import cache

import torch

from course.explore import Explorer, choice, slider
from course.figures import axes
from helpers import lr_limit, synthetic_data

DATA, TRUTH, FIT, OTHER = "C7", "black", "C0", "C1"


def seeded(seed):
    """A generator of its own: a control then scales the same random numbers, and draws no new ones."""
    return torch.Generator().manual_seed(seed)


def line_fit(x, y):
    """Slope and bias of least squares, for each row of x and y (..., n)."""
    centred = x - x.mean(-1, keepdim=True)
    slope = (centred * y).sum(-1) / (centred**2).sum(-1)
    return slope, (y - slope[..., None] * x).mean(-1)


def log_scale(panel, axis, ticks):
    """A logarithmic axis with these ticks alone: the usual crowd of them doubles the time of a redraw."""
    panel.set(
        **{f"{axis}scale": "log", f"{axis}ticks": ticks, f"{axis}ticklabels": [f"{t:g}" for t in ticks]}
    )
    getattr(panel, f"{axis}axis").minorticks_off()


def batch_sums(x, y, batch_size):
    """What a step needs of each mini-batch: A^T A / B, (updates, 2, 2), and A^T y / B, (updates, 2)."""
    A = torch.stack([x, torch.ones_like(x)], 1).reshape(-1, batch_size, 2)
    return A.mT @ A / batch_size, (A.mT @ y.reshape(-1, batch_size, 1)).squeeze(-1) / batch_size


def noise():
    """Chapter 01: noise moves the best fit, more examples bring it back, the slope does not matter."""
    counts = [5, 10, 20, 40, 80, 160, 320, 640]
    x = torch.randn(500, counts[-1], generator=seeded(1))
    unit = torch.randn(x.shape, generator=seeded(2))
    # y = slope * x + b + noise: the error of the fitted slope is the slope fitted to the noise alone
    typical = [line_fit(x[:, :n], unit[:, :n])[0].square().mean().sqrt().item() for n in counts]

    def draw(slope, noise, n):
        y = slope * x[0, :n] + 4.2 + noise * unit[0, :n]
        found, bias = (value.item() for value in line_fit(x[0, :n], y))
        off, theory = noise * typical[counts.index(n)], noise / n**0.5
        fig, ax = axes(
            ["feature x", "number of examples n"], ["label y", "typical error of the slope"], columns=2
        )
        ends = torch.tensor([-3.5, 3.5])
        ax[0].plot(x[0, :n], y, ".", color=DATA, markersize=4)
        ax[0].plot(ends, slope * ends + 4.2, "--", color=TRUTH, label=f"truth, slope {slope:.1f}", zorder=3)
        ax[0].plot(ends, found * ends + bias, color=FIT, label=f"best fit, slope {found:.2f}")
        ax[0].set(xlim=(-3.5, 3.5), ylim=(-8, 18))
        ax[0].legend(loc="upper center")
        ax[1].plot(counts, [noise * value for value in typical], ".", color=DATA, label="500 data sets")
        ax[1].plot(
            counts, [noise / count**0.5 for count in counts], color=TRUTH, linewidth=1, label="noise / √n"
        )
        ax[1].plot(n, off, "o", color=FIT, markersize=9)
        log_scale(ax[1], "x", counts[::2])
        log_scale(ax[1], "y", [0.01, 0.1, 1])
        ax[1].set(xlim=(4, 800), ylim=(0.002, 5))
        ax[1].legend(loc="upper right")
        return fig, (
            f"{n} examples with noise {noise:g}: the best fit has slope {found:.2f}, the truth "
            f"{slope:.2f}. Over 500 such "
            f"data sets the slope is typically {off:.2g} off; noise / √n is {theory:.2g}."
        )

    return Explorer(
        draw,
        slope=slider("slope (y per x)", [-3, -2, -1, 0, 1, 2, 3], 2),
        noise=slider("noise (std, in y)", [0.01, 0.1, 0.5, 1, 2, 3, 4], 1),
        n=slider("examples n", counts, 20),
    )


def reading():
    """Chapter 02: in a sorted file the order of reading drags the parameters about; shuffled it does not."""
    n, lr = 400, 0.1
    x, noise = torch.randn(n, generator=seeded(1)), torch.randn(n, generator=seeded(2))
    y = x + 4.2 + 2 * noise
    best = torch.stack(line_fit(x, y))
    rows = {"sorted by label": y.argsort(), "in random order": torch.arange(n)}
    orders = {
        "shuffled": torch.randperm(n, generator=seeded(3)),
        "sequential": torch.arange(n),
        "with replacement": torch.randint(n, (n,), generator=seeded(4)),
    }

    def draw(batch_size, order, file):
        read = orders[order]
        labels = y[rows[file]][read]
        path = [best]
        for curvature, pull in zip(*batch_sums(x[rows[file]][read], labels, batch_size), strict=True):
            path.append(path[-1] - lr * (curvature @ path[-1] - pull))
        away = torch.stack(path) - best
        fig, ax = axes(["update", "update"], ["row in the file", "distance from the best fit"], columns=2)
        updates = len(path) - 1
        when = torch.arange(n) // batch_size + 1
        ax[0].scatter(when, read, c=labels, s=5, cmap="coolwarm", vmin=-1, vmax=9.4)
        ax[0].set(xlim=(0, 1.08 * updates), ylim=(-10, n + 10), title="label: blue low, red high")
        ax[1].axhline(0, color=TRUTH, linewidth=1, linestyle="--")
        for column, (name, colour) in enumerate((("w", FIT), ("b", OTHER))):
            ax[1].plot(away[:, column], color=colour, label=name, marker="." if updates < 20 else None)
        ax[1].set(xlim=(0, 1.08 * updates), ylim=(-5, 5))
        ax[1].legend(loc="upper left", ncols=2)
        w, b = away[-1].tolist()
        return fig, (
            f"File {file}, read {order}, batch size {batch_size}, updates {updates}; "
            f"{len(read.unique())} of the {n} examples are read. From the best fit, one epoch moves w "
            f"by {w:+.2f} and b by "
            f"{b:+.2f}; on the way b is at most {away[:, 1].abs().max():.2f} off."
        )

    return Explorer(
        draw,
        batch_size=slider("batch size (rows)", [1, 2, 5, 10, 20, 50, 100, 200, 400], 10),
        order=choice("order of reading", list(orders), "sequential"),
        file=choice("the file is", list(rows), "sorted by label"),
    )


def start():
    """Chapter 03: equal starting weights are harmless for a linear model, fatal for a hidden layer."""
    steps, units = 300, 8
    x = torch.linspace(-2, 2, 80).reshape(-1, 1)
    noise = 0.1 * torch.randn(x.shape, generator=seeded(1))
    straight, curved = 2 * x + 1 + noise, torch.sin(2 * x) + noise
    drawn = torch.randn(2 * units + 1, generator=seeded(2))

    def linear(scale, lr=0.1):
        w, b, losses = scale[:1].reshape(1, 1).clone(), torch.zeros(1), []
        for _ in range(steps + 1):
            error = x @ w + b - straight
            losses.append(error.square().mean() / 2)
            w -= lr * x.T @ error / len(x)
            b -= lr * error.mean()
        return torch.stack(losses)

    def hidden(scale, lr=0.2):
        W1, W2 = scale[1 : units + 1].reshape(1, -1).clone(), scale[units + 1 :].reshape(-1, 1).clone()
        b1, b2, losses = torch.zeros(units), torch.zeros(1), []
        for _ in range(steps + 1):
            h = torch.tanh(x @ W1 + b1)
            error = h @ W2 + b2 - curved
            losses.append(error.square().mean() / 2)
            back = error @ W2.T * (1 - h**2) / len(x)
            W2 -= lr * h.T @ error / len(x)
            b2 -= lr * error.mean()
            W1 -= lr * x.T @ back
            b1 -= lr * back.sum(0)
        return torch.stack(losses), h

    def draw(std, kind):
        scale = std * (drawn if kind == "random" else torch.ones_like(drawn))
        line = linear(scale)
        curve, h = hidden(scale)
        different = len((h.T * 1000).round().unique(dim=0))
        fig, ax = axes("step", ["loss, linear model", "loss, hidden layer"], columns=2)
        for panel, losses, colour in zip(ax, (line, curve), (FIT, OTHER), strict=True):
            panel.plot(losses, color=colour)
            log_scale(panel, "y", [0.01, 1, 100])
            panel.set(xlim=(-5, steps), ylim=(0.002, 3000))
        constant = (curved - curved.mean()).square().mean().item() / 2
        ax[1].axhline(constant, color=TRUTH, linewidth=1, linestyle="--", label="best constant prediction")
        ax[1].legend(loc="upper right")
        return fig, (
            f"{kind.capitalize()} weights of size {std:g}. After {steps} steps the linear model has "
            "come from loss "
            f"{line[0]:.2g} to {line[-1]:.2g}; the hidden layer from {curve[0]:.2g} to {curve[-1]:.2g}, "
            "where the best "
            f"constant has {constant:.2g}. Different hidden units: {different} of {units}."
        )

    return Explorer(
        draw,
        std=slider("initial size (std)", [0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10], 1),
        kind=choice("weights", {"random, from N(0, std²)": "random", "all equal to std": "equal"}, "random"),
        release=True,
    )


def by_hand():
    """Chapter 04: you are the optimiser; where the residuals show no pattern, the loss cannot fall."""
    x, noise = torch.randn(40, generator=seeded(1)), torch.randn(40, generator=seeded(2))
    y = 2 * x + 4.2 + noise
    best = torch.stack(line_fit(x, y))
    least = (y - best[0] * x - best[1]).square().mean().item() / 2

    def draw(w, b):
        y_hat = w * x + b
        residual = y_hat - y
        loss = residual.square().mean().item() / 2
        tilt, middle = line_fit(x, residual)
        fig, ax = axes("feature x", ["label y, prediction y_hat", "residual y_hat - y"], columns=2)
        ends = torch.tensor([-3.0, 3.0])
        ax[0].vlines(x, y, y_hat, color=OTHER, linewidth=1)
        ax[0].plot(x, y, ".", color=DATA, label="labels")
        ax[0].plot(ends, w * ends + b, color=FIT, label=f"loss {loss:.2f}")
        ax[0].set(xlim=(-3, 3), ylim=(-6, 14))
        ax[0].legend(loc="upper left")
        ax[1].axhline(0, color=TRUTH, linewidth=1, linestyle="--")
        ax[1].plot(x, residual, ".", color=OTHER)
        ax[1].plot(ends, tilt * ends + middle, color=DATA, label="their trend")
        ax[1].set(xlim=(-3, 3), ylim=(-12, 12))
        ax[1].legend(loc="upper left")
        return fig, (
            f"w = {w:.1f}, b = {b:.1f}: loss {loss:.3f}, which is {loss / least:.2f} times that of "
            "least squares "
            f"({least:.3f}). The residuals have mean {residual.mean():+.2f} and slope {tilt:+.2f}."
        )

    tenths = [round(i / 10, 1) for i in range(-40, 81)]
    return Explorer(draw, w=slider("w (y per x)", tenths[:81], 0), b=slider("b (in y)", tenths, 0))


def outlier():
    """Chapter 05: one outlier pulls the squared fit without limit, the absolute and Huber fits hardly."""
    n = 30
    x, noise = torch.randn(n, generator=seeded(1)), torch.randn(n, generator=seeded(2))
    clean = 2 * x + 4.2 + 0.7 * noise
    moved = x.argmax()
    i, j = torch.combinations(torch.arange(n)).T

    def absolute_fit(y):
        """Some best line for the absolute loss runs through two of the points: try all pairs."""
        slope = (y[j] - y[i]) / (x[j] - x[i])
        bias = y[i] - slope * x[i]
        best = (slope[:, None] * x + bias[:, None] - y).abs().mean(1).argmin()
        return slope[best], bias[best]

    def huber_fit(y):
        """Weighted least squares again and again: a residual beyond 1 weighs 1 / its size."""
        weight = torch.ones(n)
        for _ in range(30):
            centre, middle = (weight @ x) / weight.sum(), (weight @ y) / weight.sum()
            w = (weight * (x - centre)) @ (y - middle) / (weight @ (x - centre) ** 2)
            b = middle - w * centre
            weight = 1 / (w * x + b - y).abs().clamp(min=1)
        return w, b

    fits = {
        "squared": (lambda y: line_fit(x, y), FIT),
        "absolute": (absolute_fit, OTHER),
        "Huber": (huber_fit, "C2"),
    }
    gradients = {"squared": lambda r: r, "absolute": torch.sign, "Huber": lambda r: r.clamp(-1, 1)}
    residuals = torch.linspace(-50, 50, 1001)

    def draw(shift):
        y = clean.clone()
        y[moved] += shift
        fig, ax = axes(["feature x", "residual y_hat - y"], ["label y", "gradient for y_hat"], columns=2)
        ends = torch.tensor([-2.5, 3.0])
        ax[0].plot(x, y, ".", color=DATA)
        ax[0].plot(x[moved], y[moved], "o", color="C3", markersize=8, label="the outlier")
        words = []
        for name, (fit, colour) in fits.items():
            w, b = fit(y)
            r = w * x[moved] + b - y[moved]
            pull = gradients[name](r)
            style = "--" if name == "Huber" else "-"  # it often lies upon the absolute one
            ax[0].plot(ends, w * ends + b, style, color=colour)
            ax[1].plot(residuals, gradients[name](residuals), style, color=colour, label=name)
            ax[1].plot(r, pull, "o", color=colour, markersize=8)
            words.append(f"{name} slope {w:.2f}, gradient of the outlier {pull:+.2f}")
        ax[0].set(xlim=(-2.5, 3), ylim=(-35, 55))
        ax[1].set(xlim=(-40, 40), ylim=(-20, 20))
        ax[0].legend(loc="upper left")
        ax[1].legend(loc="upper left")
        return fig, f"The outlier is moved by {shift} (the truth has slope 2): " + "; ".join(words) + "."

    return Explorer(draw, shift=slider("outlier shift (in y)", range(-40, 41), 20))


def path():
    """Chapter 06: below the predicted limit of lr the path ends at the minimum, above it runs away."""
    n, updates = 200, 60
    x, noise = 2 * torch.randn(n, generator=seeded(1)), torch.randn(n, generator=seeded(2))
    A, y = torch.stack([x, torch.ones(n)], 1).double(), (2 * x + 4.2 + noise).double()
    best = torch.stack(line_fit(x, y.float())).double()
    H = A.T @ A / n
    least = (A @ best - y).square().mean() / 2
    limit = lr_limit(x.reshape(-1, 1))
    lrs = [0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.8, 1]
    grid = torch.logspace(-2, 0, 60).double()
    w_axis, b_axis = torch.linspace(-3, 7, 60).double(), torch.linspace(-4, 12, 60).double()
    starts = {"w = -2, b = 0": (-2, 0), "w = 2, b = -3": (2, -3), "w = 6, b = 10": (6, 10)}

    def excess(theta):
        """Loss above the least one, for points (..., 2): it is a quadratic."""
        away = theta - best
        return (away @ H * away).sum(-1) / 2

    valley = excess(torch.stack(torch.meshgrid(w_axis, b_axis, indexing="xy"), -1))

    @cache
    def batches(size):
        """The order of 60 updates, and for each the curvature and the pull of its mini-batch."""
        generator = seeded(3)
        rows = torch.cat([torch.randperm(n, generator=generator) for _ in range(updates * size // n + 1)])
        rows = rows[: updates * size]
        return batch_sums(x[rows].double(), y[rows], size)

    def walk(lr, size, start):
        """Parameters along the updates, for each lr: (updates + 1, number of lrs, 2)."""
        theta = torch.tensor(start).double().expand(len(lr), 2)
        points = [theta]
        for curvature, pull in zip(*batches(size), strict=True):
            theta = (theta - lr[:, None] * (theta @ curvature - pull)).clamp(-1e6, 1e6)
            points.append(theta)
        return torch.stack(points)

    def draw(lr, batch_size, start):
        points = walk(torch.cat([torch.tensor([lr]).double(), grid]), batch_size, starts[start])
        loss = least + excess(points[-1])
        fig, ax = axes(["w", "learning rate lr"], ["b", f"loss after {updates} updates"], columns=2)
        ax[0].contour(
            w_axis, b_axis, valley, levels=[0.3, 1, 3, 8, 16, 28, 45, 70], colors=DATA, linewidths=0.7
        )
        ax[0].plot(*points[:, 0].T, ".-", color=FIT, linewidth=1, markersize=4)
        ax[0].plot(*starts[start], "s", color=FIT)
        ax[0].plot(*best, "*", color=TRUTH, markersize=10)
        ax[0].set(xlim=(-3, 7), ylim=(-4, 12))
        ax[1].plot(grid, loss[1:], color=DATA, linewidth=1.2)
        log_scale(ax[1], "x", [0.01, 0.1, 1])
        log_scale(ax[1], "y", [1, 100, 1e4, 1e6])
        ax[1].axvline(limit, color="C3", linestyle="--", linewidth=1.2, label=f"predicted limit {limit:.2f}")
        ax[1].plot(lr, loss[0].clamp(max=3e5), "o", color=FIT, markersize=8)
        ax[1].set(xlim=(0.009, 1.1), ylim=(0.1, 1e6))
        ax[1].legend(loc="upper left")
        left = (points[:, 0] - best).norm(dim=-1)
        return fig, (
            f"lr {lr:g}, batches of {batch_size}, start at {start}: {updates} updates bring the "
            "distance from the minimum "
            f"from {left[0]:.1f} to {left[-1]:.2g} and the loss to {loss[0]:.2g}; the least possible is "
            f"{least:.2g}. Predicted "
            f"limit of lr with all examples in a batch: {limit:.2f}."
        )

    return Explorer(
        draw,
        lr=slider("learning rate lr", lrs, 0.4),
        batch_size=slider("batch size (rows)", [1, 2, 5, 10, 20, 50, 100, 200], 200),
        start=choice("start", list(starts), "w = -2, b = 0"),
        release=True,
    )


def training():
    """Chapter 07: the loss falls by a constant factor until it meets the floor of the noise."""
    batch_size, lr, updates = 10, 0.03, 300
    truth = torch.tensor([2, -3.4, 4.2])

    def run(noise):
        """Losses over the data set (301,) and parameters (301, 3) along the three epochs of the notes."""
        torch.manual_seed(0)
        X, y = synthetic_data(truth[:2], 4.2, 1000, noise)
        A = torch.cat([X, torch.ones(1000, 1)], 1)
        theta = torch.zeros(3, 1)
        path = [theta]
        for _ in range(3):
            for rows in torch.randperm(1000).split(batch_size):
                theta = theta - lr * A[rows].T @ (A[rows] @ theta - y[rows]) / batch_size
                path.append(theta)
        path = torch.cat(path, 1)
        return (A @ path - y).square().mean(0) / 2, path.T

    levels = [0, 0.01, 0.1, 1]
    with torch.random.fork_rng(devices=[]):
        runs = {noise: run(noise) for noise in levels}

    def draw(step, view, noise):
        losses, path = runs[noise]
        seen = torch.arange(0, step + 1, view)
        fig, ax = axes("step", ["loss over all examples", "parameter"], columns=2)
        mark = "o" if view == 100 else None
        ax[0].plot(seen, losses[seen], color=FIT, marker=mark)
        ax[0].plot(step, losses[step], "o", color=FIT)
        log_scale(ax[0], "y", [1e-8, 1e-6, 1e-4, 1e-2, 1, 100])
        if noise:
            ax[0].axhline(
                noise**2 / 2,
                color="C3",
                linestyle="--",
                linewidth=1.2,
                label=f"noise² / 2 = {noise**2 / 2:g}",
            )
            ax[0].legend(loc="upper right")
        ax[0].set(xlim=(0, 305), ylim=(1e-8, 100))
        for column, (name, colour) in enumerate((("w1", FIT), ("w2", OTHER), ("b", "C2"))):
            ax[1].axhline(truth[column], color=TRUTH, linestyle="--", linewidth=1)
            ax[1].plot(seen, path[seen, column], color=colour, marker=mark, label=name)
            ax[1].plot(step, path[step, column], "o", color=colour)
        ax[1].set(xlim=(0, 305), ylim=(-4.5, 6.5))
        ax[1].legend(loc="upper left", ncols=3)
        for panel in ax:
            panel.set_xticks([0, 100, 200, 300], ["0", "100\nepoch 1", "200\nepoch 2", "300\nepoch 3"])
        w1, w2, b = path[step].tolist()
        return fig, (
            f"After step {step} of {updates}, {step / 100:.2f} epochs: loss {losses[step]:.2g}, floor "
            "noise² / 2 = "
            f"{noise**2 / 2:.2g}; w1 = {w1:.2f}, w2 = {w2:.2f}, b = {b:.2f}. The truth is 2, -3.4, 4.2; "
            "the largest "
            f"distance from it is {(path[step] - truth).abs().max():.2g}."
        )

    step = slider("step", range(0, updates + 1), 100)
    view = choice("move by", {"1 step": 1, "10 steps": 10, "1 epoch (100 steps)": 100}, 1)
    view.observe(lambda change: setattr(step, "step", change.new), "value")
    return Explorer(
        draw,
        step=step,
        view=view,
        noise=choice("noise (std, in y)", levels, 0.01),
        play="step",
    )
