"""The tasks of 11_scaling_out, proved: each mistake is named, each right answer passes."""

import os
import re
import shutil
import tempfile
from pathlib import Path

import torch
from support.proof import proofs


def weighed(weight=lambda n: n, end=lambda total, sizes: total / sum(sizes), skip=True):
    def combine(gradients, sizes):
        pairs = [(g, n) for g, n in zip(gradients, sizes, strict=True) if n or not skip]
        return end(sum(weight(n) * g for g, n in pairs), sizes)

    return combine


def combined_by_tensors(gradients, sizes):
    shares = torch.tensor(sizes)
    used = torch.stack(gradients)[shares > 0]
    return torch.tensordot(shares[shares > 0] / shares.sum(), used, 1)


def combined_in_place(gradients, sizes):
    for gradient, n in zip(gradients, sizes, strict=True):
        gradient *= n
    return sum(gradients) / sum(sizes)


def blocks(
    order=torch.randperm,
    shuffle=lambda X, y: (rows := torch.randperm(len(X)), (X[rows], y[rows]))[1],
    fetch=lambda load, i: load(i),
    carry=lambda X, y, full: (X[full:], y[full:]),
    cut=lambda n, batch_size: n - n % batch_size,
    last=True,
):
    """block_iter with one thing changed."""

    def block_iter(batch_size, load, num_blocks):
        parts = []
        for i in order(num_blocks).tolist():
            parts.append(shuffle(*fetch(load, i)))
            X, y = (torch.cat(part) for part in zip(*parts, strict=True))
            full = cut(len(X), batch_size)
            for start in range(0, full, batch_size):
                yield X[start : start + batch_size], y[start : start + batch_size]
            parts = [carry(X, y, full)]
        if last and len(parts[0][0]):
            yield parts[0]

    return block_iter


def blocks_row_by_row(batch_size, load, num_blocks):
    waiting = []
    for i in torch.randperm(num_blocks):
        X, y = load(i)
        for row in torch.randperm(len(X)):
            waiting.append((X[row], y[row]))
            if len(waiting) == batch_size:
                yield tuple(map(torch.stack, zip(*waiting, strict=True)))
                waiting = []
    if waiting:
        yield tuple(map(torch.stack, zip(*waiting, strict=True)))


def blocks_at_once(batch_size, load, num_blocks):
    X, y = (torch.cat(part) for part in zip(*map(load, range(num_blocks)), strict=True))
    for rows in torch.randperm(len(X)).split(batch_size):
        yield X[rows], y[rows]


def whole_blocks(batch_size, load, num_blocks):
    yield from (blocks(cut=lambda n, batch_size: 0, carry=lambda X, y, full: (X, y)))(9**9, load, num_blocks)


def shuffled_by_one(X, y):
    rows = torch.randperm(len(X), generator=torch.Generator().manual_seed(1))
    return X[rows], y[rows]


def by_own_seed(num_blocks):
    return torch.randperm(num_blocks, generator=torch.Generator().manual_seed(1))


def torn(X, y):
    return X[torch.randperm(len(X))], y[torch.randperm(len(y))]


def save(
    write=lambda state, path: torch.save(state, path),
    aside=lambda path: path.with_suffix(".part"),
    move=lambda aside, path: os.replace(aside, path),
):
    def save_checkpoint(path, state):
        try:
            write(state, aside(path))
            move(aside(path), path)
        except OSError:
            aside(path).unlink(missing_ok=True)
            raise

    return save_checkpoint


def save_and_leave(path, state):
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def save_through_memory(path, state):
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            torch.save(state, file)
        except Exception:
            os.unlink(file.name)
            raise
    Path(file.name).replace(path)


def save_after_removing(path, state):
    path.unlink(missing_ok=True)
    save()(path, state)


def save_removing_between(path, state):
    torch.save(state, path.with_suffix(".part"))
    path.unlink(missing_ok=True)
    path.with_suffix(".part").rename(path)


def save_and_hush(path, state):
    try:
        save()(path, state)
    except OSError:
        pass


def save_once(path, state):
    if not path.exists():
        save()(path, state)


