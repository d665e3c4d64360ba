"""One prediction for each of the chapters 01 to 10, 12 and 14, on the point where many go wrong."""

import torch

from course.explore import Predict
from helpers import data_iter, init_params, linreg, squared_loss, synthetic_data, train

TRUE_W, TRUE_B = [2, -3.4], 4.2


def four_times_the_data():
    """Chapter 01."""

    def error(n, data_sets=2000):
        x, noise = torch.randn(data_sets, n), torch.randn(data_sets, n)
        x -= x.mean(1, keepdim=True)
        return ((x * noise).sum(1) / (x**2).sum(1)).square().mean().sqrt()

    def run():
        torch.manual_seed(0)
        return f"{error(400) / error(100):.2f} times as large"

    return Predict(
        "Noise makes the slope of the best fit miss the true slope. How large is the typical miss with "
        "400 examples, "
        "compared with 100 examples?",
        {
            "a quarter: four times the data, a quarter of the error": is_number(0.2, 0.3),
            "half": is_number(0.45, 0.55),
            "the same: more data bring more noise": is_number(0.9, 1.1),
        },
        run,
        "Errors of both signs cancel, but only partly: the miss goes with noise / √n. To halve it takes "
        "four times "
        "the data.",
    )


def is_number(low, high):
    """A test for results that begin with a number: is it between the two?"""
    return lambda result: low < float(str(result).split()[0]) < high


def sorted_labels():
    """Chapter 02."""

    def run():
        labels, b = torch.cat([torch.zeros(500), torch.ones(500)]), 0.0
        for _ in range(10):
            for batch in labels.split(10):
                b -= 0.03 * (b - batch.mean().item())
        return f"{b:.2f}"

    return Predict(
        "500 labels are 0, then 500 are 1. A single number `b` moves 3 % of the way to the mean of each "
        "mini-batch of "
        "10, in the given order. Where is `b` after 10 epochs?",
        {
            "at 0.5, the mean of all labels": is_number(0.45, 0.55),
            "near 0.8": is_number(0.75, 0.85),
            "near 1, the last labels": is_number(0.95, 1.05),
        },
        run,
        "Each batch shrinks the trace of all earlier ones by the factor 0.97, so the ones, read last, "
        "count most. The "
        "zeros are not quite forgotten after 50 batches.",
    )


def gradient_at_zero():
    """Chapter 03."""

    def run():
        torch.manual_seed(0)
        X, y = synthetic_data(TRUE_W, TRUE_B, 1000)
        w, b = init_params(2, std=0)
        squared_loss(linreg(X, w, b), y).mean().backward()
        return [round(value, 1) for value in w.grad.flatten().tolist()]

    return Predict(
        "A linear model with two weights starts at zero: `w = [0, 0]`, `b = 0`. All its predictions are "
        "0. What is "
        "`w.grad` after the first `backward`?",
        {
            "zero for both weights, so nothing is learned": [0, 0],
            "not zero, but the same for both weights": lambda grad: grad[0] == grad[1] != 0,
            "not zero, and different for the two weights": lambda grad: grad[0] != grad[1],
        },
        run,
        "The gradient compares the errors with the features. The predictions are equal, but the labels "
        "and the "
        "features are not.",
    )


def one_bias_each():
    """Chapter 04."""

    def run():
        column, b = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([10.0, 20.0, 30.0])
        return tuple((column + b).shape)

    return Predict(
        "`column` has shape `(3, 1)`. By mistake `b` has one number for each row, shape `(3,)`. What is "
        "`(column + b).shape`?",
        {"(3, 1)": (3, 1), "(3,)": (3,), "(3, 3)": (3, 3), "an error": Exception},
        run,
        "A column and a plain vector stretch each other: every row of one meets every entry of the "
        "other, and nothing "
        "complains.",
    )


