"""Feedback on the exercises: `check(name, answer)` names the mistake, `progress()` counts what is solved.

The checks themselves are in course/tasks.py; here is what they have in common.
"""

import contextlib
import ctypes
import difflib
import dis
import inspect
import io
import linecache
import numbers
import random
import re
import threading
import traceback
import warnings
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from IPython.display import display

TIME_LIMIT = 10  # seconds for one check; a right answer needs a small part of one
SEED = 20  # every check draws the same data, so a note is the same on every run
SOLVED, BLANK, WRONG = "solved", "not attempted", "not yet"
TASKS = {}  # name -> Task, filled by course/tasks.py
STATES = {}  # name -> how its last check in this kernel ended


class Hint(AssertionError):
    """What a check found. A notebook shows it as a short note, without a traceback."""

    def _render_traceback_(self):
        return [str(self)]


class Wrong(Exception):
    """Inside a check: what was seen, and the name of the mistake."""


class NotAttempted(Exception):
    """Inside a check: there is nothing to check yet."""


class TimeUp(BaseException):
    """Inside a check: the answer is still running. No Exception, so that `except Exception` lets it pass."""


class Task(NamedTuple):
    chapter: str  # the stem of the page that explains it
    wants: str  # what an answer is, in the words of the task
    probe: object  # called with the answer; raises Wrong
    is_function: bool = False


def check(name, answer):
    """Checks one answer of an exercise: prints a line when it is right, raises Hint when it is not.

    name: of the task.  answer: the function itself, or the value that the task asks for.
    Nothing outside changes: the random generators, the grad mode and the default dtype are put back.
    """
    from course import tasks  # noqa: F401  fills TASKS; imported late, because it needs this module

    if not isinstance(name, str):
        raise Hint('check: the name of the task comes first, as a text.\n  example  check("sgd", sgd)')
    if name not in TASKS:
        near = difflib.get_close_matches(name, TASKS, n=3, cutoff=0.5) or sorted(TASKS)
        raise Hint(f"check: there is no task {name!r}.\n  near     {', '.join(near)}")
    task, printed = TASKS[name], io.StringIO()
    STATES[name] = WRONG
    try:
        with (
            isolated(),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            time_limit(TIME_LIMIT),
        ):
            task.probe(prepare(task, answer))
    except NotAttempted as found:
        STATES[name] = BLANK
        wanted = found.args[0] if found.args else f"wanted: {task.wants}"
        raise Hint(f"{name}: not attempted ({wanted}; see chapters/{task.chapter}.ipynb)") from None
    except Wrong as found:
        lines = [f"{name}: not yet", f"  seen     {found.args[0]}", f"  mistake  {found.args[1]}"]
    except TimeUp:
        lines = [f"{name}: not yet", f"  seen     it was still running after {TIME_LIMIT} seconds"]
        lines += ["  mistake  a loop that never ends"]
    else:
        STATES[name] = SOLVED
        print(f"{name}: right" + (" (what it prints is left out here)" if printed.getvalue() else ""))
        return
    raise Hint("\n".join([*lines, f"  look at  chapters/{task.chapter}.ipynb"])) from None


