"""An interrupt of train, at any line: params hold the last whole step, and train says how far it came."""

import sys

import pytest
import torch

import helpers
from helpers import data_iter, init_params, linreg, sgd, squared_loss, synthetic_data, train


@pytest.fixture
def problem():
    torch.manual_seed(0)
    features, labels = synthetic_data([2, -3.4], 4.2, 20)
    return features, labels, init_params(2)


def snapshot(params):
    return torch.cat([param.detach().flatten() for param in params])


def whole_steps(features, labels, params):
    """The parameters before training and after each step of three epochs."""
    w, b = (param.detach().clone().requires_grad_() for param in params)
    states = [snapshot([w, b])]
    for _ in range(3):
        for X, y in data_iter(10, features, labels):
            squared_loss(linreg(X, w, b), y).sum().backward()
            sgd([w, b], 0.03, 10)
            states.append(snapshot([w, b]))
    return states


def interrupted_at(line, *args, **options):
    """Runs train and presses the stop button before the given line of helpers.py. False when it ended."""
    left = [line]

    def trace(frame, event, _):
        if frame.f_code.co_filename != helpers.__file__:
            return None
        if event == "line":
            left[0] -= 1
            if left[0] == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        train(*args, **options)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


def test_an_interrupt_at_any_line_leaves_the_last_whole_step(problem):
    features, labels, start = problem
    random = torch.get_rng_state()
    states = whole_steps(features, labels, start)
    reached, line = set(), 1
    while True:
        torch.set_rng_state(random)
        params, said = [param.detach().clone().requires_grad_() for param in start], []
        if not interrupted_at(line, params, features, labels, report=said.append):
            break
        assert torch.is_grad_enabled()
        now = snapshot(params)
        reached.add(next((i for i, state in enumerate(states) if torch.equal(now, state)), f"line {line}"))
        if said and said[-1].startswith("stopped"):
            assert all(param.grad is None for param in params)
        line += 1
    assert reached == set(range(len(states)))


def test_it_says_how_far_it_came_and_training_goes_on(problem):
    features, labels, params = problem
    batches = 0

    def reader(*args):
        nonlocal batches
        for batch in data_iter(*args):
            batches += 1
            if batches == 4:
                raise KeyboardInterrupt
            yield batch

    said = []
    with pytest.raises(KeyboardInterrupt):
        train(params, features, labels, reader=reader, report=said.append)
    assert said[-1].startswith("stopped in epoch 2 of 3, after 3 whole steps")
    assert len(said) == 2
    losses = train(params, features, labels, num_epochs=50, lr=0.1, reader=reader, report=None)
    assert losses[-1] < 0.001


def test_the_stop_button_of_a_silent_run_is_not_swallowed(problem):
    features, labels, params = problem

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(params, features, labels, optimizer=stop, report=None)
    assert all(param.grad is None for param in params)
