"""What the class did not understand: from the graded notebooks of a chapter, without names.

    python -m course.homework.report 06_optimizer    writes build/report/06_optimizer.html and .csv

The counts come from what the checks said. `questions` leads from a mistake to the questions of the chapters.
"""

import csv
import html
import io
import re
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import nbformat

from course import ROOT

# question id -> (its chapter, words of a mistake, or the name of a task, that it answers)
ABOUT = {
    "noise": ("01_synthetic_data", r"\bnoise\b"),
    "mini-batch": ("02_reading_data", r"yield|mini-batch|^\S*batches\b|recall-generator|not a batch"),
    "shuffle": ("02_reading_data", r"shuffl|same order|in order|sorted"),
    "init": ("03_parameters", r"requires_grad|no leaf|^init_params"),
    "zero-init": ("03_parameters", r"zero-start|recall-zeros|hidden units|start at (zero|0)"),
    "broadcast": ("04_model", r"broadcast|a column and a row|the column is lost"),
    "reshape": ("05_loss", r"reshape|shape of the labels|y is a (plain vector|row)"),
    "loss": ("05_loss", r"half|square|^absolute_loss|^huber_loss|^squared_loss"),
    "gradient": ("06_optimizer", r"wrong sign|uphill|derivative|^gradient:|slope"),
    "grad-storage": ("06_optimizer", r"\.grad of|does not hold the gradient"),
    "sum-backward": ("06_optimizer", r"backward needs|added or averaged|vector of losses"),
    "in-place": ("06_optimizer", r"rebound|in place|new tensor|do not move|stays? the same"),
    "no-grad": ("06_optimizer", r"no_grad|recorded|grad_fn|graph"),
    "zero-grad": (
        "06_optimizer",
        r"zeroed|zero_?\b.*grad|gradient.*(add up|left|kept)|add up",
    ),
    "batch-size": ("06_optimizer", r"batch_size|divided"),
    "epoch": ("07_training", r"\bepoch"),
    "loss-again": ("07_training", r"whole set|last batch|^evaluate_loss"),
    "noise-floor": ("07_training", r"below the noise|noise floor"),
    "last-batch": ("07_training", r"last.batch|its own size"),
    "rerun": ("07_training", r"again|fresh start|earlier run"),
    "learning-rate": ("07_training", r"lr\b|learning rate|too long|^lr_limit"),
    "process": ("08_whole_process", r"^08-choose"),
}


class Result(NamedTuple):
    task: str
    state: str  # solved, wrong, not attempted, waits
    mistake: str = ""


def questions(task, mistake):
    """The ids of the questions that answer a mistake, those of its own words first, two at most."""
    own = [name for name, (_, words) in ABOUT.items() if re.search(words, mistake)]
    by_task = [name for name, (_, words) in ABOUT.items() if re.search(words, f"{task}:")]
    return list(dict.fromkeys([*own, *by_task]))[:2]


def wording(name, root=ROOT):
    """(chapter, the English question) of an id, read from its chapter."""
    stem = ABOUT[name][0]
    for cell in nbformat.read(root / "chapters" / f"{stem}.ipynb", as_version=4).cells:
        if cell.metadata.get("qa") == name and "question" in cell.metadata.get("tags", []):
            lines = re.sub(r"<[^>]+>", "", cell.source).split("\n")
            first = next(line.replace("Question. ", "").strip("*#> ") for line in lines if "?" in line)
            return stem, first
    raise ValueError(f"{stem} has no question with the id {name}")


def result(cell):
    """What a graded check cell says about its task, or None where it is no check of the course."""
    found = re.search(r'check\("([^"]+)"', cell.source)
    if cell.cell_type != "code" or not found:
        return None
    task = found[1]
    if cell.metadata.get("waits"):
        return Result(task, "waits")
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if not errors:
        return Result(task, "solved")
    said = errors[0].get("evalue", "")
    if "not attempted" in said:
        return Result(task, "not attempted")
    ours = errors[0].get("ename") == "Hint"  # and not an error of the answer, with a text of its own
    mistake = ours and re.search(r"^  mistake  (.*)$", said, flags=re.MULTILINE)
    return Result(task, "wrong", mistake[1].strip() if mistake else "the program stops before the check")


