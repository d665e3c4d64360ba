"""A class of known mistakes and known cheats, graded by the one command: points, who waits, the report."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.apps.api import NbGraderAPI
from support.sample import some_tasks

from course import ROOT
from course.homework import report, sandbox
from course.homework.grade import grade, main, settings, submissions

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nbgrader has no exchange on Windows")

CHAPTER = "06_optimizer"
TASKS = ["06-recall-generator", "gradient", "sgd", "newton_step", "06-explain-when"]
SGD = """def sgd(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()
"""
KEPT, UPHILL = SGD.replace("            param.grad.zero_()\n", ""), SGD.replace("-=", "+=")
FALSE = "import sys, types\nsys.modules['course.feedback'] = types.SimpleNamespace(check=print)"
UNDER = "T = type(torch.ones(1))\nT.grad = T.data"  # the reading lets it pass: the judge must not


def hand_in(sgd=SGD, first=None, others=True):
    def change(nb, right):
        for cell in nb.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name == "sgd" and sgd:
                cell.source = sgd
            elif name in right and others:
                cell.source = right[name]
        if first:
            nb.cells.insert(2, new_code_cell(first))
        nb.cells.append(new_markdown_cell("<b>My note</b>"))

    return change


# what it does, whether the points of sgd are earned, the tasks that wait
STUDENTS = {
    "right": (hand_in(), True, set()),
    "blank": (hand_in(sgd=None, others=False), False, set()),
    "kept_1": (hand_in(KEPT), False, set()),
    "kept_2": (hand_in(KEPT), False, set()),
    "climbs": (hand_in(UPHILL), False, set()),
    "measures": (hand_in(first="%timeit 1 + 1"), True, set()),
    "replaces": (hand_in("import course.feedback\ncourse.feedback.check = print"), False, {"sgd-check"}),
    "false_module": (hand_in(UPHILL, first=FALSE), False, {"sgd-check"}),
    "copies": (hand_in("from helpers import sgd"), False, {"sgd-check"}),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder of the class, what grading returned, and what it said, in two runs: one was interrupted."""
    root = tmp_path_factory.mktemp("class")
    solution = some_tasks(CHAPTER, *TASKS)
    solution.cells.append(new_code_cell("progress()"))
    path = root / "solutions" / CHAPTER / f"{CHAPTER}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(solution, path)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    NbGraderAPI(config=settings(root, CHAPTER)).generate_assignment(CHAPTER)
    right = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in solution.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    for student, (change, _, _) in STUDENTS.items():
        nb = nbformat.read(root / "release" / CHAPTER / f"{CHAPTER}.ipynb", as_version=4)
        change(nb, right)
        folder = root / "submitted" / student / CHAPTER
        folder.mkdir(parents=True)
        (folder / f"{CHAPTER}.ipynb").write_text(json.dumps(nb))

    def interrupt(line):
        if line.startswith("1 of"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(CHAPTER, root, say=interrupt, fetch=False)
    said = []
    result = grade(CHAPTER, root, say=said.append, fetch=False)
    return root, result, said


def notebook(root, student):
    return root / "autograded" / student / CHAPTER / f"{CHAPTER}.ipynb"


def test_points_are_for_what_was_earned(graded):
    root, result, _ = graded
    assert result["failed"] == []
    for student, (_, earned, waits) in STUDENTS.items():
        states = {one.task: one.state for one in report.results(notebook(root, student))}
        assert (states["sgd"] == "solved") == earned, student
        waiting = {task for name, task, _ in result["waiting"] if name == student}
        assert waiting == waits, student
        if student not in ("blank", "false_module"):
            assert [task for task, state in states.items() if state != "solved"] == ["sgd"] * (not earned)


def test_the_teacher_sees_the_line_and_the_student_a_neutral_note(graded):
    root, result, _ = graded
    lines = {student: lines for student, _, lines in result["waiting"]}
    assert "import course.feedback" in lines["replaces"][0]
    assert "waits for a person" in notebook(root, "replaces").read_text("utf-8")


def test_nothing_of_the_grading_stands_in_what_is_given_back(graded):
    root, _, _ = graded
    for student in STUDENTS:
        text = notebook(root, student).read_text("utf-8")
        assert "__judge" not in text and "06 The optimizer: exercises" in text, student


def test_what_students_wrote_is_shown_as_text_and_the_table_counts_their_checks(graded):
    root, _, _ = graded
    own = notebook(root, "kept_1").read_text("utf-8")
    assert "< b>My note< /b>" in own and "<details><summary>Hint 1</summary>" in own
    assert "5 of 6 solved" in own and "6 of 6 solved" in notebook(root, "right").read_text("utf-8")


def test_an_interrupted_grading_goes_on(graded):
    root, _, said = graded
    assert f"{CHAPTER}: {len(STUDENTS) - 1} new submissions" in said
    assert submissions(settings(root, CHAPTER), CHAPTER) == []
    assert not list((root / "executed").iterdir())


def test_the_report_counts_what_the_class_did(graded):
    root, _, _ = graded
    text = (root / "build" / "report" / f"{CHAPTER}.csv").read_text("utf-8")
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["task"] == "sgd"]
    solved = sum(earned for _, earned, _ in STUDENTS.values())
    assert {(row["solved"], row["of"]) for row in rows} == {(str(solved), str(len(STUDENTS)))}
    counts = {row["mistake"]: int(row["count"]) for row in rows}
    kept = next(mistake for mistake in counts if "not zeroed" in mistake)
    uphill = next(mistake for mistake in counts if "wrong sign" in mistake)
    assert counts == {kept: 2, uphill: 1, "(not attempted)": 1, "(waits)": 3}
    asked = {row["mistake"]: row["questions"].split() for row in rows}
    assert "zero-grad" in asked[kept] and "gradient" in asked[uphill]
    page = (root / "build" / "report" / f"{CHAPTER}.html").read_text("utf-8")
    assert "Why must the gradients be zeroed?" in page
    names = ["kept_1", "kept_2", "climbs", "replaces", "false_module"]
    assert not [name for name in names if name in page or name in text]
    own = notebook(root, "kept_1").read_text("utf-8")
    assert "question  Why must the gradients be zeroed?" in own


def test_an_error_of_a_student_puts_no_words_into_the_report():
    words = "x\n  mistake  =HYPERLINK(0)"
    output = new_output("error", ename="BaseException", evalue=words, traceback=[])
    found = report.result(new_code_cell('check("sgd", sgd)', outputs=[output]))
    assert found.mistake == "the program stops before the check"
    rows = report.table([[report.Result("sgd", "wrong", "=HYPERLINK(0)")]])
    assert ",'=HYPERLINK(0)," in report.as_csv(rows)


@pytest.mark.skipif(not sandbox.available(), reason="bubblewrap does not work here")
def test_behind_the_walls_are_no_network_and_nobodys_files(tmp_path):
    (tmp_path / "room").mkdir()
    (tmp_path / "gradebook.db").write_text("secret")
    hidden = [str(tmp_path / "gradebook.db"), str(ROOT / "solutions"), str(ROOT / ".git"), "/proc/self/mem"]
    program = f"""
import os, socket
for path in {hidden!r}:
    print(os.path.exists(path))
print(os.environ.get("SECRET"))
try:
    socket.create_connection(("127.0.0.1", 9), 1)
except OSError as error:
    print(type(error).__name__, len(socket.if_nameindex()))
"""
    command = [*sandbox.walls(str(tmp_path / "room")), sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"SECRET": "1"})
    assert done.stdout.split() == [*["False"] * 4, "None", "ConnectionRefusedError", "1"], done


def test_the_judge_does_not_judge_in_a_changed_program():
    judge = (ROOT / "course" / "homework" / "judge.py").read_text("utf-8")
    program = judge + "\nimport torch\nbefore = snapshot()\nprint(fresh(before).__module__)\n"
    changes = ["torch.equal = max", UNDER, "import builtins; builtins.abs = max"]
    for change in changes:
        program += (
            f"try:\n    keep = dict(vars(torch)), abs\n    exec({change!r})\n    print(fresh(before))\n"
        )
        program += "except Tampered as error:\n    print(error)\n    torch.equal = keep[0]['equal']\n"
        program += "    del torch.Tensor.grad\n" if change == UNDER else ""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    first, *refused = done.stdout.splitlines()
    assert first == "course.feedback" and [line.split()[0] for line in refused] == [
        "torch.equal",
        "Tensor.grad",
        "builtins.abs",
    ], done


def test_where_no_class_is_set_up_it_says_so(tmp_path, monkeypatch):
    (tmp_path / "nbgrader_config.py").write_text(f"get_config().Exchange.root = {str(tmp_path / 'none')!r}")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    with pytest.raises(SystemExit, match="Nothing is collected.*docs/teaching.md"):
        main([CHAPTER])
