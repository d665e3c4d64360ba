"""The questions of the exercises 05 to 07, proved: each wrong answer has words of its own."""

import pytest
from test_feedback import fresh, hint  # noqa: F401  fresh: a fixture for every test here

from course.feedback import TASKS, check

# task -> the words that its hint must hold, and the answer that must bring them
WRONG_ANSWERS = {
    "05-recall-batches": [
        ("full batches only", 100),
        ("a part of a batch", 100.3),
        ("100.7", 100.7),
        ("size of a batch", 10),
        ("size of the last batch", 3),
        ("number of examples", 1003),
        ("another value", 99),
    ],
    "05-recall-zeros": [
        ("hidden units", "a"),
        ("have slopes too", "c"),
        ("labels and features are not", "d"),
    ],
    "05-mean": [
        ("only one of five", 270),
        ("not how far it moved", 62),
        ("one of four", 67.5),
        ("how far out", 0),
        ("wrong sign", -54),
        ("stood at 30", 60),
        ("that is the new label", 300),
        ("was before", 8),
        ("another value", 10),
    ],
    "05-median": [
        ("that is the mean", 54),
        ("not how far it moved", 3),
        ("in the middle", 270),
        ("a fifth of the new label", 60),
        ("that is the new label", 300),
        ("the mean before the change", 8),
        ("another value", 1),
    ],
    "05-outlier": [
        ("one of a thousand", 10000),
        ("mini-batch", 1000),
        ("not how far it moved", 14.13),
        ("another loss", 0),
        ("the kick of one update", 30),
        ("wrong sign", -10),
    ],
    "05-bug": [
        ("belong together", "a"),
        ("a column of predictions", "b"),
        ("look at the shape", "d"),
        ("one walk back", "e"),
        ("is a mean already", "f"),
    ],
    "05-two-hubers": [
        ("other way round", 4),
        ("only where the parameter is 1", 1),
        ("not squared", 0.0625),
        ("half stands", 0.5),
        ("half stands", 2),
    ],
    "06-recall-differences": [
        ("if both had one shape", 8),
        ("nothing is reduced", 1),
        ("one after the other", 16),
        ("another value", 80),
    ],
    "06-recall-generator": [("would be a list", "a"), ("a new call", "b"), ("none does", "c")],
    "06-mean": [("below the noise", "a"), ("do not arrive", "b"), ("longer steps", "d")],
    "06-mean-mended": [
        ("divided twice", 10),
        ("even more often", 100),
        ("ten times too long", 0.1),
        ("division by zero", 0),
        ("wrong sign", -1),
    ],
    "06-bug": [
        ("one start", "a"),
        ("tensors themselves", "b"),
        ("divides once", "d"),
        ("one walk back for each", "e"),
        ("a step after each", "f"),
    ],
    "06-newton-absolute": [("a corner", "b"), ("curvature of 1", "c"), ("slope is not zero", "d")],
    "07-recall-twice": [
        ("writing over", 3),
        ("emptied", 0),
        ("not multiplied", 9),
        ("no mean", 1.5),
        ("another value", 4),
    ],
    "07-recall-symptom": [("step length", "a"), ("too few epochs", "b"), ("swings", "c")],
    "07-slow": [
        ("enters twice", 16.6 * 0.999**1000),
        ("one epoch", 16.6 * 0.999**200),
        ("three epochs", 16.6 * 0.999**600),
        ("not updates", 16.6 * 0.999**20),
        ("the start", 16.6),
        ("a good learning rate", 5e-5),
        ("another value", 1),
    ],
    "07-more-epochs": [("below the noise", "a"), ("arrived already", "b"), ("by heart", "d")],
    "07-bug": [
        ("rates to be compared", "b"),
        ("number of steps", "c"),
        ("error of all", "d"),
        ("mean gradient", "e"),
        ("after the steps", "f"),
    ],
    "07-twin": [
        ("slope is longer", 0.03),
        ("wrong way", 0.06),
        ("not once more", 0.0015),
        ("already, and the half", 0.003),
        ("changes nothing", 0.15),
        ("changes nothing; the half", 0.3),
        ("wrong sign", -0.015),
    ],
}
RIGHT_ANSWERS = {
    "05-recall-batches": [101, 101.0],
    "05-recall-zeros": ["b", " B "],
    "05-mean": [54, (300 - 30) / 5],
    "05-median": [0, 0.0],
    "05-outlier": [10, 9.93],
    "05-bug": ["c", "C"],
    "05-two-hubers": [0.25, 1 / 4],
    "06-recall-differences": [64, 8 * 8],
    "06-recall-generator": ["d", "D"],
    "06-mean": ["c", "C"],
    "06-mean-mended": [1, 1.0],
    "06-bug": ["c", "C"],
    "06-newton-absolute": ["a", "A"],
    "07-recall-twice": [6, 6.0],
    "07-recall-symptom": ["d", "D"],
    "07-slow": [16.6 * 0.999**2000, 2.26],
    "07-more-epochs": ["c", "C"],
    "07-bug": ["a", "A"],
    "07-twin": [0.015, 0.03 / 2],
}


@pytest.mark.parametrize("name", WRONG_ANSWERS)
def test_each_wrong_answer_is_told_what_is_wrong(name):
    notes = {hint(name, answer) for _, answer in WRONG_ANSWERS[name]}
    assert len(notes) == len(WRONG_ANSWERS[name])
    for words, answer in WRONG_ANSWERS[name]:
        note = hint(name, answer)
        assert words in note and "not yet" in note and f"chapters/{TASKS[name].chapter}.ipynb" in note
    if isinstance(RIGHT_ANSWERS[name][0], str):
        choices = {answer for _, answer in WRONG_ANSWERS[name]} | {RIGHT_ANSWERS[name][0]}
        assert TASKS[name].wants == f"one of {', '.join(map(repr, sorted(choices)))}", (
            "a choice is not proved"
        )


@pytest.mark.parametrize("name", RIGHT_ANSWERS)
def test_a_right_answer_passes_and_the_stub_is_not_attempted(name, capsys):
    for answer in RIGHT_ANSWERS[name]:
        check(name, answer)
        assert capsys.readouterr().out == f"{name}: right\n"
    assert "not attempted" in hint(name, ...)


def test_each_question_is_proved():
    asked = {name for name in TASKS if name.startswith(("05-", "06-", "07-"))}
    assert asked == WRONG_ANSWERS.keys() == RIGHT_ANSWERS.keys()
