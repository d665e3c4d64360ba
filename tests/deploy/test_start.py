"""What deploy/ does before a server starts, and that its files for Kubernetes fit the course."""

import re
import sys

import pytest
import yaml

from course import ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="JupyterHub does not run on Windows")


def test_a_student_finds_the_chapters_and_keeps_what_was_run(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "deploy")
    from start import prepare

    folder = tmp_path / "linear-regression"
    prepare(folder)
    pages = [path.name for path in sorted((folder / "chapters").glob("*.ipynb"))]
    assert pages == [path.name for path in sorted((ROOT / "chapters").glob("*.ipynb"))]
    (folder / "chapters" / pages[0]).write_text("run")
    (folder / "chapters" / pages[1]).unlink()
    prepare(folder)
    assert (folder / "chapters" / pages[0]).read_text() == "run"
    assert (folder / "chapters" / pages[1]).exists()


def test_the_files_for_kubernetes_name_what_exists():
    # It would miss all that only a cluster shows: nothing here starts a pod.
    values = yaml.safe_load((ROOT / "deploy" / "values.yaml").read_text("utf-8"))
    text = str(values) + (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    paths = set(re.findall(r"/opt/linear-regression/([\w./]+)", text))
    assert {"deploy/start.py", "deploy/student", "deploy/everyone"} <= paths
    assert not [path for path in paths if not (ROOT / path).exists()]
    compile(values["hub"]["extraConfig"]["accounts"], "values.yaml", "exec")
    assert (
        "NBGRADER_EXCHANGE" in values["singleuser"]["extraEnv"]
    )  # deploy/everyone/nbgrader_config.py needs it
