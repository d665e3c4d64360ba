"""The tasks of 11_scaling_out: each with its check. The answers are in here: try first."""

import os
import tempfile
from pathlib import Path
from unittest import mock

import torch

from course.tasks.kit import Chapter, Wrong, kind, need, read_tensor
from course.tasks.probes import Tensor, close, read_epoch

chapter = Chapter("11_scaling_out")


chapter.number(
    "11-recall-step",
    (0.2999, 0.3001),
    {
        (2.39, 2.41): "that is for the sum: a step goes along the mean gradient",
        (0.037, 0.038): "the number of examples divides once, not twice",
        (2.99, 3.01): "that is the mean gradient: the learning rate is missing",
        (23.9, 24.1): "that is the summed gradient, not the step",
        (29, 31): "the learning rate multiplies: it does not divide",
    },
    "by how much w falls, a number",
    look="06_optimizer",
)


chapter.choice(
    "11-recall-seed",
    "b",
    {
        "a": "chance has a generator behind it, and both generators start in the same state",
        "c": "what is shuffled is one list of rows: its order and its pieces come from the same draw",
        "d": "nothing tells either of the two that there is another",
    },
    look="02_reading_data",
)


chapter.number(
    "11-four-processes",
    (1.85, 1.86),
    {
        (3.99, 4.01): "as if everything were shared: the fixed part is not, and messages are added",
        (3.2, 3.3): "the messages are forgotten",
        (2.0, 2.1): "the fixed part is shared too: every process pays all of it",
        (0.8, 0.82): "the messages are counted once for each process: they go at the same time",
        (1.29, 1.31): "that is for two processes",
        (6.9, 7.1): "that is the time of a step, not how many times as fast it is",
        (0.53, 0.55): "the other way round: how many times as fast is wanted, a number over 1",
        (1.7, 1.72): "one process has a fixed part too",
        (2.16, 2.18): "four processes have a fixed part too",
    },
    "how many times as fast, a number",
)


@chapter.task("combine", "combine(gradients, sizes)")
def combine(f):
    parts, sizes = [[1.0, 10.0], [4.0, 20.0], [10.0, 60.0]], [3, 2, 1]
    total = [sum(n * part[i] for part, n in zip(parts, sizes, strict=True)) for i in range(2)]  # 21, 130
    names = {(): "added up to one number", (3, 2): "nothing is added", (3,): "the wrong direction of a sum"}
    gradients = [torch.tensor(part) for part in parts]
    found = read_tensor(f(gradients, sizes), (2,), names)
    candidates = {
        "a mean of means: the example that is alone counts too much": [5, 30],
        "a sum of means: each is to count as often as it has examples": [15, 90],
        "the sum over all examples: it is not divided by their number": total,
        "divided by the number of shares, not of examples": [value / 3 for value in total],
        "divided by the number of shares too: the number of examples is enough": [v / 18 for v in total],
        "a sum of means, divided by the number of examples": [2.5, 15],
        "each mean is divided by its size once more": [(1 / 3 + 2 + 10) / 3, (10 / 3 + 10 + 60) / 3],
        "only the first share counts": parts[0],
        "only the last share counts": parts[2],
        "the largest share counts for all": [1 * 6, 10 * 6],
    }
    near = [mistake for mistake, value in candidates.items() if close(found, torch.tensor(value))]
    seen = f"1, 4 and 10, the means of 3, 2 and 1 examples, give {found[0].item():.3g}"
    need(close(found, torch.tensor(total) / 6), seen, (near or ["not the mean of all examples"])[0])
    # An empty share has the mean nan. changes=1: nan differs from nan, so as if the argument were changed
    empty = f([torch.full((2,), float("nan")), *gradients], [0, *sizes], changes=1)
    lost = isinstance(empty, Tensor) and empty.isnan().any()
    need(not lost, "with a share that is empty, the result is nan", "0 times nan is nan, not 0")
    same = close(read_tensor(empty, (2,)), found)
    need(same, "with a share that is empty, the result is another", "an empty share counts")
    broken = f([torch.full((2,), float("nan")), *gradients], [2, *sizes], changes=1)
    hidden = isinstance(broken, Tensor) and not broken.isnan().all()
    mistake = "a real nan is hidden: only the size tells that a share is empty"
    need(not hidden, "a share of 2 examples has the gradient nan, the result has not", mistake)
    rows, sizes = torch.randn(40, 3, 2), [7, 1, 0, 20, 12]
    means = [part.mean(0) for part in rows.split(sizes)]
    fresh = close(read_tensor(f(means, sizes, changes=1), (3, 2)), rows.mean(0), 1e-3)
    need(fresh, "fresh gradients of shape (3, 2) give another mean", "not the mean of all examples")


