"""The explorer of chapter 07."""

import torch

from course.explore import Explorer, choice, slider
from course.explorers.common import FIT, OTHER, TRUTH, log_scale
from course.figures import axes
from helpers import synthetic_data


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