def forgotten_reshape():
    """Chapter 05."""

    def run():
        y_hat, y = torch.zeros(10, 1), torch.zeros(10)
        return tuple((y_hat - y).shape)

    return Predict(
        "`y_hat` has shape `(10, 1)`. The labels come as a plain vector, shape `(10,)`, and `reshape` "
        "is left out. "
        "How many numbers does `y_hat - y` hold?",
        {
            "10, one difference for each example": lambda shape: torch.Size(shape).numel() == 10,
            "100": lambda shape: torch.Size(shape).numel() == 100,
            "none: the shapes do not fit, an error": Exception,
        },
        run,
        "A column minus a vector is a table: each prediction is compared with all 10 labels.",
    )


def second_backward():
    """Chapter 06."""

    def run():
        torch.manual_seed(0)
        X, y = next(data_iter(10, *synthetic_data(TRUE_W, TRUE_B, 1000)))
        w, b = init_params(2)
        squared_loss(linreg(X, w, b), y).sum().backward()
        once = w.grad.clone()
        squared_loss(linreg(X, w, b), y).sum().backward()
        return [round(value, 3) for value in (w.grad / once).flatten().tolist()]

    return Predict(
        "The loss of the same mini-batch is computed twice, with `backward` after each and nothing "
        "zeroed between. "
        "What is `w.grad` after the second `backward`, divided by `w.grad` after the first?",
        {
            "1: the new gradient replaces the old one": [1, 1],
            "2: the new gradient is added to the old one": [2, 2],
            "an error: the second call is refused": Exception,
        },
        run,
        "`backward` adds to what is in `.grad`. It refuses only to walk the same record twice, and here "
        "the loss was "
        "computed anew.",
    )


def trained_twice():
    """Chapter 07."""

    def run():
        torch.manual_seed(0)
        X, y = synthetic_data(TRUE_W, TRUE_B, 1000)
        params = init_params(2)
        first, second = (train(params, X, y, report=None)[0] for _ in range(2))
        return f"{second:.1g} (in the first run it was {first:.1g})"

    return Predict(
        "The training loop has run for 3 epochs. You run the same loop a second time, with the same `w` "
        "and `b` and "
        "nothing made anew. What is the loss after its first epoch?",
        {
            "about 0.04, as in the first run": is_number(0.01, 0.1),
            "about 0.00005": is_number(3e-5, 7e-5),
            "0: with more epochs it gets ever smaller": is_number(-1, 1e-5),
        },
        run,
        "The second run goes on where the first one stopped, at the floor that the noise sets. It looks "
        "like a better "
        "learner and is only a later start.",
    )


def noise_or_data():
    """Chapter 08."""

    def error(noise, n, data_sets=100):
        x = torch.randn(data_sets, n)
        miss = (x * noise * torch.randn(data_sets, n)).sum(1) / (x**2).sum(1)
        return miss.square().mean().sqrt()

    def run():
        torch.manual_seed(0)
        aim = error(0.1, 30)
        return f"{next(k for k in (1, 10, 100, 1000) if error(1.0, 30 * k) < 1.3 * aim)} times as many"

    return Predict(
        "The labels become 10 times as noisy. How many examples bring the old accuracy of the weights back?",
        {
            "as many as before": is_number(0, 2),
            "10 times as many": is_number(9, 11),
            "100 times as many": is_number(99, 101),
        },
        run,
        "The error goes with noise / √n, and √100 is 10.",
    )


def half_of_the_loss():
    """Chapter 09."""

    def run():
        torch.manual_seed(0)
        y_hat, y = torch.randn(50, 1), torch.randn(50, 1)
        return f"{torch.nn.MSELoss()(y_hat, y) / squared_loss(y_hat, y).mean():.3f} times as large"

    return Predict(
        "The same 50 predictions and labels. How large is `MSELoss`, compared with the mean of our "
        "`squared_loss`?",
        {
            "equal": is_number(0.99, 1.01),
            "twice as large": is_number(1.99, 2.01),
            "50 times as large: it adds up": is_number(49, 51),
        },
        run,
        "`MSELoss` takes the mean, as we did here, but it has no ½.",
    )


