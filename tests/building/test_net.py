"""The net holds: a wrong number, a wrong helper and a changed saved cell are each caught."""

import json
import os
import shutil
import subprocess
import sys

from course import ROOT
from course.building.save import helpers_text

PAGE = "00_start_here.ipynb"


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_wrong_number_and_a_wrong_helper_are_caught(tmp_path):
    """Two copies of a page, run as `make test` runs it; the untouched page passes in that same run."""
    for fault in ("number", "helper"):
        (tmp_path / fault).mkdir()
        shutil.copy(ROOT / "chapters" / PAGE, tmp_path / fault)
    edit(tmp_path / "number" / PAGE, "epoch 2, loss 0.000", "epoch 2, loss 0.001")
    shutil.copy(ROOT / "helpers.py", tmp_path / "helper")  # found first: it lies beside the page
    edit(tmp_path / "helper" / "helpers.py", "** 2 / 2", "** 2")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--numprocesses=0",
        "-p",
        "no:cacheprovider",
        "number",
        "helper",
    ]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert any("number" in line for line in failed) and any("helper" in line for line in failed)
    assert len([line for line in failed if "number" in line]) == 1, "only the changed number may fail"
    assert "epoch 2, loss 0.001" in done.stdout


def test_a_changed_saved_cell_is_caught(tmp_path):
    chapters = shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    path = chapters / "05_loss.ipynb"
    nb = json.loads(path.read_text(encoding="utf-8"))
    cell = next(c for c in nb["cells"] if "def squared_loss(y_hat, y):  #@save" in "".join(c["source"]))
    cell["source"] = "".join(cell["source"]).replace("** 2 / 2", "** 2")
    path.write_text(json.dumps(nb), encoding="utf-8")
    assert helpers_text(chapters) != (ROOT / "helpers.py").read_text(encoding="utf-8")
