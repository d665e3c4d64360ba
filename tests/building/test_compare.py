"""What counts as the same output: text and whole numbers exactly, other numbers to one unit."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.building.compare import difference

SAME = [
    ("loss 0.015", "loss 0.016"),
    ("off by 46%, or 46 %", "off by 47%, or 45 %"),
    ("tensor([3., 4.])", "tensor([3.0000, 3.9999])"),  # no longer exactly 4
    ("w = -1.25e+03", "w = -1.26e+03"),
    ("0.00", "-0.00"),
    ("9.99", "10.00"),  # a digit more
    ("1e-05", "9.9e-06"),  # {:.2g} leaves the zero out
    ("tensor([[ 9.99, 1.00]])", "tensor([[10.00,  1.00]])"),  # and the columns move
    ("9.99  a 5", "10.00 a 5"),
]
DIFFERENT = [
    ("loss 0.015", "loss 0.017"),
    ("off by 46%", "off by 48%"),
    ("0.12", "0.1"),
    ("shape (10, 1)", "shape (11, 1)"),
    ("tensor([2., 2.])", "tensor([3., 2.])"),  # torch leaves zeros out where nothing was rounded
    ("commit 3e25781", "commit 3e25782"),
    ("10 apples", "10 apple"),
    ("0.9 1", "1.0 2"),
    ("b = 3.", "b = 4."),  # the end of a sentence is no decimal point
    ("2", "-2"),
    ("-0.1", "0.1"),
    ("nan", "0.1"),
    ("0.1", "nan"),
    ("inf", "-inf"),
    ("3", "3.0"),
    ("w1 = 2.0", "w2 = 2.0"),
    ("torch 2.13.0", "torch 2.13.1"),
    ("the loss is 0.1", "the Loss is 0.1"),
    ("loss 0.1\nloss 0.2", "loss 0.1"),
    ("loss  0.1", "loss 0.1"),
    ("1,000", "1,001"),
    ("1 2", "12"),
    ("epoch 1, loss 0.10", "epoch 2, loss 0.11"),
]


@pytest.mark.parametrize(("stored", "new"), SAME)
def test_one_unit_of_the_last_digit_is_the_same(stored, new):
    assert difference(stored, new) is None and difference(new, stored) is None


@pytest.mark.parametrize(("stored", "new"), DIFFERENT)
def test_everything_else_is_a_difference(stored, new):
    assert difference(stored, new) and difference(new, stored)


def test_the_difference_is_named():
    assert "0.30 became 0.35" in difference("loss 0.20, 0.30", "loss 0.21, 0.35")
    assert difference("a\nb 1\nc", "a\nB 1\nc") == "stored  b 1\nnow     B 1"
    assert difference("a 0.1\nb", "a 0.2\nc") == "stored  b\nnow     c"  # the line that counts
    assert "now     (no line)" in difference("a\nb", "a")


@settings(deadline=None)
@given(st.integers(-(10**6), 10**6), st.integers(0, 8), st.integers(-9, 9))
def test_the_unit_is_that_of_the_last_printed_digit(digits, places, units):
    number, other = (f"{Decimal(n).scaleb(-places):f}" for n in (digits, digits + units))
    same = difference(f"w = {number}, b", f"w = {other}, b") is None
    assert same == (abs(units) <= (1 if places else 0))
