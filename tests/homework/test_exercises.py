"""The exercises as a learner meets them: an unsolved one runs to its table, a solved one is all ticked."""

import nbformat
import pytest

from course import ROOT, feedback
from course.feedback import Hint
from course.tasks import TASKS

STEMS = sorted(path.parent.name for path in ROOT.glob("solutions/*/*.ipynb"))


def cells(folder, stem):
    nb = nbformat.read(ROOT / folder / stem / f"{stem}.ipynb", as_version=4)
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def checks(folder, stem):
    return [cell for cell in cells(folder, stem) if cell.source.startswith("check(")]


@pytest.mark.parametrize("stem", STEMS)
def test_an_unsolved_exercise_runs_to_its_table(stem, monkeypatch, capsys):
    monkeypatch.setattr(feedback, "STATES", {})
    shown, names = [], {}
    monkeypatch.setattr(feedback, "display", lambda table: shown.append(repr(table)))
    for cell in cells("exercises", stem):
        try:
            exec(cell.source, names)
        except Hint as hint:
            assert "raises-exception" in cell.metadata.tags
            assert "not attempted" in str(hint)
    count = len(checks("exercises", stem))
    assert count >= 7 and feedback.STATES and set(feedback.STATES.values()) == {"not attempted"}
    assert f"0 of {count} solved" in shown[-1]


@pytest.mark.parametrize("stem", STEMS)
def test_a_solution_is_all_ticked(stem):
    said = "".join(o.get("text", "") for cell in checks("solutions", stem) for o in cell.outputs)
    count = len(checks("solutions", stem))
    assert said.count(": right") == count
    (table,) = cells("solutions", stem)[-1].outputs
    assert f"{count} of {count} solved" in table.data["text/plain"]


@pytest.mark.parametrize("stem", STEMS)
def test_chapter_and_solution_lead_to_each_other(stem):
    page = stem
    if not (ROOT / "chapters" / f"{stem}.ipynb").exists():  # a project: the chapter that explains its tasks
        (page,) = {task.look for task in TASKS.values() if task.chapter == stem}
    chapter = (ROOT / "chapters" / f"{page}.ipynb").read_text(encoding="utf-8")
    assert f"../exercises/{stem}/{stem}.ipynb" in chapter
    assert f"../../chapters/{page}.ipynb" in (ROOT / "exercises" / stem / f"{stem}.ipynb").read_text("utf-8")
    explained = nbformat.read(ROOT / "solutions" / stem / f"{stem}.ipynb", as_version=4)
    private = [c.source for c in explained.cells if "solution-only" in c.metadata.get("tags", [])]
    assert any("../../chapters/" in source for source in private)
