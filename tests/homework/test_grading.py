"""A class, from handing out to the table of grades, by the commands of docs/teaching.md."""

import csv
import json
import os
import re
import shlex
import subprocess
import sys
import time
from copy import deepcopy

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from support.sample import CHECK, POINTS, RIGHT, ROOT, course

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nbgrader has no exchange on Windows")

HEADS = {"squared_loss": "def squared_loss(y_hat, y):\n", "sgd": "def sgd(params, lr, batch_size):\n"}
ALL = {name: HEADS.get(name, "") + code for name, code in RIGHT.items()}
ENDLESS = HEADS["sgd"] + "    import time\n    while True: time.sleep(0.1)"
STUBBORN = """import time
while True:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass"""

# One interpreter for all commands: each start of nbgrader costs 2 s.
DRIVER = """
import json, os, sys
from nbgrader.apps.nbgraderapp import NbGraderApp
from traitlets.config import Application

for folder, command in json.load(sys.stdin):
    os.chdir(folder)
    if Application.initialized():
        type(Application.instance()).clear_instance()
    print(f"\\n$ {command}", file=sys.stderr, flush=True)
    try:
        if command[0] == "grade":
            from pathlib import Path
            from course.homework.grade import grade
            say = lambda line: print(line, file=sys.stderr, flush=True)
            code = bool(grade(command[1], Path(folder), say)["failed"]) + 0
        else:
            code = NbGraderApp.launch_instance(command)
    except SystemExit as stop:
        code = stop.code
    print(json.dumps(code or 0), flush=True)
"""


def answers(**changed):
    """A submission: the right answers, and what is said otherwise."""

    def hand_in(nb):
        for cell in nb.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = (ALL | changed).get(name, cell.source)

    return hand_in


def only(name):
    return lambda nb: cell_of(nb, name).update(source=ALL[name])


def wrong(**bodies):
    """The right answers, but for these functions."""
    assert not bodies.items() & RIGHT.items()
    return answers(**{name: HEADS[name] + body for name, body in bodies.items()})


def cell_of(nb, name):
    return next(cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name)


def checks(nb):
    return [cell for cell in nb.cells if cell.metadata.get("nbgrader", {}).get("locked")]


def checks_deleted(nb):
    wrong(squared_loss=NO_HALF)(nb)
    nb.cells = [cell for cell in nb.cells if cell not in checks(nb)]


def own_cells(nb):
    """All is deleted; the answers stand in cells that nbgrader does not know."""
    nb.cells = [new_code_cell(CHECK)] + [new_code_cell(ALL[name]) for name in POINTS]


def checks_changed(nb):
    edited, skipped, text = checks(nb)
    edited.source, edited.metadata.nbgrader.points = "pass", 100
    skipped.metadata.tags = ["skip-execution"]
    text.cell_type = "markdown"
    del text["outputs"], text["execution_count"]


def cells_copied(nb):
    answers()(nb)
    nb.cells += deepcopy([cell for cell in nb.cells if "nbgrader" in cell.metadata])
    nb.cells[-1].metadata.nbgrader.schema_version = 1


def check_redefined(nb):
    wrong(squared_loss=NO_HALF, sgd=UPHILL)(nb)
    cell_of(nb, "shape").source = 'shape = "(10,)"'
    nb.cells.insert(2, new_code_cell("def check(*anything):\n    return True"))


NO_HALF = RIGHT["squared_loss"].replace(" / 2", "")
SUM = "    return sum((p - t) ** 2 / 2 for p, t in zip(y_hat, y))"
UPHILL = RIGHT["sgd"].replace("-=", "+=")
PRINTS = "    import warnings; warnings.warn('careful')\n" + RIGHT["squared_loss"]
KILLS = "    import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
CRASHES = "    i = iter([])\n    for _ in range(10**6):\n        i = filter(None, i)\n    next(i)"

