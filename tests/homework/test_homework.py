"""The way of the homework: nothing leaks on it, and nobody's work is lost on it."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_output
from support.sample import RIGHT, ROOT, course

from course.building.notebooks import find
from course.homework.exercises import SolutionError, differences, write_exercises
from course.homework.update import UpdateError, update
from course.homework.work import MANIFEST, copy_to_work

SOLUTIONS = find(ROOT / "solutions")


# solutions/ -> exercises/


def test_exercises_are_what_solutions_give():
    assert list(differences(ROOT)) == [], "write them again: make exercises"


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda path: path.stem)
def test_no_exercise_gives_its_answers_away(solution):
    solution, exercise = (
        nbformat.read(ROOT / kind / solution.relative_to(ROOT / "solutions"), 4)
        for kind in ("solutions", "exercises")
    )
    folded = [cell for cell in exercise.cells if "model-answer" in cell.metadata.get("tags", [])]
    exercise.cells = [cell for cell in exercise.cells if cell not in folded]
    assert leaks(solution, exercise) == []
    # Each text has its model answer, and nothing of it is seen before it is unfolded.
    texts = [cell for cell in solution.cells if is_text(cell)]
    assert len(folded) == len(texts)
    for cell, text in zip(folded, texts, strict=True):
        assert re.fullmatch(r"<details><summary>[^<]*</summary>\n.*</details>", cell.source, re.DOTALL)
        assert text.source in cell.source and "1 point: " in cell.source and "No point: " in cell.source


def is_text(cell):
    return cell.cell_type == "markdown" and cell.metadata.get("nbgrader", {}).get("solution")


def parts(solution):
    """What a solutions notebook hides (texts of cells, and outputs) and what it shows.

    A reading of the form of its own: it shares no code with what removes the answers.
    """
    hidden, outputs, shown = [], [], []
    for cell in solution.cells:
        marks, public, answer, inside = cell.metadata.get("nbgrader", {}), [], [], False
        for line in cell.source.splitlines():
            if "SOLUTION" in line or "HIDDEN TESTS" in line:
                inside = "BEGIN" in line
            else:
                (answer if inside else public).append(line)
        if marks.get("solution") and not answer or "solution-only" in cell.metadata.get("tags", []):
            public, answer = [], public
        hidden.append("\n".join(answer))
        shown.append("\n".join(public))
        for output in cell.get("outputs", []):
            outputs += [output.get("text", ""), output.get("evalue", "")]
            outputs.append("".join(output.get("data", {}).get("text/plain", "")))
    return hidden, outputs, "\n".join(shown)


def leaks(solution, exercise):
    """What an exercise says that only its solution may say."""
    hidden, outputs, shown = parts(solution)
    text = "\n".join(cell.source for cell in exercise.cells)
    secret = {line.strip().removeprefix("return ") for part in hidden + outputs for line in part.splitlines()}
    found = [line for line in secret if line in text and line not in shown]
    # Lines of an answer may be shown, to be put in order, say; the answer as a whole may not.
    found += [answer for answer in hidden if len(answer) > 30 and answer in text]
    allowed = {"nbgrader", "tags", "deletable", "editable", "qa", "reason", "jupyter"}
    for cell in exercise.cells:
        if cell.get("outputs") or cell.get("execution_count"):
            found.append(f"output of {cell.id}")
        if cell.metadata.keys() - allowed or "solution-only" in cell.metadata.get("tags", []):
            found.append(f"metadata of {cell.id}")
        if "BEGIN SOLUTION" in cell.source or "HIDDEN TESTS" in cell.source:
            found.append(f"markers in {cell.id}")
        if cell.cell_type == "code" and not cell.source.startswith("%"):
            ast.parse(cell.source)  # fails where the markers of a solution stand at the wrong indentation
    if exercise.metadata.keys() - {"kernelspec", "language_info"}:
        found.append("metadata of the notebook")
    return [text for text in found if text]


@pytest.fixture
def sample(tmp_path):
    """A course folder with the sample and its exercise, on a path with a space."""
    root = course(tmp_path / "my course")
    assert write_exercises(root) == ["exercises/sample/sample.ipynb: written"]
    return root


def both(root):
    return [nbformat.read(root / kind / "sample" / "sample.ipynb", 4) for kind in ["solutions", "exercises"]]


def test_a_sample_has_stubs_and_no_leak(sample):
    solution, exercise = both(sample)
    assert leaks(solution, exercise) == []
    text = {cell.id: cell.source for cell in exercise.cells}
    assert (
        text["squared-loss"]
        == "def squared_loss(y_hat, y):\n    # your code here\n    raise NotImplementedError"
    )
    assert text["shape"] == "shape = ...\n# your code here"
    assert text["why"] == "*Your answer here.*"
    assert not {"explained", "experiment"} & text.keys()
    assert write_exercises(sample) == ["exercises/ is what solutions/ give"]
    assert sorted(path.name for path in sample.iterdir()) == ["exercises", "nbgrader_config.py", "solutions"]


def leaking(exercise):
    """Copies of an exercise, each with one thing in it that it must not say."""
    for change in [
        lambda cells: cells[2].update(source="[(p - t) ** 2 / 2 for p, t in zip(y_hat, y)]"),
        lambda cells: cells.append(new_markdown_cell('For example, shape = "(10, 10)"')),
        lambda cells: cells.append(new_markdown_cell("The half is for the derivative.")),
        lambda cells: cells.append(new_markdown_cell("twice the error, 8.0 the loss")),
        lambda cells: cells.append(new_markdown_cell("### BEGIN SOLUTION")),
        lambda cells: cells[3].update(outputs=[new_output("stream", text="8.0")]),
        lambda cells: cells[3].update(execution_count=3),
        lambda cells: cells[3].metadata.update(answer="8.0"),
    ]:
        copy = nbformat.from_dict(json.loads(json.dumps(exercise)))
        change(copy.cells)
        yield copy


def test_the_net_for_leaks_holds(sample):
    solution, exercise = both(sample)
    assert [bool(leaks(solution, copy)) for copy in leaking(exercise)] == [True] * 8
    solution.cells[0].source += "\n\n" + RIGHT["sgd"]  # an answer among what everybody may read
    assert leaks(solution, exercise) == []
    exercise.cells[0].source = solution.cells[0].source
    assert leaks(solution, exercise) == [RIGHT["sgd"]]


def test_a_solution_outside_an_answer_cell_is_refused(sample):
    path = sample / "solutions" / "sample" / "sample.ipynb"
    solution = nbformat.read(path, 4)
    del solution.cells[2].metadata["nbgrader"]
    nbformat.write(solution, path)
    with pytest.raises(SolutionError, match="solutions/sample"):
        write_exercises(sample)


def test_the_net_for_drift_holds(sample):
    path = sample / "solutions" / "sample" / "sample.ipynb"
    solution = nbformat.read(path, 4)
    solution.cells[0].source += "!"
    nbformat.write(solution, path)
    assert list(differences(sample)) == ["sample/sample.ipynb"]
    shutil.copytree(sample / "exercises" / "sample", sample / "exercises" / "old")
    assert list(differences(sample)) == ["old/sample.ipynb", "sample/sample.ipynb"]
    write_exercises(sample)
    assert list(differences(sample)) == ["old/sample.ipynb"]  # it tells, and deletes nothing


# exercises/ -> work/


@pytest.fixture
def root(tmp_path):
    """A course folder with two exercises, and its work/."""
    root = tmp_path / "my course"
    exercises(root, a="a 1", b="b 1")
    assert copy_to_work(root) == ["work/a/a.ipynb: new", "work/b/b.ipynb: new"]
    return root


def exercises(root, **texts):
    for name, text in texts.items():
        write(root / "exercises" / name / f"{name}.ipynb", text)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def texts(folder):
    """All files below a folder, {path: text}, without hidden ones."""
    found = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    return {name: path.read_text() for name, path in found.items() if not name.startswith(".")}


def test_an_update_replaces_only_what_the_learner_has_not_touched(root):
    write(root / "work" / "b" / "b.ipynb", "b mine")
    assert copy_to_work(root) == []
    exercises(root, a="a 2", b="b 2", c="c 1")
    assert copy_to_work(root) == [
        "work/a/a.ipynb: newer; you had not changed yours",
        "work/b/b.ipynb: yours is kept; a newer one is exercises/b/b.ipynb",
        "work/c/c.ipynb: new",
    ]
    assert texts(root / "work") == {"a/a.ipynb": "a 2", "b/b.ipynb": "b mine", "c/c.ipynb": "c 1"}


@pytest.mark.parametrize("manifest", [None, "", "{", "[]", '{"a/a.ipynb": 3}', "\0"])
def test_without_a_manifest_nothing_is_replaced(root, manifest):
    path = root / "work" / MANIFEST
    path.unlink() if manifest is None else path.write_text(manifest)
    write(root / "work" / "b" / "b.ipynb", "b mine")
    exercises(root, a="a 2", b="b 2")
    copy_to_work(root)
    assert texts(root / "work") == {"a/a.ipynb": "a 1", "b/b.ipynb": "b mine"}


def test_deleted_renamed_and_blocked_files(root):
    work = root / "work"
    (work / "a" / "a.ipynb").rename(work / "a" / "first try.ipynb")
    shutil.rmtree(work / "b")
    write(work / "b", "a note")
    exercises(root, a="a 2", b="b 2")
    news = copy_to_work(root)
    assert news[0] == "work/a/a.ipynb: new" and news[1].startswith("work/b/b.ipynb: not copied")
    assert texts(work) == {"a/a.ipynb": "a 2", "a/first try.ipynb": "a 1", "b": "a note"}


# a newer course


def git(folder, *args):
    me = [
        "-c",
        "user.name=A learner",
        "-c",
        "user.email=learner@example.org",
        "-c",
        "init.defaultBranch=main",
    ]
    done = subprocess.run(["git", "-C", folder, *me, *args], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


def publish(teacher, **files):
    """A new version of the course: files by their path, None to delete one."""
    for name, text in files.items():
        (teacher / name).unlink() if text is None else write(teacher / name, text)
    git(teacher, "add", "--all")
    git(teacher, "commit", "--message", "A version")


@pytest.fixture
def teacher(tmp_path):
    teacher = tmp_path / "the teacher"
    teacher.mkdir()
    git(teacher, "init")
    chapters = {"chapters/1.ipynb": "one 1", "chapters/2.ipynb": "two 1", "chapters/3.ipynb": "three 1"}
    publish(teacher, **chapters, **{".gitignore": "work/\n*.log\n", "exercises/a/a.ipynb": "a 1"})
    return teacher


@pytest.fixture
def clone(tmp_path, teacher):
    """A learner's clone, on a path with a space, where chapters were run and an exercise was begun."""
    clone = tmp_path / "my course"
    git(tmp_path, "clone", "--quiet", str(teacher), str(clone))
    copy_to_work(clone)
    write(clone / "chapters" / "1.ipynb", "one run")
    write(clone / "chapters" / "2.ipynb", "two run")
    git(clone, "add", "chapters/2.ipynb")
    write(clone / "chapters" / "mine.ipynb", "my own")
    write(clone / "work" / "a" / "a.ipynb", "a solved")
    return clone


