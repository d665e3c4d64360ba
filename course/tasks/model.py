"""The tasks of 04_model: each with its check. The answers are in here: try first."""

import torch

from course.tasks.kit import Chapter, need, read_number, read_tensor, read_tuple
from course.tasks.probes import close, column

chapter = Chapter("04_model")


@chapter.task("linreg", "linreg(X, w, b)")
def linreg(f):
    X, w, b = torch.arange(12.0).reshape(4, 3) - 3, column(1.0, 10.0, 100.0), torch.tensor([0.5])
    names = {(4,): "the column is lost", (1, 4): "a row: the product is the wrong way round", (): "all added"}
    names |= {(4, 3): "the products are not added up over the features", (4, 4): "broadcast: column and row"}
    y_hat, without = (read_tensor(f(X, w, bias), (4, 1), names) for bias in (b, b * 0))
    need(not torch.equal(y_hat, without), "another b changes nothing", "the bias is missing")
    need(not close(y_hat, without - b), "a larger b gives smaller predictions", "the bias is subtracted")
    need(close(y_hat, without + b), "b shifts the predictions by more or less", "the bias is not just added")
    by_hand = [sum(x * v for x, v in zip(row, (1, 10, 100), strict=True)) for row in X.tolist()]
    need(close(without, column(*by_hand)), "for b = 0 it is not Xw", "the weighted sum of the features")
    w, b, X = torch.randn(2, 1, requires_grad=True), torch.randn(1, requires_grad=True), torch.randn(5, 2)
    y_hat = f(X, w, b)
    need(y_hat.requires_grad, "the result has no grad_fn", "the graph is cut: backward cannot reach w and b")
    to_w, to_b = torch.autograd.grad(y_hat.sum(), [w, b], materialize_grads=True)
    reached = close(to_w, X.sum(0).reshape(2, 1)) and close(to_b, 5)
    need(reached, "w or b gets another gradient", "the graph is cut: a part is not recorded")
    by_hand = (X * w.T).sum(1, keepdim=True) + b
    equal = close(read_tensor(y_hat, (5, 1)), by_hand.detach())
    need(equal, "fresh data give other predictions", "not Xw + b")


chapter.choice(
    "04-recall-record",
    "c",
    {
        "a": "multiplying needs no recording: predictions come out",
        "b": "the loss is plain arithmetic too: it comes out",
        "d": "there is an error: PyTorch finds no way back to a parameter",
    },
    look="03_parameters",
)


chapter.number(
    "04-recall-last",
    (40, 40),
    {
        (64, 64): "full only when batch_size divides the number of examples: nothing is repeated to fill it",
        (0, 0): "nothing is dropped, and a batch is never empty",
        (24, 24): "that is what the last batch lacks",
        (15.5, 15.7): "that is 1000 / 64: the remainder is wanted, not the quotient",
        (15, 16): "that is the number of batches",
    },
    "a number of examples",
    look="02_reading_data",
)


chapter.choice(
    "04-shape",
    "d",
    {
        "a": "a column plus a plain vector is no sum entry by entry: both are stretched",
        "b": "the vector counts as a row, and the column stays a dimension of its own",
        "c": "no error: the two shapes can be stretched to fit each other",
    },
)


chapter.choice(
    "04-bug-line",
    "e",
    {
        "a": "this line is in order: the scale comes from the data that are trained on",
        "b": "this line is in order: after it each feature has mean 0 and spread 1",
        "c": "this line is in order: a start near zero for two weights",
        "d": "this line is in order: the loss that comes out of it is small",
    },
)


