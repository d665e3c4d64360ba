"""What the probes of several chapters use."""

import torch

from course.tasks.kit import Wrong, kind, need, read_tensor, read_tuple

Tensor = torch.Tensor


def column(*values):
    return torch.tensor([[value] for value in values])  # no view: an answer may do with it what it likes


def close(a, b, tolerance=1e-4):
    """Equal but for rounding. Shapes are compared before."""
    a, b = a.double(), torch.as_tensor(b).double()
    return bool((a - b).abs().max() <= tolerance * b.abs().max().clamp(min=1e-3))


def name_of(factor, names, default):
    """The mistake that a measured factor betrays."""
    return next((name for known, name in names.items() if abs(factor - known) < 1e-3 * abs(known)), default)


def read_epoch(f, n, batch_size):
    """The batches of one epoch, as lists of example numbers."""
    number = torch.arange(n).reshape(-1, 1)
    features, labels = torch.cat([number * 1.0, number * -0.5], 1), number + 100.0
    batches = f(batch_size, features, labels, take=2 * n)
    need(batches is not None, "the result is None", "nothing is yielded")
    one = isinstance(batches, list) and len(batches) == 2 and isinstance(batches[0], Tensor)
    need(not one, "one batch comes back, and that is all", "return ends the function: it is no yield")
    need(isinstance(batches, list), f"the result is a {kind(batches)}", "something to loop over is wanted")
    epoch, short, rows = [], n % batch_size, set(map(tuple, features.tolist()))
    for batch in batches:
        X, y = read_tuple(batch, 2, "a batch")
        tensors = isinstance(X, Tensor) and isinstance(y, Tensor)
        need(tensors, f"a batch holds a {kind(X)} and a {kind(y)}", "indices or lists, not rows")
        need(X.ndim == 2, f"X has shape {tuple(X.shape)}", "indices or single examples, not rows")
        size = len(X)
        need(size > 0, "a batch is empty", "an empty batch: there is nothing left at that point")
        need(X.shape != (size, 1), "the first part has one column", "X and y are in the wrong order")
        X = read_tensor(X, (size, 2), what="X")
        y = read_tensor(y, (size, 1), {(size,): "the column of y is lost"}, "y")
        known = rows.issuperset(map(tuple, X.tolist()))
        need(known, "a row of X is no example", "the features are changed")
        need(torch.equal(X[:, :1] + 100, y), "an X has the label of another", "X and y are torn apart")
        epoch.append(X[:, 0].int().tolist())
    sizes, order = [len(batch) for batch in epoch], sum(epoch, [])
    twice, missing = len(order) - len(set(order)), n - len(set(order))
    longest = max(sizes, default=0)
    need(longest <= batch_size, f"a batch has {longest} examples, not {batch_size}", "a batch is too long")
    padded = twice and not missing and sizes[-1] == batch_size
    need(not padded, "the last batch is full, with examples seen before", "the last batch is padded")
    need(not (twice and missing), "some examples come twice, others never", "drawn with replacement")
    need(not twice, "some examples come twice in an epoch", "examples are repeated")
    dropped = missing == short and set(sizes) == {batch_size}
    need(not (missing and dropped), "the examples left over never come", "the last, shorter batch is dropped")
    need(not missing, f"{missing} of {n} examples never come", "examples are skipped")
    wanted = [batch_size] * (n // batch_size) + [short] * (short > 0)
    need(sizes == wanted, f"the batches hold {sizes}", "a batch before the last is too short")
    return epoch


def parts(vector, sizes):
    """The vector cut into tensors for parameters: columns, and shape (1,) for a size of 1."""
    return [(part.reshape(-1, 1) if len(part) > 1 else part).clone() for part in vector.split(sizes)]


def stepped(f, grads, *settings, velocities=(), sizes=(3, 1)):
    """How f moves parameters 1, 2, 3, ... that have these gradients: a vector. sizes: of each parameter."""
    before, sizes = torch.arange(1.0, len(grads) + 1), list(sizes)
    params = [part.requires_grad_() for part in parts(before, sizes)]
    for param, grad in zip(params, parts(grads, sizes), strict=True):
        param.grad = grad
    f(list(params), *velocities, *settings, changes=1 + len(velocities))
    moves = list((torch.cat([param.detach().flatten() for param in params]) - before).split(sizes))
    clean = [param.grad is None or not param.grad.any() for param in params]
    if not any(move.any() for move in moves):
        early = all(clean) and all(param._version for param in params)  # 0 was added, in place
        rebound = "nothing moves: no step is made, or it is made on a new tensor, not in place"
        rebound += ", or its gradient is zeroed too early" if all(clean) else ""
        mistake = "the gradients are zeroed before the step has used them" if early else rebound
        raise Wrong("the parameters are the same after the step", mistake)
    for i, (param, move) in enumerate(zip(params, moves, strict=True)):
        need(move.any(), f"params[{i}] has not moved, another has", "only some of the parameters are updated")
        records = param.requires_grad and param.is_leaf
        need(records, f"params[{i}] records no gradients any more", "recording is switched off for good")
    need(any(clean), "the gradients are still there after the step", "the gradients are not zeroed")
    need(all(clean), "one gradient is still there after the step", "only some of the gradients are zeroed")
    return torch.cat(moves)


def problem(n=8):
    """Fresh data and parameters, and the same for formulas: A = [X, 1] and theta = [w; b], in float64."""
    X, y, w, b = torch.randn(n, 2), torch.randn(n, 1), column(3.0, -2.0), torch.tensor([5.0])
    return X, y, w, b, torch.cat([X, torch.ones(n, 1)], 1).double(), column(3.0, -2.0, 5.0).double()
