"""From a table of texts to numbers, with every decision made by its owner; nothing is guessed silently.

problems(table, target): what is in the way, each with its choices.  numbers(table, target, choices) -> Data.
Refused: what cannot be, with the reason and the remedy.
"""

import textwrap
from collections import Counter
from typing import NamedTuple

import torch

from course.language import spoken
from course.table import READ, Refused, absent, as_numbers, kind, shows, unit_of, waits

MOST_LEVELS, FEWEST_ROWS = 10, 20


class Data(NamedTuple):
    name: str  # of the file
    target: str
    names: list  # d features
    X: torch.Tensor  # (n, d), nan where a value is missing and is to be filled
    y: torch.Tensor  # (n, 1)
    said: list  # what was done to the file, in sentences
    units: dict  # name -> unit, where the file says it; of a text, what it stands against


class Problem(NamedTuple):
    columns: tuple  # a choice for it settles the problem; two columns when they say the same
    seen: str
    choices: tuple


def meets(what, detail):
    """What is to be decided about a column of this kind: (what is seen, the choices)."""
    match what:
        case "comma":
            return f"a comma where Python has a point, as in {detail}", ("comma", "drop")
        case "groups":
            other = ("comma",) if "," in detail else ("number",) if "." in detail else ()
            doubt = ": a thousand, or a fraction?" if other else ""
            return f"digits in groups of three, as in {detail}{doubt}", ("thousands", *other, "drop")
        case "date":
            both = {"%d/%m/%Y", "%m/%d/%Y"} <= set(detail)
            seen = "a date; 03/04 may be March or April" if both else "a date: as days since the first one"
            return seen, (*(("day first", "month first") if both else ("days",)), "drop")
        case "unit":
            unit, doubtful = detail
            seen = f"numbers, each with {unit!r} beside it"
            if doubtful:
                return f"{seen}; {doubtful}: a thousand, or a fraction?", ("unit thousands", "unit", "drop")
            return seen, ("unit", "drop")
        case "mixed":
            others, inner = detail
            odd = ", ".join(map(repr, others[:3])) + (", ..." if len(others) > 3 else "")
            seen, words = ("numbers", ("number",)) if inner[0] == "number" else meets(*inner)
            words = [word for word in words if word != "drop"]
            plain = len(words) == 1 and inner[0] in READ
            choices = ["odd missing"] if plain else [f"odd missing, {word}" for word in words]
            return f"{seen}; among them {odd}", (*choices, "drop")
        case "text":
            few = len(detail) <= MOST_LEVELS
            seen = f"text, {len(detail)} different ones" + ("" if few else ": too many for a column each")
            seen += f": {textwrap.shorten(', '.join(detail), 60, placeholder=' ...')}" if few else ""
            return seen, (("levels",) if few else ()) + ("drop",)


def find(table, target):
    """The problems of the columns. Raises Refused for a target that no line predicts."""
    if target not in table.columns:
        raise Refused(f"there is no column {target!r}; there are {', '.join(table.columns)}")
    found, numeric = [], {}
    for name, values in table.columns.items():
        what, detail = kind(values, table.delimiter)
        different = {value for value in values if not absent(value)}
        if name == target:
            found += target_problems(name, what, detail, different)
        elif what == "empty":
            found.append(Problem((name,), "no value at all", ("drop",)))
        elif len(different) == 1:
            found.append(Problem((name,), f"the same in every row: {min(different)}", ("drop",)))
        elif what != "number":
            seen, choices = meets(what, detail)
            gone = sum(map(absent, values))
            seen += f"; {gone} of {len(values)} are missing" if gone > len(values) / 2 else ""
            seen += f", in {rows_with(values, detail[0])} of {len(values)} rows" if what == "mixed" else ""
            found.append(Problem((name,), seen, choices))
        word = as_it_seems(what, detail)
        if word and len(different) > 1:
            column = as_numbers(name, values, word, table.delimiter)
            numeric[name] = column
            refuse_total(name, column, table)
            if name != target and counts(column[~column.isnan()]):
                keep = "odd missing" if what == "mixed" else word
                found.append(Problem((name,), "counts the rows: a name, no measurement", ("drop", keep)))
    for i, (name, column) in enumerate(numeric.items()):
        for other in list(numeric)[:i]:
            if target in (name, other):
                if alike(column, numeric[other], 0.99999):
                    feature = other if name == target else name
                    seen = f"the target in disguise: {target} follows from it exactly"
                    found.append(Problem((feature,), seen, ("drop",)))
            elif alike(column, numeric[other], 0.9999):  # one of them may be rounded
                seen = f"says the same as {other}, perhaps in another unit"
                found.append(Problem((name, other), seen, ("drop",)))
    return found


def as_it_seems(what, detail):
    """The word under which a column is compared with others while nothing has been chosen yet, or None."""
    if what == "mixed":
        inner = as_it_seems(*detail[1])
        return inner and f"odd missing, {inner}"
    if what in ("unit", "groups") and (what == "groups" or detail[1]):
        return "unit thousands" if what == "unit" else "thousands"
    return READ.get(what) if what != "date" else None


