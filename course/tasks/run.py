"""Runs an answer so that it harms nothing, and turns what goes wrong into a named mistake."""

import contextlib
import ctypes
import dis
import inspect
import linecache
import random
import re
import threading
import time
import traceback
import warnings
from itertools import islice

import numpy as np
import torch

from course.tasks.kit import NotAttempted, Wrong, kind, need, need_plain

SEED = 20  # every check draws the same data, so a note is the same on every run


class TimeUp(BaseException):
    """Inside a check: the answer is still running. No Exception, so that `except Exception` lets it pass."""


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
    "int64 for index": "an index is a whole number, and these labels are floats",
    "used as indices must be": "an index is a whole number, and these labels are floats",
    "torch.return_types": "along a dimension, max and min return a pair: the values and their positions",
    "could not infer output dtype": "True and False have no mean until they are numbers",
    "multi-target not supported": "PyTorch's loss takes the labels as a vector, not as a column",
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
    """Raises TimeUp in the body after that many seconds of work, in any thread and on any system.

    On a busy machine work takes longer: then the limit is that of the processor, and four times as long by
    the clock. It takes effect between two steps of Python: one long call into C, such as time.sleep, is not
    cut short.
    """
    done, here = threading.Event(), ctypes.c_ulong(threading.get_ident())
    throw = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def watch():
        start, worked, wait = time.monotonic(), time.process_time(), seconds
        while not done.wait(wait):
            wait = 0.2  # and again: a bare `except:` may have swallowed it
            if time.process_time() - worked > 0.8 * seconds or time.monotonic() - start > 4 * seconds:
                throw(here, ctypes.py_object(TimeUp))

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
        numbers = value.nan_to_num(-1.5e30).tolist()  # a nan would differ from itself
        return value.shape, value.requires_grad, numbers, snapshot(value.grad)
    return [snapshot(part) for part in value] if isinstance(value, list) else value


def can_change(value):
    """Whether returning it hands out the caller's own data. Equal small numbers are one object anyway."""
    return isinstance(value, torch.Tensor | list)


def place(value):
    """Where a value is: two tensors in one place are views of the same numbers, all of them."""
    return (value.data_ptr(), value.numel()) if isinstance(value, torch.Tensor) else id(value)


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
        need_plain([args, options, result])
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
            seen = f"it raises {kind(error)}: {message}"
            seen = re.sub(r" at 0x\w+", "", seen)
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