class Table:
    """A Markdown table, which a terminal shows as it is."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text

    _repr_markdown_ = __repr__


def progress():
    """Shows a table of the checks that have run in this kernel, and how many are solved."""
    if not STATES:
        return print("No check has run yet: run the cells above, each has its check(...).")
    rows = [f"| {name} | {'✓ ' * (state == SOLVED)}{state} |" for name, state in STATES.items()]
    count = f"{list(STATES.values()).count(SOLVED)} of {len(STATES)} solved"
    table = "\n".join(["| task | state |", "|:--|:--|", *rows, "", f"**{count}**"])
    display(Table(table))


# ---- what a task is made of


def task(name, chapter, wants):
    """Registers a probe of a function. wants: its signature. The probe gets an Answer, and raises Wrong."""

    def register(probe):
        TASKS[name] = Task(chapter, wants, probe, is_function=True)

    return register


def number(name, chapter, right, wrong, wants):
    """Registers a number as a task. right: (low, high).  wrong: the mistakes, each by its (low, high)."""

    def probe(answer):
        value = read_number(answer)
        low, high = right
        ranges = {**wrong, (-high, -low): "the wrong sign"}
        found = [mistake for (start, end), mistake in ranges.items() if start <= value <= end]
        need(low <= value <= high, f"your number is {value:.6g}", (found or ["another value"])[0])

    TASKS[name] = Task(chapter, wants, probe)


def choice(name, chapter, right, wrong):
    """Registers a choice as a task. right: the label.  wrong: the other labels, each with its mistake."""
    labels = sorted([right, *wrong])
    wants = f"one of {', '.join(map(repr, labels))}"

    def probe(answer):
        label = answer.strip().lower() if isinstance(answer, str) else answer
        need(label in labels, f"your answer is {answer!r:.60}", f"{wants} is wanted")
        need(label == right, f"your answer is {label!r}", wrong.get(label))

    TASKS[name] = Task(chapter, wants, probe)


def sequence(name, chapter, labels, rules):
    """Registers an order of lines as a task. rules: (earlier, later, the mistake when it is not so)."""
    wants = f"a list of {', '.join(map(repr, sorted(labels)))}, in the right order"

    def probe(answer):
        need(isinstance(answer, list | tuple), f"your answer is a {kind(answer)}", f"{wants}, is wanted")
        for label in labels:
            times = list(answer).count(label)
            need(times == 1, f"{label!r} stands {times} times in your list", "each line is wanted once")
        need(len(answer) == len(labels), f"your list has {len(answer)} entries", f"{wants}, is wanted")
        for earlier, later, mistake in rules:
            follows = answer.index(earlier) < answer.index(later)
            need(follows, f"{later!r} comes before {earlier!r}", mistake)

    TASKS[name] = Task(chapter, wants, probe)


def need(condition, seen, mistake):
    """Raises Wrong unless the condition holds."""
    if not condition:
        raise Wrong(seen, mistake)


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


# ---- running an answer so that it harms nothing

GENERATORS = {  # name -> how to read its state, to put it back, to seed it
    "torch": (torch.get_rng_state, torch.set_rng_state, torch.manual_seed),
    "random": (random.getstate, random.setstate, random.seed),
    "numpy": (np.random.get_state, np.random.set_state, np.random.seed),
}
EXPLAINED = {  # part of an error's message -> what is behind it
    "leaf Variable": "the update is recorded like a part of the model: no_grad is missing",
    "does not require grad": "no recorded graph leads from here to a parameter",
    "backward through the graph a second time": "one forward pass, two backward passes",
    "only for scalar outputs": "backward needs one number, and got a vector of losses",
    "must match the size": "an operation element by element, on shapes that do not fit",
    "cannot be multiplied": "a matrix product of shapes that do not fit: look at the order of the two",
    "size mismatch": "a matrix product of shapes that do not fit: look at the order of the two",
    "is invalid for input of size": "a reshape to a fixed number of entries",
    "'NoneType' object": "a value is None: the .grad of a new tensor is, and so is the result without return",
    "same dtype": "the dtypes do not fit",
    "Boolean value of Tensor": "`if` asks once for the whole tensor; each entry needs a branch: torch.where",
    "no attribute 'zero'": "the names of methods that change a tensor in place end in _",
}


@contextlib.contextmanager
def isolated():
    """Fixed seeds, recording on, float32, no warnings; afterwards all is as it was."""
    states = {name: get() for name, (get, _, _) in GENERATORS.items()}
    dtype = torch.get_default_dtype()
    try:
        with warnings.catch_warnings(action="ignore"), torch.enable_grad():
            torch.set_default_dtype(torch.float32)
            for _, _, seed in GENERATORS.values():
                seed(SEED)
            yield
    finally:
        torch.set_default_dtype(dtype)
        for name, (_, put, _) in GENERATORS.items():
            put(states[name])


@contextlib.contextmanager
def time_limit(seconds):
    """Raises TimeUp in the body after that many seconds, in any thread and on any system.

    It takes effect between two steps of Python: one long call into C, such as time.sleep, is not cut short.
    """
    done, here = threading.Event(), ctypes.c_ulong(threading.get_ident())
    throw = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def watch():
        wait = seconds
        while not done.wait(wait):
            throw(here, ctypes.py_object(TimeUp))
            wait = 0.2  # and again: a bare `except:` may have swallowed it

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        # What is thrown too late arrives here. It is caught, not taken back: Python 3.11 does not forget
        # a withdrawn exception, and stands still as soon as somebody traces.
        while True:
            try:
                done.set()
                watcher.join()
                for _ in range(9):
                    pass
                break
            except TimeUp:
                pass


def prepare(task, answer):
    """The answer as the probe takes it. Raises NotAttempted, or Wrong for the wrong kind."""
    if answer is None or answer is ... or answer is NotImplemented:
        raise NotAttempted
    if not task.is_function:
        return answer
    wanted = f"the function {task.wants} itself is wanted, without calling it"
    need(callable(answer), f"your answer is a {kind(answer)}", wanted)
    if is_blank(answer):
        raise NotAttempted
    return Answer(answer, task.wants)


def is_blank(function):
    """Whether the body of a function does nothing at all: `pass`, `...`, a docstring."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None or code.co_flags & inspect.CO_GENERATOR:
        return False
    steps = [
        step for step in dis.get_instructions(code) if step.opname not in ("RESUME", "NOP", "RETURN_VALUE")
    ]
    return all("CONST" in step.opname and step.argval is None for step in steps)


