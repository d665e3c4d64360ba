"""What chapter 08 concludes from its comparisons holds on seeds that it has not seen."""

from functools import cache

import pytest
import torch
from support.other_seeds import proof

from course.blocks import block_lab, run_blocks

# Which is better, and by at least what factor. The margins are about half of what the chapter shows.
CONCLUSIONS = """
data["noise 0.1"]["n = 1000"] / data["noise 0.01"]["n = 1000"] > 7
data["noise 0.1"]["n = 100"] / data["noise 0.1"]["n = 10000"] > 6
scale["scale 10"]["steps"] > 50 * scale["scale 10"]["steps (std.)"]
scale["scale 10"]["steps"] > 5 * scale["scale 3"]["steps"]
source["20 fixed"]["unseen"] > 2 * source["20 fresh each step"]["unseen"]
source["20 fixed"]["last batch"] < 0.25 < 0.5 * source["20 fixed"]["unseen"]
reading["with replacement"]["random file"] > 2 * reading["reshuffled"]["random file"]
reading["shuffled once"]["random file"] > reading["reshuffled"]["random file"]
reading["shuffled once"]["random file"] < 3 * reading["reshuffled"]["random file"]
reading["sequential"]["sorted file"] > 10 * reading["reshuffled"]["sorted file"]
0.62 < seen < 0.64
sizes["batch size 400"]["loss"] > 100 * sizes["batch size 10"]["loss"]
sizes["batch size 40"]["loss"] > 100 * sizes["batch size 10"]["loss"]
sizes["batch size 1"]["excess"] > 3 * sizes["batch size 10"]["excess"]
max(row["linear"] for row in start.values()) < 1.2 * min(row["linear"] for row in start.values())
start["zeros"]["different units"] == start["constant 0.5"]["different units"] == 1
start["constant 0.5"]["16 hidden units"] > 5 * start["Xavier"]["16 hidden units"]
start["normal, std 0.01"]["16 hidden units"] > 3 * start["Xavier"]["16 hidden units"]
start["zeros"]["16 hidden units"] > start["constant 0.5"]["16 hidden units"] * 1.02
depth["He"]["ReLU: signal"] > 1e4 * depth["Xavier"]["ReLU: signal"]
depth["normal, std 0.01"]["tanh: signal"] < 1e-9
depth["He"]["gradient"] > 3 > 1 > depth["Xavier"]["gradient"] > 0.02
deeper["He"]["200 layers"] > 500 * deeper["He"]["50 layers"]
1 > deeper["Xavier"]["200 layers"] / deeper["Xavier"]["50 layers"] > 0.25
model["linear"]["sin 3x"] > 5 * model["16 hidden units"]["sin 3x"]
model["linear"]["x²"] > 50 * model["x and x²"]["x²"]
model["linear"]["2x"] < 1.1 * min(row["2x"] for row in model.values())
model_small["linear"]["2x"] < 1.1 * min(row["2x"] for row in model_small.values())
model_small["16 hidden units"]["x²"] > 1.4 * model_small["x and x²"]["x²"]
model_small["16 hidden units"]["sin 3x"] < 0.6 * model_small["x and x²"]["sin 3x"]
loss["squared"]["5 % spoilt"] > 20 * loss["Huber, δ = 1"]["5 % spoilt"]
2.0 < loss["squared"]["spoilt, halved"] < 3.0
loss["Huber, δ = 1"]["spoilt, halved"] > 5 * loss["absolute"]["spoilt, halved"]
loss["absolute"]["clean"] > 10 * max(loss["squared"]["clean"], loss["absolute"]["clean, halved"])
loss["Huber, δ = 1"]["clean"] < 1.2 * loss["squared"]["clean"]
optimizer["SGD"]["small feature"] > 30 * optimizer["momentum 0.9"]["small feature"]
optimizer["SGD"]["small feature"] > 30 * optimizer["Adam"]["small feature"]
optimizer["momentum 0.9"]["large feature"] == optimizer["SGD"]["large feature"] == float("inf")
optimizer["Adam"]["large feature"] < 1e-4
max(row["standardised"] for row in optimizer.values()) < 1e-4
max(optimizer["least squares"].values()) < 1e-8
schedule["constant 0.1"]["10 epochs"] > 50 * schedule["0.1 · 0.7^epoch"]["10 epochs"]
schedule["constant 0.01"]["2 epochs"] > 20 * schedule["constant 0.1"]["2 epochs"]
schedule["constant 0.01"]["10 epochs"] < schedule["constant 0.1"]["10 epochs"] / 3
trust["20 examples"]["unseen loss"] > 5 * trust["20 examples"]["training loss"]
trust["1000 examples"]["unseen loss"] < 1.2 * trust["1000 examples"]["training loss"]
stop["200 epochs"]["unseen loss"] > 1.1 * stop["stopped early"]["unseen loss"]
stop["200 epochs"]["training loss"] < stop["stopped early"]["training loss"]
same == 0
"""

