"""Chapters 01 to 07 in a real JupyterLab, in a real browser: explorers and predictions, unrun and run."""

import ast
import hashlib
import shutil
import time

import pytest
from support.jupyter_page import CHROMIUM, ROOT, Notebook, chromium, jupyterlab

CHAPTERS = sorted((ROOT / "chapters").glob("0[1-7]*.ipynb"))
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no browser: install chromium or set CHROMIUM")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab on a copy of the chapters, the folder of that copy, and the browser."""
    home = tmp_path_factory.mktemp("lab")
    notebooks = home / "chapters"
    notebooks.mkdir()
    for path in CHAPTERS:
        shutil.copy(path, notebooks)
    with jupyterlab(notebooks, home) as address, chromium() as browser:
        yield address, notebooks, browser


@needs_browser
def test_a_page_as_html_asks_nothing_of_the_network(lab, tmp_path):
    from nbconvert import HTMLExporter

    _, notebooks, browser = lab
    file = tmp_path / "page.html"
    file.write_text(
        HTMLExporter(template_name="basic").from_filename(notebooks / CHAPTERS[0].name)[0], "utf-8"
    )
    page, asked = browser.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    pictures = page.locator("img")
    assert pictures.count() >= 1
    for i in range(pictures.count()):
        assert pictures.nth(i).is_visible() and len(pictures.nth(i).get_attribute("alt")) > 20
    page.close()


def widget(notebook, number):
    """The widget that a cell makes, made here once more: it says what the browser has to show."""
    body = ast.parse("".join(notebook.cells[number]["source"])).body
    names = {}
    exec(compile(ast.Module(body[:-1], []), "cell", "exec"), names)
    return eval(compile(ast.Expression(body[-1].value), "cell", "eval"), names)


def picture(cell):
    """The bytes of the picture that a live explorer shows, as a hash."""
    data = cell.locator("img.widget-image").evaluate(
        "async (img) => [...new Uint8Array(await (await fetch(img.src)).arrayBuffer())]"
    )
    return hashlib.sha256(bytes(data)).hexdigest()


def expect(cell, explorer):
    """Waits until words and picture in the browser are the explorer's, byte by byte."""
    words = cell.locator("[role=status]", has_text=explorer.stored[0]["text/plain"])
    words.wait_for()
    assert words.inner_text() == explorer.stored[0]["text/plain"]
    expected = hashlib.sha256(explorer.image.value).hexdigest()
    for _ in range(50):  # words and picture are messages of their own
        if (shown := picture(cell)) == expected:
            break
        time.sleep(0.1)
    assert shown == expected


@needs_browser
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_in_jupyterlab(lab, path):
    address, notebooks, browser = lab
    notebook = Notebook(browser, address, notebooks / path.name)
    explorers, predictions = notebook.tagged("explorer"), notebook.tagged("predict")
    assert explorers and predictions
    for number in explorers:
        still_picture_is_there(notebook, number)
    for number in predictions:
        stored = notebook.cell(number).locator(".jp-OutputArea").inner_text()
        made = widget(notebook, number)
        assert all(choice in stored for choice in made.choices) and made.why not in stored
    notebook.run_all()
    for number in explorers:
        slider_moves_picture(notebook, number)
    for number in predictions:
        right_and_wrong(notebook, number)
    assert notebook.errors == []


def still_picture_is_there(notebook, number):
    cell, made = notebook.cell(number), widget(notebook, number)
    image = cell.locator(".jp-RenderedImage img")
    image.wait_for()
    image.evaluate("img => img.decode()")  # an error when it is no picture
    assert made.stored[0]["text/plain"] in cell.locator(".jp-OutputArea").inner_text()


def place(cell):
    """Where the picture stands in its cell, how large both are. In one look: the page may be scrolling."""
    return cell.evaluate("""cell => {
        const picture = cell.querySelector("img.widget-image");
        const [whole, box] = [cell, picture].map(e => e.getBoundingClientRect());
        return [box.x - whole.x, box.y - whole.y, box.width, box.height, whole.height].map(Math.round);
    }""")


CUT = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent)"


def slider_moves_picture(notebook, number):
    cell, made = notebook.cell(number), widget(notebook, number)
    expect(cell, made)
    assert cell.locator(".widget-label").evaluate_all(CUT) == []
    outputs, box = cell.locator(".jp-OutputArea-child").count(), place(cell)
    control = next(control for control in made.controls.values() if "Slider" in type(control).__name__)
    before = made.image.value
    cell.locator(".noUi-handle").first.focus()
    notebook.page.keyboard.press("ArrowLeft")
    if hasattr(control, "index"):
        control.index -= 1
    else:
        control.value -= 1
    assert made.image.value != before
    expect(cell, made)
    assert place(cell) == box
    notebook.page.keyboard.press("ArrowRight")
    cell.get_by_role("button", name="Reset").click()
    made.reset()
    assert made.image.value == before
    expect(cell, made)
    assert cell.locator(".jp-OutputArea-child").count() == outputs
    assert place(cell) == box
    assert cell.locator("[role=alert]").count() == 0
    if cell.get_by_title("Play", exact=True).count():
        plays(cell, made)


def plays(cell, made):
    """A press on the play button moves the slider on by itself."""
    step = next(control for control in made.controls.values() if hasattr(control, "step"))
    before = cell.locator("[role=status]", has_text=made.stored[0]["text/plain"])
    before.wait_for()
    cell.get_by_title("Play", exact=True).click()
    before.wait_for(state="detached")  # each step stands for a moment only
    cell.get_by_title("Pause", exact=True).click()
    shown = cell.locator("[role=status]").all_inner_texts()
    while made.stored[0]["text/plain"] not in shown:
        assert step.value < step.max, shown
        step.value += step.step


def right_and_wrong(notebook, number):
    cell, made = notebook.cell(number), widget(notebook, number)
    outputs = cell.locator(".jp-OutputArea-child").count()
    result, right = made.result()
    wrong = [words for words in made.choices if words not in right]
    for words, verdict in ((wrong[0], "Not so."), (right[0], "Right.")):
        assert cell.get_by_role("button", name="Commit").is_disabled()
        assert made.why not in cell.inner_text()
        cell.get_by_role("radio").nth(list(made.choices).index(words)).check()
        cell.get_by_role("button", name="Commit").click()
        answer = cell.locator("[role=status]", has_text=verdict)
        answer.wait_for()
        assert f"Your prediction: {words}" in answer.inner_text()
        assert str(result) in answer.inner_text()
        notebook.run(number)
        assert cell.locator(".jp-OutputArea-child").count() == outputs
