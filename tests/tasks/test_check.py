"""The door of the checks: nothing that an answer does can harm, and every note is one that helps."""

import itertools
import random
import sys
import threading
import time
import warnings

import numpy as np
import pytest
import torch
from support.proof import hint, stub

import helpers
from course import feedback
from course.feedback import Hint, check, progress
from course.tasks import kit


@torch.no_grad()
def uphill(params, lr, batch_size):
    for param in params:
        param += lr * param.grad / batch_size
        param.grad.zero_()


def test_an_unwritten_part_is_pointed_at():
    def data_iter(batch_size, features, labels):
        raise NotImplementedError

    note = hint(
        "training_loop", lambda w, b, X, y, lr, num_epochs, batch_size: list(data_iter(batch_size, X, y))
    )
    assert "not attempted" in note and "first data_iter" in note


# ---- nothing that an answer does can harm


def never_ends(y_hat, y):
    while True:
        pass


def never_ends_and_swallows(y_hat, y):
    while True:
        try:
            y = y + 1
        except:  # noqa: E722
            pass


@pytest.mark.parametrize("answer", [never_ends, never_ends_and_swallows])
def test_an_endless_loop_ends_in_any_thread(answer, monkeypatch):
    monkeypatch.setattr(feedback, "TIME_LIMIT", 0.05)
    notes = [hint("squared_loss", answer)]
    worker = threading.Thread(target=lambda: notes.append(hint("squared_loss", answer)), daemon=True)
    worker.start()
    worker.join(300)
    assert len(notes) == 2 and all("never ends" in note for note in notes)
    assert feedback.STATES == {"squared_loss": "not yet"}
    monkeypatch.setattr(feedback, "TIME_LIMIT", 10)
    check("squared_loss", helpers.squared_loss)


def test_a_right_answer_is_right_on_a_busy_machine_too(monkeypatch):
    monkeypatch.setattr(feedback, "TIME_LIMIT", 0.5)
    waits = [0.8]  # as one that does not get a processor: once, for longer than the limit

    def answer(y_hat, y):
        time.sleep(waits.pop() if waits else 0)
        return helpers.squared_loss(y_hat, y)

    check("squared_loss", answer)
    assert not waits


def test_a_check_leaves_nothing_that_stops_a_tracer(monkeypatch):
    """A debugger, a profiler or coverage may run in the same kernel."""
    monkeypatch.setattr(feedback, "TIME_LIMIT", 0.05)
    hint("squared_loss", never_ends)
    lines = []
    sys.settrace(lambda frame, event, arg: lines.append(event))
    try:
        helpers.check_lr(0.1)
    finally:
        sys.settrace(None)
    assert "call" in lines


def test_a_time_limit_that_is_not_reached_leaves_nothing_behind():
    threads = threading.active_count()
    for _ in range(20):
        check("linreg", helpers.linreg)
    assert threading.active_count() == threads


def test_an_endless_generator_is_cut():
    note = hint("data_iter", lambda B, X, y: ((X[:B], y[:B]) for _ in itertools.count()))
    assert "some examples come twice, others never" in note


def test_printing_is_kept_from_the_page(capsys):
    def talkative(X, w, b):
        print("X is", X)
        print("and more", file=sys.stderr)
        return X @ w + b

    check("linreg", talkative)
    assert capsys.readouterr() == ("linreg: right (what it prints is left out here)\n", "")
    assert "a print is no return" in hint("linreg", lambda X, w, b: print(X @ w + b))
    assert capsys.readouterr() == ("", "")


def test_an_error_is_named_with_its_message_and_line():
    def linreg(X, w, b):
        return X @ W + b  # noqa: F821

    note = hint("linreg", linreg)
    assert "it raises NameError: name 'W' is not defined" in note and "in the line  return X @ W + b" in note
    assert "it raises SystemExit" in hint("linreg", lambda X, w, b: sys.exit())
    assert "RecursionError" in hint("linreg", recursive)
    assert "it raises KeyError: <object object>" in hint("linreg", lambda X, w, b: {}[object()])


def recursive(X, w, b):
    return recursive(X, w, b)


def test_an_interrupt_of_the_learner_goes_through():
    def interrupted(X, w, b):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("linreg", interrupted)


