"""What every test and every notebook runs under, and `--only`, which picks what belongs to one chapter."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

# One thread for each kernel: several run side by side, and sums are then added in one order.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# What a learner has solved is neither read nor written: chapter 00 shows here what it shows at first.
os.environ["COURSE_RECORD"] = "off"
os.environ.pop("COURSE_LANGUAGE", None)  # a page speaks the language of its folder, on any machine
# Nor are the settings of whoever runs this, of IPython, Jupyter and git.
if os.name == "posix" and len(tempfile.gettempdir()) > 60:
    tempfile.tempdir = os.environ["TMPDIR"] = "/tmp"  # the path of a socket must be short
SETTINGS = Path(tempfile.mkdtemp(prefix="settings-"))
atexit.register(shutil.rmtree, SETTINGS, ignore_errors=True)
for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
    os.environ[name] = str(SETTINGS / name.lower())
if "COURSE_MACHINE" not in os.environ:  # make machines has a profile of its own
    os.environ["IPYTHONDIR"] = str(SETTINGS / "ipython")
(SETTINGS / "gitconfig").write_text("[safe]\ndirectory = *\n")  # in a container the clone may be another's
os.environ |= {"GIT_CONFIG_GLOBAL": str(SETTINGS / "gitconfig"), "GIT_CONFIG_NOSYSTEM": "1"}
# Of a terminal on a hub, whose class is real; of a hook of git that runs the tests.
FOREIGN = "PYTHONSTARTUP JUPYTER_CONFIG_PATH NBGRADER_EXCHANGE GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE"
for name in FOREIGN.split():
    os.environ.pop(name, None)
os.environ["no_proxy"] = "127.0.0.1,localhost"

ROOT = Path(__file__).parent
STEMS = sorted(
    {path.stem for path in ROOT.glob("chapters/*.ipynb")} | {p.stem for p in ROOT.glob("solutions/*/")}
)
# Tests that carry the stem of a notebook in their ids.
EVERY_PAGE = {"test_notebooks.py", "test_exercises.py", "test_explore.py"}
# The files that take longest, longest first: with two workers none of them is left for the end.
LONGEST = [
    "test_hub",
    "test_book",
    "test_browser",
    "11_scaling_out",
    "test_right_submissions",
    "test_teaching",
    "test_grading",
    "test_grade",
    "test_process",
    "14_in_practice",
    "12_classification",
    "08_whole_process",
    "test_in_practice",
    "test_net",
]


def pytest_addoption(parser):
    parser.addoption("--only", metavar="NN", help="only the page, solution, tasks and lint of one chapter")


def pytest_configure(config):
    if only := config.getoption("--only"):
        config.only = next((stem for stem in STEMS if only in (stem, stem[:2])), None)
        if config.only is None:
            raise pytest.UsageError(f"--only={only}: no such chapter. There are {', '.join(STEMS)}")


def pytest_ignore_collect(collection_path, config):
    stem = getattr(config, "only", None)
    if stem is None or collection_path.is_dir():
        return None
    if collection_path.suffix == ".ipynb":
        return collection_path.stem != stem
    return collection_path.name not in EVERY_PAGE | {f"test_{stem[3:]}.py"}


def pytest_collection_modifyitems(config, items):
    rank = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(LONGEST)))
    if stem := getattr(config, "only", None):
        named = (item for item in items if item.path.suffix != ".ipynb" or item.path.stem == stem)
        items[:] = [item for item in named if item.path.name not in EVERY_PAGE or stem in item.name]


@pytest.fixture(autouse=True)
def no_check_has_run(monkeypatch):
    """No state of a check is left from one test to the next."""
    if "course.feedback" in sys.modules:
        monkeypatch.setattr(sys.modules["course.feedback"], "STATES", {})
