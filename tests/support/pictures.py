"""Makes the two pictures of the README from the running course: `make pictures`."""

import shutil
import tempfile
from pathlib import Path

from support.jupyter_page import ROOT, Notebook, chromium, jupyterlab

PAGE, EXPLORER = "05_loss.ipynb", "06_optimizer.ipynb"


def page(notebook):
    """A question, the code that settles it, and the output, as they stand before anything is run."""
    question = next(i for i, cell in enumerate(notebook.cells) if cell["metadata"].get("qa") == "reshape")
    notebook.cell(question).evaluate("cell => cell.scrollIntoView()")
    return notebook.page.locator(".jp-NotebookPanel")


def explorer(notebook):
    """An explorer after its slider has been moved."""
    notebook.run_all()
    cell = notebook.cell(notebook.tagged("explorer")[0])
    picture = cell.locator("img.widget-image")
    before = picture.get_attribute("src")
    cell.locator(".noUi-handle").first.focus()
    notebook.page.keyboard.press("ArrowRight")
    notebook.page.wait_for_function("([img, src]) => img.src !== src", arg=[picture.element_handle(), before])
    return cell.locator(".jp-OutputArea")


def main():
    docs = ROOT / "docs"
    docs.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        notebooks = home / "chapters"
        shutil.copytree(ROOT / "chapters", notebooks)
        with jupyterlab(notebooks, home) as address, chromium() as browser:
            for name, show, chapter in (("page", page, PAGE), ("explorer", explorer, EXPLORER)):
                notebook = Notebook(browser, address, notebooks / chapter, width=1000)
                notebook.page.keyboard.press("Control+b")  # the file browser away
                notebook.page.wait_for_timeout(500)  # until the page has its new width
                show(notebook).screenshot(path=docs / f"{name}.png")
                notebook.page.close()
                print(f"docs/{name}.png")


if __name__ == "__main__":
    main()
