"""The report of exercise 13: one page in Markdown with two pictures, its numbers filled in by the run.

It stands in report/FILE_TARGET/ beside the notebook, which git ignores. A report that somebody has edited is
never written over: the new one goes to a folder of its own, with -2 behind the name.
"""

import hashlib
import math
import re
import textwrap
from itertools import count
from pathlib import Path

import torch

from course.figures import axes, png, show
from course.language import spoken
from course.table import Refused, shows, waits

WANTED = {
    "held": "the numbers of the held-out rows",
    "w": "the weights, (d, 1)",
    "b": "the bias",
    "mean": "of each feature of the training part, (d,)",
    "std": "of each feature of the training part, (d,)",
    "error": "on the held-out rows, in the unit of the target",
    "low": "where the interval of the error begins",
    "high": "where it ends",
    "base": "the error of the mean",
    "judge": "the error of least squares",
    "verdict": "a text",
    "effects": "what one unit of each feature does, (d,)",
}  # what a result is made of
PICTURES = ("predictions.png", "effects.png")


@shows
def draw(data):
    """Shows the target against the features that take many values, four at most."""
    many = [i for i, column in enumerate(data.X.T) if len(column.unique()) > 2][:4]
    names = [data.names[i] for i in many]
    fig, ax = axes(names, [data.target] + [""] * 3, columns=max(1, len(many)), size=(9, 2.6), sharey=True)
    found = []
    for one, i in zip(fig.axes, many, strict=True):
        column, y = data.X[:, i], data.y.flatten()
        one.plot(column, y, ".", ms=4)
        there = ~column.isnan()
        found.append(torch.corrcoef(torch.stack([column[there], y[there]]))[0, 1].item())
    listed = ", ".join(f"{name} {value:.1f}" for name, value in zip(names, found, strict=True))
    show(fig, alt=f"{data.target} of {len(data.y)} rows against each feature. Correlations: {listed}.")


@waits
def run(project, data, seed):
    """What project(X, y, seed) finds in these data, or `...` as long as nobody has written it.

    Its other random numbers begin at the seed as well: the same call gives the same page.
    """
    torch.manual_seed(seed)
    return project(data.X, data.y, seed)


@waits
def write(result, data, page, conclude):
    """Writes report.md and its pictures, shows the first, and says where. Returns that path, as a text.

    result: of `project`, with what WANTED names.  data: Data.  conclude: makes the sentence of the result.
    page: {"purpose": a text, "units": {name: unit}, "doubts": [texts]}; the unit of the target is needed.
    Raises Refused when something is missing, before anything is written.
    """
    if lost := [key for key in WANTED if key not in result]:
        raise Refused(f"the result has no {lost[0]!r}: {WANTED[lost[0]]}")
    result = {key: torch.as_tensor(v).detach() if key != "verdict" else v for key, v in result.items()}
    if not bool(result["low"] <= result["error"] <= result["high"]):
        raise Refused("the error does not lie in its interval: an error without one is half an answer")
    if result["effects"].shape != (len(data.names),):
        shape = tuple(result["effects"].shape)
        raise Refused(f"effects has shape {shape}, not ({len(data.names)},): one number for each feature")
    units = data.units | page["units"]
    if not units.get(data.target):
        raise Refused(f"page has no unit for {data.target!r}: an error without a unit says nothing")
    if strange := [name for name in page["units"] if name not in (data.target, *data.names)]:
        raise Refused(
            f"page has a unit for {strange[0]!r}; there are {', '.join([data.target, *data.names])}"
        )
    numbers = [float(result[key]) for key in ("error", "low", "high", "base")]
    sentence = conclude(*numbers, result["verdict"], units[data.target])
    (predictions, said), (effects, told) = pictures(result, data, units)
    text = words(result, data, page, units, sentence, said, told)
    folder = free_folder(Path("report"), re.sub(r"\W+", "_", f"{data.name}_{data.target}"))
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in zip(PICTURES, (predictions, effects), strict=True):
        (folder / name).write_bytes(png(figure))
    stamp = f"<!-- as it was written: {digest(folder, text)} -->\n"
    (folder / "report.md").write_bytes((text + stamp).encode())
    show(predictions, alt=said)
    path = (folder / "report.md").as_posix()
    print(textwrap.fill(str(sentence), 88))
    print(spoken(f"written: {path}"))
    return path


def short(value):
    """A number as a text of three digits, without an exponent: '0.0512', '69.0', '1250'."""
    value = float(f"{float(value):.3g}")
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{max(0, digits)}f}"


def scaled(result, data):
    """The features as the weights take them: (n, d), gaps filled, standardised."""
    X = torch.where(data.X.isnan(), result["mean"], data.X)
    std = torch.where(result["std"] > 0, result["std"], 1)
    return (X - result["mean"]) / std