@pytest.mark.parametrize("seed", [torch.manual_seed, random.seed, np.random.seed])
def test_seeding_is_named(seed):
    def seeds(X, w, b):
        seed(0)
        return X @ w + b

    assert "it seeds the generator" in hint("linreg", seeds)


def test_a_tensor_with_a_method_of_its_own_is_no_answer():
    def gradient(X, y, w, b):
        y.nan_to_num = lambda value: y  # what a check would ask of y
        return torch.zeros(2, 1), torch.zeros(1)

    assert "a method of its own" in hint("gradient", gradient)


def test_the_order_of_a_list_is_found_by_the_check_itself():
    class Always(tuple):
        def index(self, value, calls=[0]):  # noqa: B006 - grows from call to call
            calls[0] += 1
            return calls[0]

    lines = ["evaluate", "step", "backward", "loss", "model", "batches", "epochs", "init"]
    assert "comes before" in hint("loop_order", Always(lines))


def global_state():
    return (
        torch.get_rng_state().tolist(),
        random.getstate(),
        np.random.get_state()[1].tolist(),
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
        sys.stdout,
        sys.stderr,
        list(warnings.filters),
    )


@pytest.mark.parametrize("end", [lambda: None, lambda: 1 / 0, sys.exit])
def test_the_state_of_the_world_is_put_back(end):
    def careless(X, w, b):
        torch.manual_seed(1), random.seed(1), np.random.seed(1)
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        warnings.simplefilter("error")
        sys.stdout = None
        end()

    before = global_state()
    assert "not yet" in hint("linreg", careless)
    assert global_state() == before
    with torch.no_grad():  # a page may call it anywhere
        check("linreg", helpers.linreg)


def test_the_parameters_of_a_caller_are_not_touched():
    w, b = helpers.init_params(2)
    before = w.clone(), b.clone()
    check("train", helpers.train)
    assert torch.equal(w, before[0]) and torch.equal(b, before[1]) and w.grad is None


# ---- what a learner sees


def test_wrong_input_to_check_itself():
    assert "near     squared_loss" in hint("squred_loss", helpers.squared_loss)
    assert "squared_loss, " in hint("xyz", None) or "loop_order" in hint("xyz", None)
    assert "comes first, as a text" in hint(helpers.squared_loss, "squared_loss")
    assert "without calling it" in hint("squared_loss", torch.ones(2, 1))
    assert not feedback.STATES or list(feedback.STATES) == ["squared_loss"]


def test_a_hint_has_no_traceback():
    with pytest.raises(Hint) as caught:
        check("sgd", uphill)
    assert caught.value._render_traceback_() == [str(caught.value)]
    assert isinstance(caught.value, AssertionError) and caught.value.__suppress_context__
    assert str(caught.value).splitlines() == [
        "sgd: not yet",
        "  seen     the parameters move along the gradient",
        "  mistake  the wrong sign: that is uphill",
        "  look at  chapters/06_optimizer.ipynb",
    ]


def test_progress_counts_what_is_solved(capsys):
    progress()
    assert "No check has run yet" in capsys.readouterr().out
    hint("sgd", uphill), hint("linreg", stub), hint("ohm", 1)
    check("ohm", 47)
    check("squared_loss", helpers.squared_loss)
    capsys.readouterr()
    progress()
    assert capsys.readouterr().out.splitlines() == [
        "| task | state |",
        "|:--|:--|",
        "| sgd | not yet |",
        "| linreg | not attempted |",
        "| ohm | ✓ solved |",
        "| squared_loss | ✓ solved |",
        "",
        "**2 of 4 solved**",
    ]


def test_a_choice(monkeypatch):
    monkeypatch.setattr(kit, "TASKS", kit.TASKS.copy())
    monkeypatch.setattr(feedback.tasks, "TASKS", kit.TASKS)
    kit.Chapter("05_loss").choice("shape", "b", {"a": "a column minus a row", "c": "no error comes"})
    check("shape", "b")
    check("shape", " B ")
    assert "a column minus a row" in hint("shape", "a") and "no error comes" in hint("shape", "c")
    assert "one of 'a', 'b', 'c' is wanted" in hint("shape", "d") and "is wanted" in hint("shape", 2)
    assert "not attempted" in hint("shape", ...)
