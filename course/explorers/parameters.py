"""The explorer of chapter 03."""

import torch

from course.explore import Explorer, choice, slider
from course.explorers.common import FIT, OTHER, TRUTH, log_scale, seeded
from course.figures import axes


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
