"""What nbval does not see: that each notebook is executed, portable, described, and answers what it asks."""

import ast
import re

import nbformat
import pytest

from course import ROOT
from course.building.notebooks import normalise, plain

PATHS = sorted(ROOT.glob("chapters/*.ipynb"))
SOLUTIONS = sorted(ROOT.glob("solutions/*/*.ipynb"))
EXERCISES = sorted(ROOT.glob("exercises/*/*.ipynb"))
WIDEST = 88  # characters
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w])")
PORTABLE = re.compile(r"(?<![\w.])/(?:home|root|Users|tmp|work|usr|opt|var)/|[A-Z]:\\\\")
REMOTE = re.compile(
    r"!\[[^\]]*\]\(\s*(?:https?:)?//|<(?:script|link|iframe|img|video|audio|source)\b[^>]*//"
    r"|@import|url\(\s*['\"]?(?:https?:)?//|\b(?:urllib|requests|urlopen|wget|curl)\b"
)


def read(path):
    return nbformat.read(path, as_version=4)


def code(nb):
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def texts(output):
    """All that an output says in words."""
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    return "\n".join(str(v) for k, v in output.data.items() if k.startswith("text/"))


def faults(nb):
    """What is wrong with a notebook, as a list of sentences. An empty list is the aim."""
    found = []
    cells = code(nb)
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        found.append("cells are not executed 1..n in order")
    if "widgets" in nb.metadata:
        found.append("stored widget state")
    said = "\n".join(texts(output) for cell in cells for output in cell.outputs)
    for cell in nb.cells:
        where = f"cell {cell.id}"
        own = [texts(output) for output in cell.get("outputs", [])]
        traces = ["\n".join(o.traceback) for o in cell.get("outputs", []) if o.output_type == "error"]
        if any(PORTABLE.search(text) for text in [cell.source, *own, *traces]):
            found.append(f"{where}: a path of one machine")
        if any(REMOTE.search(text) for text in [cell.source, *own]):
            found.append(f"{where}: a remote resource")
        if cell.cell_type == "code":
            found += [f"{where}: {fault}" for fault in code_faults(cell)]
        elif "answer" in cell.metadata.get("tags", []):
            lost = unshown(plain(cell.source), said)
            found += [f"{where}: {number} is shown by no output" for number in lost]
    return found


def code_faults(cell):
    tags = cell.metadata.get("tags", [])
    if long := [line for line in cell.source.splitlines() if len(line) > WIDEST]:
        yield f"a line of more than {WIDEST} characters, which scrolls in a book's column: {long[0]}"
    if "\n\n\n" in cell.source and not cell.source.startswith("%%writefile"):
        yield "two blank lines, where one parts as well"
    if "nbval-ignore-output" in tags and not cell.metadata.get("reason"):
        yield "ignores its output without a reason"
    if "nbval-skip" in tags:
        yield "is skipped"
    graded = cell.metadata.get("nbgrader", {}).get("grade")  # raises on an unsolved exercise only
    raised = any(o.output_type == "error" for o in cell.outputs)
    if raised if graded else ("raises-exception" in tags) != raised:
        yield "raises without the tag, or has the tag and does not raise"
    for output in cell.outputs:
        if "image/svg+xml" in output.get("data", {}):
            yield "an SVG figure, which strict nbval would compare"
        if "image/png" in output.get("data", {}):
            alt = output.metadata.get("image/png", {}).get("alt", "")
            if not alt or alt != output.data.get("text/plain"):
                yield "a figure without description"
    for call in (n for n in ast.walk(parse(cell.source)) if isinstance(n, ast.Call)):
        if getattr(call.func, "id", "") == "show":
            alt = next((k.value for k in call.keywords if k.arg == "alt"), None)
            if not any(isinstance(n, ast.FormattedValue) for n in ast.walk(alt or call.func)):
                yield "a description that is not computed"


def parse(source):
    return ast.parse(re.sub(r"(?m)^[%!].*$", "", source))


def unshown(answer, said):
    """Numbers of an answer that no output shows, at the digits that the answer gives."""
    answer = re.sub(r"\]\([^)]*\)|[Cc]hapter \d+", "", answer)
    shown = {float(n) for n in NUMBER.findall(said)}
    for number in NUMBER.findall(answer):
        digits = len(re.sub(r"e.*|[-.]", "", number).lstrip("0")) or 1
        wanted = float(number)
        if not any(wanted in (n, abs(n), float(f"{n:.{digits - 1}e}")) for n in shown):
            yield number


def name(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PATHS + SOLUTIONS, ids=name)
def test_no_faults(path):
    nb = read(path)
    nbformat.validate(nb)
    assert faults(nb) == []
    normal = nbformat.from_dict(nb)
    normalise(normal)
    assert normal == nb, "not in normal form: run `make notebooks`"