# The name, what it does to the fetched notebook, the points it has earned: 2 + 3 + 1 when all is right.
STUDENTS = [
    ("right", answers(), 6),
    ("untouched", lambda nb: None, 0),
    ("half_done", only("squared_loss"), 2),
    (
        "no_half_not_zeroing",
        wrong(squared_loss=NO_HALF, sgd=RIGHT["sgd"].replace("= 0", "= param['grad']")),
        1,
    ),
    ("sum_not_dividing", wrong(squared_loss=SUM, sgd=RIGHT["sgd"].replace(" / batch_size", "")), 1),
    ("prints_and_uphill", wrong(squared_loss=PRINTS, sgd=UPHILL), 3),
    ("system_exit_and_syntax", wrong(squared_loss="    raise SystemExit", sgd="    for param im params:"), 1),
    ("checks_deleted", checks_deleted, 4),
    ("own_cells", own_cells, 6),
    ("checks_changed", checks_changed, 0),
    ("cells_copied", cells_copied, 6),
    ("check_redefined", check_redefined, 0),
    ("endless_and_imports", answers(squared_loss="from mine import squared_loss", sgd=ENDLESS), 1),
    ("cannot_be_stopped", answers(sgd=STUBBORN), 2),
    ("exits", answers(sgd="exit()", shape="import time; time.sleep(1)"), 2),
    ("kills", wrong(sgd=KILLS), 3),
    ("dies", wrong(sgd=CRASHES), 2),
    ("prints_endlessly", answers(sgd=HEADS["sgd"] + "    while True: print('x' * 1000)"), 3),
]
BROKEN = {"not_json": "this is no notebook", "other_json": "[1, 2]", "renamed": None}


def handed_out(text):
    """The commands of a chapter's round in docs/teaching.md, in order, each with who types them."""
    text = text.partition("## For each chapter")[2].partition("\n## ")[0]
    blocks = re.findall(r"\*\*(You|Each student)\*\*|```bash\n(.*?)```", text, flags=re.DOTALL)
    who, found = None, []
    for speaker, block in blocks:
        who = speaker or who
        found += [(who, line.replace("05_loss", "sample")) for line in block.splitlines()]
    return found


