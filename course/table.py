"""A CSV file as it comes: a table of texts, and what kind of texts each column holds.

course/choices.py makes numbers of it. Exercise 13 uses both. What a learner calls passes `...` on, so that an
exercise with open answers runs to its end.
"""

import contextlib
import csv
import functools
import io
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import torch

from course import ROOT
from course.language import is_chinese, keep, spoken

SHIPPED = ROOT / "course" / "data"  # its README says where each file comes from
# in small letters; two are longer dashes
MISSING = {"", "na", "n/a", "n.a.", "nan", "null", "none", "-", "--", "\u2013", "\u2014", "?", "."}
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")  # float() alone also takes 1_000 and inf
COMMA = re.compile(r"[+-]?(\d+|\d{1,3}([.' \u00a0\u202f]\d{3})+)(,\d+)?")  # 3,5 and 1.250,00
GROUPS = re.compile(r"[+-]?\d{1,3}([,.' \u00a0\u202f]\d{3})+(\.\d+)?")  # 1,250 and 1 250 and 1,250.75
UNIT = re.compile(r"(?P<before>[^\d\s+-][^\d+-]*?)?\s*(?P<number>[+-]?[\d.,]+)\s*(?P<after>[^\d\s_].*)?")
DATES = ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
DATES += ["%Y年%m月%d日", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S"]  # as Excel writes them in China
WORDS = [
    "number",
    "comma",
    "thousands",
    "unit",
    "unit thousands",
    "days",
    "day first",
    "month first",
    "odd missing",
]
WORDS += ["levels", "drop"]
READ = {"number": "number", "comma": "comma", "unit": "unit", "date": "days"}  # what needs no question
DAYS = ("days", "day first", "month first")


class Refused(ValueError):
    """What cannot be read or fitted: the reason and the remedy. A notebook shows it without a traceback."""

    def __init__(self, text):
        super().__init__(spoken(text))

    def _render_traceback_(self):
        return [spoken(f"Refused: {self}")]


class Table(NamedTuple):
    name: str  # of the file, without .csv
    columns: dict  # name -> its values, texts without blanks around them
    delimiter: str

    def __len__(self):
        return len(next(iter(self.columns.values())))


def waits(function, gives=...):
    """The same function, which only says so while an argument is still `...`, or a function not written."""

    @functools.wraps(function)
    def wrapped(*args, **options):
        if all(value is not ... for value in (*args, *options.values())):
            with contextlib.suppress(NotImplementedError):
                return function(*args, **options)
        print(spoken(f"{function.__name__}: waits for your answers above"))
        return gives

    return wrapped


shows = functools.partial(waits, gives=None)  # for what only prints or draws


@waits
def read(path):
    """A CSV file as a Table of texts. The separator is found by trying: comma, semicolon, tab or bar.

    path: of the file, from the folder of the notebook. Raises Refused for what is no table: no such file, a
    workbook, no line of names, a name twice, a line with more or fewer fields than there are names.
    """
    path = Path(path)
    if not path.is_file():
        near = sorted(p.name for p in path.parent.glob("*.csv")) if path.parent.is_dir() else []
        there = f"CSV files there: {', '.join(near)}" if near else "there is no CSV file in that folder"
        raise Refused(f"{path.name} is no file of {path.resolve().parent.name}/; {there}")
    raw = path.read_bytes()
    if raw[:2] == b"PK" or raw[:4] == b"\xd0\xcf\x11\xe0":
        raise Refused(f"{path.name} is a workbook, not a CSV file: open it and save it as CSV (UTF-8)")
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text, said = in_other_letters(raw, path.name)
        print(spoken(said))
    tried = {delimiter: parsed(text, delimiter) for delimiter in ",;\t|"}
    delimiter = max(tried, key=lambda d: agreement(tried[d]))
    rows = tried[delimiter]
    if len(rows) < 2:
        raise Refused(f"{path.name} has no rows: a line of names and at least one row are wanted")
    (_, names), *rows = rows
    names = [name or f"unnamed {i}" for i, name in enumerate(names, 1)]
    if all(PLAIN.fullmatch(name) for name in names):
        raise Refused(f"the first line of {path.name} holds numbers: put a line with names above it")
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise Refused(f"two columns of {path.name} are called {twice[0]!r}: rename one of them")
    if ragged := [(line, len(row)) for line, row in rows if len(row) != len(names)]:
        line, count = ragged[0]
        more = f", and {len(ragged) - 1} more lines" if len(ragged) > 1 else ""
        reason = f"line {line} of {path.name} has {count} fields, the line of names has {len(names)}{more}"
        raise Refused(
            f'{reason}. A separator inside a value needs quotes: "Smith, John". A title or a note is no row:'
            " delete it"
        )
    columns = {name: [row[i] for _, row in rows] for i, name in enumerate(names)}
    if is_chinese():
        keep({path.stem, *names, *(field for _, row in rows for field in row if re.match("[A-Za-z]", field))})
    return Table(path.stem, columns, delimiter)


def in_other_letters(raw, name):
    """The text of a file that is not UTF-8, and what to say. On a Chinese page, Chinese comes first."""
    if is_chinese():
        with contextlib.suppress(UnicodeDecodeError):
            said = f"{name} is not UTF-8; read as GB18030: see whether the characters are right"
            return raw.decode("gb18030"), said
    said = f"{name} is not UTF-8; read as Windows-1252: see whether letters such as é are right"
    return raw.decode("cp1252", errors="replace"), said


def parsed(text, delimiter):
    """The lines that hold something, each with its number."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows = ((reader.line_num, [field.strip().replace("\u2212", "-") for field in row]) for row in reader)
    return [(line, row) for line, row in rows if any(row)]


def agreement(rows):
    """How well a separator parts the lines: into at least two fields, and as many in each."""
    fields = len(rows[0][1]) if rows else 0
    return fields > 1, sum(len(row) == fields for _, row in rows), fields


def absent(value):
    return value.lower() in MISSING


def kind(values, delimiter=","):
    """What a column holds: (kind, detail).

    kind: empty, number, comma, groups (of three digits), date, unit, text, or mixed: at least half of the
    values are of one of these kinds, and the others, in detail, are not.
    """
    values = [value for value in values if not absent(value)]

    def all_are(*patterns, of=values):
        return all(any(p.fullmatch(value) for p in patterns) for value in of)

    if not values:
        return "empty", None
    dotted, commas = ([value for value in values if mark in value] for mark in ".,")
    if all_are(PLAIN):
        grouped = delimiter == ";" and dotted and all_are(GROUPS, of=dotted)  # 1.250 where 3,5 is usual
        return ("groups", dotted[0]) if grouped else ("number", None)
    if commas and all_are(COMMA) and not all_are(GROUPS, of=commas):
        return "comma", commas[0]
    if all_are(GROUPS, PLAIN):
        return "groups", next(value for value in values if GROUPS.fullmatch(value))
    if formats := [form for form in DATES if all(is_date(value, form) for value in values)]:
        return "date", formats
    units = {unit_in(m) for value in values if (m := UNIT.fullmatch(value))}
    if len(units) == 1 and "" not in units and all_are(UNIT):
        inner, detail = kind([UNIT.fullmatch(value)["number"] for value in values], ";")
        return "unit", (units.pop(), detail if inner == "groups" else None)
    fitting = most_alike(values)
    if len(values) / 2 <= len(fitting) < len(values):
        return "mixed", (sorted(set(values) - set(fitting)), kind(fitting, delimiter))
    return "text", sorted(set(values))


def most_alike(values):
    """Those of the values that can be read in one way: as numbers, as dates of one form, in one unit."""
    parts = [m for value in values if (m := UNIT.fullmatch(value))]
    ways = [[v for v in values if any(p.fullmatch(v) for p in (PLAIN, COMMA, GROUPS))]]
    ways += [[v for v in values if is_date(v, form)] for form in DATES]
    ways += [[m[0] for m in parts if unit_in(m) == unit] for unit in {unit_in(m) for m in parts} - {""}]
    most = max(ways, key=len)
    if len(most) == len(values):  # numbers, some with a comma and some with a point
        plain = [value for value in values if PLAIN.fullmatch(value)]
        most = max(plain, [value for value in values if value not in plain], key=len)
    return most


def unit_in(match):
    return (match["before"] or match["after"] or "").strip()


def is_date(value, form):
    try:
        return bool(datetime.strptime(value, form))
    except ValueError:
        return False


def as_numbers(name, values, word, delimiter):
    """The floats of a column under the choice `word`, nan where one is missing. Raises Refused."""
    odd, _, inner = word.partition(", ")
    if word not in WORDS and not (odd == "odd missing" and inner in WORDS):
        raise Refused(f"{name}: {word!r} is no choice; there are {', '.join(map(repr, WORDS))}")
    what, detail = kind(values, delimiter)
    if odd == "odd missing" and what == "mixed":
        rest = ["" if value in detail[0] else value for value in values]
        return as_numbers(name, rest, inner or READ.get(detail[1][0], ""), delimiter)

    def decimal(value):  # 3,5 and 1.250,00
        return float(re.sub(r"[^\d,+-]", "", value).replace(",", ".") if "," in value else value)

    def thousands(value):
        return float(re.sub(r"[,.' \u00a0\u202f](?=\d{3}(\D|$))", "", value))

    def one(value):
        match word:
            case "number":
                return float(value)
            case "comma":
                return decimal(value)
            case "thousands":
                return thousands(value)
            case "unit":
                return decimal(UNIT.fullmatch(value)["number"])
            case "unit thousands":
                return thousands(UNIT.fullmatch(value)["number"])
        form = {"day first": "%d/%m/%Y", "month first": "%m/%d/%Y"}.get(word) or detail[0]
        return (datetime.strptime(value, form) - datetime(1970, 1, 1)).total_seconds() / 86400

    try:
        found = [float("nan") if absent(value) else one(value) for value in values]
    except (ValueError, TypeError) as error:
        value = str(error).partition(": ")[2]
        reason = f"{name}: {word!r} does not fit a column of kind {what!r}"
        raise Refused(f"{reason}: {value}" if value else reason) from None
    if word in DAYS:
        first = min((day for day in found if day == day), default=0)
        found = [day - first for day in found]
    return torch.tensor(found, dtype=torch.float64)


def unit_of(values, delimiter):
    """The unit that a column itself gives, or None."""
    what, detail = kind(values, delimiter)
    what, detail = detail[1] if what == "mixed" else (what, detail)
    return detail[0] if what == "unit" else "day" if what == "date" else None


@shows
def look(table):
    """Prints a line for each column: what it holds, how many values are missing, an extract."""
    print(spoken(f"{table.name}: {len(table)} rows, {len(table.columns)} columns"))
    for name, values in table.columns.items():
        what, _ = kind(values, table.delimiter)
        gone, different = sum(map(absent, values)), len(set(values))
        if what == "number":
            numbers = as_numbers(name, values, "number", table.delimiter)
            numbers = numbers[~numbers.isnan()]
            extract = f"from {numbers.min():g} to {numbers.max():g}"
        else:
            extract = "such as " + ", ".join(dict.fromkeys(v for v in values if not absent(v)))[:40]
        print(spoken(f"{name:12} {what:7} missing {gone:3}  different {different:3}  {extract}"))
