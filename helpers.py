"""The functions that the chapters save. Written by `make helpers`: change a chapter, not this."""

import torch


# chapters/01_synthetic_data.ipynb
def check_count(name, value):
    """Refuses a count that is not a whole number, 1 or more. Source: chapter 01.

    name: what the caller calls it, for the message.  value: the count.
    Raises TypeError (2.5, "10", True) or ValueError (0, -1).
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(
            f"{name} is {value!r}, which is not a whole number: give an int, such as 10"
        )
    if value < 1:
        raise ValueError(f"{name} is {value}: it must be 1 or more")


# chapters/01_synthetic_data.ipynb
def synthetic_data(w, b, num_examples, noise=0.01):
    """Makes a data set with known parameters, y = Xw + b + noise. Source: chapter 01.

    w: d true weights, shape (d,) or (d, 1).  b: the true bias, a number.
    num_examples: n.  noise: standard deviation of the noise, in the unit of y.
    Returns X, shape (n, d), from N(0, 1), and y, shape (n, 1).
    Raises TypeError or ValueError for a count, weights, bias or noise that cannot be.
    """
    check_count("num_examples", num_examples)
    w = torch.as_tensor(w, dtype=torch.float32)
    if w.numel() == 0 or w.shape not in ((w.numel(),), (w.numel(), 1)):
        raise ValueError(
            f"w has shape {tuple(w.shape)}: give d weights, shape (d,) or (d, 1)"
        )
    b = torch.as_tensor(b, dtype=torch.float32)
    if b.numel() != 1:
        raise ValueError(f"b has shape {tuple(b.shape)}: the bias is one number")
    if not 0 <= noise < float("inf"):
        raise ValueError(
            f"noise is {noise}: a standard deviation is 0 or more, and finite"
        )
    X = torch.normal(0, 1, (num_examples, len(w)))
    y = X @ w.reshape(-1, 1) + b.reshape(())
    y += torch.normal(0, noise, y.shape)
    return X, y


# chapters/02_reading_data.ipynb
def check_examples(features, labels):
    """Refuses features and labels that do not belong together. Source: chapter 02.

    features, labels: float tensors whose first dimension counts the examples.
    Raises TypeError (no tensor, integers) or ValueError (empty, different lengths).
    """
    for name, value in (("features", features), ("labels", labels)):
        if not isinstance(value, torch.Tensor):
            raise TypeError(
                f"{name} is a {type(value).__name__}: make it a tensor,"
                f" torch.tensor({name})"
            )
        if not value.is_floating_point():
            raise TypeError(
                f"{name} has dtype {value.dtype}: a model needs floats, {name}.float()"
            )
        if value.ndim == 0 or len(value) == 0:
            raise ValueError(
                f"{name} has shape {tuple(value.shape)}: there is no example in it"
            )
    if len(features) != len(labels):
        raise ValueError(
            f"features has {len(features)} examples and labels has {len(labels)}: each"
            " needs its own label"
        )


# chapters/02_reading_data.ipynb
def data_iter(batch_size, features, labels):
    """Reads all examples once, shuffled, in mini-batches. Source: chapter 02.

    batch_size: B, 1 or more.  features: (n, ...).  labels: (n, ...), in the same order.
    Returns a generator of (X, y), B examples each; the last has what is left.
    The order comes from torch's generator: torch.manual_seed repeats it.
    Raises TypeError or ValueError, at the call, for what cannot be read.
    """
    check_count("batch_size", batch_size)
    check_examples(features, labels)
    many = batch_size * max(1, min(64, 2**16 // batch_size))  # rows that one call picks
    order = torch.randperm(len(features)).split(many)

    def batches():
        for rows in order:
            X, y = features.index_select(0, rows), labels.index_select(0, rows)
            yield from zip(X.split(batch_size), y.split(batch_size))

    return batches()


# chapters/03_parameters.ipynb
def init_params(num_features, std=0.01):
    """Starting parameters of a linear model. Source: chapter 03.

    num_features: d.  std: standard deviation of the random weights; 0 gives zeros.
    Returns w, shape (d, 1), from N(0, std^2), and b, shape (1,), zero; both record
    gradients.
    Raises TypeError or ValueError for a count or a std that cannot be.
    """
    check_count("num_features", num_features)
    if not 0 <= std < float("inf"):
        raise ValueError(f"std is {std}: a standard deviation is 0 or more, and finite")
    w = torch.normal(0, std, (num_features, 1), requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    return w, b


# chapters/04_model.ipynb
def linreg(X, w, b):
    """The linear model, Xw + b. Source: chapter 04.

    X: (B, d).  w: (d, 1).  b: one number, a float or a tensor of shape (1,).
    Returns the predictions y_hat, shape (B, 1).
    Raises ValueError for shapes that do not multiply to (B, 1), and for a tensor b of
    more than one number.
    """
    if X.ndim != 2:
        raise ValueError(
            f"X has shape {tuple(X.shape)}: it needs a row for each example,"
            " X.reshape(-1, d)"
        )
    if w.shape != (X.shape[1], 1):
        raise ValueError(
            f"w has shape {tuple(w.shape)}: X has {X.shape[1]} columns, so w needs"
            f" shape ({X.shape[1]}, 1)"
        )
    if isinstance(b, torch.Tensor) and b.numel() != 1:
        raise ValueError(
            f"b has shape {tuple(b.shape)}: the bias is one number, shape (1,)"
        )
    return X @ w + b


# chapters/05_loss.ipynb
def squared_loss(y_hat, y):
    """Squared loss of each example, (y_hat - y)^2 / 2. Source: chapter 05.

    y_hat: predictions, (B, 1).  y: labels, as many, in any shape.
    Returns B losses, in the shape of y_hat and the squared unit of y.
    Raises ValueError when there are not as many labels as predictions.
    """
    if y.numel() != y_hat.numel():
        raise ValueError(
            f"y has shape {tuple(y.shape)} and y_hat {tuple(y_hat.shape)}: one label"
            " for each prediction"
        )
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


# chapters/06_optimizer.ipynb
def check_lr(lr):
    """Refuses a learning rate that no step can use. Source: chapter 06.

    lr: a number, 0 or more. Raises TypeError (no number) or ValueError (negative, nan,
    inf).
    """
    if isinstance(lr, bool) or not isinstance(lr, int | float):
        raise TypeError(
            f"lr is {lr!r}, which is not a number: give a float, such as 0.03"
        )
    if not 0 <= lr < float("inf"):
        raise ValueError(
            f"lr is {lr}: it must be a finite number, 0 or more, such as 0.03"
        )


# chapters/06_optimizer.ipynb
def check_params(params):
    """Gives params as a list, and refuses what is not one. Source: chapter 06.

    params: list of tensors. Raises TypeError for a single tensor (a loop would run over
    its rows).
    """
    if isinstance(params, torch.Tensor):
        raise TypeError("params is one tensor: give a list of tensors, such as [w, b]")
    return list(params)


# chapters/06_optimizer.ipynb
def sgd(params, lr, batch_size):
    """One step of mini-batch stochastic gradient descent, in place. Source: chapter 06.

    params: list of tensors whose .grad holds the summed gradient of a mini-batch.
    lr: step length per unit of mean gradient.  batch_size: number of examples summed.
    Returns nothing: the tensors themselves change, and their gradients are zeroed.
    Raises TypeError or ValueError, before anything has changed, when a step cannot be
    taken.
    """
    check_lr(lr)
    check_count("batch_size", batch_size)
    params = check_params(params)
    for i, param in enumerate(params):
        if param.grad is None:
            raise ValueError(
                f"params[{i}].grad is None: call l.sum().backward() before sgd"
            )
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()


# chapters/07_training.ipynb
def evaluate_loss(params, features, labels, net=linreg, loss=squared_loss):
    """Mean loss over a whole data set, with nothing recorded. Source: chapter 07.

    params: list of parameters.  features: (n, d).  labels: (n, 1).
    net(X, *params) gives predictions; loss(y_hat, y) gives one loss per example.
    Returns a float. Raises TypeError or ValueError for data that do not fit together.
    """
    check_examples(features, labels)
    parts = zip(
        features.split(2**16), labels.split(2**16)
    )  # a part at a time: little memory
    with torch.no_grad():
        total = sum(loss(net(X, *params), y).mean().item() * len(X) for X, y in parts)
    return total / len(features)


# chapters/07_training.ipynb
def lr_limit(features):
    """The lr at which full-batch descent stops converging. Source: chapter 07.

    features: (n, d). The limit is 2 / the largest eigenvalue of A^T A / n, where A is
    the
    features and a column of ones; it holds for linreg with squared_loss. Mini-batches
    need less.
    """
    A = torch.cat([features, torch.ones(len(features), 1)], 1)
    return 2 / torch.linalg.eigvalsh(A.T @ A / len(A))[-1].item()


# chapters/07_training.ipynb
def not_finite(value, epoch, lr, features, labels):
    """Says why a training run ended in a loss of inf or nan. Source: chapter 07."""
    where = f"the loss is {value} after epoch {epoch}"
    if not (features.isfinite().all() and labels.isfinite().all()):
        return f"{where}: features or labels hold inf or nan; remove those examples"
    return (
        f"{where} with lr={lr}: the steps are too long. For linreg with squared_loss"
        f" and these features the limit is lr={lr_limit(features):.3g} for full"
        " batches, less for small ones. Make fresh parameters and train with a"
        " smaller lr"
    )


# chapters/07_training.ipynb
def train(
    params,
    features,
    labels,
    lr=0.03,
    num_epochs=3,
    batch_size=10,
    net=linreg,
    loss=squared_loss,
    optimizer=sgd,
    reader=data_iter,
    report=print,
):
    """Trains params in place, returns the loss after each epoch. Source: chapter 07.

    params: list of leaf tensors.  features: (n, d).  labels: (n, 1).  lr, batch_size:
    see sgd.
    net(X, *params), loss(y_hat, y), optimizer(params, lr, batch_size) and
    reader(batch_size, features, labels) are the blocks; each can be exchanged.
    report: called with a line of progress, ten times at most; None for silence.
    Raises TypeError or ValueError for bad input, before anything has changed, and
    ValueError when
    the loss is no longer finite, with the lr and the limit that the features imply. An
    interrupt
    (Ctrl-C, the stop button) is reported and raised again; params then hold the last
    whole step.
    """
    check_lr(lr)
    check_count("num_epochs", num_epochs)
    check_count("batch_size", batch_size)
    check_examples(features, labels)
    params = check_params(params)
    for i, param in enumerate(params):
        if not param.requires_grad:
            raise ValueError(
                f"params[{i}] records nothing: make it with requires_grad=True"
            )
    for param in params:
        param.grad = (
            None  # what an earlier backward left would be added to the first step
        )
    batch_size = min(
        batch_size, len(features)
    )  # one batch of all: divide by what it holds
    every = -(-num_epochs // 10)
    losses, epoch, steps = [], 1, 0
    last = [
        param.detach().clone() for param in params
    ]  # as the last whole step left them
    try:
        for epoch in range(1, num_epochs + 1):
            for X, y in reader(batch_size, features, labels):
                loss(net(X, *params), y).sum().backward()
                optimizer(params, lr, batch_size)
                last, steps = [param.detach().clone() for param in params], steps + 1
            losses.append(evaluate_loss(params, features, labels, net, loss))
            if not losses[-1] < float("inf"):
                raise ValueError(not_finite(losses[-1], epoch, lr, features, labels))
            if report and (epoch % every == 0 or epoch == num_epochs):
                report(f"epoch {epoch}, loss {losses[-1]:.3g}")
    except KeyboardInterrupt:
        torch.set_grad_enabled(True)  # it may have come before the end of a no_grad
        for param, value in zip(params, last):  # or between the step of w and that of b
            param.data.copy_(value)
            param.grad = None
        if report:
            report(
                f"stopped in epoch {epoch} of {num_epochs}, after {steps} whole steps"
            )
        raise
    return losses


# chapters/12_classification.ipynb
def softmax(X):
    """Probabilities from scores, row by row. Source: chapter 12.

    X: scores, (B, K). Returns (B, K), none negative, each row with sum 1, no overflow.
    Raises ValueError when X has no row for each example.
    """
    if X.ndim != 2:
        raise ValueError(
            f"X has shape {tuple(X.shape)}: it needs a row of scores for each example"
        )
    E = (X - X.amax(1, keepdim=True)).exp()
    return E / E.sum(1, keepdim=True)


# chapters/12_classification.ipynb
def log_sum_exp(X):
    """Logarithm of the sum of exp of each row, without overflow. Source: chapter 12.

    X: scores, (B, K). Returns (B, 1): the largest score and at most log K more.
    Raises ValueError when X has no row for each example.
    """
    if X.ndim != 2:
        raise ValueError(
            f"X has shape {tuple(X.shape)}: it needs a row of scores for each example"
        )
    largest = X.amax(1, keepdim=True)
    return largest + (X - largest).exp().sum(1, keepdim=True).log()


# chapters/12_classification.ipynb
def cross_entropy(y_hat, y):
    """Surprise of each example, -log of its class's probability. Source: chapter 12.

    y_hat: scores before softmax, (B, K).  y: B class numbers, 0 to K - 1, in any shape.
    Returns B losses, shape (B, 1), in nats.
    Raises ValueError for another count of labels, or a label that is no class.
    """
    classes, K = y.long().reshape(-1, 1), y_hat.shape[-1]
    if len(classes) != len(y_hat):
        raise ValueError(
            f"y has shape {tuple(y.shape)} and y_hat {tuple(y_hat.shape)}: "
            "one class for each row of scores"
        )
    if (classes != y.reshape(-1, 1)).any() or classes.min() < 0 or classes.max() >= K:
        raise ValueError(f"y holds a label that is no class: count from 0 to {K - 1}")
    return log_sum_exp(y_hat) - y_hat.gather(1, classes)


# chapters/12_classification.ipynb
def accuracy(y_hat, y):
    """Share of the examples whose class has the highest score. Source: chapter 12.

    y_hat: scores or probabilities, (B, K).  y: B class numbers, in any shape.
    Returns a float, 0 to 1. Raises ValueError for another count of labels.
    """
    if y.numel() != len(y_hat):
        raise ValueError(
            f"y has shape {tuple(y.shape)} and y_hat {tuple(y_hat.shape)}: "
            "one class for each row of scores"
        )
    return (y_hat.argmax(1) == y.reshape(-1)).double().mean().item()