def pictures(result, data, units):
    """The two figures, each with its description."""
    held, target = result["held"].long(), f"{data.target} ({units[data.target]})"
    y, y_hat = data.y[held].flatten(), (scaled(result, data)[held] @ result["w"] + result["b"]).flatten()
    fig, ax = axes(f"predicted {target}", f"true {target}", size=(5, 3.6))
    ax.plot(y_hat, y, ".")
    ends = [min(y.min(), y_hat.min()).item(), max(y.max(), y_hat.max()).item()]
    ax.plot(ends, ends, color="0.6", lw=1)
    said = f"{len(held)} held-out rows: true against predicted {data.target}, around the line of equality; "
    said += f"the error is {float(result['error']):.2g}."
    steps = result["w"].flatten()
    other, bars = axes(f"one standard deviation changes {target} by", "", size=(7, 0.8 + 0.3 * len(steps)))
    bars.barh(data.names[::-1], steps.flip(0).tolist())
    most = int(steps.abs().argmax())
    told = (
        f"What one standard deviation of each feature does. {data.names[most]} does most: {steps[most]:.2g}."
    )
    return (fig, said), (other, told)


def refits(result, data):
    """The ends of the 95 % interval of each effect: least squares on 300 bootstrap samples, (2, d)."""
    known = torch.ones(len(data.y), dtype=torch.bool)
    known[result["held"].long()] = False
    Z = scaled(result, data)[known].double()
    A, y, generator = torch.cat([Z, torch.ones(len(Z), 1)], 1), data.y[known].double(), torch.Generator()
    generator.manual_seed(0)
    draws = torch.randint(len(A), (300, len(A)), generator=generator)
    ridge = 1e-9 * torch.eye(A.shape[1])  # a draw may leave out all rows of a rare text
    found = [torch.linalg.solve(A[d].T @ A[d] + ridge * len(A), A[d].T @ y[d]).flatten()[:-1] for d in draws]
    std = torch.where(result["std"] > 0, result["std"], 1)
    return torch.stack(found).quantile(torch.tensor([0.025, 0.975]).double(), 0) / std


def words(result, data, page, units, sentence, said, told):
    """The page, without its stamp."""
    n, held, unit = len(data.y), len(result["held"]), units[data.target]
    error, low, high, base, judge = (short(result[key]) for key in ("error", "low", "high", "base", "judge"))
    rows = []
    for name, effect, (start, end) in zip(data.names, result["effects"], refits(result, data).T, strict=True):
        unit_of_it = units.get(name, "unit")
        step = {"day": "1 day", "unit": "1 unit"}.get(unit_of_it, f"1 {unit_of_it}")
        step = unit_of_it if unit_of_it.startswith("instead of") else step
        sure = "" if start * end > 0 else ", sign unknown"
        rows.append(f"| {name} | {step} | {short(effect)} | {short(start)} to {short(end)}{sure} |")
    own = [
        page["purpose"],
        f"**{sentence}**",
        *[f"- {doubt}" for doubt in page["doubts"]],
    ]  # stays as it is
    lines = [
        f"# {data.target}: what a line can say", "",
        *own[:1], "",
        *own[1:2], "",
        f"| method | error on the {held} held-out rows ({unit}) |", "|:--|:--|",
        f"| the line, by gradient descent | {error}, 95 % interval {low} to {high} |",
        f"| the line, by least squares | {judge} |",
        f"| always the mean | {base} |", "",
        f"Against always predicting the mean, the line is: {result['verdict']}.", "",
        f"![{spoken(said)}]({PICTURES[0]})", "",
        "## What one unit does", "",
        "All other features stay as they are.", "",
        f"| feature | one more is | {data.target} changes by ({unit}) | 95 % interval |", "|:--|:--|:--|:--|",
        *rows, "",
        f"![{spoken(told)}]({PICTURES[1]})", "",
        "## What would make it wrong", "",
        *own[2:], "",
        "## How it was made", "",
        f"- `{data.name}.csv`: {n} rows, {data.X.shape[1]} features.",
        *[f"- {one}." for one in data.said],
        f"- {n - held} rows to train on, {held} held out at random before anything was computed.",
        "- Features standardised with mean and deviation of the training part.",
        "- The intervals are bootstraps: 95 % of the results with rows drawn anew, with replacement.", "",
    ]  # fmt: skip
    return "\n".join(line if line in own else spoken(line) for line in lines)


def free_folder(parent, name):
    """The first of name, name-2, name-3, ... in which no report stands that somebody has edited."""
    for i in count(1):
        folder = parent / (name if i == 1 else f"{name}-{i}")
        if not folder.exists() or untouched(folder):
            return folder


def untouched(folder):
    """Whether report.md and its pictures are as they were written."""
    try:
        text = (folder / "report.md").read_bytes().decode()
        body, _, stamp = text.rpartition("<!-- as it was written: ")
        return stamp == f"{digest(folder, body)} -->\n"
    except (OSError, UnicodeDecodeError):
        return False


def digest(folder, text):
    """One number for the text of a page and the pictures of its folder."""
    whole = text.encode() + b"".join((folder / name).read_bytes() for name in PICTURES)
    return hashlib.sha256(whole).hexdigest()[:16]