MINE = {"chapters/1.ipynb": "one run", "chapters/2.ipynb": "two run", "chapters/mine.ipynb": "my own"}


def kept(clone):
    """All that is kept; of a page that was kept twice, the later version."""
    folders = sorted((clone / "work" / "kept").iterdir())
    return {name: text for folder in folders for name, text in texts(folder).items()}


def test_update_brings_the_newest_and_keeps_the_learners_versions(teacher, clone):
    new = {"chapters/1.ipynb": "one 2", "chapters/3.ipynb": None, "exercises/a/a.ipynb": "a 2"}
    publish(teacher, **new, **{"exercises/b/b.ipynb": "b 1"})
    said = update(clone)
    day = next((clone / "work" / "kept").iterdir()).name
    assert said == [
        "The course is updated.",
        f"chapters/1.ipynb: yours is kept, work/kept/{day}/chapters/1.ipynb",
        f"chapters/2.ipynb: yours is kept, work/kept/{day}/chapters/2.ipynb",
        "work/a/a.ipynb: yours is kept; a newer one is exercises/a/a.ipynb",
        "work/b/b.ipynb: new",
    ]
    assert texts(clone / "chapters") == {"1.ipynb": "one 2", "2.ipynb": "two 1", "mine.ipynb": "my own"}
    assert kept(clone) == {"chapters/1.ipynb": "one run", "chapters/2.ipynb": "two run"}
    assert (clone / "work" / "a" / "a.ipynb").read_text() == "a solved"
    assert git(clone, "rev-parse", "HEAD") == git(teacher, "rev-parse", "HEAD")
    assert git(clone, "status", "--porcelain") == "?? chapters/mine.ipynb\n"

    write(clone / "chapters" / "1.ipynb", "one run again")
    publish(teacher, **{"chapters/1.ipynb": "one 3"})
    update(clone)
    assert len(list((clone / "work" / "kept").iterdir())) == 2
    assert update(clone)[0] == "The course is the newest."


