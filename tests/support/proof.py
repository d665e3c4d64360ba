"""The proof of a chapter's tasks: wrong answers are named, right ones pass, stubs are not attempted."""

import re

import pytest
import torch

from course import feedback
from course.feedback import Hint, check
from course.tasks import TASKS, run

# What would give the answer away: code that is wanted, or the number itself.
GIVEN_AWAY = r"\*\*|\w[(]\)|\.(mean|sum|reshape|zero_|item|split)\b|randperm|eigvals|\b47\b|57[67]\d"


def hint(name, answer):
    """The note that an answer brings."""
    with pytest.raises(Hint) as caught:
        check(name, answer)
    return str(caught.value)


def stub(*args, **options):
    """A stub with any signature."""
    raise NotImplementedError


def empty(*args, **options):
    """Nothing but this."""


def each(answers, state):
    """A pytest parameter for each answer of this state, with the name of its task before it."""
    return [
        pytest.param(name, answer, id=f"{name}-{i}")
        for name, states in answers.items()
        for i, answer in enumerate(states[state])
    ]


def proofs(chapter, answers):
    """The three tests of a chapter's tasks, for the file that holds the answers.

    answers: task -> {"right": [answer], "wrong": [(words that the note holds, answer)]}. Every task of
    the chapter stands in it; a function has at least six wrong answers and two right ones.
    """

    @pytest.mark.parametrize(("name", "case"), each(answers, "wrong"))
    def each_mistake_is_named(name, case):
        words, answer = case
        note = hint(name, answer)
        assert words in note and "not yet" in note and f"chapters/{TASKS[name].look}.ipynb" in note
        assert note == hint(name, answer), "the note differs from run to run"
        told = note[note.index("mistake") :]  # what was seen may repeat the answer that was given
        assert not re.search(GIVEN_AWAY, told)

    @pytest.mark.parametrize(("name", "answer"), each(answers, "right"))
    def each_right_answer_passes(name, answer, monkeypatch, capsys):
        for seed in range(10 if TASKS[name].is_function else 1):
            monkeypatch.setattr(run, "SEED", seed)
            check(name, answer)
            assert capsys.readouterr().out.startswith(f"{name}: right")

    @pytest.mark.parametrize("name", [name for name in TASKS if TASKS[name].chapter == chapter])
    def each_task_is_proved_and_its_stub_not_attempted(name):
        task, (right, wrong) = TASKS[name], (answers[name]["right"], answers[name]["wrong"])
        if task.is_function:
            assert len(wrong) >= 6 and len(right) >= 2
        if task.wants.startswith("one of "):
            labels = {answer for _, answer in wrong if isinstance(answer, str)} | {right[0]}
            unproved = [
                label for label in re.findall("'(.+?)'", task.wants) if not labels & {label, label.upper()}
            ]
            assert not unproved, "a choice without proof"
        for blank in (..., None, *([stub, empty, torch.no_grad()(stub)] * task.is_function)):
            note = hint(name, blank)
            assert "not attempted" in note and "mistake" not in note
        assert feedback.STATES == {name: "not attempted"}

    assert answers.keys() <= TASKS.keys(), f"no tasks: {answers.keys() - TASKS.keys()}"
    return each_mistake_is_named, each_right_answer_passes, each_task_is_proved_and_its_stub_not_attempted
