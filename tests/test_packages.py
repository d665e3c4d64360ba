"""conda, pip and the lock file ask for the same packages."""

import re
import tomllib

from course import ROOT

CONDA_NAMES = {"pytorch-cpu": "torch", "matplotlib-base": "matplotlib"}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
WANTED = PYPROJECT["project"]["dependencies"] + EXTRAS["test"] + EXTRAS["book"]


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
