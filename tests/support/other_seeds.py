"""A chapter that compares methods on several seeds, run again on seeds that it has not seen."""

import json
from functools import cache

import pytest

import course.figures
from course import ROOT

SEEDING = "torch.manual_seed(seed)"


def proof(stem, comparisons, conclusions):
    """The test of what a chapter concludes, for the file that holds its conclusions, one in each line."""
    fresh = cache(lambda: with_other_seeds(stem, comparisons))  # the chapter runs once for all of them

    @pytest.mark.parametrize("conclusion", conclusions.strip().splitlines())
    def holds(conclusion):
        assert eval(conclusion, fresh())

    return holds


def with_other_seeds(stem, comparisons):
    """The names of a chapter after a run of its cells in which every comparison has other seeds.

    comparisons: how many loops over seeds the chapter has. A cell that is meant to raise is left out.
    """
    cells = json.loads((ROOT / "chapters" / f"{stem}.ipynb").read_text(encoding="utf-8"))["cells"]
    kept = [c for c in cells if c["cell_type"] == "code"]
    kept = [c for c in kept if "raises-exception" not in c["metadata"].get("tags", [])]
    source = "\n".join("".join(cell["source"]) for cell in kept)
    assert source.count("        " + SEEDING) == comparisons
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course.figures, "show", lambda fig, alt: None)
        exec(source.replace(SEEDING, "torch.manual_seed(1000 + seed)"), names)
    return names
