"""Writes exercises/ from solutions/: `make exercises`.

The form of a solutions notebook, `solutions/NN_name/NN_name.ipynb`, is nbgrader's (schema 3):

| cell | metadata `nbgrader` | in exercises/ |
|---|---|---|
| code, an answer | `solution` | lines from `### BEGIN SOLUTION` to `### END SOLUTION` become the stub |
| code, its check | `grade`, `locked`, `points` | same; tag `raises-exception`, so that "Run All" goes on |
| Markdown, a text that a person grades | `grade`, `solution`, `points` | "Your answer here." |
| Markdown, tags `solution-only` and `rubric`, after a text | none | folded, with the text as model answer |
| Markdown or code, tag `solution-only` | none | not there: explanations, experiments |
| any other | none | the same, without outputs |

Each of the first three has a `grade_id` of its own; `as_answer`, `as_check` and `as_text` make their
metadata. The marker lines are indented like the lines between them. The stub is a comment, and in a
function also `raise NotImplementedError`. So a name that a check asks for and no function makes needs
a line before its solution, `prediction = ...`.

exercises/ are for who learns alone. What nbgrader's generate_assignment makes of the same solution for a
class, in release/, has no model answers.
"""

import logging
import sys
import tempfile
from pathlib import Path

from course import ROOT
from course.building.notebooks import find as notebooks
from course.homework.work import put


def as_answer(grade_id):
    """Metadata of a code cell that holds an answer."""
    return {"nbgrader": marks(grade_id, solution=True)}


def as_check(grade_id, points):
    """Metadata of the cell that checks an answer, one line: `check("name", name)`."""
    return {"nbgrader": marks(grade_id, grade=True, locked=True, points=points), "tags": ["raises-exception"]}


def as_text(grade_id, points):
    """Metadata of a Markdown cell whose text a person grades."""
    return {"nbgrader": marks(grade_id, grade=True, solution=True, points=points)}


def marks(grade_id, grade=False, solution=False, locked=False, **points):
    kind = {"grade": grade, "solution": solution, "locked": locked, "task": False, "schema_version": 3}
    return {"grade_id": grade_id} | kind | points


class SolutionError(Exception):
    """A solutions notebook of which nbgrader can make no exercise; it has logged why."""


def generated(root=ROOT, say=str):
    """What exercises/ should hold, from nbgrader's generate_assignment: {path: text}.

    say: translates what nbgrader writes itself, for solutions in another language.
    """
    from nbgrader.converters import GenerateAssignment, NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import PyFileConfigLoader

    from course.homework.grading import ClearAnswers

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        release = Path(temporary) / "exercises"
        for stem in sorted({path.parent.name for path in notebooks(root / "solutions")}):
            settings = root if (root / "nbgrader_config.py").is_file() else ROOT
            config = PyFileConfigLoader("nbgrader_config.py", path=str(settings)).load_config()
            config.CourseDirectory.root = str(root)
            config.CourseDirectory.release_directory = str(release)
            config.CourseDirectory.assignment_id = stem
            config.ClearAnswers.model_answers = True
            config.ClearAnswers.summary = say(ClearAnswers.summary.default_value)
            config.ClearSolutions.text_stub = say(config.ClearSolutions.text_stub)
            config.GenerateAssignment.no_database = True  # as --no-db: only a teacher needs the gradebook
            config.SaveCells.enabled = False
            try:
                GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
            except NbGraderException:
                raise SolutionError(f"solutions/{stem} is not as it should be: see above") from None
        return {path.relative_to(release).as_posix(): path.read_text("utf-8") for path in notebooks(release)}


def differences(root=ROOT):
    """Where exercises/ is not what solutions/ give: {path: the text it should hold, or None}."""
    new = generated(root)
    exercises = root / "exercises"
    old = {path.relative_to(exercises).as_posix(): path.read_text("utf-8") for path in notebooks(exercises)}
    return {name: new.get(name) for name in sorted(new | old) if new.get(name) != old.get(name)}


def write_exercises(root=ROOT):
    """Writes exercises/ from solutions/. Returns the lines to tell."""
    said = []
    for name, text in differences(root).items():
        if text is None:
            said.append(f"exercises/{name}: solutions/ has nothing for it; delete it")
        else:
            put(root / "exercises" / name, text.encode())
            said.append(f"exercises/{name}: written")
    return said or ["exercises/ is what solutions/ give"]


def main():
    logging.basicConfig(format="%(message)s")  # nbgrader says there what is wrong with a notebook
    try:
        print("\n".join(write_exercises()))
    except SolutionError as error:
        sys.exit(f"exercises/ not written. {error}")


if __name__ == "__main__":
    main()
