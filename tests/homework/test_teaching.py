"""What docs/teaching.md says beyond the round of a class, typed into a shell in the order of the page."""

import os
import re
import shlex
import shutil
import sys
import time
from datetime import UTC, datetime

import nbformat
import pytest
from nbgrader.api import Gradebook
from support.sample import CHECK, RIGHT, ROOT, sample
from support.shell import Shell

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nbgrader has no exchange on Windows")

PAGE = (ROOT / "docs" / "teaching.md").read_text("utf-8")
FIRST, OTHER = RIGHT["why"], "Because zero is a round number."


def blocks(heading, kind="bash"):
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, flags=re.DOTALL | re.MULTILINE)[1]
    return re.findall(rf"```{kind}\n(.*?)```", section, flags=re.DOTALL)


class Class:
    """A clone of the course with the sample as its chapter, and what one sees of the gradebook."""

    def __init__(self, folder):
        self.home, self.clone = folder / "home", folder / "clone"
        for path in (self.home, self.clone / "solutions" / "sample"):
            path.mkdir(parents=True)
        shutil.copytree(ROOT / "course", self.clone / "course", ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("helpers.py", "nbgrader_config.py"):
            shutil.copy(ROOT / name, self.clone)
        environment = os.environ | {
            "HOME": str(self.home),
            "PYTHONPATH": str(self.clone),
            "JUPYTER_CONFIG_DIR": str(self.home / "rehearsal"),
            "JUPYTER_DATA_DIR": str(self.home / "data"),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        self.shell = Shell(folder, environment)

    def type(self, block):
        """A block of the page, but for the chapter, the exchange, and a name that no other word contains."""
        block = block.replace("05_loss", "sample").replace(
            "/srv/nbgrader", shlex.quote(str(self.home / "rehearsal"))
        )
        block = re.sub(r"\bana\b", "anastasia", block)
        return self.shell.type(block.replace("$PWD/.venv/bin:", ""), self.clone)

    def gradebook(self):
        return Gradebook(f"sqlite:///{self.clone}/gradebook.db", "linear-regression")

    def points(self, student):
        """Points, what was taken off, and whether the text waits."""
        with self.gradebook() as book:
            notebook = book.find_submission_notebook("sample", "sample", student)
            taken = notebook.late_submission_penalty or 0
            waits = book.find_grade("why", "sample", "sample", student).needs_manual_grade
            return notebook.score, round(taken, 6), waits

    def give(self, student, points):
        """What the Formgrader does when a person writes points into a cell."""
        with self.gradebook() as book:
            grade = book.find_grade("why", "sample", "sample", student)
            grade.manual_score, grade.needs_manual_grade = points, False
            book.db.commit()

    def hand_in(self, student, why):
        """The solution with this text, through the exchange."""
        nb = sample()
        next(cell for cell in nb.cells if cell.id == "why").source = why
        nbformat.write(nb, self.home / "rehearsal" / student / "sample" / "sample.ipynb")
        self.type(
            f"cd ~/rehearsal/{student} && nbgrader submit 05_loss --student={student} --Exchange.cache=cache"
        )

    def settings(self, text):
        with open(self.home / "rehearsal" / "nbgrader_config.py", "a") as file:
            file.write(text)


GRADE = "python -m course.homework.grade 05_loss"


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    one = Class(tmp_path_factory.mktemp("teaching"))
    nbformat.write(sample(), one.clone / "solutions" / "sample" / "sample.ipynb")
    with open(one.clone / "nbgrader_config.py", "a") as settings:
        settings.write(f"c.ExecuteToTheEnd.before_check = {CHECK!r}\n")
    rehearsal, feedback, gone = blocks("Rehearse it on one account")
    one.said = one.type(rehearsal)
    one.feedback = feedback
    yield one
    one.type(gone)
    left = {path.name for path in one.clone.iterdir()} - {"grades.csv", "build"}
    assert left == {"course", "helpers.py", "nbgrader_config.py", "solutions"}
    assert not (one.home / "rehearsal").exists()


def test_a_rehearsal_a_late_text_and_one_who_leaves(rehearsed):
    """One story, since each step needs the one before."""
    one = rehearsed
    assert "why: 1 texts to read" in one.said
    assert one.points("anastasia") == (6, 0, True) and one.points("ben") == (0, 0, False)
    one.give("anastasia", 1.5)
    one.type(one.feedback)
    assert list((one.home / "rehearsal" / "anastasia" / "sample" / "feedback").rglob("*.html"))

    # Late: a tenth for the day begun. The text was not read when the penalty was computed.
    due, regrade = blocks("Late work")
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
    one.type(re.sub(r'--duedate="[^"]*"', f'--duedate="{now}"', due))
    one.settings(blocks("Late work", "python")[0].replace("c = get_config()\n", ""))
    time.sleep(1)
    one.hand_in("ben", FIRST)
    one.hand_in("anastasia", FIRST)  # the same text once more
    said = one.type(GRADE)
    assert "sample: 2 new submissions" in said and "why: 1 texts to read" in said
    assert one.points("ben") == (6, 0.6, True)
    assert one.points("anastasia") == (
        7.5,
        0.75,
        False,
    )  # the points of the person stay, and nobody asks again
    one.give("ben", 2)
    one.type(regrade)
    assert one.points("ben") == (8, 0.8, False)

    # Another text: the points stay until the person has looked again, also when it is graded twice.
    one.hand_in("anastasia", OTHER)
    assert "why: 1 texts to read" in one.type(GRADE)
    one.type("nbgrader autograde 05_loss --student=ana --force")
    assert one.points("anastasia") == (7.5, 0.75, True)
    one.give("anastasia", 0)
    one.type("nbgrader autograde 05_loss --student=ana --force")
    assert one.points("anastasia") == (6, 0.6, False)

    one.type(blocks("A group")[0])
    assert one.points("cleo")[::2] == (6, True)

    one.type("nbgrader export --to grades.csv")
    one.type(blocks("What is stored, and how it is deleted")[0])
    left = [*one.clone.rglob("*"), *(one.home / "rehearsal" / "exchange").rglob("*")]
    assert not [path for path in left if path.name.split("+")[0] == "anastasia"]
    data = [path for path in left if path.is_file() and one.clone / "course" not in path.parents]
    assert not [path for path in data if b"anastasia" in path.read_bytes()]
    assert one.points("ben") == (8, 0.8, False)


def test_points_that_a_person_gave_for_code_are_asked_for_when_the_code_changed(rehearsed):
    one, name = rehearsed, "sgd-check"

    def asked():
        with one.gradebook() as book:
            grade = book.find_grade(name, "sample", "sample", "dora")
            return grade.score, grade.needs_manual_grade

    def submitted(line):
        nb = sample()
        next(cell for cell in nb.cells if cell.id == "sgd").source += line
        folder = one.clone / "submitted" / "dora" / "sample"
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(nb, folder / "sample.ipynb")
        one.type("nbgrader autograde 05_loss --student=dora --force")

    submitted("\nimport sys")
    assert asked() == (0, True)
    with one.gradebook() as book:
        grade = book.find_grade(name, "sample", "sample", "dora")
        grade.manual_score, grade.needs_manual_grade = 3, False
        book.db.commit()
    submitted("\nimport sys")
    assert asked() == (3, False)
    submitted("\nimport sys  # and more")
    assert asked() == (3, True)


def test_an_exam_of_tasks_of_the_course_and_other_numbers(tmp_path):
    one = Class(tmp_path)
    shutil.copytree(ROOT / "solutions" / "05_loss", one.clone / "solutions" / "05_loss")
    (one.clone / "chapters").symlink_to(ROOT / "chapters")  # the feedback leads to their questions
    (one.clone / "exam.py").write_text(blocks("An exam", "python")[0])
    one.type(blocks("An exam")[0])
    released = one.clone / "release" / "exam" / "exam.ipynb"
    nb = nbformat.read(released, as_version=4)
    text = "\n".join(cell.source for cell in nb.cells)
    assert "49" not in text and "check(" not in text and "noise" not in text
    exam = nbformat.read(one.clone / "solutions" / "exam" / "exam.ipynb", as_version=4)
    right = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in exam.cells}
    wrong = {"updates": "updates = 48", "squared_loss": "squared_loss = max"}
    for student, answers in (("ana", right), ("ben", wrong)):
        for cell in nb.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in wrong:
                cell.source = answers[name]
        folder = one.clone / "submitted" / student / "exam"
        folder.mkdir(parents=True)
        nbformat.write(nb, folder / "exam.ipynb")
    (one.home / "rehearsal" / "exchange" / "linear-regression" / "inbound").mkdir(parents=True)
    one.settings(f"c = get_config()\nc.Exchange.root = {str(one.home / 'rehearsal' / 'exchange')!r}\n")
    one.type("python -m course.homework.grade exam")
    with one.gradebook() as book:
        scores = {name: book.find_submission("exam", name).score for name in ("ana", "ben")}
    assert scores == {"ana": 4, "ben": 0}
