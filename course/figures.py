"""Figures of the course: one look, one way to show them, each with a description."""

import base64
import functools
import io
import re
import warnings

import matplotlib
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.text import Text

from course.language import HAN, is_chinese, spoken

STYLE = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}
matplotlib.rcParams.update(STYLE)
# The pictures of the course are in English, but a learner's own table may have Chinese names.
CHINESE_FONTS = [
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC",
    "Hiragino Sans GB", "Heiti SC", "Heiti TC", "SimHei", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Noto Sans CJK JP", "Noto Sans CJK TC", "Arial Unicode MS",
]  # fmt: skip
INSTALLED = {font.name for font in fontManager.ttflist}.intersection(CHINESE_FONTS)
if is_chinese():
    chosen = sorted(INSTALLED, key=CHINESE_FONTS.index)[:1]
    matplotlib.rcParams["font.family"] = [*matplotlib.rcParams["font.family"], *chosen]
    warnings.filterwarnings("ignore", "Glyph .* missing from font")  # said below, once
SHOWN_DPI, STORED_DPI = 100, 130  # stored finer than shown, so that text is sharp on any screen


def axes(xlabel, ylabel, columns=1, size=(7.0, 3.2), **options):
    """A figure and its axes, in the look of the course.

    xlabel, ylabel: a text for all axes, or a list with one text for each column.
    Further options go to `fig.subplots`. Returns `(fig, ax)`; with several columns, ax is an array.
    """
    fig = Figure(
        figsize=size, layout="constrained"
    )  # not of pyplot, which keeps figures and is not thread-safe
    ax = fig.subplots(1, columns, **options)
    for i, one in enumerate(fig.axes):
        one.set_xlabel(xlabel if isinstance(xlabel, str) else xlabel[i])
        one.set_ylabel(ylabel if isinstance(ylabel, str) else ylabel[i])
    return fig, ax


def png(fig):
    """The figure as PNG bytes; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    fig.set_dpi(STORED_DPI)
    quick = {"compress_level": 1}  # a tenth larger, in half of the time
    FigureCanvasAgg(fig).print_png(buffer, metadata={"Software": None}, pil_kwargs=quick)
    texts = (text.get_text() for text in fig.findobj(Text))
    if is_chinese() and not INSTALLED and any(re.search(f"[{HAN}]", text) for text in texts):
        say_once("No Chinese font is installed here: the picture has boxes in place of the characters")
    return buffer.getvalue()


@functools.cache
def say_once(text):
    print(spoken(text))


def bundle(fig, alt):
    """The figure and its description as a notebook stores them: (data, metadata)."""
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt is {alt!r}: describe the figure, with the numbers that it draws")
    width, height = (round(inches * SHOWN_DPI) for inches in fig.get_size_inches())
    alt = spoken(alt)
    picture = base64.b64encode(png(fig)).decode()
    data = {"image/png": picture, "text/plain": alt}
    return data, {"image/png": {"alt": alt, "width": width, "height": height}}


def show(fig, *, alt):
    """Show a figure as a picture, with its description below it.

    alt: what the picture shows, in words and numbers computed from the data drawn. A screen reader
    reads it, strict nbval compares it, and it stays where pictures do not.
    Raises ValueError when alt is empty.
    """
    data, metadata = bundle(fig, alt)
    display(data, metadata=metadata, raw=True)
    # JupyterLab drops the alt text of a picture, so the description also stands below it.
    alt = data["text/plain"]
    display({"text/markdown": f"*{alt}*", "text/plain": alt}, raw=True)