def test_update_keeps_what_stands_where_the_newer_course_has_a_file(teacher, clone):
    write(clone / "notes", "a file")
    write(clone / "data" / "x.txt", "in a folder")
    write(clone / "ignored.log", "git would overwrite it")
    write(clone / "added.txt", "added, not committed")
    git(clone, "add", "added.txt")
    names = ["chapters/mine.ipynb", "notes/a.txt", "data", "added.txt", "ignored.log"]
    write(teacher / "ignored.log", "new")
    git(teacher, "add", "--force", "ignored.log")
    publish(teacher, **dict.fromkeys(names, "new"))
    update(clone)
    assert kept(clone) == MINE | {
        "notes": "a file",
        "data/x.txt": "in a folder",
        "ignored.log": "git would overwrite it",
        "added.txt": "added, not committed",
    }
    assert {(clone / name).read_text() for name in names} == {"new"}


def test_a_teachers_own_change_of_a_task_is_kept(teacher, clone):
    lines = [f"task {n}" for n in range(20)]
    publish(teacher, **{"solutions/05.ipynb": "\n".join(lines)})
    update(clone)
    for name, text in (("user.name", "A teacher"), ("user.email", "teacher@example.org")):
        git(clone, "config", name, text)
    write(clone / "solutions" / "05.ipynb", "\n".join(["our task 0", *lines[1:]]))
    git(clone, "commit", "--quiet", "--message", "Our own task", "solutions/05.ipynb")
    write(clone / "chapters" / "1.ipynb", "one run again")
    publish(teacher, **{"solutions/05.ipynb": "\n".join([*lines[:-1], "a better task 19"])})
    assert update(clone)[0] == "The course is updated."
    assert texts(clone / "solutions") == {
        "05.ipynb": "\n".join(["our task 0", *lines[1:-1], "a better task 19"])
    }
    assert git(clone, "log", "-1", "--format=%s").strip() == "Our own task"
    assert "one run again" in kept(clone).values()
    assert update(clone)[0] == "The course is the newest."