@pytest.mark.parametrize("path", PATHS + SOLUTIONS + EXERCISES, ids=name)
def test_links_lead_somewhere(path):
    for cell in read(path).cells:
        for target in re.findall(r"\]\(([^)#\s]+)", cell.source) if cell.cell_type == "markdown" else []:
            assert re.match("https?:", target) or (path.parent / target).is_file(), target


def test_each_question_is_asked_shown_and_answered_once():
    asked = {}
    for path in PATHS:
        state = None
        for cell in read(path).cells:
            tags = set(cell.metadata.get("tags", [])) & {"question", "evidence", "answer"}
            assert bool(tags) == ("qa" in cell.metadata), f"{path.stem} {cell.id}: tag and qa"
            if not tags:
                continue
            (tag,), qa = tags, cell.metadata.qa
            if tag == "question":
                assert plain(cell.source).startswith("### Question. "), qa
                assert qa not in asked, f"{qa} is asked twice"
                assert "**Predict" in cell.source and re.search("[一-鿿]", cell.source), qa
                asked[qa] = path.stem
            assert asked.get(qa) == path.stem, f"{tag} of {qa} stands before its question"
            if tag == "evidence":
                assert state in (("question", qa), ("evidence", qa)) and cell.outputs, qa
            if tag == "answer":
                assert state == ("evidence", qa) and plain(cell.source).startswith("**Answer.**"), qa
            state = tag, qa
        assert state is None or state[0] == "answer", f"{path.stem} leaves {state} without an answer"


def test_pages_are_made_of_small_steps():
    everything, ignored = 0, []
    for path in PATHS:
        nb = read(path)
        whole = [cell for cell in code(nb) if re.search("#@save|^%%writefile", cell.source)]
        lines = sorted(len(cell.source.splitlines()) for cell in code(nb) if cell not in whole)
        assert lines[len(lines) // 2] <= 6, f"{path.stem}: half of the code cells are longer than 6 lines"
        assert sum(n > 20 for n in lines) <= 1, path.stem
        everything += len(code(nb))
        for cell in code(nb):
            if "nbval-ignore-output" in cell.metadata.get("tags", []):
                ignored.append(f"{path.stem} {cell.id}")
                assert re.search("second|time|cost|speed", cell.source), f"{ignored[-1]} prints no timing"
    assert len(ignored) <= 0.03 * everything, ignored


@pytest.mark.parametrize("path", PATHS[1:], ids=name)
def test_each_chapter_has_a_figure_a_summary_and_a_notation_table(path):
    nb = read(path)
    assert any("image/png" in o.get("data", {}) for cell in code(nb) for o in cell.outputs)
    assert "## Summary" in nb.cells[-1].source and "中文" in nb.cells[-1].source


def broken(kind):
    """A good little notebook with one fault in it."""
    new = nbformat.v4
    picture = new.new_output("display_data", {"image/png": "", "text/plain": "3 dots"},
                             metadata={"image/png": {"alt": "3 dots"}})  # fmt: skip
    cell = new.new_code_cell("show(fig, alt=f'{n} dots')", execution_count=1, outputs=[picture])
    answer = new.new_markdown_cell("**Answer.** It is 3.", metadata={"tags": ["answer"], "qa": "noise"})
    nb = new.new_notebook(cells=[cell, answer])
    match kind:
        case "not executed":
            cell.execution_count = None
        case "widget state":
            nb.metadata["widgets"] = {}
        case "a path of one machine":
            cell.outputs.append(new.new_output("stream", text="File /home/me/x.py"))
        case "a remote resource":
            answer.source += " ![](https://example.org/a.png)"
        case "without description":
            del picture.metadata["image/png"]
        case "is not computed":
            cell.source = "show(fig, alt='3 dots')"
        case "3.1 is shown by no output":
            answer.source = "**Answer.** It is 3.1."
        case "without a reason":
            cell.metadata["tags"] = ["nbval-ignore-output"]
        case "a line of more than 88 characters":
            cell.source += "#" * 88
        case "two blank lines":
            cell.source += "\n\n\n1"
        case "does not raise":
            cell.metadata["tags"] = ["raises-exception"]
    return nb


# fmt: off
@pytest.mark.parametrize("kind", [
    "not executed", "widget state", "a path of one machine", "a remote resource", "without description",
    "is not computed", "3.1 is shown by no output", "without a reason", "does not raise",
    "a line of more than 88 characters", "two blank lines",
])
# fmt: on
def test_each_fault_is_found(kind):
    assert faults(broken("none")) == []
    assert [kind in fault for fault in faults(broken(kind))] == [True]
