"""nbgrader for this course: solutions/ is the source, release/ what a class gets. See docs/teaching.md."""

import os
import sys
from pathlib import Path

from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    ComputeChecksums,
    IgnorePattern,
    LimitOutput,
    LockCells,
    OverwriteKernelspec,
    SaveCells,
)

from course.homework.grading import ClearAnswers, ExecuteToTheEnd, RestoreCells, SaveGrades
from course.homework.harmless import Harmless

c = get_config()  # noqa: F821 - nbgrader gives it

# nbgrader calls alembic by its name, which is on the path only where .venv is activated.
programs = str(Path(sys.executable).parent)
if programs not in os.environ["PATH"].split(os.pathsep):
    os.environ["PATH"] = programs + os.pathsep + os.environ["PATH"]

c.CourseDirectory.course_id = "linear-regression"
c.CourseDirectory.root = str(Path(__file__).parent)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "release"  # exercises/ hold model answers
# what 13_your_data writes when it runs is not handed out
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "report"]

c.ClearSolutions.code_stub = {"python": "# your code here\nraise NotImplementedError"}
c.ClearSolutions.text_stub = "*Your answer here.*"
c.GenerateAssignment.preprocessors = [
    ClearAnswers,
    LockCells,
    ClearOutput,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ComputeChecksums,
    CheckCellMetadata,
]

c.Autograde.sanitize_preprocessors = [ClearOutput, OverwriteKernelspec, RestoreCells, CheckCellMetadata]
c.Autograde.autograde_preprocessors = [
    ExecuteToTheEnd,
    Harmless,
    IgnorePattern,
    LimitOutput,
    SaveGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
c.Execute.timeout = 60  # seconds for one cell; the slowest cell of the solutions needs a few
c.Execute.iopub_timeout = 20  # seconds to read what a cell had printed when it was stopped
# A file that a student hands in beside the notebook must not stand in for course/ or helpers.py.
c.Execute.extra_arguments = ["--InteractiveShellApp.ignore_cwd=True"]
# A wrong answer raises. What is only printed as a warning costs no points.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = "."
