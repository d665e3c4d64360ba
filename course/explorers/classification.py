"""The explorer of chapter 12."""

import torch

from course.explore import Explorer, choice, slider
from course.explorers.common import DATA, FIT, OTHER, TRUTH
from course.figures import axes


def scores():
    """Chapter 12: only differences of scores count, and a confident mistake is pushed the hardest."""
    classes = ["A", "B", "C"]
    grid = torch.linspace(-10, 10, 201)

    def draw(s, right, temperature):
        p = torch.softmax(torch.tensor([float(s), 1.0, 0.0]) / temperature, 0)
        label = classes.index(right)
        push = torch.eye(3)[label] - p
        # softmax of scores / T, for every place that s can take
        others = torch.tensor([1.0, 0.0]).expand(len(grid), 2)
        curve = -torch.log_softmax(torch.cat([grid[:, None], others], 1) / temperature, 1)[:, label]
        loss = -p[label].log().item()
        fig, ax = axes(["class", "score s of A"], ["probability p", f"loss when {right} is right"], columns=2)
        ax[0].bar(classes, p.tolist(), color=[FIT if k == label else DATA for k in range(3)], width=0.5)
        for k in range(3):
            arrow = {"arrowstyle": "-|>", "color": OTHER, "linewidth": 2}
            if abs(push[k]) > 0.02:
                ax[0].annotate("", (k + 0.35, p[k] + push[k]), (k + 0.35, p[k]), arrowprops=arrow)
            ax[0].text(k, p[k] + 0.02, f"{p[k]:.2f}", ha="center")
        ax[0].plot([], [], color=OTHER, label="push: one-hot minus p")
        ax[0].legend(loc="upper right")
        ax[0].set(ylim=(-0.05, 1.25))
        ax[1].plot(grid, curve, color=FIT)
        ax[1].plot(s, loss, "o", color=TRUTH, markersize=9)
        ax[1].set(xlim=(-10.5, 10.5), ylim=(-0.5, 12))
        shares = ", ".join(f"{k} {share:.2f}" for k, share in zip(classes, p, strict=True))
        pushes = ", ".join(f"{k} {one:+.2f}" for k, one in zip(classes, push, strict=True))
        return fig, (
            f"Scores {s}, 1 and 0 divided by {temperature:g}, and {right} is right: probabilities {shares}; "
            f"loss {loss:.2f}; pushes {pushes}."
        )

    return Explorer(
        draw,
        s=slider("score s of A", range(-10, 11), 2),
        right=choice("right class", classes, "A"),
        temperature=slider("temperature", [0.25, 0.5, 1, 2, 4, 8], 1),
    )
