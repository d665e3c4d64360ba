"""How long an explorer takes from a moved control to the new picture: `python benchmarks/redraw.py`."""

import random
import time

import torch

from course import explorers

LIMIT = {"start": 300, "path": 300, "training": 300}  # milliseconds; the others have 100
NAMES = ["noise", "reading", "start", "by_hand", "outlier", "path", "training"]
MOVES = 60


def move(explorer):
    """Puts one control, chosen at random, on another value, as a learner does."""
    control = random.choice(list(explorer.controls.values()))
    others = [value for value in possible(control) if value != control.value]
    control.value = random.choice(others)


def possible(control):
    if hasattr(control, "min"):
        return range(control.min, control.max + 1)
    return [value for _, value in control._options_full]


def main():
    torch.set_num_threads(2)
    random.seed(0)
    for name in NAMES:
        explorer = getattr(explorers, name)()
        times = []
        for _ in range(MOVES):
            begin = time.perf_counter()
            move(explorer)
            times.append(1000 * (time.perf_counter() - begin))
            if explorer.status.value:
                raise RuntimeError(f"{name}: {explorer.status.value}")
        median, p95 = (torch.tensor(times).quantile(q).item() for q in (0.5, 0.95))
        limit = LIMIT.get(name, 100)
        verdict = "ok" if p95 <= limit else "too slow"
        print(f"{name:10} median {median:4.0f} ms   95 % within {p95:4.0f} ms   limit {limit} ms   {verdict}")


if __name__ == "__main__":
    main()
