"""Explorers and predictions without a browser: what they store, what they compute, how they fail."""

import inspect
import json
import re
import threading

import nbformat
import pytest
import torch

from course import ROOT, explorers, predictions
from course.building.notebooks import WIDGET, normalise
from course.explore import Explorer, Predict, choice, slider
from course.figures import axes

CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))


def made_by(module):
    """The functions of module that the chapters call, each with its chapter in the test's id."""
    for path in CHAPTERS:
        calls = re.findall(rf"\b{module}\.(\w+)\(\)", path.read_text(encoding="utf-8"))
        yield from (pytest.param(name, id=f"{path.stem}-{name}") for name in calls)


EXPLORERS, PREDICTIONS = list(made_by("explorers")), list(made_by("predictions"))


def line(slope, label="up"):
    """A draw function for the tests; it fails at slope 3."""
    if slope == 3:
        raise ZeroDivisionError("no line <here>")
    fig, ax = axes("x", "y")
    ax.plot([0, 1], [0, slope])
    return fig, f"A line {label} with slope {slope}."


def explorer(**options):
    return Explorer(
        line, slope=slider("slope", range(0, 4), 1), label=choice("label", ["up", "on"], "up"), **options
    )


def values_of(control):
    """The first and the last value that a control can have."""
    options = getattr(control, "_options_full", None)
    return (options[0][1], options[-1][1]) if options else (control.min, control.max)


def test_explorer_stores_picture_and_description():
    data, metadata = explorer()._repr_mimebundle_()
    assert data["text/plain"] == "A line up with slope 1." == metadata["image/png"]["alt"]
    assert data["image/png"].startswith("iVBOR") and data[WIDGET]["model_id"]


def test_explorer_follows_its_controls_and_comes_back():
    made = explorer()
    before, places = made.image.value, [place.bounds for place in made.places]
    made.controls["slope"].value = 2
    assert made.image.value != before and "slope 2." in made.words.value
    assert [place.bounds for place in made.places] == places  # the axes have not jumped
    made.controls["label"].value = "on"
    made.reset()
    assert made.image.value == before and "A line up with slope 1." in made.words.value


def test_redraws_from_several_threads_do_not_mix():
    made = explorer()
    expected = made.image.value
    threads = [threading.Thread(target=made.reset) for _ in range(4)]
    for thread in threads:
        made.controls["slope"].value = 2
        thread.start()
    for thread in threads:
        thread.join()
    made.reset()
    assert made.image.value == expected and made.status.value == ""


def test_error_in_a_redraw_is_shown_with_the_values_and_goes_away():
    made = explorer()
    before = made.image.value
    made.controls["slope"].value = 3
    for text in ("ZeroDivisionError", "no line &lt;here&gt;", "slope = 3", "label = up"):
        assert text in made.status.value
    assert made.image.value == before
    made.controls["slope"].value = 2
    assert made.status.value == "" and made.image.value != before


def test_explorer_refuses_what_cannot_work():
    with pytest.raises(ZeroDivisionError):
        Explorer(line, slope=slider("slope", range(0, 4), 3))
    with pytest.raises(ValueError, match="play is 'label'"):
        explorer(play="label")
    with pytest.raises(ValueError, match="alt is ''"):
        Explorer(lambda: (axes("x", "y")[0], ""))


def test_release_waits_and_says_that_it_computes():
    made, said = explorer(release=True), []
    made.status.observe(lambda change: said.append(change.new), "value")
    made.controls["slope"].value = 2
    assert said == ["computing …", ""]
    assert not made.controls["slope"].continuous_update
    assert explorer().controls["slope"].continuous_update


def test_every_explorer_and_prediction_is_on_a_page():
    assert sorted(param.values[0] for param in EXPLORERS) == sorted(explorers.__all__)
    functions = inspect.getmembers(predictions, inspect.isfunction)
    own = [name for name, made in functions if made.__module__ == predictions.__name__]
    own = [name for name in own if not inspect.signature(getattr(predictions, name)).parameters]
    assert sorted(param.values[0] for param in PREDICTIONS) == own


@pytest.mark.parametrize("name", EXPLORERS)
def test_every_control_of_a_chapter_works_at_both_ends(name):
    random_numbers = torch.get_rng_state()
    made = getattr(explorers, name)()
    start, room = made.stored, made.room
    for control in made.controls.values():
        for value in values_of(control):
            before, moved = made.stored, control.value != value
            control.value = value
            assert made.status.value == ""
            assert (made.stored is not before) == moved
            assert made.room == room, "the words need more room than at the start: the page would jump"
    made.reset()
    assert made.stored == start  # the same picture and the same words every time
    assert torch.equal(torch.get_rng_state(), random_numbers)  # the notebook's own are not used up


@pytest.mark.parametrize("name", PREDICTIONS)
def test_one_choice_of_a_prediction_is_right_and_is_not_given_away(name):
    made = getattr(predictions, name)()
    result, right = made.result()
    assert len(right) == 1
    data = made._repr_mimebundle_()
    assert data["text/markdown"] == data["text/plain"]
    assert all(words in data["text/plain"] for words in [made.question, *made.choices])
    assert made.why not in data["text/plain"]


def prediction(run=lambda: 4):
    return Predict("What is `2 + 2`?", {"5": 5, "4": 4, "fails": Exception}, run, "Two and two.")


def test_the_answer_is_computed_only_after_the_commitment():
    runs = []
    made = prediction(lambda: runs.append(1) or 4)
    assert made.commit.disabled
    made.options.value = "5"
    assert not made.commit.disabled and runs == [] and made.answer.value == ""
    made.reveal()
    assert runs == [1] and made.options.disabled and made.commit.disabled
    assert (
        "<strong>Not so.</strong> Two and two." in made.answer.value and "<code>4</code>" in made.answer.value
    )


def test_right_and_an_error_as_the_answer():
    made = prediction()
    made.options.value = "4"
    made.reveal()
    assert "<strong>Right.</strong>" in made.answer.value
    made = prediction(lambda: 1 / 0)
    made.options.value = "fails"
    made.reveal()
    assert "Right." in made.answer.value and "ZeroDivisionError" in made.answer.value


def test_a_prediction_needs_a_choice():
    with pytest.raises(ValueError, match="choices has 1"):
        Predict("?", {"yes": True}, bool, "")


def test_stored_outputs_hold_no_widget():
    made = explorer()._repr_mimebundle_()[0]
    output = nbformat.v4.new_output("display_data", dict(made))
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[output])])
    normalise(nb)
    assert set(nb.cells[0].outputs[0].data) == {"image/png", "text/plain"}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_explorer_reads_well_as_html_without_network(path):
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter(template_name="basic").from_filename(path)
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if "explorer" in cell["metadata"].get("tags", []):
            alt = "".join(cell["outputs"][0]["data"]["text/plain"])
            assert re.search(f'<img alt="{re.escape(alt)}"', page)
    assert not re.search(r"<(script|link|iframe)\b", page)
    assert all(source.startswith("data:") for source in re.findall(r'src="([^"]*)"', page))
