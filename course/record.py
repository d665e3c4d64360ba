"""What the checks remember on the learner's own machine: tasks tried, tasks solved, mistakes named.

The record is the folder work/record. Each kernel writes a file of its own there, one line for one check, so
no two programs ever write to the same file: nothing to lock, on any system. It holds times, names of tasks
and names of mistakes, no code and nobody's name. Whoever deletes the folder has deleted all of it.
"""

import contextlib
import json
import os
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from course.building.notebooks import find as notebooks
from course.homework.work import put
from course.language import EDITION, HERE

SOLVED, WRONG = "solved", "not yet"  # the two ends of a try; an answer not attempted is none
DAYS = 1, 3, 7, 21  # a solved task is due again after so many days, each counted from the last time
SHOWN = 5  # entries of a list; what is more is counted
MINE = f"{uuid4().hex}.jsonl"  # the file of this kernel
UNNAMED = {"another value", "the program stops before its end"}  # what a note says where it knows no name


class Try(NamedTuple):
    time: datetime  # of the learner's clock, without a time zone
    task: str
    state: str  # SOLVED or WRONG
    mistake: str | None
    again: bool  # in a blank copy, for recall


class Asked(NamedTuple):
    stem: str  # of the exercise
    title: str  # of its page
    heading: str  # above the task
    cell: str  # the id of the cell with that heading


def off():
    """Whether nothing is recorded or shown: in the tests, on stored pages, under nbgrader."""
    return os.environ.get("COURSE_RECORD") == "off" or "NBGRADER_EXECUTION" in os.environ


def add(task, state, mistake=None, root=EDITION):
    """Records a try, if this kernel runs a notebook of work/. Never raises: a check does not depend on it."""
    work = (root / "work").resolve()
    if off() or not HERE.is_relative_to(work):
        return
    told = {"time": datetime.now().isoformat(timespec="seconds"), "task": task, "state": state}
    told |= {"mistake": mistake, "again": HERE.is_relative_to(work / "again")}
    with contextlib.suppress(OSError):
        (work / "record").mkdir(exist_ok=True)
        with open(work / "record" / MINE, "a", encoding="ascii") as file:
            file.write(json.dumps(told) + "\n")


def read(root=EDITION):
    """All tries in the order of time, and how many lines could not be read."""
    tries, unread = [], 0
    for path in [] if off() else (root / "work" / "record").glob("*.jsonl"):
        try:
            lines = path.read_bytes().splitlines()
        except OSError:
            lines = [b"?"]
        for line in lines:
            if found := parse(line):
                tries.append(found)
            else:
                unread += 1
    return sorted(tries, key=lambda one: one.time), unread


