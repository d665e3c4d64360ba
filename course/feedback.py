"""Feedback on the exercises: `check(name, answer)` names the mistake, `progress()` counts what is solved,
`standing()` says where you stand over the days.

This is the door. The tasks stand in course/tasks/, one module for each chapter; record.py is what remembers.
"""

import contextlib
import difflib
import io

from IPython.display import display

from course import record, tasks
from course.language import spoken
from course.tasks.kit import NotAttempted, Wrong
from course.tasks.run import TimeUp, isolated, prepare, time_limit

TIME_LIMIT = 10  # seconds for one check; a right answer needs a small part of one
SOLVED, BLANK, WRONG = record.SOLVED, "not attempted", record.WRONG
STATES = {}  # name -> how its last check in this kernel ended


class Hint(AssertionError):
    """What a check found. A notebook shows it as a short note, without a traceback."""

    def __init__(self, text):
        super().__init__(spoken(text))

    def _render_traceback_(self):
        return [str(self)]


def check(name, answer):
    """Checks one answer of an exercise: prints a line when it is right, raises Hint when it is not.

    name: of the task.  answer: the function itself, or the value that the task asks for.
    Nothing outside changes: the random generators, the grad mode and the default dtype are put back.
    """
    if not isinstance(name, str):
        raise Hint('check: the name of the task comes first, as a text.\n  example  check("sgd", sgd)')
    if name not in tasks.TASKS:
        near = difflib.get_close_matches(name, tasks.TASKS, n=3, cutoff=0.5) or sorted(tasks.TASKS)
        raise Hint(f"check: there is no task {name!r}.\n  near     {', '.join(near)}")
    task, printed = tasks.TASKS[name], io.StringIO()
    STATES[name] = WRONG
    try:
        with (
            isolated(),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
            time_limit(TIME_LIMIT),
        ):
            task.probe(prepare(task, answer))
    except NotAttempted as found:
        STATES[name] = BLANK
        wanted = found.args[0] if found.args else f"wanted: {task.wants}"
        raise Hint(f"{name}: not attempted ({wanted}; see chapters/{task.look}.ipynb)") from None
    except Wrong as found:
        seen, mistake = found.args
    except TimeUp:
        seen, mistake = f"it was still running after {TIME_LIMIT} seconds", "a loop that never ends"
    else:
        STATES[name] = SOLVED
        record.add(name, SOLVED)
        told = f"{name}: right" + (" (what it prints is left out here)" if printed.getvalue() else "")
        print(spoken(told))
        return
    record.add(name, WRONG, mistake)
    lines = [f"{name}: not yet", f"  seen     {seen}", f"  mistake  {mistake}"]
    raise Hint("\n".join([*lines, f"  look at  chapters/{task.look}.ipynb"])) from None


class Table:
    """A Markdown table, which a terminal shows as it is."""

    def __init__(self, text):
        self.text = spoken(text)

    def __repr__(self):
        return self.text

    _repr_markdown_ = __repr__


def progress():
    """Shows a table of the checks that have run in this kernel, and how many are solved."""
    if not STATES:
        return print(spoken("No check has run yet: run the cells above, each has its check(...)."))
    rows = [row_of(name, state) for name, state in STATES.items()]
    count = f"{list(STATES.values()).count(SOLVED)} of {len(STATES)} solved"
    table = "\n".join(["| task | state |", "|:--|:--|", *rows, "", f"**{count}**"])
    display(Table(table))


def row_of(name, state):
    rows = {SOLVED: f"| {name} | ✓ solved |", WRONG: f"| {name} | not yet |"}
    return rows.get(state, f"| {name} | not attempted |")


def standing():
    """Shows what is solved, what to recall today and which mistakes came back. Read from work/record."""
    display(Table(record.standing(*record.read())))
