"""helpers.py as a library: what it computes, what it refuses, and that refusing changes nothing."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import *  # noqa: F403  as code written for the section does

TRUE_W, TRUE_B = torch.tensor([2, -3.4]), 4.2
INF, NAN = float("inf"), float("nan")


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_loop_of_the_notes_learns_the_truth(seed):
    torch.manual_seed(seed)
    features, labels = synthetic_data(TRUE_W, TRUE_B, 1000)
    w = torch.normal(0, 0.01, size=(2, 1), requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    lr, num_epochs, batch_size, net, loss = 0.03, 3, 10, linreg, squared_loss
    losses = [loss(net(features, w, b), labels).mean().item()]
    for _ in range(num_epochs):
        for X, y in data_iter(batch_size, features, labels):
            l = loss(net(X, w, b), y)  # noqa: E741
            l.sum().backward()
            sgd([w, b], lr, batch_size)
        with torch.no_grad():
            losses.append(float(loss(net(features, w, b), labels).mean()))
    # The tolerances are five standard deviations of 400 runs; the last has a lower bound because
    # a loss below the noise floor is a mistake too.
    assert 13 < losses[0] < 20.5
    assert 0.012 < losses[1] < 0.12
    assert 4.5e-5 < losses[2] < 6e-4
    assert 3.8e-5 < losses[3] < 6.5e-5
    assert losses[0] > losses[1] > losses[2] > losses[3]
    assert (w.detach().flatten() - TRUE_W).abs().max() < 0.003
    assert abs(b.item() - TRUE_B) < 0.003


@settings(max_examples=60, deadline=None)
@given(n=st.integers(1, 60), batch_size=st.integers(1, 70), seed=st.integers(0, 1000))
def test_reading_is_a_permutation_cut_into_batches(n, batch_size, seed):
    features = torch.arange(2.0 * n).reshape(n, 2)
    labels = -features.sum(1, keepdim=True)
    torch.manual_seed(seed)
    batches = list(data_iter(batch_size, features, labels))
    sizes = [len(X) for X, _ in batches]
    assert sizes == [batch_size] * (n // batch_size) + [n % batch_size] * (n % batch_size > 0)
    assert all(X.shape == (len(y), 2) and y.shape == (len(X), 1) for X, y in batches)
    assert all(torch.equal(y, -X.sum(1, keepdim=True)) for X, y in batches)
    read = torch.cat([X for X, _ in batches])
    assert torch.equal(read[read[:, 0].argsort()], features)
    torch.manual_seed(seed)
    assert torch.equal(read, torch.cat([X for X, _ in data_iter(batch_size, features, labels)]))


def test_reading_is_shuffled_anew_each_time():
    numbers = torch.arange(1000.0).reshape(-1, 1)
    orders = [torch.cat([X for X, _ in data_iter(10, numbers, numbers)]).flatten() for _ in range(3)]
    assert not any(torch.equal(a, b) for a in orders for b in [*orders, numbers.flatten()] if a is not b)
    # No example keeps to its part of the file: the old place says nothing about the new one.
    for order in orders:
        assert abs(torch.corrcoef(torch.stack([order, numbers.flatten()]))[0, 1]) < 6 / 1000**0.5


def test_reading_does_not_hand_out_the_data_themselves():
    features, labels = torch.zeros(4, 1), torch.zeros(4, 1)
    for X, y in data_iter(2, features, labels):
        X += 1
        y += 1
    assert not features.any() and not labels.any()


def test_one_step_of_sgd_is_exact_in_place_and_clears_the_gradients():
    w, b = torch.tensor([[1.0], [2.0]], requires_grad=True), torch.tensor([3.0], requires_grad=True)
    w.grad, b.grad = torch.tensor([[10.0], [-20.0]]), torch.tensor([0.5])
    places = w.data_ptr(), b.data_ptr()
    assert sgd([w, b], 0.1, 10) is None
    torch.testing.assert_close(w.detach(), torch.tensor([[0.9], [2.2]]))
    torch.testing.assert_close(b.detach(), torch.tensor([2.995]))
    assert (w.data_ptr(), b.data_ptr()) == places and w.is_leaf and w.requires_grad
    assert not w.grad.any() and not b.grad.any()


@settings(max_examples=40, deadline=None)
@given(n=st.integers(1, 9), d=st.integers(1, 5), flat=st.booleans())
def test_model_and_loss_agree_with_a_loop_and_keep_the_column(n, d, flat):
    torch.manual_seed(n + 10 * d)
    X, w, b, y = torch.randn(n, d), torch.randn(d, 1), torch.randn(1), torch.randn(n, 1)
    y_hat = linreg(X, w, b)
    losses = squared_loss(y_hat, y.reshape(-1) if flat else y)
    assert y_hat.shape == losses.shape == (n, 1)  # before values: these would broadcast
    for i in range(n):
        predicted = sum(X[i, j].item() * w[j, 0].item() for j in range(d)) + b.item()
        assert y_hat[i, 0].item() == pytest.approx(predicted, abs=1e-4)
        assert losses[i, 0].item() == pytest.approx((predicted - y[i, 0].item()) ** 2 / 2, abs=1e-3)


@pytest.mark.parametrize("w", [TRUE_W, TRUE_W.reshape(2, 1), [2, -3.4]])
def test_synthetic_data_have_the_stated_truth(w):
    torch.manual_seed(0)
    X, y = synthetic_data(w, TRUE_B, 20_000)
    assert X.shape == (20_000, 2) and y.shape == (20_000, 1) and X.dtype == y.dtype == torch.float32
    noise = y - (X @ TRUE_W.reshape(2, 1) + TRUE_B)
    assert abs(noise.mean()) < 6 * 0.01 / 20_000**0.5
    assert abs(noise.std() - 0.01) < 6 * 0.01 / 40_000**0.5
    assert abs(X.mean()) < 0.05 and abs(X.std() - 1) < 0.03
    assert torch.corrcoef(torch.cat([X, noise], 1).T)[2, :2].abs().max() < 6 / 20_000**0.5


def test_synthetic_data_noise_and_seed():
    torch.manual_seed(7)
    X, y = synthetic_data(TRUE_W, TRUE_B, 5, noise=0)
    torch.testing.assert_close(y, X @ TRUE_W.reshape(2, 1) + TRUE_B)
    torch.manual_seed(7)
    assert torch.equal(synthetic_data(TRUE_W, TRUE_B, 5, noise=0)[0], X)
    assert not torch.equal(synthetic_data(TRUE_W, TRUE_B, 5, noise=0)[0], X)


def test_init_params_are_leaves_with_the_stated_spread():
    torch.manual_seed(0)
    w, b = init_params(4000)
    assert w.shape == (4000, 1) and b.shape == (1,) and not b.any()
    assert all(p.requires_grad and p.is_leaf for p in (w, b))
    assert 0.009 < w.std() < 0.011
    assert not init_params(3, std=0)[0].any()


def test_evaluating_changes_and_records_nothing():
    torch.manual_seed(0)
    features, labels = synthetic_data(TRUE_W, TRUE_B, 7)
    params = init_params(2)
    before = [p.detach().clone() for p in params]
    value = evaluate_loss(params, features, labels)
    assert isinstance(value, float)
    assert value == pytest.approx(squared_loss(linreg(features, *params), labels).mean().item())
    assert all(torch.equal(p, q) and p.grad is None for p, q in zip(params, before, strict=True))


def test_lr_limit_is_where_full_batch_descent_stops_converging():
    torch.manual_seed(0)
    features, labels = synthetic_data(TRUE_W, TRUE_B, 200)
    features = features * torch.tensor([3.0, 1.0])
    ends = []
    for share in (0.98, 1.02):
        options = dict(lr=share * lr_limit(features), num_epochs=400, batch_size=200, report=None)
        ends.append(train(init_params(2, std=0), features, labels, **options)[-1])
    assert ends[0] < 1 and ends[1] > 1e3


def test_train_reports_returns_and_exchanges_blocks():
    torch.manual_seed(0)
    features, labels = synthetic_data(TRUE_W, TRUE_B, 100)
    lines, seen = [], []

    def reader(batch_size, features, labels):
        seen.append(batch_size)
        return data_iter(batch_size, features, labels)

    def net(X, w):
        return X @ w

    params = [torch.zeros(2, 1, requires_grad=True)]
    losses = train(params, features, labels, num_epochs=25, batch_size=10**6, net=net, reader=reader,
                   report=lines.append)  # fmt: skip
    assert len(losses) == 25 and losses[-1] < losses[0]
    assert len(lines) <= 10 and lines[-1] == f"epoch 25, loss {losses[-1]:.3g}"
    assert seen == [100] * 25  # one batch of all: the step is divided by what it holds


def test_train_ignores_gradients_left_by_others():
    torch.manual_seed(0)
    features, labels = synthetic_data(TRUE_W, TRUE_B, 20)
    ends = []
    for left in (None, torch.full((2, 1), 1e6)):
        w, b = init_params(2, std=0)
        w.grad = left
        torch.manual_seed(1)
        ends.append(train([w, b], features, labels, num_epochs=1, report=None))
    assert ends[0] == ends[1]


def test_a_diverging_run_names_the_lr_and_the_limit():
    torch.manual_seed(0)
    features, labels = synthetic_data(TRUE_W, TRUE_B, 1000)
    with pytest.raises(ValueError, match=rf"lr=3\.0.*lr={lr_limit(features):.3g}.*smaller lr"):
        train(init_params(2), features, labels, lr=3.0, report=None)
    labels[3] = NAN
    with pytest.raises(ValueError, match="features or labels hold inf or nan"):
        train(init_params(2), features, labels, report=None)


X, Y = torch.randn(6, 2), torch.randn(6, 1)


@pytest.mark.parametrize("value", [0, -1, 2.5, "10", None, True, torch.tensor(3)])
@pytest.mark.parametrize("function", ["data_iter", "sgd", "train", "synthetic_data", "init_params"])
def test_counts_that_cannot_be_are_refused_at_the_call(function, value):
    w, b = init_params(2)
    w.grad, b.grad = torch.ones(2, 1), torch.ones(1)
    calls = {
        "data_iter": lambda: data_iter(value, X, Y),
        "sgd": lambda: sgd([w, b], 0.1, value),
        "train": lambda: train([w, b], X, Y, batch_size=value),
        "synthetic_data": lambda: synthetic_data(TRUE_W, TRUE_B, value),
        "init_params": lambda: init_params(value),
    }
    before = w.detach().clone()
    with pytest.raises((TypeError, ValueError), match=r"(batch_size|num_examples|num_features) is "):
        calls[function]()
    assert torch.equal(w, before) and torch.equal(w.grad, torch.ones(2, 1))


REFUSED = [
    ("different lengths", lambda: data_iter(2, X, Y[:5]), ValueError, "6 examples and labels has 5"),
    ("no examples", lambda: data_iter(2, X[:0], Y[:0]), ValueError, r"features has shape \(0, 2\)"),
    ("integers", lambda: data_iter(2, X.long(), Y), TypeError, r"features\.float\(\)"),
    ("integer labels", lambda: data_iter(2, X, Y.int()), TypeError, r"labels\.float\(\)"),
    ("a list", lambda: data_iter(2, X.tolist(), Y), TypeError, r"torch\.tensor\(features\)"),
    ("a number", lambda: data_iter(2, X, torch.tensor(1.0)), ValueError, "labels has shape"),
    ("w as a vector", lambda: linreg(X, torch.zeros(2), 0.0), ValueError, r"w needs shape \(2, 1\)"),
    ("w on its side", lambda: linreg(X, torch.zeros(1, 2), 0.0), ValueError, r"w has shape \(1, 2\)"),
    ("w too long", lambda: linreg(X, torch.zeros(3, 1), 0.0), ValueError, r"w has shape \(3, 1\)"),
    ("b per row", lambda: linreg(X, torch.zeros(2, 1), torch.zeros(6)), ValueError, "b has shape"),
    ("one example", lambda: linreg(X[0], torch.zeros(2, 1), 0.0), ValueError, r"X\.reshape\(-1, d\)"),
    ("too few labels", lambda: squared_loss(Y, Y[:3]), ValueError, r"y has shape \(3, 1\)"),
    ("a table", lambda: squared_loss(torch.zeros(6, 6), Y), ValueError, "one label for each"),
    ("w as a table", lambda: synthetic_data(torch.zeros(2, 2), 0, 5), ValueError, "w has shape"),
    ("no weights", lambda: synthetic_data([], 0, 5), ValueError, "w has shape"),
    ("a bias for each example", lambda: synthetic_data([1.0], torch.ones(5), 5), ValueError, "b has shape"),
    ("negative noise", lambda: synthetic_data([1.0], 0, 5, noise=-1), ValueError, "noise is -1"),
    ("negative std", lambda: init_params(2, std=-1), ValueError, "std is -1"),
    ("nan std", lambda: init_params(2, std=NAN), ValueError, "std is nan"),
    ("epochs", lambda: train(init_params(2), X, Y, num_epochs=0), ValueError, "num_epochs is 0"),
    ("uneven", lambda: evaluate_loss(init_params(2), X, Y[:5]), ValueError, "labels has 5"),
    (
        "records nothing",
        lambda: train([torch.zeros(2, 1), torch.zeros(1)], X, Y),
        ValueError,
        "requires_grad",
    ),
    ("before backward", lambda: sgd(init_params(2), 0.1, 5), ValueError, r"params\[0\]\.grad is None"),
    ("one tensor", lambda: sgd(init_params(2)[0], 0.1, 5), TypeError, r"\[w, b\]"),
]


@pytest.mark.parametrize(
    ("call", "error", "message"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("lr", [-0.1, NAN, INF, "0.1", None, torch.tensor(0.1)])
def test_a_bad_lr_changes_nothing(lr):
    w, b = init_params(2)
    w.grad, b.grad = torch.ones(2, 1), torch.ones(1)
    before = w.detach().clone()
    for call in (lambda: sgd([w, b], lr, 5), lambda: train([w, b], X, Y, lr=lr)):
        with pytest.raises((TypeError, ValueError), match="lr is "):
            call()
        assert torch.equal(w, before) and torch.equal(w.grad, torch.ones(2, 1))


def test_sgd_moves_nothing_when_one_gradient_is_missing():
    w, b = init_params(2)
    w.grad = torch.ones(2, 1)
    before = w.detach().clone()
    with pytest.raises(ValueError, match=r"params\[1\]"):
        sgd([w, b], 0.1, 5)
    assert torch.equal(w, before)


def test_a_batch_size_larger_than_the_data_is_one_batch():
    assert [len(x) for x, _ in data_iter(100, X, Y)] == [6]
    check_count("batch_size", 10**9)


def test_every_public_function_says_where_it_comes_from():
    import helpers

    functions = [f for f in vars(helpers).values() if getattr(f, "__module__", "") == "helpers"]
    assert len(functions) >= 9
    for function in functions:
        assert re.search(r"Source: chapter \d\d\.", function.__doc__), function.__name__
