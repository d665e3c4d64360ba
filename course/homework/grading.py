"""What the homework asks of nbgrader beyond its own steps; nbgrader_config.py puts each in its place."""

import asyncio
import hashlib
import json
import re
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import ClearSolutions, Execute, NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import is_grade, is_solution
from sqlalchemy import text as sql
from traitlets import Bool, Integer, Unicode

from course.building.notebooks import normalise
from course.homework.report import for_student, result
from course.homework.sandbox import ShutIn, available

JUDGE = Path(__file__).with_name("judge.py").read_text("utf-8")


class ClearAnswers(ClearSolutions):
    """Makes an exercise of a solution: no `solution-only` cells, no answers, the normal form."""

    model_answers = Bool(
        False,
        help="Whether a folded model answer stands below each text. For who learns alone; a class has none.",
    ).tag(config=True)
    summary = Unicode(
        "Model answer, to unfold when yours is written", help="What a folded model answer is called."
    ).tag(config=True)

    def preprocess(self, nb, resources):
        folded = folded_answers(nb, self.summary) if self.model_answers else {}
        nb.cells = [cell for cell in nb.cells if "solution-only" not in cell.metadata.get("tags", [])]
        normalise(nb)
        nb, resources = super().preprocess(nb, resources)
        nb.cells = [new for cell in nb.cells for new in [cell, *folded.get(cell.id, [])]]
        return nb, resources

    def preprocess_cell(self, cell, resources, cell_index):
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        # Outside a function the stub would stop "Run All Cells" on an unsolved notebook.
        if is_solution(cell):
            cell.source = re.sub(
                r"^raise NotImplementedError\n?", "", cell.source, flags=re.MULTILINE
            ).strip()
        return cell, resources


FOLDED = """<details><summary>{summary}</summary>

{answer}

{rubric}

</details>"""


def folded_answers(nb, summary):
    """The folded model answer of each text, with the rubric that follows it: {id of the text: [cell]}."""
    found = {}
    for cell, rubric in zip(nb.cells, nb.cells[1:], strict=False):
        if is_grade(cell) and is_solution(cell) and "rubric" in rubric.metadata.get("tags", []):
            text = FOLDED.format(summary=summary, answer=cell.source, rubric=rubric.source)
            metadata = {"tags": ["model-answer"]}
            found[cell.id] = [new_markdown_cell(text, id=f"{cell.id}-model", metadata=metadata)]
    return found


NEW = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


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
            # Nothing else of a cell is taken. A file may hold letters that are none: halves of a pair.
            text = cell.source.encode("utf-8", "replace").decode("utf-8")
            if name in released and name not in seen:
                seen.add(name)
                if not released[name].metadata.nbgrader.locked:
                    released[name].source = text
                cells.append(released[name])
            elif cell.cell_type in NEW:
                cells.append(NEW[cell.cell_type](text))
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


SNAPSHOT = "__judge = {{}}; exec({text!r}, __judge)\nprint(__import__('json').dumps(__judge['snapshot']()))"
FRESH = (
    "__judge = {{}}; exec({text!r}, __judge)\ncheck = __judge['fresh'](__import__('json').loads({before!r}))"
)
WAITS = """{task}: waits for a person.
  A line above was not run, because grading runs only what an answer usually needs:
{lines}
  That is no mistake by itself. Your teacher reads it and gives the points."""
PICTURES = 100  # what is displayed, and not printed, may be so many times as long
EXECUTED = "executed"  # where results stand between running and writing them down