def results(path):
    """The results of one graded notebook, in the order of its checks."""
    cells = nbformat.read(path, as_version=4).cells
    return [found for cell in cells if (found := result(cell))]


def table(everybody):
    """Rows per task and mistake: dicts with task, solved, of, mistake, count, questions."""
    tasks = list(dict.fromkeys(one.task for student in everybody for one in student))
    rows = []
    for task in tasks:
        found = [one for student in everybody for one in student if one.task == task]
        states = Counter(one.state for one in found)
        mistakes = Counter(one.mistake for one in found if one.state == "wrong").most_common()
        for state in ("not attempted", "waits"):
            mistakes += [(f"({state})", states[state])] if states[state] else []
        for mistake, count in mistakes or [("", 0)]:
            named = mistake and not mistake.startswith("(")
            asked = " ".join(questions(task, mistake)) if named else ""
            row = {"task": task, "solved": states["solved"], "of": len(found), "mistake": mistake}
            rows.append(row | {"count": count, "questions": asked})
    return rows


def as_csv(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, ["task", "solved", "of", "mistake", "count", "questions"])
    writer.writeheader()
    # A spreadsheet calculates what begins with one of these signs, whoever wrote it.
    writer.writerows(
        {name: re.sub(r"^(?=[=+@-])", "'", str(value)) for name, value in row.items()} for row in rows
    )
    return text.getvalue()


STYLE = """body { font: 18px/1.5 sans-serif; max-width: 62em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .4em .6em; vertical-align: top }
th, tbody tr.task td { border-top: 1px solid #999 } td.n { text-align: right; white-space: nowrap }
meter { width: 7em } code { font-size: 90% } a { color: #1558a6 }"""


def as_code(text):
    """`name` as a page shows it."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", text)


def as_html(chapter, rows, students, chapters="../../chapters"):
    """The page to show. It knows numbers only: no student is named."""
    lines, last = [], None
    for row in rows:
        cells = [
            f"<a href='{chapters}/{stem}.ipynb'>{as_code(html.escape(text))}</a>"
            for stem, text in map(wording, row["questions"].split())
        ]
        first = row["task"] != last
        last = row["task"]
        share = row["solved"] / row["of"]
        left = (
            f"<td><code>{html.escape(row['task'])}</code></td><td class='n'>"
            f"<meter value='{share:.2f}'></meter> {row['solved']} of {row['of']}</td>"
        )
        lines.append(
            f"<tr{' class=task' if first else ''}>{left if first else '<td></td><td></td>'}"
            f"<td class='n'>{row['count'] or ''}</td><td>{html.escape(row['mistake'])}</td>"
            f"<td>{'<br>'.join(cells)}</td></tr>"
        )
    title = f"{chapter}: what was understood"
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{title}</title><style>{STYLE}</style>"
        f"<h1>{title}</h1><p>{students} submissions.</p><table><thead><tr><th>Task<th>Solved<th>How many"
        f"<th>Mistake<th>Question that answers it</tr></thead><tbody>{''.join(lines)}</tbody></table></html>"
    )


def for_student(task, mistake):
    """The lines for a student's feedback that lead from a mistake to the questions. Text, or ""."""
    found = [wording(name) for name in questions(task, mistake)]
    return "".join(f"  question  {text}  (chapters/{stem}.ipynb)\n" for stem, text in found)


def write(chapter, graded, folder):
    """Writes the page and the table of a chapter. graded: the folder of the graded submissions."""
    everybody = [results(path) for path in sorted(Path(graded).glob(f"*/{chapter}/{chapter}.ipynb"))]
    folder.mkdir(parents=True, exist_ok=True)
    rows = table(everybody)
    (folder / f"{chapter}.csv").write_text(as_csv(rows), "utf-8")
    (folder / f"{chapter}.html").write_text(as_html(chapter, rows, len(everybody)), "utf-8")
    return rows


def main(args):
    if len(args) != 1:
        sys.exit("usage: python -m course.homework.report CHAPTER")
    folder = ROOT / "build" / "report"
    if not write(args[0], ROOT / "autograded", folder):
        sys.exit(f"Nothing of {args[0]} is graded yet: python -m course.homework.grade {args[0]}")
    print(f"{folder.relative_to(ROOT) / args[0]}.html and .csv")


if __name__ == "__main__":
    main(sys.argv[1:])
