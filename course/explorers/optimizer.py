"""The explorer of chapter 06."""

from functools import cache

import torch

from course.explore import Explorer, choice, slider
from course.explorers.common import DATA, FIT, TRUTH, batch_sums, line_fit, log_scale, seeded
from course.figures import axes
from helpers import lr_limit


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
        end = f"{left[-1]:.2g}" if left[-1] > 1e-5 else "less than 1e-5"  # below, it is rounding
        lost = f"{loss[0]:.2g}"
        if points[-1, 0].abs().max() >= 1e6:  # held there, so that nothing overflows
            end, lost = "over 1e+06", "over 1e+12"
        return fig, (
            f"lr {lr:g}, batches of {batch_size}, start at {start}: {updates} updates bring the "
            "distance from the minimum "
            f"from {left[0]:.1f} to {end} and the loss to {lost}; the least possible is "
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