class ExecuteToTheEnd(Execute):
    """Runs a submission to its end, whatever it does: a check that could not run has failed.

    Otherwise a kernel that dies, or a loop that cannot be interrupted, takes the points of the other
    tasks with it, and the student gets no feedback. What reading.py objects to is not run, and its task
    waits for a person.
    """

    before_check = Unicode(
        "",
        help="Run before each check, in place of judge.py. For tests, with a check of their own.",
    ).tag(config=True)
    output_limit = Integer(100_000, help="Letters that one cell may print.").tag(config=True)

    def __init__(self, *args, **options):
        options.setdefault("kernel_manager_class", ShutIn if available() else AsyncKernelManager)
        options.setdefault("shutdown_kernel", "immediate")  # nothing in it is needed again
        super().__init__(*args, **options)

    def preprocess(self, nb, resources):
        if stored := take(nb, self.config):
            return stored, resources
        self.stopped, self.start = None, None
        self.left_out = unread(nb, resources, self.config)
        self.waiting = []  # the lines that were left out so far
        nb, resources = super().preprocess(nb, resources)
        nb.metadata.pop("language_info", None)
        return nb, resources

    def preprocess_cell(self, cell, resources, index):
        if cell.cell_type != "code":
            return cell, resources
        if index in self.left_out:
            self.waiting += self.left_out[index]
            note = "not run by grading:\n" + "\n".join(self.left_out[index]) + "\n"
            cell.outputs = [new_output("stream", name="stdout", text=note)]
            return cell, resources
        source = cell.source
        try:
            if self.stopped is None:
                if self.start is None and not self.before_check:
                    self.start = self.asked(SNAPSHOT.format(text=JUDGE))
                if is_grade(cell):
                    cell.source = (
                        f"{self.before_check or FRESH.format(text=JUDGE, before=self.start)}\n{source}"
                    )
                self.printed, self.cut = 0, False
                cell, resources = super().preprocess_cell(cell, resources, index)
                cell.source = source
                for output in cell.outputs:
                    if output.output_type == "error":
                        output.evalue = output.evalue[: self.output_limit]
                        output.traceback = [line[: self.output_limit] for line in output.traceback[:100]]
                return self.judged(cell, source), resources
        except (DeadKernelError, CellTimeoutError) as error:
            self.stopped = type(error).__name__
        finally:
            cell.source = source
        reason = "not run: this cell, or one above it, ended the kernel or could not be stopped"
        cell.outputs.append(new_output("error", ename=self.stopped, evalue=reason, traceback=[reason]))
        return self.judged(cell, source), resources

    def asked(self, source):
        """What a line of ours prints, before the first line of the submission."""
        cell, first = new_code_cell(source), self.nb.cells[0]
        self.printed, self.cut = -10_000_000, False
        limit, self.timeout = self.timeout, 600  # torch is imported here, on a machine that may be busy
        self.execute_cell(cell, 0, store_history=False)
        self.timeout = limit
        self.nb.cells[0] = first  # nbclient puts there what it has run
        return cell.outputs[0].text

    def judged(self, cell, source):
        """A check cell, with what follows from what was seen. Points need a line that says so."""
        if not is_grade(cell):
            return cell
        errors = [output for output in cell.outputs if output.output_type == "error"]
        said = "".join(output.get("text", "") for output in cell.outputs)
        task = name_of_task(source)
        if task and not self.before_check and not errors and f"{task}: right" not in said:
            reason = "the check did not say that this is right"
            cell.outputs.append(new_output("error", ename="NoResult", evalue=reason, traceback=[reason]))
            errors = cell.outputs[-1:]
        tampered = [f"  {error.evalue}" for error in errors if error.ename == "Tampered"]
        blank = any("not attempted" in error.get("evalue", "") for error in errors)
        own = self.left_out.get("answers", {}).get(task_of(cell), [])
        if own or tampered or (errors and self.waiting and not blank):
            lines = own or tampered or self.waiting
            cell.metadata["waits"] = lines
            note = WAITS.format(task=task or task_of(cell), lines="\n".join(lines))
            cell.outputs = [new_output("stream", name="stdout", text=note)]
        elif (found := result(cell)) and found.state == "wrong":
            if lines := for_student(found.task, found.mistake):
                cell.outputs.append(new_output("stream", name="stdout", text=lines))
        return cell

    def process_message(self, message, cell, index):
        """Cuts what never ends: beyond the limit nothing is kept, and the cell is interrupted."""
        content = message["content"]
        size = len(content.get("text", "")) + sum(len(str(part)) for part in content.get("data", {}).values())
        self.printed += size // PICTURES if "display_data" in message["msg_type"] else size
        if size and self.printed > self.output_limit:
            if not self.cut:
                self.cut = True
                note = f"\n... cut: more than {self.output_limit} letters\n"
                cell.outputs.append(new_output("stream", name="stdout", text=note))
                asyncio.ensure_future(self.km.interrupt_kernel())
            return None
        return super().process_message(message, cell, index)


def name_of_task(source):
    """The name in `check("name", answer)`."""
    found = re.search(r'^check\("([^"]+)"', source, flags=re.MULTILINE)
    return found and found[1]