def rows_with(values, others):
    return sum(value in others for value in values)


def refuse_total(name, column, table):
    """Raises Refused when the largest number of a column is the sum of all the others, ten or more.

    Rows that repeat another may be in that sum or not.
    """
    column = column.nan_to_num()
    row = int(column.abs().argmax())
    most = column[row].item()
    texts = {text: i for i, text in enumerate(zip(*table.columns.values(), strict=True))}
    rests = [some.sum().item() - most for some in (column, column[list(texts.values())])]
    if any(abs(most - rest) <= 1e-4 * abs(most) for rest in rests) and (column != 0).sum() > 10:
        first = next(values[row] for values in table.columns.values() if values[row])
        raise Refused(
            f"row {row + 1} of {len(table)}, which begins with {first!r}, is a total: {name} holds the sum of"
            " all the others there. Delete that line from the file, and say so on the page"
        )


def target_problems(name, what, detail, different):
    most = detail[1][0] if what == "mixed" else what
    if most in ("text", "date"):
        other = "Classes are the matter of chapter 12"
        other = "Make a number of days of it first" if most == "date" else other
        raise Refused(f"the target {name} is a {most}: a line predicts a number. {other}")
    if len(different) < 2:
        raise Refused(f"the target {name} is the same in every row: there is nothing to explain")
    if what != "number":
        seen, choices = meets(what, detail)
        return [Problem((name,), seen, tuple(word for word in choices if word != "drop"))]
    if len(different) == 2:
        seen = "two values only: classes, the matter of chapter 12. A line can be fitted all the same"
        return [Problem((name,), seen, ("number",))]
    return []


def counts(column):
    """Whether a column numbers the rows: whole numbers without a gap, hardly one of them twice."""
    different = column.unique()
    return len(different) > 0.9 * len(column) and bool((different.diff() == 1).all())


def alike(a, b, limit):
    """Whether one column is a multiple of the other, and perhaps something added: correlation above limit."""
    both = ~(a.isnan() | b.isnan())
    if both.sum() < 3:
        return False
    return abs(torch.corrcoef(torch.stack([a[both], b[both]]))[0, 1].item()) > limit


@shows
def problems(table, target):
    """Prints what is in the way of a line that predicts the column `target`, each with its choices.

    Raises Refused when the target is a text, a date, or always the same.
    """
    lines = [line(problem) for problem in find(table, target)]
    features = {name: values for name, values in table.columns.items() if name != target}
    features = {name: values for name, values in features.items() if not all(map(absent, values))}
    rows = copies(list(zip(*table.columns.values(), strict=True))), gaps_in(features)
    lines += [line(problem) for problem in rows if problem]
    print(spoken("\n".join(lines) or "nothing is in the way"))


def line(problem):
    which = " or ".join(map(repr, problem.choices)) + (
        " for one of them" if len(problem.columns) == 2 else ""
    )
    return f"{problem.columns[0]:12} {problem.seen}\n{'':12}   choose {which}"


def copies(rows):
    """The problem of rows that stand there twice, or None."""
    twice = len(rows) - len(set(rows))
    seen = f"{twice} of {len(rows)} rows repeat another one"
    return Problem(("duplicates",), seen, ("once", "keep")) if twice else None


def gaps_in(columns):
    """The problem of missing values, or None."""
    rows = list(zip(*columns.values(), strict=True))
    where = {name: sum(map(absent, values)) for name, values in columns.items()}
    listed = ", ".join(f"{name} {n}" for name, n in where.items() if n)
    seen = f"{sum(any(map(absent, row)) for row in rows)} of {len(rows)} rows have a gap: {listed}"
    return Problem(("missing",), seen, ("drop rows", "fill")) if listed else None


DECLARED = Problem(("missing",), "what is declared missing leaves gaps", ("drop rows", "fill"))


