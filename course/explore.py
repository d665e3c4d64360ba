"""Explorers and predictions: widgets that live in JupyterLab and stay readable where nothing runs."""

import base64
import gc
import html
import re
import threading

import ipywidgets as widgets
import torch
from IPython.display import display

from course.figures import bundle
from course.language import spoken

LABEL = {"description_width": "11em"}
DRAWING = threading.RLock()  # JupyterLab may have two redraws done at once, in threads of the kernel
CONTROL = widgets.Layout(width="30em", max_width="100%")


def slider(label, values, start):
    """A slider that stands at start.

    label: what it sets, with the unit.  values: a range of whole numbers, or a list of numbers.
    """
    label = spoken(label)
    if isinstance(values, range):
        options = {"min": values[0], "max": values[-1], "step": values.step}
        return widgets.IntSlider(start, description=label, style=LABEL, layout=CONTROL, **options)
    options = [(f"{value:g}", value) for value in values]
    return widgets.SelectionSlider(
        options=options, value=start, description=label, style=LABEL, layout=CONTROL
    )


def choice(label, options, start):
    """A menu that stands at start. options: a list, or a dict from the words shown to the values."""
    pairs = options.items() if isinstance(options, dict) else zip(options, options, strict=True)
    options = [(spoken(str(words)), value) for words, value in pairs]
    return widgets.Dropdown(
        options=options, value=start, description=spoken(label), style=LABEL, layout=CONTROL
    )


# widgets set small type and wide lines for their own labels; words to read look like the page
READ = "font-size: var(--jp-content-font-size1); line-height: var(--jp-content-line-height)"


