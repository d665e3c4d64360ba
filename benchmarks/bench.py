"""How fast the course's functions are, as ratios measured side by side: `make bench`.

Prints the tables, then writes benchmarks/cost.png. A full run takes about two minutes.
"""

import os
import platform
import random
import statistics
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import torch
from torch.utils.data import DataLoader, TensorDataset

from helpers import data_iter, evaluate_loss, init_params, linreg, sgd, squared_loss, synthetic_data, train

try:
    from sklearn.linear_model import SGDRegressor
except ImportError:  # the row is left out
    SGDRegressor = None

SIZES = [(1_000, 2, 10), (100_000, 10, 100), (1_000_000, 10, 1000)]  # n, d, B
CURVE = [1_000, 10_000, 100_000, 1_000_000, 10_000_000]  # n, with d = 10 and B = 1000
SLOW = {
    "the notes' list",
    "DataLoader",
    "DataLoader + optim.SGD",
    "the notes' loop",
}  # seconds per epoch: run fewer times


# Readers: (batch_size, features, labels) -> mini-batches.


def list_iter(batch_size, features, labels):
    """The notes' version."""
    indices = list(range(len(features)))
    random.shuffle(indices)
    for i in range(0, len(features), batch_size):
        j = torch.tensor(indices[i : i + batch_size])
        yield features[j], labels[j]


def loader_iter(batch_size, features, labels):
    return DataLoader(TensorDataset(features, labels), batch_size, shuffle=True)


# Trainers: one epoch over (batch_size, features, labels), from zero.


def train_notes(batch_size, features, labels, reader=list_iter):
    w, b = init_params(features.shape[1])
    for X, y in reader(batch_size, features, labels):
        squared_loss(linreg(X, w, b), y).sum().backward()
        sgd([w, b], 0.03, batch_size)
    evaluate_loss([w, b], features, labels)


def train_helpers(batch_size, features, labels):
    params = init_params(features.shape[1])
    train(params, features, labels, 0.03, 1, batch_size, report=None)


def train_framework(batch_size, features, labels):
    net, loss = torch.nn.Linear(features.shape[1], 1), torch.nn.MSELoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.015)
    for X, y in loader_iter(batch_size, features, labels):
        optimizer.zero_grad()
        loss(net(X), y).backward()
        optimizer.step()
    with torch.no_grad():
        loss(net(features), labels)


def train_by_hand(batch_size, features, labels):
    """The gradient of squared_loss written out, without autograd."""
    w, b = torch.zeros(features.shape[1], 1), torch.zeros(1)
    for X, y in data_iter(batch_size, features, labels):
        error = torch.addmm(b, X, w) - y
        w.addmm_(X.T, error, alpha=-0.03 / batch_size)
        b -= 0.03 / batch_size * error.sum()
    evaluate_loss([w, b], features, labels)


def train_sklearn(batch_size, features, labels):
    """Compiled, one example at a time; batch_size has no meaning for it."""
    SGDRegressor(learning_rate="constant", eta0=0.001, alpha=0).partial_fit(
        features.numpy(), labels.numpy().ravel()
    )


def seconds(function, *args):
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def reading(reader):
    """The function that reads all mini-batches and keeps none."""
    return lambda *args: deque(reader(*args), maxlen=0)


READERS = {
    "data_iter": reading(data_iter),
    "the notes' list": reading(list_iter),
    "DataLoader": reading(loader_iter),
}
TRAINERS = {
    "train": train_helpers,
    "the notes' loop": train_notes,
    "DataLoader + optim.SGD": train_framework,
    "gradient by hand": train_by_hand,
}
if SGDRegressor:
    TRAINERS["SGDRegressor"] = train_sklearn


def medians(functions, repeats, *args):
    """Seconds of each function, run in turn, so that a disturbance of the machine meets them all."""
    times = {name: [] for name in functions}
    for turn in range(repeats):
        for name, function in functions.items():
            if turn < 3 or name not in SLOW:
                progress(f"n={len(args[1]):,}: {name}, run {turn + 1} of {repeats}")
                times[name].append(seconds(function, *args))
    progress("")
    return {name: statistics.median(values) for name, values in times.items()}


def progress(text):
    if sys.stderr.isatty():
        print(f"\r{text:<70}", end="", file=sys.stderr, flush=True)


def copy_bandwidth():
    """Bytes per second, read plus written, of a copy too large for the caches."""
    source = torch.ones(25_000_000)
    target = source.clone()
    return 2 * 4 * len(source) / min(seconds(lambda: target.copy_(source)) for _ in range(5))


def empty_step():
    """Seconds of a training step that has next to nothing to compute: one example, one feature."""
    X, y, (w, b) = torch.ones(1, 1), torch.ones(1, 1), init_params(1)

    def step():
        squared_loss(linreg(X, w, b), y).sum().backward()
        sgd([w, b], 0.0, 1)

    return statistics.median(seconds(step) for _ in range(1000))


