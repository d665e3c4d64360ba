"""The right answers of each exercise, handed in as a student does and graded as a teacher does."""

import json
import shutil
import sys
from functools import cache

import nbformat
import nbgrader.api
import pytest
from nbgrader.apps.api import NbGraderAPI

from course import ROOT
from course.homework import report
from course.homework.grade import grade, settings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nbgrader has no exchange on Windows")
CHAPTERS = sorted(path.parent.name for path in ROOT.glob("solutions/[!.]*/*.ipynb"))


@pytest.fixture(scope="module", autouse=True)
def version_of_gradebooks():
    """Asked for once, since nbgrader starts a program for it with each new gradebook."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nbgrader.api, "get_alembic_version", cache(nbgrader.api.get_alembic_version))
        yield


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_right_answers_have_all_points_and_wait_for_nobody(tmp_path, chapter):
    shutil.copytree(ROOT / "solutions" / chapter, tmp_path / "solutions" / chapter)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    NbGraderAPI(config=settings(tmp_path, chapter)).generate_assignment(chapter)
    folder = tmp_path / "submitted" / "ana" / chapter
    shutil.copytree(tmp_path / "release" / chapter, folder)
    page = folder / f"{chapter}.ipynb"
    solution = nbformat.read(ROOT / "solutions" / chapter / page.name, as_version=4)
    marks = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in solution.cells}
    nb = nbformat.read(page, as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = marks[cell.metadata.nbgrader.grade_id]
    page.write_text(json.dumps(nb))
    result = grade(chapter, tmp_path, say=lambda line: None, fetch=False)
    states = report.results(tmp_path / "autograded" / "ana" / chapter / page.name)
    assert len(states) > 5 and [one for one in states if one.state != "solved"] == []
    assert result["waiting"] == result["failed"] == []