@chapter.task("unscale", "unscale(slope, bias, mean, std), which returns slope, bias")
def unscale(f):
    # changes=4: a float that comes back as it was is a mistake with a name of its own
    slope, bias, mean, std = 6.0, 10.0, 3.0, 2.0  # of z = (x - 3) / 2; for x itself: 3 and 1
    found = [read_number(part, "a part") for part in read_tuple(f(slope, bias, mean, std, changes=4), 2)]
    names = {
        (1, 3): "slope and bias are in the wrong order",
        (12, 1): "the slope is multiplied by std: a step of 1 in x is a smaller step in z",
        (12, -26): "the slope is multiplied by std: a step of 1 in x is a smaller step in z",
        (3, 10): "the bias is left as it was: z = 0 is at the mean, x = 0 is not",
        (3, 19): "the wrong sign of the shift",
        (3, -8): "the shift is not divided by std",
        (3, 7): "the shift is without the slope",
        (3, 8.5): "the shift is without the slope",
        (6, 10): "nothing is changed",
        (6, -8): "std is not used",
        (6, 1): "the slope is left as it was: it is per standard deviation",
        (1.5, 5.5): "divided by the variance, not by the standard deviation",
        (1.5, 1): "divided by the variance, not by the standard deviation",
        (3, 5.5): "the shift is divided by std twice",
        (3, 0.5): "the bias is divided by std: only the slope is per standard deviation",
    }
    near = [words for pair, words in names.items() if close(torch.tensor(found), torch.tensor(pair))]
    seen = "slope 6, bias 10, mean 3, std 2 give {:.3g} and {:.3g}".format(*found)
    right = close(torch.tensor(found), torch.tensor([3.0, 1.0]))
    need(right, seen, (near or ["another line than the one for z"])[0])
    slope, bias, mean, std = (torch.randn(4) + 3).tolist()
    new, shift = (read_number(part, "a part") for part in read_tuple(f(slope, bias, mean, std, changes=4), 2))
    for x in (-1.0, 0.0, 2.0):
        same = abs(new * x + shift - slope * (x - mean) / std - bias) < 1e-2
        need(same, "other numbers give another line", "the numbers of one example are built in")


@chapter.task("quadratic", "quadratic(X)")
def quadratic(f):
    def read(X):
        n = len(X)
        names = {
            (n, 4): "a column is missing: squares of both, and the product",
            (n, 3): "columns are missing",
        }
        names |= {(n, 2): "nothing is added to the features", (5, n): "transposed: a row for each example"}
        names |= {
            (n, 6): "a column too many: the bias takes the place of a column of ones",
            (n,): "one column only",
        }
        return read_tensor(f(X), (n, 5), names)

    X = torch.randn(40, 2)
    Z = read(X).double()
    one, two = X.double().split(1, 1)
    need(
        close(read(X[:7]).double(), Z[:7]),
        "a row depends on the other rows",
        "scaled by the batch, or mixed up",
    )
    A = torch.cat([Z, torch.ones(40, 1)], 1)
    terms = {"x1": one, "x2": two, "x1 squared": one**2, "x2 squared": two**2, "x1 times x2": one * two}
    lost = []
    for name, term in terms.items():
        rest = term - A @ torch.linalg.lstsq(A, term, driver="gelsd").solution
        lost += [name] if rest.abs().max() > 1e-3 else []
    need(
        not lost,
        "five columns, but no weights make " + " or ".join(lost),
        "a term is missing, or there twice",
    )
    need(f(X.clone().requires_grad_()).requires_grad, "the result has no grad_fn", "the graph is cut")


chapter.number(
    "ohm",
    (46.5, 47.5),
    {
        (0.0465, 0.0475): "kilo-ohm: the current is in milliamperes",
        (46500, 47500): "milli-ohm: the voltage is in millivolts",
        (0.0208, 0.0218): "the inverse: a conductance, in ampere per volt",
        (1.3, 1.45): "volts per standard deviation: not converted back from the scaled current",
        (0.3, 46): "the descent has not arrived: the feature is small, and so are the steps",
        (1e5, 1e300): "the descent diverged: the feature is large, and so are the steps",
    },
    "the resistance in ohm, a number",
)