def as_html(text):
    """Plain text as HTML, in the language of the page, with `code` as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(spoken(text)))


class Explorer(widgets.VBox):
    """Controls over a figure: move one, and the picture and the words below it follow.

    draw: called with the value of every control, by name; returns (fig, alt), alt computed
        from what it draws. It may be called while a cell runs, so its random numbers come from a
        generator of its own.
    controls: name=slider(...) or name=choice(...).
    play: the name of a slider over a range that a play button shall move.
    release: True when drawing takes long: it waits until a slider is let go, and says that it computes.

    With a kernel this is a widget. Without one, the notebook shows the picture and its description, which
    strict nbval compares. An error in draw is raised at the start; later it is shown with the values that
    caused it, over the last picture that worked. Raises ValueError for a wrong play.
    """

    def __init__(self, draw, *, play=None, release=False, **controls):
        if play is not None and not isinstance(controls.get(play), widgets.IntSlider):
            raise ValueError(f"play is {play!r}: give the name of a control that is a slider over a range")
        self.draw, self.release, self.controls = draw, release, controls
        self.start = self.values()
        self.places, self.resetting = [], False
        self.stored = self.picture()
        reset = widgets.Button(
            description=spoken("Reset"), tooltip=spoken("Put every control back to its start")
        )
        reset.on_click(self.reset)
        self.status = widgets.HTML(layout=widgets.Layout(flex="1 1 20em"))
        buttons = [reset, *([player(controls[play])] if play else []), self.status]
        size = self.stored[1]["image/png"]
        self.image = widgets.Image(
            width=size["width"],  # with both given, the place is kept while the next picture loads
            height=size["height"],
            layout=widgets.Layout(max_width="100%", height="auto"),
        )
        self.words, self.room = widgets.HTML(), ""
        self.put()
        rows = widgets.Layout(flex_flow="row wrap")
        top = widgets.HBox(list(controls.values()), layout=rows)
        super().__init__([top, widgets.HBox(buttons, layout=rows), self.image])
        for control in controls.values():
            if release and hasattr(control, "continuous_update"):
                control.continuous_update = False
            control.observe(self.redraw, "value")

    def values(self):
        return {name: control.value for name, control in self.controls.items()}

    def picture(self):
        """Draws with the present values. Returns (data, metadata), as a notebook stores them."""
        gc.disable()  # a collection in the midst of drawing takes longer than the drawing
        try:
            fig, alt = self.draw(**self.values())
            if self.places:  # the layout of the first picture, so that nothing jumps, and it is faster
                fig.set_layout_engine("none")
                for ax, place in zip(fig.axes, self.places, strict=True):
                    ax.set_position(place)
            stored = bundle(fig, alt)
            self.places = [ax.get_position() for ax in fig.axes]
        finally:
            gc.enable()
        del fig
        gc.collect(0)  # the figure is young garbage: cheap now, dear once it has grown old
        return stored

    def put(self):
        data = self.stored[0]
        self.image.value = base64.b64decode(data["image/png"])
        words = data["text/plain"]
        if len(words) > len(self.room):
            self.room = words + words[: len(words) // 4]
        # An unseen text in the same place, a quarter longer, keeps the room: the page below stands still.
        self.words.value = (
            f'<div style="display: grid; {READ}"><div role="status" aria-live="polite" '
            f'style="grid-area: 1/1"><em>{html.escape(words)}</em></div>'
            f'<em aria-hidden="true" style="grid-area: 1/1; visibility: hidden; user-select: none">'
            f"{html.escape(self.room)}</em></div>"
        )

    def redraw(self, change=None):
        with DRAWING:
            if not self.resetting:
                self.update()

    def update(self):
        if self.release:
            self.status.value = spoken("computing …")
        try:
            self.stored = self.picture()
        except Exception as error:  # in a callback it would go to a log that nobody reads
            values = ", ".join(
                f"{control.description} = {getattr(control, 'label', control.value)}"
                for control in self.controls.values()
            )
            text = (
                f"{type(error).__name__}: {error} (at {values}). The picture is the last that could be drawn."
            )
            text = html.escape(spoken(text))
            self.status.value = f'<span role="alert" style="color: #b00020">{text}</span>'
        else:
            self.put()
            self.status.value = ""

    def reset(self, button=None):
        with DRAWING:
            self.resetting = True
            for name, value in self.start.items():
                self.controls[name].value = value
            self.resetting = False
            self.update()

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = self.stored
        return super()._repr_mimebundle_(**kwargs) | data, metadata

    def _ipython_display_(self):
        data, metadata = self._repr_mimebundle_()
        display(data, metadata=metadata, raw=True)
        alt = data["text/plain"]
        display(self.words._repr_mimebundle_() | {"text/markdown": f"*{alt}*", "text/plain": alt}, raw=True)


def player(slider):
    """Buttons that play a slider from where it stands to its end."""
    options = {"value": slider.value, "min": slider.min, "max": slider.max, "step": slider.step}
    play = widgets.Play(interval=250, show_repeat=False, **options)
    widgets.jslink((play, "value"), (slider, "value"))
    widgets.link((slider, "step"), (play, "step"))
    return play


class Predict(widgets.VBox):
    """A question whose answer is computed only after the learner has committed to one of the choices.

    question: what to predict; `code` in backticks.
    choices: a dict from the words of a choice to what the result is then: a value to compare with, an
        exception class, or a function of the result that returns True or False. One of them fits.
    run: a function without arguments; its result, or the exception that it raises, is the answer.
    why: the reason, shown with the result.

    Without a kernel the notebook shows the question and the choices, and nothing of the answer.
    """

    def __init__(self, question, choices, run, why):
        if len(choices) < 2:
            raise ValueError(
                f"choices has {len(choices)} entries: a prediction needs at least two to choose from"
            )
        self.question, self.choices, self.run, self.why = question, choices, run, why
        wide = widgets.Layout(width="100%")
        shown = [(spoken(words), words) for words in choices]
        self.options = widgets.RadioButtons(options=shown, value=None, layout=wide)
        self.commit = widgets.Button(description=spoken("Commit"), disabled=True, button_style="primary")
        self.answer = widgets.HTML(layout=wide)
        self.options.observe(self.chosen, "value")
        self.commit.on_click(self.reveal)
        title = widgets.HTML(
            spoken(f'<div style="{READ}"><strong>Predict.</strong> {as_html(question)}</div>'), layout=wide
        )
        super().__init__([title, self.options, self.commit, self.answer])

    def chosen(self, change):
        self.commit.disabled = False

    def result(self):
        """What run gives, and the choices that it fits."""
        with torch.random.fork_rng(devices=[]):
            try:
                result = self.run()
            except Exception as error:
                result = error
        return result, [words for words, expected in self.choices.items() if fits(result, expected)]

    def reveal(self, button=None):
        self.options.disabled = self.commit.disabled = True
        result, right = self.result()
        shown = f"{type(result).__name__}: {result}" if isinstance(result, Exception) else str(result)
        verdict = "Right." if self.options.value in right else "Not so."
        self.answer.value = spoken(
            f'<div role="status" aria-live="polite" style="{READ}">'
            f"Your prediction: {html.escape(self.options.value)}<br>"
            f"The result: <code>{html.escape(shown)}</code><br>"
            f"<strong>{verdict}</strong> {as_html(self.why)}</div>"
        )

    def _repr_mimebundle_(self, **kwargs):
        lines = [f"**Predict.** {self.question}", "", *(f"- {words}" for words in self.choices)]
        lines += ["", "*Run this cell to commit to one of them.*"]
        text = spoken("\n".join(lines))
        return super()._repr_mimebundle_(**kwargs) | {"text/markdown": text, "text/plain": text}


def fits(result, expected):
    if isinstance(expected, type):
        return isinstance(result, expected)
    if isinstance(result, Exception):
        return False
    return bool(expected(result)) if callable(expected) else result == expected
