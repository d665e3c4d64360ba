"""The report of exercise 13: what the run has found stands in it, and nobody's words are written over."""

import pytest
import torch

from course.choices import Data
from course.one_page import PICTURES, WANTED, draw, run, short, write
from course.table import Refused

PAGE = {"purpose": "Is it dear?", "units": {"rent": "€", "area": "m²"}, "doubts": ["Too few.", "Too old."]}


def result(**changed):
    held = torch.arange(10)
    found = {"held": held, "w": torch.tensor([[30.0], [0.0]]), "b": torch.tensor([500.0])}
    found |= {"mean": torch.tensor([50.0, 0.5]), "std": torch.tensor([10.0, 0.5])}
    found |= {"error": 12.34, "low": 10.0, "high": 15.0, "base": 40.0, "judge": 12.3, "verdict": "better"}
    return found | {"effects": torch.tensor([3.0, 0.0])} | changed


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    X = torch.cat([50 + 10 * torch.randn(40, 1), (torch.rand(40, 1) < 0.5).float()], 1)
    X[3, 0] = float("nan")
    y = 350 + 3 * X[:, :1].nan_to_num(50) + 10 * torch.randn(40, 1)
    return Data("flats", "rent", ["area", "town = A"], X, y, ["left out: id"], {"town = A": "instead of B"})


def conclude(error, low, high, base, verdict, unit):
    return f"{error:.1f} {unit} ({low:.0f} to {high:.0f}), {verdict} than {base:.0f}."


def test_the_page_holds_what_the_run_found(data, capsys, tmp_path):
    path = write(result(), data, PAGE, conclude)
    text = (tmp_path / path).read_text(encoding="utf-8")
    assert path == "report/flats_rent/report.md" and path in capsys.readouterr().out
    wanted = ["Is it dear?", "12.3 € (10 to 15), better than 40.", "| always the mean | 40.0 |", "- Too few."]
    wanted += ["| area | 1 m² | 3.00 |", "| town = A | instead of B | 0 |", "sign unknown"]
    wanted += ["- left out: id.", "30 rows to train on, 10 held out"]
    assert [words for words in wanted if words not in text] == []
    for name in PICTURES:
        assert f"]({name})" in text and (tmp_path / "report/flats_rent" / name).read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize("edited", ["report.md", PICTURES[0]])
def test_an_edited_report_is_never_written_over(edited, data, tmp_path):
    first, again = (write(result(), data, PAGE, conclude) for _ in range(2))
    assert first == again, "an untouched one may be renewed"
    mine = tmp_path / "report/flats_rent" / edited
    mine.write_bytes(mine.read_bytes() + b"mine")
    kept = mine.read_bytes()
    assert write(result(), data, PAGE, conclude) == "report/flats_rent-2/report.md"
    assert write(result(), data, PAGE, conclude) == "report/flats_rent-2/report.md"
    assert mine.read_bytes() == kept


@pytest.mark.parametrize("key", WANTED)
def test_a_part_that_is_missing_is_named_before_anything_is_written(key, data, tmp_path):
    found = result()
    del found[key]
    with pytest.raises(Refused, match=f"no '{key}'"):
        write(found, data, PAGE, conclude)
    assert not (tmp_path / "report").exists()


@pytest.mark.parametrize(
    ("found", "page", "reason"),
    [
        (result(low=13.0), PAGE, "half an answer"),
        (result(effects=torch.ones(2, 2)), PAGE, "one number for each feature"),
        (result(), PAGE | {"units": {"area": "m²"}}, "no unit for 'rent'"),
        (result(), PAGE | {"units": {"rent": "€", "size": "m²"}}, "unit for 'size'"),
    ],
)
def test_a_page_that_says_nothing_is_refused(found, page, reason, data):
    with pytest.raises(Refused, match=reason):
        write(found, data, page, conclude)


def test_what_is_not_written_yet_is_waited_for(data, capsys, tmp_path):
    def stub(*anything):
        raise NotImplementedError

    assert run(stub, data, 0) is ... and run(stub, ..., 0) is ... and write(..., data, PAGE, conclude) is ...
    assert write(result(), data, PAGE, stub) is ... and draw(...) is None
    assert not (tmp_path / "report").exists()
    assert capsys.readouterr().out.count("waits for your answers") == 5


def test_a_run_repeats_with_its_seed(data):
    draws = [run(lambda X, y, seed: torch.rand(1).item(), data, seed) for seed in (3, 3, 4)]
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.56, "1230"),
        (69.04, "69.0"),
        (0.051234, "0.0512"),
        (-3, "-3.00"),
        (0, "0"),
        (999.6, "1000"),
        (12e6, "12000000"),
    ],
)
def test_three_digits_and_no_exponent(value, text):
    assert short(value) == text
