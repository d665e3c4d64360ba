"""The house: packages that agree, figures with descriptions, a JupyterLab that starts and keeps to itself."""

import json
import os
import re
import subprocess
import sys
import time
import tomllib
import urllib.request
from urllib.error import URLError

import matplotlib.pyplot as plt
import nbformat
import pytest

from course import ROOT, environment, figures, lab, notebooks

CONDA_NAMES = {"pytorch-cpu": "torch", "matplotlib-base": "matplotlib"}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WANTED = PYPROJECT["project"]["dependencies"] + PYPROJECT["project"]["optional-dependencies"]["test"]


def test_conda_and_pip_want_the_same():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    channels = re.findall(r"(?m)^  - ([a-z-]+)$", text.partition("dependencies:")[0])
    assert channels == ["conda-forge", "nodefaults"]
    conda = dict(re.findall(r"(?m)^ +- ([a-z-]+)(>=[\d.]+)", text))
    assert conda.pop("python") == PYPROJECT["project"]["requires-python"]
    assert {CONDA_NAMES.get(name, name) + bound for name, bound in conda.items()} == set(WANTED)


def test_the_locked_versions_satisfy_what_is_wanted():
    locked = dict(
        re.findall(r"(?m)^([\w.-]+)==([\d.]+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"))
    )
    for line in WANTED:
        name, _, least = line.partition(">=")
        assert [int(n) for n in locked[name].split(".")] >= [int(n) for n in least.split(".")], line
    assert not [name for name in locked if name.startswith(("nvidia", "cuda", "triton"))]


def test_show_gives_a_picture_and_its_description(monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "display", lambda data, **options: shown.append((data, options)))
    fig, ax = figures.axes("x", "y")
    ax.plot([1, 2], [3, 4])
    figures.show(fig, alt="2 points")
    (picture, options), (caption, _) = shown
    assert picture["image/png"].startswith("iVBOR") and picture["text/plain"] == "2 points"
    assert options["metadata"]["image/png"] == {"alt": "2 points", "width": 700, "height": 320}
    assert caption["text/plain"] == "2 points"
    assert not plt.get_fignums()


def test_the_same_figure_gives_the_same_bytes():
    def draw():
        fig, ax = figures.axes("x", ["y", "z"], columns=2)
        ax[1].plot([1, 2], [3, 4])
        return figures.png(fig)

    assert draw() == draw()
    plt.close("all")


@pytest.mark.parametrize("alt", ["", "  ", None, 3])
def test_a_figure_without_description_is_refused(alt):
    fig, _ = figures.axes("x", "y")
    with pytest.raises(ValueError, match="describe the figure"):
        figures.show(fig, alt=alt)
    plt.close(fig)


def test_the_environment_check_says_what_to_do(tmp_path):
    assert not [remedy for _, remedy in environment.problems() if remedy]
    bad = dict(environment.problems((3, 10), lambda name: None, tmp_path))
    assert len(bad) == 8 and all(bad.values())
    assert "newer Python" in bad["Python 3.11 or newer"] and "make lab" in bad["torch"]
    # Another project's module of the same name is not ours.
    assert dict(environment.problems(root=tmp_path))["helpers, of this course"]


def test_a_failing_notebook_is_left_as_it_was(tmp_path, capsys):
    path = tmp_path / "x.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")]), path)
    before = path.read_bytes()
    with pytest.raises(SystemExit) as stop:
        notebooks.main([str(tmp_path)])
    assert stop.value.code == 1 and path.read_bytes() == before
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_lab_serves_the_first_page_and_calls_nobody(tmp_path):
    arguments = lab.arguments(environ={}, platform="linux")
    assert "--no-browser" in arguments
    assert "--no-browser" not in lab.arguments({"DISPLAY": ":0"}, "linux") + lab.arguments({}, "darwin")
    command = [sys.executable, "-m", "course.lab", "--no-browser", "--ServerApp.token=t"]
    folders = {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    folders |= {"JUPYTERLAB_SETTINGS_DIR": str(tmp_path), "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path)}
    with open(tmp_path / "log", "w+") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT, env=os.environ | folders
        )
        try:
            address = wait_for(tmp_path / "log", r"http://localhost:\d+(?=/lab/tree/chapters/00_start_here)")
            with urllib.request.urlopen(f"{address}/lab/tree/{lab.START}?token=t") as answer:
                page = answer.read().decode()
            with urllib.request.urlopen(f"{address}/api/contents/{lab.START}?token=t") as answer:
                assert b"start here" in answer.read()
        finally:
            server.terminate()
            server.wait()
    settings = json.loads(re.search(r'(?s)id="jupyter-config-data"[^>]*>(.*?)</script>', page)[1])
    assert "@jupyterlab/apputils-extension:announcements" in settings["disabledExtensions"]
    assert settings["extensionManager"]["can_install"] is False


def wait_for(path, pattern, seconds=30):
    for _ in range(seconds * 10):
        if found := re.search(pattern, path.read_text()):
            return found[0]
        time.sleep(0.1)
    raise URLError(f"JupyterLab did not start:\n{path.read_text()}")