def scaled_before_the_split():
    """Chapter 10."""

    def run():
        from sklearn.datasets import load_diabetes  # takes a second, and only this page needs it

        X, y = (torch.tensor(part).double() for part in load_diabetes(return_X_y=True, scaled=False))
        changes = []
        for seed in range(20):
            rows = torch.randperm(442, generator=torch.Generator().manual_seed(seed))
            train_rows, test_rows = rows[:342], rows[342:]
            errors = []
            for known in (train_rows, rows):  # whose mean and deviation are used
                A = torch.cat([(X - X[known].mean(0)) / X[known].std(0), torch.ones(442, 1)], 1)
                weights = torch.linalg.lstsq(A[train_rows], y[train_rows].reshape(-1, 1)).solution
                errors.append((A[test_rows] @ weights - y[test_rows].reshape(-1, 1)).square().mean().sqrt())
            changes.append(abs(errors[1] / errors[0] - 1))
        return f"{100 * max(changes):.1f} % at most, on 20 splits"

    return Predict(
        "The features are standardised with all 442 people before the split, and not with the training "
        "part alone. By how much does the held-out error of least squares change?",
        {
            "by less than 1 %": is_number(-0.01, 1),
            "by about 10 %": is_number(5, 15),
            "by more than a quarter": is_number(25, 100),
        },
        run,
        "Standardising only changes the units of the features, and a linear model takes any units. What "
        "leaks badly is a choice that looks at the labels.",
    )


def class_numbers():
    """Chapter 12."""

    def run():
        from sklearn.datasets import load_digits  # takes a second, and only this page needs it

        X, y = (torch.tensor(part).double() for part in load_digits(return_X_y=True))
        rows = torch.randperm(len(X), generator=torch.Generator().manual_seed(0))
        A = torch.cat([X / 16, torch.ones(len(X), 1).double()], 1)[rows]
        y = y[rows].reshape(-1, 1)
        # the gelsd driver takes columns of zeros: some pixels never have ink
        weights = torch.linalg.lstsq(A[500:], y[500:], driver="gelsd").solution
        right = (A[:500] @ weights).round().clamp(0, 9) == y[:500]
        return f"{100 * right.double().mean():.0f} % of the held-out pictures"

    return Predict(
        "A linear model learns the class numbers 0 to 9 under the squared loss, from 1297 pictures of "
        "digits. Its prediction is rounded to a digit. How often is it right on 500 other pictures?",
        {
            "about 95 %": is_number(85, 100),
            "about 60 %": is_number(45, 75),
            "about 25 %": is_number(15, 35),
        },
        run,
        "A class number is a name, and the squared loss takes it for an amount: it answers in the middle "
        "of the digits that it cannot tell apart.",
    )


def decayed_by_adam():
    """Chapter 14."""

    def run():
        torch.manual_seed(0)
        w, size = torch.ones(2, 50, requires_grad=True), torch.tensor([[0.1], [10]])
        optimizer = torch.optim.Adam([w], lr=0.001, weight_decay=1)
        for _ in range(2000):
            w.grad = size * torch.randn(2, 50)
            optimizer.step()
        return [round(value, 1) for value in w.detach().median(1).values.tolist()]

    return Predict(
        "Two weights start at 1. Their gradients are noise around 0, of size 0.1 for the first and 10 for "
        "the second. `Adam(weight_decay=1)` adds the weight to its gradient and takes 2000 steps with lr "
        "0.001. What is left of the two?",
        {
            "the same of both: the decay is the same": lambda left: left[0] == left[1],
            "less of the first": lambda left: left[0] < left[1],
            "less of the second": lambda left: left[0] > left[1],
        },
        run,
        "Adam divides the whole gradient, the decay in it too, by the usual size of that gradient. Where "
        "gradients are large, little is left of the decay.",
    )
