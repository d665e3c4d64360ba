"""The first minutes: the environment check helps, and JupyterLab opens on the first page and calls nobody."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.request
from urllib.error import URLError

import pytest
from support import jupyter_page

from course import ROOT, environment
from course.opening import lab


def test_the_environment_check_says_what_to_do(tmp_path):
    assert not [remedy for _, remedy in environment.problems() if remedy]
    bad = dict(environment.problems((3, 10), lambda name: None, tmp_path))
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert len(bad) == 3 + len(wanted) and all(bad.values())  # Python, helpers, course, and each package
    assert "newer Python" in bad["Python 3.11 or newer"] and "make lab" in bad["torch"]
    # Another project's module of the same name is not ours.
    assert dict(environment.problems(root=tmp_path))["helpers, of this course"]


@pytest.mark.parametrize("language, title", [("en", "start here"), ("zh", "从这里开始")])
def test_lab_serves_the_first_page_and_calls_nobody(tmp_path, language, title):
    arguments = lab.arguments(environ={}, platform="linux")
    assert "--no-browser" in arguments
    assert "--no-browser" not in lab.arguments({"DISPLAY": ":0"}, "linux") + lab.arguments({}, "darwin")
    command = [sys.executable, "-m", "course.opening.lab", "--no-browser", "--ServerApp.token=t"]
    folders = {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    folders |= {
        "COURSE_LANGUAGE": language,
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path),
    }
    with open(tmp_path / "log", "w+") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT, env=os.environ | folders
        )
        try:
            address = wait_for(tmp_path / "log", r"http://localhost:\d+(?=/lab/tree/chapters/00_start_here)")
            jupyter_page.wait_for(f"{address}/api", server, tmp_path / "log")  # it listens a little later
            with urllib.request.urlopen(f"{address}/lab/tree/{lab.START}?token=t") as answer:
                page = answer.read().decode()
            with urllib.request.urlopen(f"{address}/api/contents/{lab.START}?token=t") as answer:
                assert title in json.load(answer)["content"]["cells"][0]["source"]
        finally:
            server.terminate()
            server.wait()
    settings = json.loads(re.search(r'(?s)id="jupyter-config-data"[^>]*>(.*?)</script>', page)[1])
    assert "@jupyterlab/apputils-extension:announcements" in settings["disabledExtensions"]
    assert settings["extensionManager"]["can_install"] is False


@pytest.mark.skipif(not shutil.which("make"), reason="no make here")
@pytest.mark.parametrize(
    "environment, asked, told",
    [
        ({}, [], "None"),
        ({}, ["LANG_=zh"], "zh"),
        ({"COURSE_LANGUAGE": "zh"}, [], "zh"),
        ({"COURSE_LANGUAGE": "zh"}, ["LANG_=en"], "en"),
    ],
)
def test_make_lab_passes_on_the_language_that_was_asked_for(environment, asked, told):
    """Make runs for real. In the place of the lab stands a program that says what it was told."""
    program = f"{shlex.quote(sys.executable)} -c 'import os; print(os.environ.get(\"COURSE_LANGUAGE\"))' #"
    command = ["make", "--silent", "--old-file=.venv/ready.txt", "lab", f"PY={program}", *asked]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True)
    assert done.stdout.split() == [told], done.stderr


def wait_for(path, pattern, seconds=300):
    for _ in range(seconds * 10):
        if found := re.search(pattern, path.read_text()):
            return found[0]
        time.sleep(0.1)
    raise URLError(f"JupyterLab did not start:\n{path.read_text()}")