@chapter.task("block_iter", "block_iter(batch_size, load, num_blocks)")
def block_iter(f):
    names = {
        "a batch before the last is too short": "what a block leaves over is to go with the next one",
        "examples are skipped": "examples are lost where a block ends, or a block is never read",
    }

    def read(n, batch_size, size, first=None):
        loads = []

        def reader(batch_size, features, labels, take):
            def load(i):
                if i not in range(num_blocks):
                    raise IndexError(f"there is no block {i}: they are 0 to {num_blocks - 1}")
                loads.append(int(i))
                return features[i * size :][:size].clone(), labels[i * size :][:size].clone()

            num_blocks = -(-n // size)
            return f(batch_size, load, num_blocks, take=first or take)

        if first:
            reader(batch_size, torch.zeros(n, 2), torch.zeros(n, 1), first)
            return [], loads
        try:
            return sum(read_epoch(reader, n, batch_size), []), loads
        except Wrong as found:
            raise Wrong(found.args[0], names.get(found.args[1], found.args[1])) from None

    _, loads = read(20, 4, 20)
    twice = "a block is read twice: features and labels come together"
    need(len(loads) == 1, f"one block is loaded {len(loads)} times", twice)
    for first in (1, 4):
        _, loads = read(100, 4, 10, first)
        wanted = 1 + -(-4 * first // 10)  # one ahead is allowed
        many = "all blocks are in memory at once: load one when its turn comes"
        need(len(loads) <= wanted, f"the first {4 * first} of 100 rows take {len(loads)} of 10 blocks", many)
    for n, batch_size, size in ((40, 4, 10), (43, 5, 10), (30, 10, 4), (12, 20, 5)):
        read(n, batch_size, size)
    epochs = [read(120, 8, 12) for _ in range(8)]
    (order, loads), (_, others) = epochs[:2]
    need(len(loads) == 10, f"10 blocks are loaded {len(loads)} times", twice)
    need(loads != sorted(loads), "the blocks come in the order of the file", "the blocks are not shuffled")
    need(loads != others, "two epochs visit the blocks in one order", "shuffled only once, or a seed inside")
    free = all(len(set(place)) > 1 for place in zip(*(loads for _, loads in epochs), strict=True))
    need(free, "a place has the same block in every epoch", "some blocks are left out of the shuffling")
    inside = [[row % 12 for row in order if row // 12 == i] for i in range(10)]
    seen = "the rows of a block come in the order of the file"
    need(not any(rows == sorted(rows) for rows in inside), seen, "inside the blocks nothing is shuffled")
    seen = "the rows of all blocks come in one and the same order"
    need(len(set(map(tuple, inside))) > 5, seen, "one shuffle for all blocks: each needs its own")


chapter.choice(
    "11-bug-line",
    "d",
    {
        "a": "this line is in order: both runs begin with the same data and the same parameters",
        "b": "this line is in order: a copy, so that the checkpoint itself is not trained",
        "c": "this line is in order: what was saved is put back before the next draw",
        "e": "this line is in order: the first epoch after a restart is the one after the last saved",
        "f": "this line is in order: a copy of the parameters, at the end of the epoch",
    },
)


chapter.choice(
    "11-checkpoint",
    "c",
    {
        "a": "a step leaves nothing of them: the next one begins with fresh gradients",
        "b": "they are read by people, not by the training",
        "d": "with plain descent that would be true: momentum remembers more than the parameters",
    },
)


def same_state(path, state):
    """Whether a checkpoint can be read, and is this one."""
    try:
        found = torch.load(path)
    except Exception:  # each kind of damage has its own
        return False
    known = isinstance(found, dict) and found.keys() == state.keys()
    return known and found["epoch"] == state["epoch"] and torch.equal(found["w"], state["w"])


class Unwritable:
    """What a full disk does to a state, in the middle of its writing."""

    def __init__(self, path):
        self.path, self.was_there = path, None

    def __reduce__(self):
        self.was_there = self.path.exists()
        raise OSError("no space left on the disk")


@chapter.task("save_checkpoint", "save_checkpoint(path, state)")
def save_checkpoint(f):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "epoch_3.pt"
        old, new = ({"epoch": 3, "w": torch.randn(2, 1)} for _ in range(2))
        moves = []

        def watched(move):
            def run(source, target, **options):
                moves.append((path.exists(), Path(source).resolve().parent == path.resolve().parent))
                return move(source, target, **options)

            return run

        f(path, old | {"w": old["w"].clone()})
        need(path.exists(), "there is no file of the given name", "nothing is saved, or under another name")
        need(same_state(path, old), "torch.load does not give the state back", "not the state is saved")
        count = len(list(Path(name).iterdir()))
        need(count == 1, f"one call leaves {count} files", "copied, not renamed: the other file stays")
        number = path.stat().st_ino  # of the file itself, whatever its name
        with (
            mock.patch.object(os, "rename", watched(os.rename)),
            mock.patch.object(os, "replace", watched(os.replace)),
        ):
            f(path, new)
        need(same_state(path, new), "a second call leaves the first state", "an old file is not replaced")
        there, beside = map(all, zip(*moves, strict=True)) if moves else (True, True)
        away = "the old file is removed too early: renaming replaces it in one go"
        need(there, "for a moment there is no file of that name", away)
        far = "on another disk, renaming fails: write aside in the same folder"
        need(beside, "the file is written in another folder", far)
        over = "the good file itself is written over: write aside, then rename"
        need(path.stat().st_ino != number, "the old file itself has other contents now", over)
        broken = Unwritable(path)
        try:
            f(path, new | {"last": broken})
        except Wrong as found:
            need("no space left" in found.args[0], *found.args)
        else:
            raise Wrong("the disk is full, and no error comes", "the error is caught: nobody learns of it")
        need(broken.was_there is not False, "while the new file is written, there is none", away)
        need(same_state(path, new), "after a writing that failed, the good file is gone", over)
        left = len(list(Path(name).iterdir()))
        stays = "the unfinished file stays behind: on a full disk it takes what is left"
        need(left == 1, f"after a writing that failed there are {left} files", stays)


@chapter.task("newest", "newest(folder)")
def newest(f):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "unfinished").write_bytes(b"PK")
        need(f(folder) is None, "without a checkpoint something comes back", "None is wanted there")
        for age, epoch in enumerate((3, 10, 2, 9)):
            path = folder / f"epoch_{epoch}.pt"
            torch.save({"epoch": epoch, "w": torch.randn(2, 1)}, path)
            os.utime(path, (1e9 - 100 * age,) * 2)
        good = {epoch: torch.load(folder / f"epoch_{epoch}.pt") for epoch in (10, 9, 3, 2)}
        names = {
            9: "sorted as texts, where 9 comes after 10: compare numbers",
            3: "the time of writing decides: a copy has another",
            2: "the oldest, not the newest",
        }
        for epoch, damage in (
            (10, lambda whole: whole[: len(whole) // 2]),
            (9, lambda whole: b""),
            (3, lambda whole: b"hello"),
            (2, lambda whole: whole[:100]),
            (None, None),
        ):
            harmed = {10: "", 9: "with epoch_10.pt cut in half, "}.get(epoch, "with several damaged files, ")
            try:
                found = f(folder)
            except Wrong as wrong:
                stop = "a damaged file stops it: skip the file"
                if epoch and epoch < 9:
                    stop = "not every damage is caught: each kind has its own error"
                raise Wrong(harmed + wrong.args[0], stop if epoch != 10 else wrong.args[1]) from None
            if epoch is None:
                need(found is None, "with all files damaged, something comes back", "None is wanted there")
                break
            needed = "it gives up: the one before may be whole" if harmed else "a checkpoint is there"
            need(found is not None, harmed + "the result is None", needed)
            need(
                isinstance(found, dict),
                f"{harmed}the result is a {kind(found)}",
                "the state is wanted: load it",
            )
            seen = f"{harmed}epoch {found.get('epoch')} comes back, not {epoch}"
            need(found.get("epoch") == epoch, seen, names.get(found.get("epoch"), "another checkpoint"))
            need(torch.equal(found["w"], good[epoch]["w"]), seen, "the state is changed")
            path = folder / f"epoch_{epoch}.pt"
            need(path.exists(), f"{path.name} is gone after the call", "reading removes files")
            path.write_bytes(damage(path.read_bytes()))
        left = len(list(folder.iterdir()))
        need(left == 5, f"of 5 files {left} are left", "reading removes files: a person may still want them")
