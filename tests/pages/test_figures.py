"""Figures are pictures with a description, and the same figure gives the same bytes."""

import matplotlib.pyplot as plt
import pytest

from course import figures


def test_show_gives_a_picture_and_its_description(monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "display", lambda data, **options: shown.append((data, options)))
    fig, ax = figures.axes("x", "y")
    ax.plot([1, 2], [3, 4])
    figures.show(fig, alt="2 points")
    (picture, options), (caption, _) = shown
    assert picture["image/png"].startswith("iVBOR") and picture["text/plain"] == "2 points"
    assert options["metadata"]["image/png"] == {"alt": "2 points", "width": 700, "height": 320}
    assert caption["text/plain"] == "2 points"
    assert not plt.get_fignums()


def test_the_same_figure_gives_the_same_bytes():
    def draw():
        fig, ax = figures.axes("x", ["y", "z"], columns=2)
        ax[1].plot([1, 2], [3, 4])
        return figures.png(fig)

    assert draw() == draw()
    plt.close("all")


@pytest.mark.parametrize("alt", ["", "  ", None, 3])
def test_a_figure_without_description_is_refused(alt):
    fig, _ = figures.axes("x", "y")
    with pytest.raises(ValueError, match="describe the figure"):
        figures.show(fig, alt=alt)
    plt.close(fig)