def no_network(teacher, clone):
    teacher.rename(teacher.with_name("elsewhere"))


def own_commits(teacher, clone):
    git(clone, "commit", "--quiet", "--all", "--message", "Mine")


def merge_in_progress(teacher, clone):
    git(clone, "update-ref", "MERGE_HEAD", "HEAD")


def no_branch(teacher, clone):
    git(clone, "checkout", "--quiet", "--detach")


def no_upstream(teacher, clone):
    git(clone, "branch", "--unset-upstream")


def not_a_clone(teacher, clone):
    (clone / ".git").rename(clone.parent / ".git")  # a course inside another repository


def locked(teacher, clone):
    write(clone / ".git" / "index.lock", "")


def cannot_merge(teacher, clone):
    hook = clone / ".git" / "hooks" / "reference-transaction"
    write(hook, '#!/bin/sh\ntest "$1" = prepared && grep -q refs/heads/main && exit 1\nexit 0\n')
    hook.chmod(0o755)


@pytest.mark.parametrize(
    "trouble, remedy",
    [
        (no_network, "git fetch failed"),
        (own_commits, "the same lines of chapters/1.ipynb"),
        (merge_in_progress, "git merge --abort"),
        (no_branch, "git switch main"),
        (no_upstream, "--set-upstream-to"),
        (not_a_clone, "Clone it anew"),
        (locked, "index.lock"),
        (cannot_merge, "git merge failed"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@pytest.mark.skipif(sys.platform == "win32", reason="the hook is a shell script")
def test_whatever_goes_wrong_the_learners_files_stay(teacher, clone, trouble, remedy):
    publish(teacher, **{"chapters/1.ipynb": "one 2", "chapters/3.ipynb": None, "chapters/mine.ipynb": "new"})
    trouble(teacher, clone)
    (clone / "chapters" / "3.ipynb").unlink()
    before = {name: text for name, text in texts(clone).items() if name.startswith("chapters")}
    with pytest.raises(UpdateError, match=remedy):
        update(clone)
    after = {name: text for name, text in texts(clone).items() if name.startswith("chapters")}
    assert after == before == MINE
    assert not list((clone / "work").glob("kept/*"))
    assert (clone / "work" / "a" / "a.ipynb").read_text() == "a solved"


def test_make_update_from_the_clone_itself(teacher, clone):
    """The command is the one of the clone that it is in."""
    modules = [
        "homework/__init__",
        "homework/work",
        "homework/update",
        "building/__init__",
        "building/notebooks",
    ]
    for path in ["course/__init__.py", *(f"course/{module}.py" for module in modules)]:
        write(teacher / path, (ROOT / path).read_text("utf-8"))
    publish(teacher)
    update(clone)
    publish(teacher, **{"chapters/1.ipynb": "one 2"})
    write(clone / "chapters" / "1.ipynb", "one run again")
    command = [sys.executable, "-m", "course.homework.update"]
    environment = os.environ | {"PYTHONPATH": str(clone)}
    done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "yours is kept" in done.stdout, done.stderr
    Path(teacher).rename(teacher.with_name("elsewhere"))
    done = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("Not updated; your files are as they were.")
