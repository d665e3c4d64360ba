"""A small solutions notebook in the form of course/homework/exercises.py, for the tests of the machinery.

Pure Python: a kernel without torch starts in half the time. `check` is `operator.eq`.
"""

import shutil

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course import ROOT
from course.homework.exercises import as_answer, as_check, as_text

CHECK = "from operator import eq as check"
RIGHT = {
    "squared_loss": "    return [(p - t) ** 2 / 2 for p, t in zip(y_hat, y)]",
    "sgd": (
        "    for param in params:\n"
        '        param["value"] -= lr * param["grad"] / batch_size\n'
        '        param["grad"] = 0'
    ),
    "why": "The gradients of two batches would add up.",
    "shape": 'shape = "(10, 10)"',
}
POINTS = {"squared_loss": 2, "sgd": 3, "shape": 1}  # and 2 for `why`, which a person grades


def solution(name, head, indent=""):
    return f"{head}\n{indent}### BEGIN SOLUTION\n{RIGHT[name]}\n{indent}### END SOLUTION"


def sample():
    return new_notebook(
        cells=[
            new_markdown_cell("# A sample of the homework", id="title"),
            new_code_cell(CHECK, id="import", execution_count=1),
            new_code_cell(
                solution("squared_loss", "def squared_loss(y_hat, y):", "    "),
                id="squared-loss",
                metadata=as_answer("squared_loss"),
                execution_count=2,
            ),
            new_code_cell(
                "assert check(squared_loss([1, 3], [1, 1]), [0, 2])",
                id="squared-loss-check",
                metadata=as_check("squared_loss-check", 2),
                execution_count=3,
            ),
            new_markdown_cell("The half is for the derivative.", id="explained", metadata=only()),
            new_code_cell(
                'print("twice the error,", squared_loss([4], [0])[0], "the loss")',
                id="experiment",
                metadata=only(),
                execution_count=4,
                outputs=[new_output("stream", name="stdout", text="twice the error, 8.0 the loss\n")],
            ),
            new_code_cell(
                solution("sgd", "def sgd(params, lr, batch_size):", "    "),
                id="sgd",
                metadata=as_answer("sgd"),
                execution_count=5,
            ),
            new_code_cell(
                'w = {"value": 1.0, "grad": 8.0}\n'
                "sgd([w], 0.5, 4)\n"
                'assert check(w, {"value": 0.0, "grad": 0})',
                id="sgd-check",
                metadata=as_check("sgd-check", 3),
                execution_count=6,
            ),
            new_markdown_cell(RIGHT["why"], id="why", metadata=as_text("why", 2)),
            new_code_cell(
                solution("shape", "shape = ..."), id="shape", metadata=as_answer("shape"), execution_count=7
            ),
            new_code_cell(
                'assert check(shape.replace(" ", ""), "(10,10)")',
                id="shape-check",
                metadata=as_check("shape-check", 1),
                execution_count=8,
            ),
        ]
    )


def only():
    return {"tags": ["solution-only"]}


def course(folder):
    """A course folder that holds the sample and nothing else."""
    (folder / "solutions" / "sample").mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    nbformat.write(sample(), folder / "solutions" / "sample" / "sample.ipynb")
    return folder


def some_tasks(chapter, *tasks):
    """A solution with the sections of these tasks: a class does the same with it, and is sooner done."""
    nb = nbformat.read(ROOT / "solutions" / chapter / f"{chapter}.ipynb", as_version=4)
    parts = [[]]
    for cell in nb.cells:
        if cell.source.startswith("## "):
            parts.append([])
        parts[-1].append(cell)
    asked = [{cell.metadata.get("nbgrader", {}).get("grade_id") for cell in part} for part in parts]
    kept = [part for part, names in zip(parts, asked, strict=True) if names & {*tasks}]
    nb.cells = sum(kept, parts[0])
    return nb