test_a_conclusion_of_the_chapter_holds_on_fresh_seeds = proof("08_whole_process", 2, CONCLUSIONS)


@cache
def lab(task, **choice):
    """Median error of a choice over five seeds."""
    errors = []
    for seed in range(5):
        torch.manual_seed(seed)
        errors.append(run_blocks(task, init="zeros", **choice).error)
    return sorted(errors)[2]


@pytest.mark.parametrize(
    "task, better, factor",
    [
        ("outliers", {"loss": "Huber"}, 10),
        ("outliers", {"loss": "absolute"}, 10),
        ("badly scaled", {"data": "standardised"}, 1000),
        ("badly scaled", {"optimizer": "Adam"}, 1000),
        ("curved", {"model": "with squares"}, 2),
        ("badly scaled", {"schedule": "lr searched"}, 1000),
        ("one wild row", {"optimizer": "SGD, clipped"}, 1000),
        ("tiny and noisy", {"optimizer": "least squares"}, 1.4),
    ],
)
def test_the_block_lab_rewards_the_exchange_of_one_block(task, better, factor):
    assert lab(task) >= factor * lab(task, **better)


@pytest.mark.parametrize(
    "without, decayed, factor",
    [("least squares", "ridge", 1.6), ("Adam", "AdamW with decay", 1.2), ("SGD", "SGD with decay", 1.05)],
)
def test_the_block_lab_rewards_a_decay_where_features_are_many(without, decayed, factor):
    assert lab("many features", optimizer=without) > factor * lab("many features", optimizer=decayed)


def test_the_block_lab_punishes_the_wrong_order_of_a_sorted_file():
    assert lab("sorted", reading="sequential") > 3 * lab("sorted")


def test_the_block_lab_repeats_by_one_seed():
    torch.manual_seed(0)
    first = run_blocks("default", optimizer="Adam")
    torch.manual_seed(0)
    assert run_blocks("default", optimizer="Adam").losses == first.losses and len(first.losses) == 20


def test_the_block_lab_ends_a_run_whose_loss_is_not_finite():
    run = run_blocks("badly scaled")
    assert run.error == run.losses[-1] == float("inf") and len(run.losses) < 20


@pytest.mark.parametrize(
    "choice, message",
    [
        ({"loss": "cubic"}, "loss is 'cubic'.*squared, absolute, Huber"),
        ({"task": "easy"}, "task is 'easy'"),
        ({"optimizer": "least squares", "loss": "Huber"}, "least squares cannot fit linear with Huber"),
    ],
)
def test_the_block_lab_refuses_what_it_cannot_run(choice, message):
    with pytest.raises(ValueError, match=message):
        run_blocks(**choice)


def test_the_block_lab_compares_with_the_choice_before():
    lab = block_lab()
    assert "The choice before" not in lab.stored[0]["text/plain"]
    lab.controls["task"].value = "outliers"
    lab.controls["loss"].value = "absolute"
    words = lab.stored[0]["text/plain"]
    assert words.startswith("outliers") and "The choice before: Last training loss" in words
    lab.controls["task"].value = "badly scaled"
    lab.controls["optimizer"].value = "momentum"
    lab.controls["loss"].value = "squared"
    assert "blew up" in lab.stored[0]["text/plain"]
    shown = lab.stored
    lab.controls["model"].value = "16 hidden units"
    lab.controls["optimizer"].value = "least squares"
    assert "least squares cannot fit" in lab.status.value and lab.stored != shown