def run(commands, environment):
    """Runs nbgrader commands, [(folder, words)]. Returns [(command, exit code)] and the log."""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        input=json.dumps([(str(folder), words) for folder, words in commands]),
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    codes = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(codes) == len(commands), done.stderr[-3000:]
    return [(words[0], code) for (_, words), code in zip(commands, codes, strict=True)], done.stderr


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The whole round, once: the teacher's folder, the students' homes, exit codes by command, the log."""
    start, tmp = time.time(), tmp_path_factory.mktemp("class") / "a class"
    text = (ROOT / "docs" / "teaching.md").read_text("utf-8")
    once = text.partition("## Once")[2]
    settings = re.search(r"```python\n(c = get_config.*?)```", once, flags=re.DOTALL)[1]
    (tmp / "JUPYTER_CONFIG_DIR").mkdir(parents=True)
    settings = settings.replace("/srv/nbgrader/exchange", str(tmp / "exchange"))
    (tmp / "JUPYTER_CONFIG_DIR" / "nbgrader_config.py").write_text(settings)
    folders = {
        key: str(tmp / key.lower()) for key in ["JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"]
    }
    folders |= {"JUPYTER_CONFIG_DIR": str(tmp / "JUPYTER_CONFIG_DIR"), "PYTHONPATH": str(ROOT)}
    environment = os.environ | folders | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}

    teacher = course(tmp / "teacher")
    (tmp / "exchange").mkdir()
    (tmp / "exchange").chmod(0o777)
    homes = {name: tmp / "students" / name for name in [*(s[0] for s in STUDENTS), *BROKEN]}
    for home in homes.values():
        home.mkdir(parents=True)
    with open(teacher / "nbgrader_config.py", "a") as settings:
        settings.write("c.Execute.timeout = 4\nc.Execute.iopub_timeout = 10\n")
        settings.write(f"c.ExecuteToTheEnd.before_check = {CHECK!r}\n")

    def typed(who, line):
        """The same command in the folder of each who types it; each student has an account, with a cache."""
        words = shlex.split(line.replace("python -m course.homework.grade", "nbgrader grade"))[1:]
        if who == "You":
            return [(teacher, words)]
        return [
            (home, [*words, f"--student={p}", f"--Exchange.cache={home}/cache"]) for p, home in homes.items()
        ]

    commands = handed_out(text)
    submit = next(i for i, (_, line) in enumerate(commands) if "submit" in line)
    before = run([call for command in commands[:submit] for call in typed(*command)], environment)
    for name, hand_in, _ in STUDENTS:
        path = homes[name] / "sample" / "sample.ipynb"
        nb = nbformat.read(path, as_version=4)
        hand_in(nb)
        path.write_text(json.dumps(nb))
    (homes["endless_and_imports"] / "sample" / "mine.py").write_text(ALL["squared_loss"])
    for name, text in BROKEN.items():
        path = homes[name] / "sample" / "sample.ipynb"
        path.write_text(text) if text else path.rename(path.with_name("my homework.ipynb"))
    after = run([call for command in commands[submit:] for call in typed(*command)], environment)
    codes = {}
    for command, code in before[0] + after[0]:
        codes.setdefault(command, []).append(code)
    log = before[1] + after[1]
    print(f"the round took {time.time() - start:.0f} s for {len(homes)} students")
    return teacher, homes, codes, log


def test_every_command_of_the_page_works(graded):
    _, homes, codes, log = graded
    assert codes.pop("grade") == [1]  # it says so: some could not be graded
    feedback = codes.pop("fetch_feedback")
    assert feedback == [0] * len(homes)
    assert {code for found in codes.values() for code in found} == {0}, log[-3000:]
    first = ["generate_assignment", "release_assignment", "fetch_assignment", "submit"]
    assert list(codes) == first + ["release_feedback", "export"]


def test_each_gets_the_points_it_has_earned(graded):
    teacher, homes, _, _ = graded
    with open(teacher / "grades.csv") as table:
        rows = {row["student_id"]: row for row in csv.DictReader(table)}
    earned = {name: points for name, _, points in STUDENTS} | dict.fromkeys(BROKEN, 0)
    assert {name: float(row["score"]) for name, row in rows.items()} == earned
    assert {float(row["max_score"]) for row in rows.values()} == {sum(POINTS.values()) + 2}


def test_what_could_not_be_graded_is_named_and_stops_nobody(graded):
    _, _, _, log = graded
    named = set(re.findall(r"^(\w+): could not be graded", log, flags=re.MULTILINE))
    assert named == set(BROKEN)


def test_texts_wait_for_a_person(graded):
    from nbgrader.api import Gradebook

    teacher, _, _, _ = graded
    with Gradebook(f"sqlite:///{teacher}/gradebook.db") as gradebook:
        waiting = {
            name: gradebook.find_submission("sample", name).needs_manual_grade for name, _, _ in STUDENTS
        }
    assert waiting["right"] and not waiting["untouched"]


def test_nothing_is_lost(graded):
    teacher, homes, _, _ = graded
    for name, home in homes.items():
        mine = {path.name: path.read_bytes() for path in (home / "sample").iterdir() if path.is_file()}
        collected = teacher / "submitted" / name / "sample"
        assert mine == {key: (collected / key).read_bytes() for key in mine}


def test_feedback_shows_each_student_what_happened(graded):
    _, homes, _, _ = graded
    for name, home in homes.items():
        pages = list((home / "sample" / "feedback").rglob("*.html"))
        assert len(pages) == (name not in BROKEN), name
    page = next((homes["dies"] / "sample" / "feedback").rglob("*.html")).read_text("utf-8")
    assert "ended the kernel or could not be stopped" in page
