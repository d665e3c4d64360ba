"""What a student wrote is shown to the teacher, and runs nothing there."""

from copy import deepcopy
from html.parser import HTMLParser

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

from course.homework.harmless import Harmless

HINT = "<details><summary>Hint 1</summary>\n\nSee the [shape](../../chapters/05_loss.ipynb).\n\n</details>"
PLAIN = "Where `r<delta` the loss is $r<d$, so a < b, a<b and `x[0](y)` hold.\n\n- *first*\n- **second**"


class Reader(HTMLParser):
    """Collects what a browser could run from here, all tags, and the text."""

    def __init__(self, page):
        super().__init__()
        self.runs, self.tags, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.runs += [tag] if tag in ("script", "iframe", "object", "svg") else []
        for name, value in attributes:
            if name.startswith("on") or "script:" in (value or "").lower():
                self.runs.append(f"{tag} {name}={value}")

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def shown(tmp_path):
    """A function: the page of a submission with these cells, before and after."""
    release = tmp_path / "release" / "sample" / "sample.ipynb"
    release.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=[new_markdown_cell(HINT)]), release)
    config = Config(CourseDirectory={"root": str(tmp_path), "release_directory": "release"})
    where = {"nbgrader": {"assignment": "sample", "notebook": "sample"}}

    def page(nb):
        return Reader(HTMLExporter(template_name="basic").from_notebook_node(nb)[0])

    def both(*cells):
        before = page(new_notebook(cells=deepcopy([*cells])))
        return before, page(Harmless(config=config).preprocess(new_notebook(cells=[*cells]), where)[0])

    return both


def with_output(data, **options):
    return new_code_cell("answer", outputs=[new_output("display_data", data, **options)])


PICTURE = {"text/plain": "<Figure>", "image/png": "iVBORw0KGgo="}


@pytest.mark.parametrize(
    "cell",
    [
        new_markdown_cell("Three sentences. <img src='x' onerror='alert(1)'>"),
        new_markdown_cell("<script>alert(1)</script>"),
        new_markdown_cell("<!-- --><svg/onload=alert(1)>"),
        new_markdown_cell("[model answer](javascript:alert(1))"),
        new_markdown_cell("[model answer](java&#115;cript:alert(1))"),
        new_markdown_cell("[model answer][1]\n\n[1]: javascript:alert(1)"),
        new_markdown_cell("<javascript:alert(1)>"),
        with_output({"text/html": "<script>alert(1)</script>", "text/plain": "a table"}),
        with_output({"text/markdown": "<img src='x' onerror='alert(1)'>", "text/plain": "a table"}),
        with_output({"application/javascript": "alert(1)", "text/plain": "a program"}),
        with_output(PICTURE, metadata={"image/png": {"width": "1 onload=alert(1)"}}),
    ],
)
def test_nothing_runs(shown, cell):
    before, after = shown(cell)
    assert before.runs, "the test would pass without Harmless"
    assert not after.runs


def test_no_formula_is_a_link(shown):
    _, after = shown(new_markdown_cell(r"$\href{javascript:alert(1)}{x} \\href{a}{b} \\\href{a}{b}$"))
    assert "\\href" not in after.text
    _, after = shown(new_markdown_cell(r"<\href onmouseover=alert(1)>"))  # without its backslash it is a tag
    assert not after.runs


def test_what_a_student_says_is_read_as_it_was_written(shown):
    before, after = shown(new_markdown_cell(PLAIN))
    assert after.text.replace(" ", "") == before.text.replace(" ", "") and after.tags == before.tags


def test_pictures_and_what_the_release_has_stay(shown):
    _, after = shown(new_markdown_cell(HINT), with_output(PICTURE))
    assert {"details", "summary", "a", "img"} <= {*after.tags}
