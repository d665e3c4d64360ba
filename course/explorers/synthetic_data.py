"""The explorer of chapter 01."""

import torch

from course.explore import Explorer, slider
from course.explorers.common import DATA, FIT, TRUTH, line_fit, log_scale, seeded
from course.figures import axes


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