def epoch_of(path):
    return int(re.findall(r"\d+", path.name)[0])


def found(
    key=epoch_of,
    reverse=True,
    caught=Exception,
    load=lambda path: torch.load(path),
    stop=False,
    otherwise=None,
):
    """newest with one thing changed. stop: after the first that cannot be read."""

    def newest(folder):
        for path in sorted(folder.glob("epoch_*.pt"), key=key, reverse=reverse):
            try:
                return load(path)
            except caught:
                if stop:
                    return None
        return otherwise

    return newest


def found_by_counting(folder):
    left = {epoch_of(path): path for path in folder.iterdir() if re.fullmatch(r"epoch_\d+\.pt", path.name)}
    while left:
        path = left.pop(max(left))
        try:
            state = torch.load(path)
        except Exception:
            state = None
        if state is not None:
            return state


def found_and_tidied(folder):
    for path in sorted(folder.glob("epoch_*.pt"), key=epoch_of, reverse=True):
        try:
            return torch.load(path)
        except Exception:
            path.unlink()


def torn_together(X, y):
    """Shuffled as one table, then taken apart again."""
    table = torch.cat([X, y], 1)[torch.randperm(len(X))]
    return table[:, :-1], table[:, -1:]


# task -> answers that pass, and answers that do not, each with words that its note must hold
ANSWERS = {
    "11-recall-step": {
        "right": [0.3, 0.1 * 24 / 8],
        "wrong": [
            ("mean gradient", 2.4),
            ("not twice", 0.0375),
            ("learning rate is missing", 3),
            ("not the step", 24),
            ("does not divide", 30),
            ("wrong sign", -0.3),
            ("another value", 1),
        ],
    },
    "11-recall-seed": {
        "right": ["b", " B "],
        "wrong": [
            ("same state", "a"),
            ("the same draw", "c"),
            ("there is another", "d"),
            ("wanted", "e"),
        ],
    },
    "11-four-processes": {
        "right": [13 / 7, 1.86],
        "wrong": [
            ("as if everything", 4),
            ("messages are forgotten", 3.25),
            ("fixed part is shared", 13 / 6.25),
            ("at the same time", 13 / 16),
            ("for two processes", 1.3),
            ("time of a step", 7),
            ("other way round", 7 / 13),
            ("one process has a fixed part", 12 / 7),
            ("four processes have a fixed part", 13 / 6),
            ("another value", 1),
        ],
    },
    "combine": {
        "right": [weighed(), combined_by_tensors],
        "wrong": [
            ("mean of means", lambda gradients, sizes: torch.stack(gradients).mean(0)),
            ("a sum of means: each", lambda gradients, sizes: sum(gradients)),
            ("not divided by their number", weighed(end=lambda total, sizes: total)),
            ("number of shares, not", weighed(end=lambda total, sizes: total / len(sizes))),
            ("number of shares too", weighed(end=lambda total, sizes: total / sum(sizes) / len(sizes))),
            ("sum of means, divided", weighed(lambda n: 1)),
            ("once more", weighed(lambda n: 1 / n, lambda total, sizes: total / len(sizes))),
            ("first share", lambda gradients, sizes: gradients[0] + 0),
            ("last share", lambda gradients, sizes: gradients[-1] + 0),
            ("changes its argument", combined_in_place),
            ("0 times nan", weighed(skip=False)),
            (
                "an empty share counts",
                weighed(lambda n: max(n, 1), lambda t, sizes: t / sum(max(n, 1) for n in sizes)),
            ),
            ("real nan", weighed(end=lambda total, sizes: total.nan_to_num() / sum(sizes))),
            ("one number", weighed(end=lambda total, sizes: total.sum() / sum(sizes))),
            ("nothing is returned", lambda gradients, sizes: print(sizes)),
        ],
    },
    "block_iter": {
        "right": [blocks(), blocks_row_by_row, blocks(shuffle=lambda X, y: torn_together(X, y))],
        "wrong": [
            ("too long", whole_blocks),
            ("go with the next", blocks(cut=lambda n, batch_size: -(-n // batch_size) * batch_size)),
            ("where a block ends", blocks(carry=lambda X, y, full: (X[:0], y[:0]))),
            ("last, shorter batch", blocks(last=False)),
            ("all blocks are in memory", blocks_at_once),
            ("all blocks are in memory", lambda *args: list(blocks()(*args))),
            ("read twice", blocks(fetch=lambda load, i: (load(i)[0], load(i)[1]))),
            ("blocks are not shuffled", blocks(torch.arange)),
            ("a seed inside", blocks(by_own_seed)),
            (
                "left out of the shuffling",
                blocks(lambda n: torch.cat([torch.randperm(n - 1), torch.tensor([n - 1])])),
            ),
            ("inside the blocks", blocks(shuffle=lambda X, y: (X, y))),
            ("one shuffle for all", blocks(shuffle=shuffled_by_one)),
            ("torn apart", blocks(shuffle=torn)),
            ("where a block ends", blocks(lambda n: torch.randperm(n)[: max(n - 1, 1)])),
            ("with replacement", blocks(lambda n: torch.randint(n, (n,)))),
            ("stops before its end", blocks(lambda n: torch.randperm(n) + 1)),
            ("examples are repeated", blocks(carry=lambda X, y, full: (X[full - 1 :], y[full - 1 :]))),
            ("wrong order", lambda *args: ((y, X) for X, y in blocks()(*args))),
            ("no yield", lambda *args: next(blocks()(*args))),
            ("nothing is yielded", lambda *args: print(args)),
        ],
    },
    "11-bug-line": {
        "right": ["d"],
        "wrong": [
            ("same data", "a"),
            ("not trained", "b"),
            ("before the next draw", "c"),
            ("after the last saved", "e"),
            ("end of the epoch", "f"),
            ("wanted", 4),
        ],
    },
    "11-checkpoint": {
        "right": ["c"],
        "wrong": [
            ("fresh gradients", "a"),
            ("read by people", "b"),
            ("momentum remembers", "d"),
            ("wanted", "e"),
        ],
    },
    "save_checkpoint": {
        "right": [save(), save_through_memory],
        "wrong": [
            ("written over", lambda path, state: torch.save(state, path)),
            ("written over", save(move=lambda aside, path: (shutil.copyfile(aside, path), os.remove(aside)))),
            ("stays", save(move=shutil.copyfile)),
            ("removed too early", save_after_removing),
            ("removed too early", save_removing_between),
            ("another folder", save(aside=lambda path: Path(tempfile.gettempdir()) / f"{os.getpid()}.part")),
            ("error is caught", save_and_hush),
            ("not replaced", save_once),
            ("stays behind", save_and_leave),
            ("under another name", save(move=lambda aside, path: None)),
            ("not the state", save(write=lambda state, path: torch.save(state["w"], path))),
            ("not the state", save(write=lambda state, path: path.write_text(str(state)))),
            ("not the state", lambda path, state: save()(path, state | {"w": state["w"].zero_()})),
        ],
    },
    "newest": {
        "right": [found(), found_by_counting],
        "wrong": [
            ("as texts", found(key=str)),
            ("time of writing", found(key=lambda path: path.stat().st_mtime)),
            ("the oldest", found(reverse=False)),
            ("load it", found(load=lambda path: path)),
            ("the one before may be whole", found(stop=True)),
            ("skip the file", found(caught=())),
            ("its own error", found(caught=RuntimeError)),
            ("its own error", found(caught=(RuntimeError, EOFError))),
            ("None is wanted", found(otherwise={})),
            ("removes files", found_and_tidied),
            ("state is changed", found(load=lambda path: torch.load(path) | {"w": torch.zeros(2, 1)})),
            ("stops before its end", lambda folder: torch.load(max(folder.glob("epoch_*.pt"), key=epoch_of))),
            ("a checkpoint is there", lambda folder: print(found()(folder))),
        ],
    },
}

test_each_mistake_is_named, test_each_right_answer_passes, test_nothing_is_not_attempted = proofs(
    "11_scaling_out", ANSWERS
)
