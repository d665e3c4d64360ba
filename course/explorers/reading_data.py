"""The explorer of chapter 02."""

import torch

from course.explore import Explorer, choice, slider
from course.explorers.common import FIT, OTHER, TRUTH, batch_sums, line_fit, seeded
from course.figures import axes


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