def snapshot(value):
    """What can be changed about an argument, as something that `==` compares."""
    if isinstance(value, torch.Tensor):
        return value.shape, value.requires_grad, value.tolist(), snapshot(value.grad)
    return [snapshot(part) for part in value] if isinstance(value, list) else value


def can_change(value):
    """Whether returning it hands out the caller's own data. Equal small numbers are one object anyway."""
    return isinstance(value, torch.Tensor | list)


def place(value):
    """Where a value is: two tensors in one place are views of the same numbers."""
    return value.data_ptr() if isinstance(value, torch.Tensor) else id(value)


def generator_states():
    """The state of each global generator, as something that can be compared and looked up."""
    _, keys, *rest = np.random.get_state()
    return {
        "torch": torch.get_rng_state().numpy().tobytes(),
        "random": random.getstate(),
        "numpy": (keys.tobytes(), *rest),
    }


class Answer:
    """A learner's function. Calling it turns what goes wrong into Wrong, with its name."""

    def __init__(self, function, wants):
        self.function, self.wants = function, wants
        self.ends, self.draws = {}, False  # what it does to the global generators

    def __call__(self, *args, changes=0, take=None, **options):
        """Calls the function. changes: how many of the first arguments it may change.

        take: reads so many items of an iterable result, and returns them as a list.
        """
        names = self.names(args, options)
        torch.rand(1), random.random(), np.random.random()  # so that no two calls start in the same state
        before, starts = [snapshot(arg) for arg in args], generator_states()
        result = self.run(args, options, take)
        for name, arg, was in list(zip(names, args, before, strict=True))[changes:]:
            need(snapshot(arg) == was, f"{name} is another after the call", f"it changes its argument {name}")
        for name, end in generator_states().items():
            self.draws |= end != starts[name]
            only = self.ends.setdefault((name, end), starts[name]) == starts[name]
            seen = f"wherever the generator of {name} starts, it ends in the same state"
            need(only, seen, "it seeds the generator: that is for the caller to do")
        if not changes and take is None:
            inputs = {place(arg): name for name, arg in zip(names, args, strict=True) if can_change(arg)}
            for part in result if isinstance(result, tuple) else [result]:
                name = inputs.get(place(part))
                need(not name, f"what comes back is {name}", f"it returns its own input {name}")
        return result

    def names(self, args, options):
        """What the function calls the arguments. Wrong if it cannot take them."""
        try:
            names = list(inspect.signature(self.function).bind(*args, **options).arguments)[: len(args)]
        except TypeError as error:
            raise Wrong(f"it cannot be called: {error}", f"the signature is not {self.wants}") from None
        except ValueError:  # written in C: no signature to read
            names = []
        return names if len(names) == len(args) else [f"number {i}" for i in range(1, len(args) + 1)]

    def run(self, args, options, take):
        try:
            result = self.function(*args, **options)
            return list(islice(result, take)) if take and hasattr(result, "__iter__") else result
        except (Exception, SystemExit) as error:
            frames = list(traceback.walk_tb(error.__traceback__))[1:]
            if frames and isinstance(error, NotImplementedError) and was_raised(error):
                unfinished = frames[-1][0].f_code.co_name
                own = unfinished == getattr(self.function, "__name__", unfinished)
                raise NotAttempted(*([] if own else [f"first {unfinished}: this one calls it"])) from None
            message = str(error).partition("\n")[0]
            seen = re.sub(r" at 0x\w+", "", f"it raises {kind(error)}: {message}")
            code = getattr(inspect.unwrap(self.function), "__code__", None)
            own = [line for frame, line in frames if code and frame.f_code.co_filename == code.co_filename]
            if own and (text := linecache.getline(code.co_filename, own[-1]).strip()):
                seen += f"\n           in the line  {text}"
            mistakes = [mistake for part, mistake in EXPLAINED.items() if part in message]
            raise Wrong(seen, (mistakes or ["the program stops before its end"])[0]) from None


def was_raised(error):
    """Whether a `raise` line of Python is the origin, and not a library written in C."""
    step = error.__traceback__
    while step.tb_next:
        step = step.tb_next
    return step.tb_frame.f_code.co_code[step.tb_lasti] == dis.opmap["RAISE_VARARGS"]
