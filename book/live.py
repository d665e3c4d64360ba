"""What moves in the book without a kernel: explorers as pictures made beforehand, and predictions.

The pictures come from the `draw` of the same explorer that JupyterLab shows. One file of JavaScript for each
explorer holds them; the page loads it when a control is first touched.
"""

import ast
import base64
import gc
import hashlib
import html
import io
import itertools
import json
import math
import re
import zlib

import numpy as np
from ipywidgets import Play
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from course import ROOT
from course.explore import Explorer, as_html
from course.homework.work import put
from course.language import in_chinese, spoken

CALL = re.compile(r"^(?:explorers\.\w+|predictions\.\w+|\w+_lab)\(\)$")
SOURCES = ["book/live.py", "helpers.py", *(f"course/{n}.py" for n in ("explore", "figures", "blocks"))]
MOST_BYTES = 1_500_000
# Of controls with too many values, those that the pages send the reader to; the rest is thinned evenly.
KEPT = {
    "by_hand": {
        "w": [-4, -3, -2, -1, 0, 0.5, 1, 1.5, 1.8, 1.9, 2, 2.1, 2.2, 2.5, 3, 4],
        "b": [-4, -2, 0, 1, 2, 3, 3.5, 3.8, 3.9, 4, 4.1, 4.5, 5, 6, 8],
    },
    "path": {"batch_size": [1, 10, 200]},
    "training": {"step": list(range(0, 301, 20))},
}
# 16 steps for each colour: text stays sharp, and files get smaller by a third
STEPS = np.minimum((np.arange(256) + 8) // 17 * 17, 255).astype(np.uint8)


def call_of(source):
    """The call that ends a cell and makes a widget, for example `explorers.noise()`; or None."""
    last = source.rstrip().rpartition("\n")[2]
    return last if CALL.match(last) else None


def imports_of(cells):
    """All imports from `course` on a page, as one text."""
    found = []
    for cell in cells:
        if cell.cell_type == "code" and "course" in cell.source:
            for node in ast.parse(re.sub(r"(?m)^[%!].*$", "", cell.source)).body:
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course"):
                    found.append(ast.unparse(node))
    return "\n".join(dict.fromkeys(found))


def make(imports, call):
    """The widget that the call makes in JupyterLab."""
    names = {}
    exec(imports, names)
    return eval(call, names)


def options(control):
    """What a control offers: [(words, value), ...], in order."""
    if hasattr(control, "min"):
        return [(str(value), value) for value in range(control.min, control.max + 1, control.step)]
    pairs = control._options_full
    return [(str(words), value) for words, value in pairs]


class Positions:
    """Which positions of an explorer's controls the book has pictures of, at most `limit` if possible.

    A grid over all controls, where sliders with many values show evenly spaced ones of them, the start always
    among them. Where only menus are left and there are still too many, one control at a time is moved, the
    first together with each other one.
    """

    def __init__(self, explorer, limit):
        self.labels = [control.description for control in explorer.controls.values()]
        self.menus = [type(control).__name__ == "Dropdown" for control in explorer.controls.values()]
        self.names = list(explorer.controls)
        full = [options(control) for control in explorer.controls.values()]
        counts = [len(values) for values in full]
        self.all = math.prod(counts)
        kept = KEPT.get(explorer.draw.__qualname__.partition(".")[0], {})
        full = [
            [pair for pair in values if pair[1] in kept[name]] if name in kept else values
            for name, values in zip(self.names, full, strict=True)
        ]
        counts = [len(values) for values in full]
        sizes = counts.copy()
        while math.prod(sizes) > limit and (
            sliders := [i for i, menu in enumerate(self.menus) if not menu and sizes[i] > 3]
        ):
            # long sliders first; then the last ones, because the first control is the one a page speaks of
            sizes[max(sliders, key=lambda i: (max(sizes[i], 16), i))] -= 1
        start = [
            next(j for j, (_, value) in enumerate(values) if value == explorer.start[name])
            for name, values in zip(self.names, full, strict=True)
        ]
        self.star = math.prod(sizes) > limit
        sizes = [min(size, count) for size, count in zip(sizes, counts, strict=True)]
        self.values = [
            [values[j] for j in thinned(len(values), size, at)]
            for values, size, at in zip(full, sizes, start, strict=True)
        ]
        self.start = [
            next(j for j, (_, value) in enumerate(values) if value == explorer.start[name])
            for name, values in zip(self.names, self.values, strict=True)
        ]
        self.indices = list(itertools.product(*(range(len(values)) for values in self.values)))
        if self.star:
            crossed = [i for i in self.indices_near(1)] + [i for i in self.indices_near(2) if self.crosses(i)]
            self.indices = crossed if len(crossed) <= limit else list(self.indices_near(1))
        self.first_crosses = self.star and len({i[0] for i in self.indices if self.others_moved(i)}) > 1

    def indices_near(self, moved):
        """All positions where at most `moved` controls have left the start."""
        if moved == 1:
            yield tuple(self.start)
        for which in itertools.combinations(range(len(self.start)), moved):
            for values in itertools.product(*(range(len(self.values[i])) for i in which)):
                place = list(self.start)
                for i, value in zip(which, values, strict=True):
                    place[i] = value
                if all(place[i] != self.start[i] for i in which):
                    yield tuple(place)

    def crosses(self, place):
        return place[0] != self.start[0]

    def others_moved(self, place):
        return place[1:] != tuple(self.start[1:])

    def chosen(self, place):
        """The values that `draw` gets at a position."""
        picked = (values[i][1] for values, i in zip(self.values, place, strict=True))
        return dict(zip(self.names, picked, strict=True))

    def note(self):
        """What the book leaves out, in words."""
        if self.star:
            apart = spoken(f" (apart from {self.labels[0]})") if self.first_crosses else ""
            return spoken(
                "On this page one exchange at a time: moving a control puts the others back to their start"
                f"{apart}. The choice before is that start. JupyterLab has all {self.all:,} combinations."
            )
        if len(self.indices) < self.all:
            return spoken(
                f"This page has {len(self.indices)} of the {self.all:,} positions, drawn beforehand. "
                "JupyterLab has all."
            )
        return spoken(f"All {self.all} positions, drawn beforehand.")


def thinned(count, size, start):
    """`size` of the numbers 0 to count - 1, evenly spaced, start and both ends among them."""
    if size >= count:
        return range(count)
    step = math.ceil((count - 1) / (size - 1))
    return sorted({0, count - 1, *range(start % step, count, step)})


def key(text, limit):
    """A short hash of all that decides what is drawn."""
    files = [ROOT / name for name in SOURCES] + sorted((ROOT / "course").glob("explorers/*.py"))
    files += [ROOT / "course/predictions.py"]
    parts = [text.encode(), str(limit).encode(), *(file.read_bytes() for file in files)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def drawn(explorer, values):
    """The figure at these values, laid out as the first one, a pixel for each of the page; its words."""
    fig, words = explorer.draw(**values)
    fig.set_layout_engine("none")
    for ax, place in zip(fig.axes, explorer.places, strict=True):
        ax.set_position(place)
    fig.set_dpi(100)
    return fig, words


def look(fig):
    """What decides how the axes look: figures that agree in it share one picture of their axes."""
    axes = [(ax.get_title(), axis) for ax in fig.axes for axis in (ax.xaxis, ax.yaxis)]
    return tuple(
        (title, axis.get_label_text(), axis.get_scale(), *axis.get_view_interval(), *axis.get_ticklocs())
        for title, axis in axes
    )


def layers(fig, ground=True):
    """The axes alone on white, and all that is drawn upon them on nothing: two arrays (height, width, 4).

    ground: False leaves the first out, as None. Two calls for one figure are one too many: it is changed.
    """
    frame = {
        part for ax in fig.axes for part in (ax.xaxis, ax.yaxis, ax.patch, ax.title, *ax.spines.values())
    }
    content = [
        part for ax in fig.axes for part in ax.get_children() if part not in frame and part.get_visible()
    ]
    for part in content if ground else []:
        part.set_visible(False)
    axes = array(fig) if ground else None
    for part in content:
        part.set_visible(True)
    for part in (fig.patch, *frame):
        part.set_visible(False)
    return axes, array(fig)


def array(fig):
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    return STEPS[np.asarray(canvas.buffer_rgba())]


def webp(array):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "WEBP", lossless=True)
    return base64.b64encode(buffer.getvalue()).decode()


class Ground:
    """Axes that several positions share, and what these have in common, which then belongs to it."""

    def __init__(self, number, axes, content):
        self.number, self.axes, self.first, self.common = number, axes, content, True

    def meets(self, content):
        self.common = self.common & (content == self.first).all(-1, keepdims=True)

    def picture(self):
        common = Image.fromarray(self.first * self.common)
        return np.asarray(Image.alpha_composite(Image.fromarray(self.axes), common).convert("RGB"))


def encoded(explorer, positions, places):
    """What the page needs for these places: {"at": {place: [ground, picture, words]}, "grounds", "pictures"}.

    A place is a ground, the axes with all that never changes on them, and a picture laid over it.
    """
    grounds, packed = {}, {}
    for place in places:
        if positions.star:  # an explorer may compare with the choice before: let that be the start
            explorer.draw(**positions.chosen((place[0], *positions.start[1:])))
        fig, words = drawn(explorer, positions.chosen(place))
        key = look(fig)
        axes, content = layers(fig, ground=key not in grounds)
        if axes is not None:
            grounds[key] = Ground(len(grounds), axes, content)
        grounds[key].meets(content)
        packed[place] = grounds[key], words, zlib.compress(content, 1)
        del fig
        gc.collect(0)  # the figure is young garbage: cheap now, dear once it has grown old
    at, pictures = {}, {}
    for place, (ground, words, content) in packed.items():
        content = np.frombuffer(zlib.decompress(content), np.uint8).reshape(ground.first.shape)
        picture = webp(content * ~ground.common)
        at["-".join(map(str, place))] = [ground.number, pictures.setdefault(picture, len(pictures)), words]
    grounds = [webp(ground.picture()) for ground in grounds.values()]
    return {"at": at, "grounds": grounds, "pictures": list(pictures)}


def frames(imports, call, limit, file):
    """Writes the pictures and words of an explorer's positions. Returns their number."""
    gc.disable()  # a collection in the midst of drawing takes longer than the drawing
    explorer = make(imports, call)
    positions = Positions(explorer, limit)
    data = encoded(explorer, positions, positions.indices)
    text = f"bookFrames({json.dumps(file.stem)}, {json.dumps(data, ensure_ascii=False)});\n"
    if len(text.encode()) > MOST_BYTES:
        raise ValueError(
            f"{file.name} has {len(text.encode())} bytes, more than {MOST_BYTES}: lower the limit"
        )
    put(file, text.encode())  # whole or not at all: it is kept for the next book
    return len(positions.indices)


def words(file, into):
    """Writes the Chinese words of all positions of an explorer, whose pictures stay the English ones."""
    data = json.loads(re.fullmatch(r'bookFrames\(".*?", (.*)\);\n', file.read_text(encoding="utf-8"))[1])
    said = {place: in_chinese(english) for place, (*_, english) in data["at"].items()}
    into.parent.mkdir(parents=True, exist_ok=True)
    text = f"bookWords({json.dumps(file.stem)}, {json.dumps(said, ensure_ascii=False)});\n"
    into.write_text(text, encoding="utf-8")


def explorer_html(explorer, positions, name, files, stored, alt):
    """The controls, the first picture and its words; what moves them is book.js.

    files: of the pictures, and of their words where those are Chinese.
    """
    rows = []
    for i, label in enumerate(positions.labels):
        words = [text for text, _ in positions.values[i]]
        own = f'id="{name}-{i}" data-start="{positions.start[i]}"'
        if positions.menus[i]:
            entries = "".join(
                f'<option value="{j}"{" selected" * (j == positions.start[i])}>{html.escape(w)}</option>'
                for j, w in enumerate(words)
            )
            control = f"<select {own}>{entries}</select>"
        else:
            values = html.escape(json.dumps(words))
            control = (
                f'<input type="range" {own} min="0" max="{len(words) - 1}" value="{positions.start[i]}" '
                f'aria-valuetext="{words[positions.start[i]]}" data-values="{values}">'
                f'<span aria-hidden="true">{words[positions.start[i]]}</span>'
            )
        rows.append(f'<label for="{name}-{i}">{html.escape(label)}</label><span>{control}</span>')
    play = [box for box in explorer.children[1].children if isinstance(box, Play)]
    button = (
        f'<button type="button" class="play" data-pause="{spoken("Pause")}">{spoken("Play")}</button>'
        if play
        else ""
    )
    star = "first" if positions.first_crosses else "one" if positions.star else ""
    return (
        f'<div class="explorer" data-frames="{files[0]}" data-words="{"".join(files[1:])}" '
        f'data-name="{name}" data-star="{star}">'
        f'<div class="explorer-controls" hidden>{"".join(rows)}<span>'
        f'<button type="button" class="reset">{spoken("Reset")}</button>{button}'
        f'<button type="button" class="larger" aria-pressed="false">{spoken("Larger picture")}</button>'
        "</span></div>"
        f'<div class="explorer-picture"><span>{stored}</span></div>'
        f'<p role="status" class="explorer-words"><em>{html.escape(alt)}</em></p>'
        f'<p class="explorer-note">{html.escape(positions.note())}</p></div>'
    )


def prediction_html(widget, name):
    """The question and its choices. The result is computed now and stands in the page in a veiled form."""
    result, right = widget.result()
    shown = f"{type(result).__name__}: {result}" if isinstance(result, Exception) else str(result)
    choices = list(widget.choices)
    answer = {
        "result": shown,
        "right": [choices.index(words) for words in right],
        "why": as_html(widget.why),
        "yours": spoken("Your prediction:"),
        "truth": spoken("The result:"),
        "verdicts": [spoken("Not so."), spoken("Right.")],
    }
    veiled = base64.b64encode(json.dumps(answer).encode()).decode()
    radios = "".join(
        f'<label><input type="radio" name="{name}" value="{i}"> {as_html(words)}</label>'
        for i, words in enumerate(choices)
    )
    return (
        f'<form class="prediction" data-answer="{veiled}"><fieldset>'
        f"<legend><strong>{spoken('Predict.')}</strong> {as_html(widget.question)}</legend>"
        f"{radios}</fieldset>"
        f'<button type="submit" disabled>{spoken("Commit")}</button>'
        '<div role="status" class="verdict"></div></form>'
    )


def is_explorer(widget):
    return isinstance(widget, Explorer)