def parse(line):
    """The try that a line tells of, or None."""
    try:
        told = json.loads(line)
        time = datetime.fromisoformat(told["time"]).replace(tzinfo=None)
        one = Try(time, told["task"], told["state"], told["mistake"], bool(told["again"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    texts = isinstance(one.task, str) and isinstance(one.mistake, str | None)
    return one if texts and one.state in (SOLVED, WRONG) and time.year < date.max.year else None


def due(solved, recalled):
    """The day on which a task is due again, None after the last time.

    solved: the day it was solved first.  recalled: the days on which it was solved in a blank copy.
    A recall before its day counts for nothing; one that is late moves all that follows.
    """
    last, step = solved, 0
    for day in sorted(recalled):
        if step < len(DAYS) and day >= last + timedelta(DAYS[step]):
            last, step = day, step + 1
    return last + timedelta(DAYS[step]) if step < len(DAYS) else None


def came_back(tries):
    """{mistake: the tries} for each that was named again: in another task, or after the task was solved."""
    unsolved, times = {}, {}  # unsolved: the mistakes of a task since it was last solved
    for one in tries:
        seen = unsolved.setdefault(one.task, set())
        if one.state == SOLVED:
            seen.clear()
        elif one.mistake and one.mistake not in UNNAMED and one.mistake not in seen:
            seen.add(one.mistake)
            times.setdefault(one.mistake, []).append(one)
    return {mistake: found for mistake, found in times.items() if len(found) > 1}


def asked(root=EDITION):
    """The tasks of the exercises, in their order: {name: Asked}."""
    found = {}
    for path in notebooks(root / "exercises"):
        title = heading = place = ""
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                title = title or re.sub(": exercises$|：练习$", "", source.partition("\n")[0].strip("# "))
                minutes = r"(?: \([^()]*\)|（[^（）]*）)?$"
                if above := re.search(rf"(?m)^##+ (.*?){minutes}", source):
                    heading, place = above[1], cell["id"]
            elif name := re.match(r'check\("([^"]+)"', source):
                found[name[1]] = Asked(path.stem, title, heading, place)
    return found


def standing(tries, unread=0, today=None, root=EDITION):
    """What the record says today, as Markdown. Makes the blank copies that it links to."""
    today = today or date.today()
    tasks = asked(root)
    tries = [one for one in tries if one.task in tasks]  # a newer course may have dropped a task
    if not tries:
        text = "Nothing is recorded yet. Run a check in a notebook of `work/`, and come back."
    else:
        lines = [*chapters(tries, tasks, root), *recall(tries, tasks, today, root), *back(tries, tasks, root)]
        text = "\n".join(lines)
    return text + f"\n\nLines of the record that cannot be read: {unread}." * bool(unread)


def chapters(tries, tasks, root):
    """The lines of the table of chapters, and the counts below it."""
    tried, solved = {one.task for one in tries}, {one.task for one in tries if one.state == SOLVED}
    yield from ["| chapter | solved | tried, not solved yet |", "|:--|:--|:--|"]
    whole, stems = 0, dict.fromkeys(one.stem for one in tasks.values())
    for stem in stems:
        mine = [name for name, one in tasks.items() if one.stem == stem]
        done = [name for name in mine if name in solved]
        whole += done == mine
        if tried & {*mine}:
            page = link(tasks[mine[0]].title, root / "work" / stem / f"{stem}.ipynb")
            left = ", ".join(f"`{name}`" for name in mine if name in tried - solved)
            yield f"| {page} | {'✓ ' * (done == mine)}{len(done)} of {len(mine)} | {left} |"
    yield f"\n**{len(solved)} of {len(tasks)} tasks solved, {whole} of {len(stems)} chapters.**"


def recall(tries, tasks, today, root):
    """The lines of what is due today."""
    days, first, again = {}, {}, {}
    for one in tries:
        if one.state == SOLVED:
            first.setdefault(one.task, one.time.date())
            again.setdefault(one.task, []).extend([one.time.date()] * one.again)
    for task in first:
        if day := due(first[task], again[task]):
            days[task] = day
    now = sorted((task for task in days if days[task] <= today), key=days.get)
    if not now:
        if later := sorted(day for day in days.values()):
            yield f"\nNothing to recall today. Next: {later.count(later[0])} on {later[0]}."
        return
    newest = {tasks[task].stem: days[task] for task in now}  # the last one due names the copy
    yield "\n**To recall today**, each in a blank copy, with everything else closed:\n"
    for task in now[:SHOWN]:
        stem, title, heading, cell = tasks[task]
        copy, ago = blank_copy(stem, newest[stem], root), (today - max([first[task], *again[task]])).days
        name = "" if f"`{task}`" in heading else f", `{task}`"
        yield f"- {link(f'{title}: {heading}', copy, cell)}{name}, last solved {ago} day{'s' * (ago > 1)} ago"
    if len(now) > SHOWN:
        yield f"\nand {len(now) - SHOWN} more."


def blank_copy(stem, day, root):
    """The exercise as it was handed out, to be solved anew: a copy for each day on which it is due."""
    copy = root / "work" / "again" / f"{stem}_{day}.ipynb"
    if not os.path.lexists(copy):
        with contextlib.suppress(OSError):
            put(copy, (root / "exercises" / stem / f"{stem}.ipynb").read_bytes())
    return copy


def back(tries, tasks, root):
    """The lines of the mistakes that came back, the most frequent first."""
    found = sorted(came_back(tries).items(), key=lambda pair: (len(pair[1]), pair[1][-1].time), reverse=True)
    if found:
        yield "\n**Mistakes that came back:**\n"
    for mistake, times in found[:SHOWN]:
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(one.task for one in times))
        stem, title, *_ = tasks[times[-1].task]
        page = link(title, root / "chapters" / f"{stem}.ipynb")
        yield f"- *{mistake}*, {len(times)} times, in {names}, last on {times[-1].time.date()}. See {page}."


def link(words, path, cell=""):
    """A Markdown link from the page that runs; the words alone where there is no such file."""
    if not path.is_file():
        return words
    try:
        way = Path(os.path.relpath(path, HERE)).as_posix()
    except ValueError:  # on another drive
        return words
    return f"[{words}](<{way}{cell and f'#cell-id={cell}'}>)"
