"""Grades a chapter for the whole class: collects, runs as many at once as there are cores, gives feedback.

    python -m course.homework.grade 06_optimizer       (make grade CHAPTER=06_optimizer)

It may be interrupted at any time, and goes on where it stopped. nbgrader's own commands do the same, one
submission after the other.
"""

import logging
import os
import sys
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat

from course import ROOT
from course.homework.grading import ExecuteToTheEnd, place_of
from course.homework.report import write
from course.homework.sandbox import MISSING, available
from course.homework.work import put


def settings(root, chapter):
    """nbgrader's settings for one chapter: the class's own, then those of the course."""
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config import Config
    from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

    config = Config()
    for folder in [*reversed(jupyter_config_path()), str(root)]:
        try:
            config.merge(PyFileConfigLoader("nbgrader_config.py", path=folder).load_config())
        except ConfigFileNotFound:
            pass
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.assignment_id = chapter
    return config


def collect(config):
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.exchange import ExchangeFactory

    config.ExchangeCollect.update = True
    course = CourseDirectory(config=config)
    from nbgrader.auth import Authenticator

    factory = ExchangeFactory(config=config)
    factory.Collect(coursedir=course, authenticator=Authenticator(config=config), config=config).start()


def submissions(config, chapter):
    """The students whose newest submission has no grade yet: [(name, folder)]."""
    from nbgrader.coursedir import CourseDirectory

    course, found = CourseDirectory(config=config), []
    for folder in sorted((Path(course.root) / course.submitted_directory).glob(f"*/{chapter}")):
        done = Path(course.root) / course.autograded_directory / folder.parent.name / chapter
        new, old = (course.get_existing_timestamp(str(path)) for path in (folder, done))
        whole = (done / f"{chapter}.ipynb").exists()
        if not whole or (new and old and new > old):
            found.append((folder.parent.name, folder))
    return found


def sanitized(path, where, config):
    """A submission as it will run: answers from the student, everything else from the release."""
    nb = nbformat.read(path, as_version=4)
    resources = {"nbgrader": where}
    for step in config.Autograde.sanitize_preprocessors:
        nb, resources = step(config=config)(nb, resources)
    return nb, resources


def execute(nb, resources, config):
    """Runs one submission and puts the result where `autograde` finds it. Returns the place."""
    place = place_of(nb, config)
    if not place.exists():
        done, _ = ExecuteToTheEnd(config=config)(nb, resources)
        put(place, nbformat.writes(done).encode())
    return place


def write_down(config, student):
    """nbgrader's autograde for one student, who has been run already. Returns whether it worked."""
    from nbgrader.converters import Autograde, NbGraderException
    from nbgrader.coursedir import CourseDirectory

    config.CourseDirectory.student_id = student
    try:
        Autograde(coursedir=CourseDirectory(config=config), config=config).start()
        return True
    except NbGraderException:
        return False


def feedback(config, chapter):
    from nbgrader.converters import GenerateFeedback
    from nbgrader.coursedir import CourseDirectory

    config.CourseDirectory.student_id = "*"
    config.GenerateFeedback.force = False
    GenerateFeedback(coursedir=CourseDirectory(config=config), config=config).start()


def grade(chapter, root=ROOT, say=print, workers=None, config=None, fetch=True):
    """Grades what is new of a chapter.

    Returns {"failed": [student], "waiting": [(student, task, lines)], "texts": [(student, task)]}.
    """
    from nbgrader.coursedir import CourseDirectory

    config = config or settings(root, chapter)
    if not available():
        say(MISSING)
    if fetch:
        collect(config)
    todo, failed = submissions(config, chapter), []
    url = CourseDirectory(config=config).db_url
    say(f"{chapter}: {len(todo)} new submissions")
    pool = ThreadPoolExecutor(workers or os.cpu_count())
    try:
        running = {}
        for student, folder in todo:
            where = {"student": student, "assignment": chapter, "notebook": chapter, "db_url": url}
            try:
                nb, resources = sanitized(folder / f"{chapter}.ipynb", where, config)
                running[pool.submit(execute, nb, resources, config)] = student
            except Exception as error:
                say(f"{student}: could not be read: {type(error).__name__}: {error:}"[:200])
                write_down(config, student) or failed.append(student)
        for count, future in enumerate(as_completed(running), 1):
            student = running[future]
            if error := future.exception():
                say(f"{student}: {type(error).__name__}: {error}"[:200])
            if not write_down(config, student):
                failed.append(student)
            if not error:
                future.result().unlink(missing_ok=True)
            say(f"{count} of {len(running)}: {student}")
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    feedback(config, chapter)
    write(chapter, Path(str(config.CourseDirectory.root)) / "autograded", Path(root) / "build" / "report")
    waiting, texts = who_waits(config, chapter)
    for student, task, lines in waiting:
        say(f"{student} needs you: {task}\n" + "\n".join(lines))
    for student in failed:
        say(f"{student}: could not be graded, see above")
    for task, count in Counter(task for _, task in texts).items():
        say(f"{task}: {count} texts to read (JupyterLab, Nbgrader > Formgrader)")
    say(f"What was not understood: build/report/{chapter}.html, without names")
    said = f"{len(todo) - len(failed)} graded, {len(waiting)} tasks and {len(texts)} texts wait for you"
    say(f"{said}, {len(failed)} failed")
    return {"failed": failed, "waiting": waiting, "texts": texts}


def who_waits(config, chapter):
    """What waits for a person: tasks with lines that were not run, [(student, task, lines)]; and texts."""
    from nbgrader.api import Gradebook
    from nbgrader.coursedir import CourseDirectory

    course, found, texts = CourseDirectory(config=config), [], []
    graded = Path(course.root) / course.autograded_directory
    with Gradebook(course.db_url, course.course_id) as gradebook:
        for path in sorted(graded.glob(f"*/{chapter}/{chapter}.ipynb")):
            student = path.parent.parent.name
            cells = nbformat.read(path, as_version=4).cells
            by_name = {
                cell.metadata.nbgrader.grade_id: cell
                for cell in cells
                if cell.metadata.get("nbgrader", {}).get("grade")
            }
            for each in gradebook.find_submission_notebook(chapter, chapter, student).grades:
                cell = by_name.get(each.name, {})
                if each.needs_manual_grade and cell.get("cell_type") == "markdown":
                    texts.append((student, each.name))
                elif each.needs_manual_grade:
                    lines = cell.get("metadata", {}).get(
                        "waits", ["  the points that you gave: still right?"]
                    )
                    found.append((student, each.name, lines))
    return found, texts


def main(args):
    if len(args) != 1 or not (ROOT / "solutions" / args[0]).is_dir():
        chapters = ", ".join(sorted(path.name for path in (ROOT / "solutions").iterdir()))
        sys.exit(f"usage: python -m course.homework.grade CHAPTER, one of {chapters}")
    warnings.filterwarnings("ignore", module="nbgrader")  # of its own way with its database
    logging.basicConfig(format="%(message)s", level=logging.ERROR)
    from nbgrader.exchange import ExchangeError

    try:
        sys.exit(1 if grade(args[0])["failed"] else 0)
    except ExchangeError:  # nbgrader has said which folder it cannot use
        sys.exit(
            "Nothing is collected. Is this a teacher's account, and is the class set up? docs/teaching.md"
        )
    except KeyboardInterrupt:
        sys.exit("\nStopped. What is graded is graded; call it again for the rest.")


if __name__ == "__main__":
    main(sys.argv[1:])
