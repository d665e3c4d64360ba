"""The explorer of chapter 04."""

import torch

from course.explore import Explorer, slider
from course.explorers.common import DATA, FIT, OTHER, TRUTH, line_fit, seeded
from course.figures import axes


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
