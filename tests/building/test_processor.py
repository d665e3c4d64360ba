"""The processor that does not exist: it moves last bits, always the same ones, and nothing that is exact."""

import pytest
import torch

from course.building.processor import Processor

A = torch.arange(1.0, 13).reshape(4, 3) / 7
GRAD = A.clone().requires_grad_()


def step():
    param = A.clone().requires_grad_()
    param.grad = A * 3
    torch.optim.SGD([param], lr=0.03).step()  # adds alpha * grad
    return param.detach()


INEXACT = {
    "a product": lambda: A @ A.T,
    "a sum": lambda: A.sum(0),
    "a logarithm": lambda: A.log(),
    "a normal number": lambda: torch.randn(50, generator=torch.Generator().manual_seed(0)),
    "a gradient": lambda: torch.autograd.grad((GRAD @ A.T).tanh().mean(), GRAD)[0],
    "a step of SGD": step,
}
EXACT = {
    "whole numbers": lambda: torch.arange(12.0).reshape(3, 4) @ torch.ones(4, 2),
    "a difference": lambda: A - A.flip(0),
    "a square": lambda: A**2,
    "nan and inf": lambda: torch.tensor([0.0, -1.0, 2.0]).log()[:2],
    "a shuffle": lambda: torch.randperm(50, generator=torch.Generator().manual_seed(0)),
}


@pytest.mark.parametrize("name", INEXACT)
def test_it_moves_what_processors_differ_in_by_one_unit(name):
    here = INEXACT[name]()
    there = []
    for salt in (7919, 7919, 2 * 7919):
        with Processor(salt):
            there.append(INEXACT[name]())
    assert not torch.equal(here, there[0])
    assert torch.equal(there[0], there[1]), "the same calculation must give the same result"
    assert not torch.equal(there[0], there[2]), "two processors are two"
    torch.testing.assert_close(here, there[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", EXACT)
def test_it_leaves_alone_what_is_exact(name):
    with Processor(7919):
        there = EXACT[name]()
    assert torch.equal(EXACT[name]().nan_to_num(7), there.nan_to_num(7))
