"""The record of a learner: nothing of it is lost, nothing depends on it, and no other check writes to it."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.proof import hint

import helpers
from course import ROOT, feedback, record
from course.building.notebooks import find
from course.feedback import check, standing
from course.homework.work import copy_to_work
from course.record import DAYS, SOLVED, WRONG, Try, came_back, due, read

DAY = date(2026, 3, 1)
days = st.lists(st.integers(0, 99).map(lambda n: DAY + timedelta(n)), max_size=12)

# a busy machine is no fault of what is tested
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The course of a learner whose kernel runs in work/05_loss. Gives its folder."""
    monkeypatch.delenv("COURSE_RECORD")
    shutil.copytree(ROOT / "exercises", tmp_path / "exercises")
    copy_to_work(tmp_path)
    monkeypatch.setattr(record, "HERE", tmp_path / "work" / "05_loss")
    for function in (record.add, record.read, record.standing):
        monkeypatch.setattr(function, "__defaults__", (*function.__defaults__[:-1], tmp_path))
    return tmp_path


def shown(capsys):
    capsys.readouterr()
    standing()
    return capsys.readouterr().out


def tries(*told):
    """told: (days after DAY, task, state or mistake, in a blank copy)."""
    start = datetime.combine(DAY, datetime.min.time())
    return [
        Try(
            start + timedelta(day),
            task,
            *((SOLVED, None) if end == SOLVED else (WRONG, end)),
            *again,
            *[False][len(again) :],
        )
        for day, task, end, *again in told
    ]


# ---- the schedule


def test_a_task_that_is_recalled_on_its_day_comes_after_1_3_7_and_21_days():
    recalled, gaps, last = [], [], DAY
    while day := due(DAY, recalled):
        gaps.append((day - last).days)
        recalled.append(last := day)
    assert gaps == [1, 3, 7, 21] == list(DAYS)


@settings(CALM)
@given(days)
def test_no_recall_brings_a_task_back_sooner(recalled):
    """Of all days, only one on which the task is due moves it, and then away."""
    for n in range(len(recalled) + 1):
        known = sorted(recalled)[:n]
        day = due(DAY, known)
        assert day is None or DAY < day <= max([DAY, *known]) + timedelta(max(DAYS))
        for other in sorted(recalled)[n:]:
            later = due(DAY, [*known, other])
            assert (
                day is None
                and later is None
                or (later == day if other < day else later is None or later > other)
            )


def test_a_mistake_comes_back_in_another_task_or_after_the_task_was_solved():
    def names(*told):
        return {mistake: len(found) for mistake, found in came_back(tries(*told)).items()}

    assert (
        names((0, "sgd", "uphill"), (0, "sgd", "uphill"), (1, "sgd", "no grad"), (1, "sgd", "uphill")) == {}
    )
    assert names((0, "sgd", "uphill"), (0, "train", "uphill")) == {"uphill": 2}
    assert names((0, "sgd", "uphill"), (0, "sgd", SOLVED), (2, "sgd", "uphill")) == {"uphill": 2}
    unnamed = [found for name in record.UNNAMED for found in [(0, "sgd", name), (0, "train", name)]]
    assert names(*unnamed) == {}
    texts = "".join(p.read_text("utf-8") for p in (ROOT / "course" / "tasks").glob("*.py"))
    assert all(f'["{name}"]' in texts for name in record.UNNAMED)


# ---- what is shown


def test_a_learner_sees_where_they_stand(mine, capsys, monkeypatch):
    assert "Nothing is recorded yet" in shown(capsys)
    hint("squared_loss", lambda y_hat, y: y_hat - y)
    hint("squared_loss", None)  # not attempted is no try
    check("absolute_loss", lambda y_hat, y: (y_hat - y.reshape(y_hat.shape)).abs())
    assert [(one.task, one.state) for one in read()[0]] == [
        ("squared_loss", WRONG),
        ("absolute_loss", SOLVED),
    ]
    page = shown(capsys)
    assert re.search(r"\| 1 of \d+ \| `squared_loss` \|", page) and re.search(r"\*\*1 of \d+ tasks", page)
    assert "Nothing to recall today. Next: 1 on " in page and "again" not in page

    tomorrow = date.today() + timedelta(1)
    page = record.standing(*read(), tomorrow)
    copy = mine / "work" / "again" / f"05_loss_{tomorrow}.ipynb"
    assert f"(<../again/{copy.name}#cell-id=" in page and "4. `absolute_loss`" in page
    assert copy.read_bytes() == (mine / "exercises" / "05_loss" / "05_loss.ipynb").read_bytes()
    copy.write_text("begun")
    record.standing(*read(), tomorrow)
    assert copy.read_text() == "begun"

    monkeypatch.setattr(record, "HERE", mine / "work" / "again")
    check("absolute_loss", lambda y_hat, y: (y_hat - y.reshape(y_hat.shape)).abs())
    assert [one.again for one in read()[0]] == [False, False, True]