def task_of(cell):
    """The grade_id of the answer that a check cell is for."""
    return cell.metadata.nbgrader.grade_id.removesuffix("-check")


def unread(nb, resources, config):
    """The cells that grading does not run: {index: lines to show}, and {"answers": the same by task}."""
    from course.homework.reading import findings  # late: it needs torch, which most commands do not

    given = given_sources(resources["nbgrader"], config)
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    tasks = [cell.metadata.nbgrader.grade_id for cell in code if is_solution(cell)]
    notebook = [cell.source for cell in code]
    found, answers, last = {}, {}, []
    for index, cell in enumerate(nb.cells):
        if cell.cell_type != "code":
            continue
        if is_grade(cell):
            # The answers since the last check belong to this one.
            lines = [line for number in last for line in found.get(number, [])]
            if lines and "nbgrader" in cell.metadata:
                answers[task_of(cell)] = lines
            last = []
            continue
        mine = is_solution(cell)
        if mine:
            last.append(index)
        if not mine and cell.source.strip() in given:
            continue
        lines = cell.source.splitlines() or [""]
        if objections := findings(cell.source, tasks, notebook):
            found[index] = [
                f"  line {n}: {printable(lines[min(n, len(lines)) - 1].strip()):.88}   ({printable(why)})"
                for n, why in objections[:3]
            ]
    return found | {"answers": answers}


def printable(text):
    """Without what a terminal would obey: a teacher reads it there."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def given_sources(where, config, kind="code"):
    """The code, or the Markdown, of the release that is no answer and no check."""
    course = config.CourseDirectory
    path = Path(str(course.root or ".")) / str(course.release_directory or "release")
    path = path / where["assignment"] / f"{where['notebook']}.ipynb"
    try:
        cells = nbformat.read(path, as_version=4).cells
    except OSError:
        return set()
    return {cell.source.strip() for cell in cells if cell.cell_type == kind and not is_solution(cell)}


# Between running several submissions at once and writing them down one by one.


def place_of(nb, config):
    """Where the result of running this notebook stands: named by all that it depends on."""
    made = hashlib.sha256()
    for cell in nb.cells:
        made.update(json.dumps([cell.cell_type, cell.source, cell.metadata], sort_keys=True).encode())
    return Path(str(config.CourseDirectory.root or ".")) / EXECUTED / f"{made.hexdigest()}.json"


def take(nb, config):
    """The stored result of this notebook, once, or None."""
    path = place_of(nb, config)
    try:
        return nbformat.reads(path.read_text("utf-8"), as_version=4)
    except (OSError, ValueError):
        return None


class SaveGrades(SaveAutoGrades):
    """A task that waits has no points of its own. What a person gave stays.

    The person is asked again when the text, or for a task of code any code, is not what it was. nbgrader
    by itself asks again whenever a submission is graded.
    """

    def preprocess(self, nb, resources):
        self.code = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "code")
        return super().preprocess(nb, resources)

    def _add_score(self, cell, resources):
        names = [cell.metadata["nbgrader"]["grade_id"], self.notebook_id, self.assignment_id]
        grade = self.gradebook.find_grade(*names, self.student_id)
        given, asked, before = grade.manual_score is not None, grade.needs_manual_grade, grade.auto_score
        super()._add_score(cell, resources)
        if cell.metadata.get("waits"):
            grade.auto_score, grade.needs_manual_grade = None, True
        answer = cell.source if cell.cell_type == "markdown" else self.code
        same = not self.changed(grade.id, answer) and grade.auto_score == before
        if given and same:
            grade.needs_manual_grade = asked
        self.gradebook.db.commit()

    def changed(self, grade, answer):
        """Whether the answer is another than at the last grading, and remembers it by its digest."""
        row = {"grade": grade, "digest": hashlib.sha256(answer.encode()).hexdigest()}
        ask = self.gradebook.db.execute
        columns = "(grade VARCHAR(32) PRIMARY KEY, digest VARCHAR(64))"
        ask(sql(f"CREATE TABLE IF NOT EXISTS read_answers {columns}"))
        last = ask(sql("SELECT digest FROM read_answers WHERE grade = :grade"), row).scalar()
        if last != row["digest"]:
            ask(sql("DELETE FROM read_answers WHERE grade = :grade"), row)
            ask(sql("INSERT INTO read_answers VALUES (:grade, :digest)"), row)
        return last != row["digest"]
