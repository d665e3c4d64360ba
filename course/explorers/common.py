"""What several explorers use."""

import torch

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
