"""What the homework asks of nbgrader beyond its own steps; nbgrader_config.py puts each in its place."""

import re

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearSolutions, Execute, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Unicode

from course.building.notebooks import normalise


class ClearAnswers(ClearSolutions):
    """Makes an exercise of a solution: no `solution-only` cells, no answers, the normal form."""

    def preprocess(self, nb, resources):
        nb.cells = [cell for cell in nb.cells if "solution-only" not in cell.metadata.get("tags", [])]
        normalise(nb)
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell, resources, cell_index):
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        # Outside a function the stub would stop "Run All Cells" on an unsolved notebook.
        if is_solution(cell):
            cell.source = re.sub(
                r"^raise NotImplementedError\n?", "", cell.source, flags=re.MULTILINE
            ).strip()
        return cell, resources


class RestoreCells(NbGraderPreprocessor):
    """Takes from a submission the answers, and everything else from the release.

    nbgrader's own steps for this stop the whole class at the first copied cell, give full points to a
    check cell tagged `skip-execution`, and none to a right answer whose check cell was deleted.
    """

    def preprocess(self, nb, resources):
        released = released_cells(resources["nbgrader"])
        cells, seen = [], set()
        for cell in reversed(nb.cells):  # of copies, the last one counts
            marks = cell.metadata.get("nbgrader")
            name = marks.get("grade_id") if isinstance(marks, dict) else None
            cell.metadata = {}
            if name in released and name not in seen:
                seen.add(name)
                if not released[name].metadata.nbgrader.locked:
                    released[name].source = cell.source
                cell = released[name]
            cells.append(cell)
        nb.cells = cells[::-1]

        # A deleted check comes back as late as its task allows: the answer may stand in a cell of its own.
        place = len(nb.cells)
        for name, cell in reversed(released.items()):
            if name in seen:
                place = nb.cells.index(cell)
            elif is_grade(cell):
                nb.cells.insert(place, cell)
        nb.nbformat_minor = 5  # the first with cell ids, which the cells of the release have
        return nb, resources


def released_cells(where):
    """The cells that the gradebook knows, as released: {grade_id: cell}, in the order of the notebook."""
    with Gradebook(where["db_url"]) as gradebook:
        notebook = gradebook.find_notebook(where["notebook"], where["assignment"])
        points = {cell.name: {"points": cell.max_score} for cell in notebook.grade_cells}
        answers = {cell.name for cell in notebook.solution_cells}
        cells = {}
        for known in notebook.source_cells:
            marks = {
                "grade_id": known.name,
                "grade": known.name in points,
                "solution": known.name in answers,
                "locked": known.locked,
                "cell_type": known.cell_type,
                "checksum": known.checksum,
                "schema_version": 3,
                "task": False,
            } | points.get(known.name, {})
            new = new_code_cell if known.cell_type == "code" else new_markdown_cell
            cells[known.name] = new(known.source, metadata={"nbgrader": marks})
    return cells


class ExecuteToTheEnd(Execute):
    """Runs a submission to its end, whatever it does: a check that could not run has failed.

    Otherwise a kernel that dies, or a loop that cannot be interrupted, takes the points of the other
    tasks with it, and the student gets no feedback.
    """

    before_check = Unicode(
        "from course.feedback import check",
        help="Run before each check: an answer may have given the name another meaning.",
    ).tag(config=True)

    def preprocess(self, nb, resources):
        self.stopped = None
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type != "code":
            return cell, resources
        source = cell.source
        if is_grade(cell):
            cell.source = f"{self.before_check}\n{source}"
        try:
            if self.stopped is None:
                return super().preprocess_cell(cell, resources, index)
        except (DeadKernelError, CellTimeoutError) as error:
            self.stopped = type(error).__name__
        finally:
            cell.source = source
        reason = "not run: this cell, or one above it, ended the kernel or could not be stopped"
        cell.outputs.append(new_output("error", ename=self.stopped, evalue=reason, traceback=[reason]))
        return cell, resources
