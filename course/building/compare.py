"""Compares the outputs of notebooks: text exactly, numbers as numbers. A plugin for pytest and nbval.

Another processor adds in another order, and prints another last digit. So a number with a decimal point, an
exponent or a percent sign may differ by one unit of its last printed digit. Everything else is exact: the
words, the lines, and every whole number, which is a count, a shape or a name. torch's `3.` is whole too: it
leaves the zeros out where nothing was rounded.
"""

import re
from decimal import Decimal
from itertools import zip_longest
from math import inf
from queue import Empty
from time import monotonic

# No part of a name (w1, 2.13.0, a hash 3e25781). `3.` inside brackets is torch's; elsewhere a sentence ends.
NUMBER = re.compile(
    r"(?<![\w.])((?:(?<!\))[-+−])?(?:\d+\.\d+|\.\d+|\d+\.(?=[,\])])|\d+)"
    r"(?:e[-+]?\d{1,3}(?!\d))?(?!\d|\.\d)(?: ?%)?)"
)


def difference(stored, new):
    """What differs between two texts, in words, or None when they count as equal."""
    if stored == new:
        return None
    old_parts, new_parts = NUMBER.split(stored), NUMBER.split(new)
    if len(old_parts) != len(new_parts):
        return first_line(stored, new)
    moved = [len(part) for part in old_parts[1::2]] != [len(part) for part in new_parts[1::2]]
    for i, (old, now) in enumerate(zip(old_parts, new_parts, strict=True)):
        if i % 2:
            if not near(old, now):
                why = "more than one unit of the last digit" if inexact(old, now) else "this must be equal"
                return f"{old} became {now}: {why}"
        elif moved:  # by a number with a digit more: the blanks beside it, and columns, are of other widths
            if old.strip(" ") != now.strip(" "):
                return first_line(stored, new)
        elif old != now:
            return first_line(stored, new)
    return None


def near(old, new):
    """Whether two printed numbers count as equal."""
    if old == new:
        return True
    if not inexact(old, new):
        return False
    a, b = (Decimal(number.rstrip(" %").replace("−", "-")) for number in (old, new))
    unit = Decimal(1).scaleb(min(a.as_tuple().exponent, b.as_tuple().exponent))
    return abs(a - b) <= unit


def inexact(old, new):
    """Whether two printed numbers are of one kind, and rounded: then one unit is allowed."""
    digits = any(re.search(r"\.\d|e|%", number) for number in (old, new))
    whole = any(not re.search(r"[.e%]", number) for number in (old, new))
    return digits and not whole and old.endswith("%") == new.endswith("%")


def first_line(stored, new):
    """The first line in which two texts differ by more than their numbers."""
    lines = [text.splitlines() for text in (stored, new)]
    pairs = list(zip_longest(*lines, fillvalue="(no line)"))
    words = [[" ".join(NUMBER.sub("0", line).split()) for line in pair] for pair in pairs]
    old, now = next(
        (pair for pair, (a, b) in zip(pairs, words, strict=True) if a != b),
        next((pair for pair in pairs if pair[0] != pair[1]), (repr(stored), repr(new))),
    )
    return f"stored  {old}\nnow     {now}"


class Output(str):
    """A text that equals another as this module compares. nbval takes it for an ordinary one."""

    def __eq__(self, other):
        return difference(str(self), str(other)) is None

    def __ne__(self, other):
        return not self == other

    __hash__ = str.__hash__


def pytest_configure(config):
    """Puts the comparison, and what happens after a time-out or the end of a kernel, into nbval."""
    import pytest
    from nbval.kernel import RunningKernel
    from nbval.plugin import IPyNbCell

    sanitize, explain, setup = IPyNbCell.sanitize, IPyNbCell.format_output_compare, IPyNbCell.setup
    run, message = IPyNbCell.runtest, RunningKernel.get_message

    def as_output(self, text):
        text = sanitize(self, text)
        return Output(text) if isinstance(text, str) else text

    def with_reason(self, key, left, right):
        explain(self, key, str(left), str(right))
        if isinstance(left, str):
            self.comparison_traceback.append(difference(left, right))

    def while_alive(self, stream, timeout=None):
        end = monotonic() + (inf if timeout is None else timeout)
        while True:
            try:
                return message(self, stream, timeout=max(0, min(1, end - monotonic())))
            except Empty:
                if not self.is_alive():  # nbval would wait for it until the time-out
                    raise RuntimeError("The kernel died in this cell. Was the memory enough?") from None
                if monotonic() >= end:
                    raise

    def until_it_died(self):
        try:
            run(self)
        except RuntimeError as error:  # nbval would show it without its cell
            if self.parent.kernel.is_alive():
                raise
            self.parent.timed_out = True
            self.raise_cell_error(str(error))

    def after_the_end(self):
        if self.parent.timed_out:  # nbval runs them all the same, and reports each as a failure
            pytest.skip("an earlier cell of this notebook ran out of time, or ended its kernel")
        setup(self)

    if sanitize.__module__ == "nbval.plugin":
        IPyNbCell.sanitize = as_output
        IPyNbCell.format_output_compare = with_reason
        IPyNbCell.setup = after_the_end
        IPyNbCell.runtest = until_it_died
        RunningKernel.get_message = while_alive