def test_only_what_is_solved_in_a_blank_copy_is_recalled(mine):
    first = (0, "sgd", SOLVED), (0, "linreg", SOLVED)
    told = tries(*first, (1, "sgd", SOLVED), (1, "linreg", SOLVED, True))
    for day, items in ((1, {"sgd": 1}), (3, {"sgd": 3}), (4, {"sgd": 4, "linreg": 3})):
        page = record.standing(told, today=DAY + timedelta(day))
        found = re.findall(r"\n- .*`(.*)`\].*last solved (\d+) days? ago", page)
        assert {name: int(ago) for name, ago in found} == items


def test_the_list_of_today_is_short(mine):
    names = [name for name, one in record.asked().items() if one.stem == "05_loss"]
    page = record.standing(tries(*[(0, name, SOLVED) for name in names]), today=DAY + timedelta(1))
    assert page.count("\n- ") == 5 and f"and {len(names) - 5} more" in page
    assert f"✓ {len(names)} of {len(names)}" in page and ", 1 of " in page


def test_each_task_of_the_exercises_is_known():
    assert set(record.asked()) <= set(feedback.tasks.TASKS)
    assert {one.stem for one in record.asked().values()} == {p.stem for p in find(ROOT / "exercises")}
    assert all(one.title and one.heading and one.cell for one in record.asked().values())


# ---- it may be lost, spoilt or locked


@settings(CALM, max_examples=30)
@given(
    st.lists(
        st.binary(max_size=40) | st.sampled_from([b"{}", b"[1]", b'{"time": 1}', b"[" * 9999]), max_size=5
    )
)
def test_spoilt_lines_cost_only_themselves(tmp_path_factory, spoilt):
    root = tmp_path_factory.mktemp("spoilt")
    (root / "work" / "record").mkdir(parents=True)
    told = {
        "time": "2026-03-01T10:00:00+08:00",
        "task": "sgd",
        "state": SOLVED,
        "mistake": None,
        "again": False,
    }
    lines = [*spoilt, json.dumps(told).encode(), b'{"time": "2026-03-0']
    (root / "work" / "record" / "a.jsonl").write_bytes(b"\n".join(lines))
    (root / "work" / "record" / "b.jsonl").mkdir()  # not even a file
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COURSE_RECORD")
        found, unread = read(root)
    assert [(one.task, one.time) for one in found] == [("sgd", datetime(2026, 3, 1, 10))]
    assert unread >= 2
    page = record.standing(found, unread, today=DAY)
    assert re.search(r"\| 1 of \d+ \|", page) and f"cannot be read: {unread}." in page


def test_deleting_the_record_is_deleting_its_folder(mine, capsys):
    check("linreg", helpers.linreg)
    assert [path.suffix for path in (mine / "work" / "record").iterdir()] == [".jsonl"]
    shutil.rmtree(mine / "work" / "record")
    assert "Nothing is recorded yet" in shown(capsys)
    check("linreg", helpers.linreg)
    assert "1 of 8" in shown(capsys)


@pytest.mark.parametrize("place", ["a file", "read-only", "gone"])
def test_a_check_needs_no_record(mine, capsys, place):
    work = mine / "work"
    match place:
        case "a file":
            (work / "record").write_text("")
        case "read-only":
            if hasattr(os, "geteuid") and os.geteuid() == 0:
                (work / "record").symlink_to("/proc/self")  # root may write anywhere else
            else:
                (work / "record").mkdir(mode=0o500)
        case "gone":
            shutil.rmtree(work)
    check("linreg", helpers.linreg)
    assert capsys.readouterr().out == "linreg: right\n"
    assert "sgd: not yet" in hint("sgd", lambda params, lr, batch_size: 1 / 0)
    assert "Nothing is recorded yet" in shown(capsys)


# ---- real processes: who writes, and that nothing is lost


KERNEL = """
import sys
from course import record
for n in range(500):
    record.add("05-mean", record.WRONG, f"{sys.argv[1]} {n}")
"""


def test_two_kernels_lose_nothing_and_no_other_place_records(tmp_path):
    for name in ("course", "exercises"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "helpers.py", tmp_path)
    copy_to_work(tmp_path)
    env = {name: value for name, value in os.environ.items() if name != "COURSE_RECORD"}
    env["PYTHONPATH"] = str(tmp_path)
    (tmp_path / "elsewhere" / "work").mkdir(parents=True)
    kernels = {
        "one": ("work/05_loss", {}),
        "two": ("work/05_loss", {}),
        "an exercise": ("exercises/05_loss", {}),
        "another folder": ("elsewhere/work", {}),
        "nbgrader": ("work/05_loss", {"NBGRADER_EXECUTION": "validate"}),
        "a test": ("work/05_loss", {"COURSE_RECORD": "off"}),
    }
    running = [
        subprocess.Popen([sys.executable, "-c", KERNEL, name], cwd=tmp_path / folder, env=env | more)
        for name, (folder, more) in kernels.items()
    ]
    assert [process.wait(300) for process in running] == [0] * len(kernels)
    files = list((tmp_path / "work" / "record").iterdir())
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    wanted = {f"{name} {n}" for name in ("one", "two") for n in range(500)}
    assert len(files) == 2 and len(lines) == 1000 and {line["mistake"] for line in lines} == wanted
    assert {key for line in lines for key in line} == {"time", "task", "state", "mistake", "again"}
    assert [path for path in tmp_path.rglob("record")] == [tmp_path / "work" / "record"]