def floor(n, d, B, bandwidth, step):
    """Seconds that reading and training cannot beat: the bytes that must move, and the calls.

    Reading writes and reads the order (8 bytes each), then reads and writes each example.
    Training also reads each mini-batch twice, forwards and backwards, and makes n / B autograd steps.
    """
    example = 4 * (d + 1)
    read = n * (2 * 8 + 2 * example) / bandwidth
    return read, read + n * 2 * example / bandwidth + -(-n // B) * step


def peak_memory(n=3_000_000, d=10, B=1000):
    """Peak of the process in an epoch of train over the memory of the data, both above an idle torch."""
    import resource  # not on Windows

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    train_helpers(B, torch.randn(B, d), torch.randn(B, 1))
    idle = peak()
    features, labels = torch.randn(n, d), torch.randn(n, 1)
    data = peak()
    train_helpers(B, features, labels)
    return (peak() - idle) / (data - idle)


def in_new_process(code, repeats=1):
    """Runs each line in a Python of its own. Returns the median seconds, and what the last one printed."""
    times, printed = {line: [] for line in code}, ""
    for _ in range(repeats):
        for line in code:
            start = time.perf_counter()
            printed = subprocess.run(
                [sys.executable, "-c", line],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parent,
            ).stdout
            times[line].append(time.perf_counter() - start)
    return [statistics.median(values) for values in times.values()], printed


def cpu_name():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def table(title, times, bounds):
    """times: for each size, the seconds of each row, the course's own first."""
    print(f"\n### {title}\n")
    print("| | " + " | ".join(f"n={n:,} d={d} B={B}" for n, d, B in SIZES) + " |")
    print("|---|" + "---|" * len(SIZES))
    own = next(iter(times[0]))
    for name in times[0]:
        cells = [
            f"{1e3 * t[name]:.3g} ms" + (f", x {t[name] / t[own]:.2g}" if name != own else "") for t in times
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")
    cells = [
        f"{1e3 * bound:.3g} ms, {own} is x {t[own] / bound:.2g}"
        for t, bound in zip(times, bounds, strict=True)
    ]
    print("| floor | " + " | ".join(cells) + " |")


def goals(small, read, trained, curve, memory, imports):
    """Each goal of the course's helpers with what was measured. small: the readers at the notes' size."""
    flat = [curve[n]["train"] / n for n in CURVE if n >= 100_000]
    rows = [
        ("reading, n=1e3: the notes' / data_iter", small["the notes' list"] / small["data_iter"], ">=", 6),
        (
            "reading, n=1e6: the notes' / data_iter",
            read["the notes' list"] / read["data_iter"],
            ">=",
            15,
        ),
        ("reading, n=1e6: DataLoader / data_iter", read["DataLoader"] / read["data_iter"], ">=", 50),
        ("epoch, n=1e6: the notes' / train", trained["the notes' loop"] / trained["train"], ">=", 4),
        (
            "epoch, n=1e6: DataLoader + optim.SGD / train",
            trained["DataLoader + optim.SGD"] / trained["train"],
            ">=",
            20,
        ),
        ("epoch per example, n=1e5 to 1e7: largest / smallest", max(flat) / min(flat), "<=", 1.5),
        ("epoch, d=10: peak memory / data set", memory, "<=", 1.3),
        ("import helpers / import torch", imports, "<=", 1.05),
    ]
    if SGDRegressor:
        rows.append(
            ("epoch, n=1e6: SGDRegressor / train", trained["SGDRegressor"] / trained["train"], ">=", 1)
        )
    print("\n### Goals\n\n| ratio | measured | goal | |\n|---|---|---|---|")
    for what, value, sign, goal in rows:
        met = value >= goal if sign == ">=" else value <= goal
        print(f"| {what} | {value:.3g} | {sign} {goal} | {'met' if met else '**missed**'} |")


def plot(curve):
    from course.figures import axes, png

    fig, ax = axes("n, number of examples", "ns per example", columns=2, size=(9, 3.6), sharey=True)
    for one, functions, title in ((ax[0], READERS, "reading"), (ax[1], TRAINERS, "a training epoch")):
        for name in functions:
            points = [(n, 1e9 * times[name] / n) for n, times in curve.items() if name in times]
            one.loglog(*zip(*points, strict=True), marker="o", label=name)
        one.set_title(title)
        one.set_ylim(5, 3e6)  # room for the legend above the lines
        one.legend(loc="upper left", ncols=2, fontsize=8)
    path = Path(__file__).with_name("cost.png")
    path.write_bytes(png(fig))
    print("\nThe plot of cost against n: benchmarks/cost.png")


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)  # as SGDRegressor; and other programs on the machine then disturb less
    print(f"{cpu_name()}, {os.cpu_count()} cores; torch {torch.__version__}, one thread")
    # first, while this process is small: a new process begins with the peak of the one that started it
    memory = float(in_new_process(["from bench import *; print(peak_memory())"])[1])
    plain, ours = in_new_process(["import torch", "import helpers"], repeats=9)[0]
    bandwidth, step = copy_bandwidth(), empty_step()
    print(f"copy bandwidth {bandwidth / 1e9:.3g} GB/s, an empty autograd step {1e6 * step:.3g} us")
    read, trained = [], []
    for n, d, B in SIZES:
        data = synthetic_data(torch.randn(d), 4.2, n)
        read.append(medians(READERS, 25 if n < 10_000 else 5, B, *data))
        trained.append(medians(TRAINERS, 25 if n < 10_000 else 5, B, *data))
    bounds = [floor(*size, bandwidth, step) for size in SIZES]
    table("Reading all examples once", read, [r for r, _ in bounds])
    table("One training epoch, with the loss over all data at its end", trained, [t for _, t in bounds])
    curve = {}
    for n in CURVE:
        data = synthetic_data(torch.randn(10), 4.2, n)
        functions = {
            k: f
            for k, f in (READERS | TRAINERS).items()
            if n <= 100_000 or k in {"data_iter", "train", "gradient by hand"}
        }
        curve[n] = medians(functions, 25 if n < 100_000 else 3, 1000, *data)
    curve[1_000_000] |= read[-1] | trained[-1]
    goals(read[0], read[-1], trained[-1], curve, memory, ours / plain)
    plot(curve)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nstopped: what is printed above is complete, the rest was not measured")
