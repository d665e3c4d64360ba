"""What the tasks are made of: naming a mistake, reading an answer, registering a task."""

import numbers
from typing import NamedTuple

import numpy as np
import torch

TASKS = {}  # name -> Task: what the modules of the chapters have registered


class Wrong(Exception):
    """Inside a probe: what was seen, and the name of the mistake."""


class NotAttempted(Exception):
    """Inside a probe: there is nothing to check yet."""


class Task(NamedTuple):
    chapter: str  # the stem of the chapter whose exercises ask for it
    look: str  # the stem of the page that explains it
    wants: str  # what an answer is, in the words of the task
    probe: object  # called with the answer; raises Wrong
    is_function: bool = False


class Chapter:
    """The tasks of one chapter. stem: its name in chapters/, exercises/ and solutions/.

    look, everywhere: the stem of the page that explains the task, where that is another one.
    """

    def __init__(self, stem, look=None):
        self.stem, self.look = stem, look or stem

    def add(self, name, wants, probe, look=None, is_function=False):
        if name in TASKS:
            raise ValueError(
                f"{self.stem}: the task {name!r} is already one of {TASKS[name].chapter}: rename it"
            )
        TASKS[name] = Task(self.stem, look or self.look, wants, probe, is_function)

    def task(self, name, wants, look=None):
        """Registers a probe of a function. wants: its signature. The probe gets an Answer, raises Wrong."""
        return lambda probe: self.add(name, wants, probe, look, is_function=True)

    def number(self, name, right, wrong, wants, look=None):
        """Registers a number as a task. right: (low, high).  wrong: the mistakes, each by its (low, high)."""

        def probe(answer):
            value = read_number(answer)
            low, high = right
            ranges = {**wrong, (-high, -low): "the wrong sign"}
            found = [mistake for (start, end), mistake in ranges.items() if start <= value <= end]
            need(low <= value <= high, f"your number is {value:.6g}", (found or ["another value"])[0])

        self.add(name, wants, probe, look)

    def choice(self, name, right, wrong, look=None):
        """Registers a choice as a task. right: the label.  wrong: the other labels, each with its mistake."""
        labels = sorted([right, *wrong])
        wants = f"one of {', '.join(map(repr, labels))}"

        def probe(answer):
            label = answer.strip().lower() if isinstance(answer, str) else answer
            need(label in labels, f"your answer is {answer!r:.60}", f"{wants} is wanted")
            need(label == right, f"your answer is {label!r}", wrong.get(label))

        self.add(name, wants, probe, look)

    def sequence(self, name, labels, rules, look=None):
        """Registers an order of lines as a task. rules: (earlier, later, the mistake when it is not so)."""
        wants = f"a list of {', '.join(map(repr, sorted(labels)))}, in the right order"

        def probe(answer):
            need(isinstance(answer, list | tuple), f"your answer is a {kind(answer)}", f"{wants}, is wanted")
            answer = list(answer)  # a list of ours, whose `index` counts
            for label in labels:
                times = answer.count(label)
                need(times == 1, f"{label!r} stands {times} times in your list", "each entry is wanted once")
            need(len(answer) == len(labels), f"your list has {len(answer)} entries", f"{wants}, is wanted")
            for earlier, later, mistake in rules:
                follows = answer.index(earlier) < answer.index(later)
                need(follows, f"{later!r} comes before {earlier!r}", mistake)

        self.add(name, wants, probe, look)


def need(condition, seen, mistake):
    """Raises Wrong unless the condition holds."""
    if not condition:
        raise Wrong(seen, mistake)


def plain(value):
    """Whether no tensor in it has attributes of its own, which would stand in front of its methods."""
    if isinstance(value, torch.Tensor):
        return not vars(value) and (value.grad_fn is not None or plain(value.grad))
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return all(map(plain, parts))


def need_plain(value):
    """Raises Wrong where a tensor is more than a tensor: what is read from it would be its own tale."""
    seen = "a tensor has an attribute that tensors do not have"
    need(plain(value), seen, "a tensor is given an attribute or a method of its own")


def kind(value):
    return type(value).__name__


def read_number(value, what="your answer"):
    """The float in a number or a one-element tensor. Anything else is Wrong."""
    need(value is not None, f"{what} is None", "nothing is returned: a print is no return")
    need(not callable(value), f"{what} is a function", "a number is wanted: call the function")
    graph = isinstance(value, torch.Tensor) and value.requires_grad
    need(not graph, f"{what} has a grad_fn", "a graph is recorded and kept: a plain number is wanted")
    if isinstance(value, torch.Tensor | np.ndarray):
        need(len(value.flatten()) == 1, f"{what} has shape {tuple(value.shape)}", "one number is wanted")
        value = value.item()
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    need(real, f"{what} is a {kind(value)}", "a number is wanted")
    finite = abs(float(value)) < float("inf")
    need(finite, f"{what} is {float(value)}", "something overflows, or a zero divides")
    return float(value)


def read_tensor(value, shape, names=(), what="the result"):
    """The tensor, detached, if it is one of floats in exactly this shape. names: mistakes by their shape."""
    need(value is not None, f"{what} is None", "nothing is returned: a print is no return")
    need(isinstance(value, torch.Tensor), f"{what} is a {kind(value)}", "a tensor is wanted")
    need_plain(value)
    need(value.is_floating_point(), f"{what} has dtype {value.dtype}", "the numbers are not floats")
    seen = tuple(value.shape)
    need(seen == shape, f"{what} has shape {seen}, not {shape}", dict(names).get(seen, "the shape is wrong"))
    need(bool(value.isfinite().all()), f"{what} holds nan or inf", "something overflows, or a zero divides")
    return value.detach()


def read_tuple(value, count, what="the result"):
    """The parts of a tuple or list of this length. Anything else is Wrong."""
    need(value is not None, f"{what} is None", "nothing is returned: a print is no return")
    parts = isinstance(value, tuple | list)
    need(parts, f"{what} is a {kind(value)}", f"{count} parts are wanted, separated by commas")
    need(len(value) == count, f"{what} has {len(value)} parts", f"{count} parts are wanted")
    return value
