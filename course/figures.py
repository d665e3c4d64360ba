"""Figures of the course: one look, one way to show them, each with a description."""

import base64
import io

import matplotlib.pyplot as plt
from IPython.display import display

STYLE = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 10,
    "grid.alpha": 0.3,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
}
plt.rcParams.update(STYLE)
SHOWN_DPI, STORED_DPI = 100, 160  # stored finer than shown, so that text is sharp on any screen


def axes(xlabel, ylabel, columns=1, size=(7.0, 3.2), **options):
    """A figure and its axes, in the look of the course.

    xlabel, ylabel: a text for all axes, or a list with one text for each column.
    Further options go to `plt.subplots`. Returns `(fig, ax)`; with several columns, ax is an array.
    """
    fig, ax = plt.subplots(1, columns, figsize=size, layout="constrained", **options)
    for i, one in enumerate(fig.axes):
        one.set_xlabel(xlabel if isinstance(xlabel, str) else xlabel[i])
        one.set_ylabel(ylabel if isinstance(ylabel, str) else ylabel[i])
    return fig, ax


def png(fig):
    """The figure as PNG bytes; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=STORED_DPI, metadata={"Software": None})
    return buffer.getvalue()


def show(fig, *, alt):
    """Show a figure as a picture, with its description below it.

    alt: what the picture shows, in words and numbers computed from the data drawn. A screen reader
    reads it, strict nbval compares it, and it stays where pictures do not.
    Raises ValueError when alt is empty. Closes the figure.
    """
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError(f"alt is {alt!r}: describe the figure, with the numbers that it draws")
    width, height = (round(inches * SHOWN_DPI) for inches in fig.get_size_inches())
    picture = base64.b64encode(png(fig)).decode()
    plt.close(fig)
    display(
        {"image/png": picture, "text/plain": alt},
        metadata={"image/png": {"alt": alt, "width": width, "height": height}},
        raw=True,
    )
    # JupyterLab drops the alt text of a picture, so the description also stands below it.
    display({"text/markdown": f"*{alt}*", "text/plain": alt}, raw=True)
