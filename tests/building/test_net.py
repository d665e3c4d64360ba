"""The net holds: what differs in a notebook is caught, as `make test` runs it, and nothing else is."""

import json
import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course import ROOT
from course.building.save import helpers_text

PAGE = "00_start_here.ipynb"
FAULTS = {  # what the page prints -> what it has stored
    "nothing": ("w = 0.015, 46%, shape (10, 1)", "w = 0.015, 46%, shape (10, 1)"),
    "one unit": ("w = 0.015, 46%, 1.2e+03", "w = 0.016, 47%, 1.3e+03"),
    "two units": ("w = 0.015", "w = 0.017"),
    "a whole number": ("shape (10, 1)", "shape (11, 1)"),
    "a sign": ("w = 0.015", "w = -0.015"),
    "a word": ("w falls to 0.015", "w rises to 0.015"),
    "a missing line": ("w = 0.015\\nb = 4.2", "w = 0.015"),
    "nan for a number": ("w = 0.015", "w = nan"),
}


def make_test(folder, *arguments):
    """Starts `make test` on the notebooks below the folder. `results` waits for it."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--numprocesses=0",
        "-p",
        "no:cacheprovider",
        "-rA",
        "--color=no",
        ".",
    ]
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTEST_ADDOPTS")}
    options = {"cwd": folder, "env": env, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([*command, *arguments], **options)


def results(started):
    """[(name of a notebook, cell, outcome)], and all that was said."""
    said, _ = started.communicate(timeout=300)
    found = re.findall(
        r"(?m)^(PASSED|FAILED|SKIPPED|XFAIL|XPASS|ERROR)[^:\n]* (\S+ipynb)(?:::(Cell \d+))?", said
    )
    return [(name, cell, outcome) for outcome, name, cell in found], said


def stored(cell, text):
    """A cell that has been run, with this text as its output."""
    return new_code_cell(cell, execution_count=1, outputs=[new_output("stream", text=text + "\n")])


@pytest.fixture(scope="module", autouse=True)
def cut_short(tmp_path_factory):
    """A cell that takes too long, one that ends its kernel. Started first: it waits more than it works."""
    folder = tmp_path_factory.mktemp("slow")
    for name, end in (("slow", "import time; time.sleep(60)"), ("dead", "import os; os._exit(1)")):
        cells = [stored("print(1)", "1"), new_code_cell(end, execution_count=2)]
        cells += [stored("print(2)", "2") for _ in range(3)]
        nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    started = make_test(folder, "--nbval-cell-timeout=5")
    yield started
    started.kill()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Of one run on two pages, page -> outcome of each cell; under "said", all that was said.

    a.ipynb is full of faults. The first page of the course finds a wrong helper beside it.
    """
    folder = tmp_path_factory.mktemp("faults")
    cells = [stored(f'print("{printed}")', text.replace("\\n", "\n")) for printed, text in FAULTS.values()]
    figure = 'from IPython.display import display\ndisplay({"text/plain": "slope 0.30"}, raw=True)'
    for text in ("slope 0.31", "slope 0.33"):
        cells.append(
            new_code_cell(
                figure, execution_count=1, outputs=[new_output("display_data", {"text/plain": text})]
            )
        )
    nbformat.write(new_notebook(cells=cells), folder / "a.ipynb")
    shutil.copy(ROOT / "chapters" / PAGE, folder)
    helpers = (ROOT / "helpers.py").read_text(encoding="utf-8")
    assert "** 2 / 2" in helpers
    (folder / "helpers.py").write_text(helpers.replace("** 2 / 2", "** 2", 1), encoding="utf-8")
    found, said = results(make_test(folder))
    found = [result for result in found if result[1]]  # a page that is skipped names no cell
    found.sort(key=lambda result: int(result[1][5:]))
    by_page = {page: [outcome for name, _, outcome in found if name == page] for page in ("a.ipynb", PAGE)}
    return by_page | {"said": said}


def test_what_differs_is_caught_and_nothing_else(outcomes):
    assert outcomes["a.ipynb"] == ["PASSED"] * 2 + ["FAILED"] * 6 + ["PASSED", "FAILED"], outcomes["said"]
    assert "0.017 became 0.015" in outcomes["said"]


def test_a_wrong_helper_is_caught(outcomes):
    assert set(outcomes[PAGE]) == {"PASSED", "FAILED"}, outcomes["said"]


def test_a_changed_saved_cell_is_caught(tmp_path):
    chapters = shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    path = chapters / "05_loss.ipynb"
    nb = json.loads(path.read_text(encoding="utf-8"))
    cell = next(c for c in nb["cells"] if "def squared_loss(y_hat, y):  #@save" in "".join(c["source"]))
    cell["source"] = "".join(cell["source"]).replace("** 2 / 2", "** 2")
    path.write_text(json.dumps(nb), encoding="utf-8")
    assert helpers_text(chapters) != (ROOT / "helpers.py").read_text(encoding="utf-8")


def test_a_cell_that_runs_out_of_time_or_ends_its_kernel_is_one_failure(cut_short):
    found, said = results(cut_short)
    for name in ("slow.ipynb", "dead.ipynb"):
        failed = [cell for page, cell, outcome in found if page == name and outcome == "FAILED"]
        assert failed == ["Cell 1"], said
    assert re.search("2 failed, 2 passed, 6 skipped", said), said
    assert "ran out of time" in said and "Timeout of 5 seconds" in said
    assert re.search(r"The kernel died.*\n\nInput:\nimport os", said), said
