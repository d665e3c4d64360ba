"""The explorer of chapter 05."""

import torch

from course.explore import Explorer, slider
from course.explorers.common import DATA, FIT, OTHER, line_fit, seeded
from course.figures import axes


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
        for kind, (fit, colour) in fits.items():
            w, b = fit(y)
            r = w * x[moved] + b - y[moved]
            pull = gradients[kind](r)
            style = "--" if kind == "Huber" else "-"  # it often lies upon the absolute one
            ax[0].plot(ends, w * ends + b, style, color=colour)
            ax[1].plot(residuals, gradients[kind](residuals), style, color=colour, label=kind)
            ax[1].plot(r, pull, "o", color=colour, markersize=8)
            words.append(f"{kind} slope {w:.2f}, gradient of the outlier {pull:+.2f}")
        ax[0].set(xlim=(-2.5, 3), ylim=(-35, 55))
        ax[1].set(xlim=(-40, 40), ylim=(-20, 20))
        ax[0].legend(loc="upper left")
        ax[1].legend(loc="upper left")
        return fig, f"The outlier is moved by {shift} (the truth has slope 2): " + "; ".join(words) + "."

    return Explorer(draw, shift=slider("outlier shift (in y)", range(-40, 41), 20))
