"""What an honest result of exercise 13 is compared with: a bootstrap, and the errors of its own split."""

import torch

from course.tasks.kit import need
from course.tasks.probes import close, name_of

LEAK = "something is learned from the held-out part"


def bootstrap(*errors, statistic=lambda e: e.square().mean(1).sqrt(), draws=8000, rows=None):
    """Sorted results of a bootstrap; of two sets of errors, the differences on the same draws."""
    n = len(errors[0].flatten())
    picks = torch.randint(n, (draws, rows or n), generator=torch.Generator().manual_seed(0))
    first, *second = (statistic(e.flatten().double()[picks]) for e in errors)
    return (first - second[0] if second else first).sort().values


def ends(draws, share=0.95):
    cut = (1 - share) / 2
    return torch.stack([draws.quantile(cut), draws.quantile(1 - cut)])


def judge(X, y, result, known):
    """Compares what a project reports with what its own split, weights and bias give."""
    held, mean, std = result["held"], result["mean"], result["std"]

    def rms(errors):
        return errors.square().mean().sqrt().item()

    Z = (torch.where(X.isnan(), mean, X) - mean) / std
    errors = y - Z @ result["w"] - result["b"]
    base_errors = y - y[known].mean()
    A = torch.cat([Z, torch.ones(len(Z), 1)], 1).double()
    best = torch.linalg.lstsq(A[known], y[known].double()).solution
    report = {"error": rms(errors[held]), "base": rms(base_errors[held]), "judge": rms((y - A @ best)[held])}
    for name, right in report.items():
        names = {
            rms(errors[known]): "that of the rows that were learned from",
            rms(errors): "that of all rows",
            rms(y - y.mean()): "that of all rows, around the mean of all: " + LEAK,
            rms((y - y.mean())[held]): "the mean of all labels: " + LEAK,
            rms(y[held] - y[held].mean()): "the mean of the held-out labels: " + LEAK,
            rms(base_errors[known]): "that of the rows that were learned from",
            rms((y - A @ best)[known]): "that of the rows that were learned from",
            rms((y - A @ torch.linalg.lstsq(A, y.double()).solution)[held]): LEAK,
            right**2: "the root is missing",
            right**2 / 2: "that is the loss",
        }
        seen = f"{name} is {result[name]:.4g}; the held-out rows give {right:.4g}"
        need(abs(result[name] / right - 1) < 0.01, seen, name_of(result[name], names, "another error"))
    draws = ends(bootstrap(errors[held]))
    off = max(abs(result["low"] - draws[0]), abs(result["high"] - draws[1]))
    seen = f"the interval is {result['low']:.3g} to {result['high']:.3g}, the error {result['error']:.3g}"
    need(off < 0.2 * (draws[1] - draws[0]), seen, "not the interval of the held-out error")
    gap = ends(bootstrap(errors[held], base_errors[held]))
    right = "better" if gap[1] < 0 else "worse" if gap[0] > 0 else "not told apart"
    doubtful = gap.abs().min() < 0.1 * (gap[1] - gap[0])
    seen = f"the verdict is {result['verdict']!r}; error {result['error']:.3g}, the mean {result['base']:.3g}"
    need(doubtful or result["verdict"] == right, seen, "that is not what the held-out errors say")
    need(
        close(result["effects"] * std, result["w"].flatten(), 1e-3),
        "effects are not those of w and std",
        "what one unit does is not what the weights say",
    )