@waits
def numbers(table, target, choices):
    """The table as tensors, as the choices say. Raises Refused while one is open or does not fit.

    target: the name of the column to predict. A row without it is left out: nothing can be learned from it.
    choices: {"columns": {name: word}, "duplicates": "once" or "keep", "missing": "drop rows" or "fill"}, as
    far as `problems` asks for them. "levels" makes a column of 0 and 1 for each text but the most frequent.
    "fill" leaves nan, for who splits first and fills then, but for rows with more gaps than values. Returns
    Data.
    Refuses what no line can be fitted to: no features, fewer than 20 rows, or so many features that three
    quarters of the rows are not more than the parameters.
    """
    known = {"columns": dict, "duplicates": str, "missing": str}
    for key, value in choices.items():
        if key not in known or not isinstance(value, known[key]):
            raise Refused(f"choices has {key!r}: {value!r}; wanted are the keys {', '.join(known)}")
    words, said = choices.get("columns", {}), []
    if lost := [name for name in words if name not in table.columns]:
        raise Refused(f"choices speaks of {lost[0]!r}; the columns are {', '.join(table.columns)}")
    refuse_open([p for p in find(table, target) if not settled(p, words)])
    columns = {name: v for name, v in table.columns.items() if words.get(name) != "drop" or name == target}
    if dropped := [name for name in table.columns if name not in columns]:
        said.append(f"left out: {', '.join(dropped)}")
    parts, units = {}, {}
    for name, values in columns.items():
        word = words.get(name, "number")
        if word == "levels":
            most, columns_of_it = levels(name, values)
            parts |= columns_of_it
            units |= dict.fromkeys(columns_of_it, f"instead of {most}")
            said.append(f"{name}: a column of 0 and 1 for each text but {most}, the most frequent")
            continue
        parts[name] = as_numbers(name, values, word, table.delimiter)
        said += [f"{name}: read as {word!r}"] * (word != "number")
        if word.startswith("odd missing"):
            others = kind(values, table.delimiter)[1][0]
            said.append(f"{name}: gaps made of {others[0]!r} or the like: {rows_with(values, others)}")
        units |= {name: unit} if (unit := unit_of(values, table.delimiter)) else {}
    y, names = parts.pop(target), list(parts)
    X = torch.stack(list(parts.values()), 1) if parts else torch.zeros(len(y), 0)

    rows = (~y.isnan()).nonzero().flatten().tolist()
    said += [f"rows left out as {target} is missing: {len(y) - len(rows)}"] * (len(rows) < len(y))
    texts = list(zip(*columns.values(), strict=True))
    texts = {row: texts[row] for row in rows}
    gaps = X[rows].isnan().any().item()
    columns = {name: [values[i] for i in rows] for name, values in columns.items() if name != target}
    found = [copies(list(texts.values()))] + [gaps_in(columns) or DECLARED] * gaps
    refuse_open([p for p in found if p and choices.get(p.columns[0]) not in p.choices])
    if choices.get("duplicates") == "once":
        once = {text: row for row, text in reversed(texts.items())}  # the first of each
        said += [f"rows left out as they repeat another: {len(rows) - len(once)}"] * (len(once) < len(rows))
        rows = sorted(once.values())
    X, y = X[rows], y[rows]
    empty = X.isnan().float().mean(1) > (0 if choices.get("missing") == "drop rows" else 0.5)
    if empty.any():
        why = "they have a gap" if choices["missing"] == "drop rows" else "they have more gaps than values"
        said.append(f"rows left out as {why}: {empty.sum()}")
        X, y = X[~empty], y[~empty]
    if X.isnan().any():
        said.append("gaps are filled with the mean of the training part")
    data = fit_for_a_line(Data(table.name, target, names, X.float(), y.float().reshape(-1, 1), said, units))
    return data._replace(said=[spoken(line) for line in data.said])


def settled(problem, words):
    chosen = [words.get(name) for name in problem.columns]
    return any(word in problem.choices for word in chosen)


def refuse_open(found):
    if found:
        count = "1 choice is open" if len(found) == 1 else f"{len(found)} choices are open"
        raise Refused("\n".join([count, *map(line, found)]))


def levels(name, values):
    """The most frequent text, and a column of 0 and 1 for each other one, nan where it is missing."""
    counted = Counter(value for value in values if not absent(value))
    most, *others = sorted(counted, key=lambda value: (-counted[value], value)) or [""]
    gaps = torch.tensor([float("nan") if absent(value) else 0.0 for value in values])
    is_it = {other: torch.tensor([float(value == other) for value in values]) for other in others}
    return most, {f"{name} = {other}": gaps + column for other, column in is_it.items()}


def fit_for_a_line(data):
    """The same data, if a line can be fitted to them. A column that has become constant is left out."""
    varies = [bool((column[~column.isnan()].diff() != 0).any()) for column in data.X.T]
    gone = [name for name, one in zip(data.names, varies, strict=True) if not one]
    said = data.said + [f"the same in every row that is left, so left out: {', '.join(gone)}"] * bool(gone)
    names = [name for name in data.names if name not in gone]
    data = data._replace(names=names, X=data.X[:, torch.tensor(varies, dtype=torch.bool)], said=said)
    n, d = data.X.shape
    Z = torch.where(data.X.isnan(), data.X.nanmean(0), data.X).double()
    Z = (Z - Z.mean(0)) / Z.std(0)
    if d and (rank := torch.linalg.matrix_rank(Z, rtol=1e-5).item()) < min(d, n - 1):
        said.append(f"of {d} features {d - rank} follow from the others: these share their weights at will")
    if not d:
        raise Refused("no feature is left: a line needs at least one column beside the target")
    if n < FEWEST_ROWS:
        raise Refused(f"{n} rows are left: under {FEWEST_ROWS}, a held-out part says next to nothing")
    if n * 3 // 4 <= d + 1:
        reason = f"{n} rows, and {d} features make {d + 1} parameters: fitted to three quarters of the rows,"
        raise Refused(f"{reason} a line goes through every one and has learned nothing. Drop columns")
    if bool((data.y == data.y[0]).all()):
        raise Refused(f"the target {data.target} is the same in every row that is left: nothing to explain")
    return data
