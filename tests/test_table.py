"""A CSV file as it comes: each kind of dirt is met, nothing is guessed, what cannot be is refused."""

import re

import pytest
import torch

from course import language
from course.building.tables import TABLES
from course.choices import find, numbers, problems
from course.table import SHIPPED, Refused, kind, look, read


@pytest.fixture
def table(tmp_path):
    def make(text, name="mine.csv", encoding="utf-8"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return read(tmp_path / name)

    return make


def rows(*names, n=30, **columns):
    """A table of n rows: y is a line in x, and columns as given, a function of the row's number each."""
    x = [1.5 * (i * 7 % 30) for i in range(30)]
    made = {"x": lambda i: x[i], "y": lambda i: 3 * x[i] + i * i % 5 + 0.5} | columns
    lines = [";".join(made)] + [";".join(str(make(i)) for make in made.values()) for i in range(n)]
    return "\n".join(lines)


@pytest.mark.parametrize("name", TABLES)
def test_shipped_tables_are_what_the_script_writes(name):
    assert (SHIPPED / name).read_bytes() == TABLES[name]()


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (["1", "-2.5", "", "3e4", ".5"], "number"),
        (["3,5", "12", "NA", "1.250,75"], "comma"),
        (["1,250", "980", "12,000"], "groups"),  # a thousand, or a fraction?
        (["1 250", "980"], "groups"),
        (["1,250.75", "80.00"], "groups"),
        (["2024-05-01", "?", "2024-06-30"], "date"),
        (["01.05.2024"], "date"),
        (["12 kg", "7.5 kg"], "unit"),
        (["$12", "$ 7"], "unit"),
        (["12 kg", "3 kg", "7 lb"], "mixed"),
        (["2024-05-01", "2024-05-02", "Total"], "mixed"),
        (["3,5", "4,5", "2.7"], "mixed"),
        (["1", "2", "unknown"], "mixed"),
        (["a", "b", "2"], "text"),
        (["1_000", "2_000"], "text"),
        (["inf", "1"], "mixed"),
        (["", "n/a"], "empty"),
    ],
)
def test_each_kind_of_column_is_known(values, what):
    assert kind(values)[0] == what


@pytest.mark.parametrize(
    ("values", "word", "found"),
    [
        (["3,5", "1.250,75", "-"], "comma", [3.5, 1250.75, None]),
        (["1,250", "980"], "thousands", [1250, 980]),
        (["1,250", "980"], "comma", [1.25, 980]),
        (["1 250", "980"], "thousands", [1250, 980]),
        (["1.250 €", "980 €"], "unit thousands", [1250, 980]),
        (["1.250 €", "980 €"], "unit", [1.25, 980]),
        (["7,5 kg", "12 kg"], "unit", [7.5, 12]),
        (["1", "unknown", "3"], "odd missing", [1, None, 3]),
        (["1,250", "closed", "980"], "odd missing, thousands", [1250, None, 980]),
        (["3,5", "closed", "1.250,0"], "odd missing", [3.5, None, 1250]),
        (["2024-02-28", "Total", "2024-03-01"], "odd missing", [0, None, 2]),
        (["2024-02-28", "2024-03-01"], "days", [0, 2]),
        (["01/02/2024", "03/02/2024"], "day first", [0, 2]),
        (["01/02/2024", "03/02/2024"], "month first", [0, 60]),
    ],
)
def test_each_choice_gives_its_numbers(values, word, found, table):
    n = len(values)
    read_in = table(rows(z=lambda i: values[i % n]))
    choices = {"columns": {"z": word}, "missing": "fill", "duplicates": "keep"}
    z = numbers(read_in, "y", choices).X[:, 1]
    wanted = torch.tensor([float("nan") if value is None else value for value in found] * 30)[:30].float()
    assert torch.equal(z.nan_to_num(-1), wanted.nan_to_num(-1))


# what stands in the table, what is to be met, and a choice that settles it
DIRT = {
    "comma": ({"z": lambda i: f"{i // 2},5"}, "a comma", {"columns": {"z": "comma"}}),
    "text": ({"z": lambda i: "ab"[i % 2]}, "text, 2", {"columns": {"z": "levels"}}),
    "names": ({"z": lambda i: "Mr " + chr(65 + i)}, "too many", {"columns": {"z": "drop"}}),
    "date": ({"z": lambda i: f"2024-01-{i + 1:02}"}, "a date", {"columns": {"z": "days"}}),
    "a date in doubt": ({"z": lambda i: f"0{i % 9 + 1}/04/2024"}, "March", {"columns": {"z": "day first"}}),
    "constant": ({"z": lambda i: "EUR"}, "the same in every row", {"columns": {"z": "drop"}}),
    "empty": ({"z": lambda i: ""}, "no value", {"columns": {"z": "drop"}}),
    "count": ({"z": lambda i: i + 5}, "counts the rows", {"columns": {"z": "drop"}}),
    "unit": ({"z": lambda i: f"{i % 9} kg"}, "'kg' beside", {"columns": {"z": "unit"}}),
    "odd": ({"z": lambda i: "many" if i == 3 else i % 7}, "among them 'many'",
            {"columns": {"z": "odd missing"}, "missing": "fill"}),
    "twin": ({"z": lambda i: 2.54 * (i * 7 % 30) + 1}, "the same as x", {"columns": {"x": "drop"}}),
    "disguise": ({"z": lambda i: 45 * (i * 7 % 30) + 10 * (i * i % 5) + 5}, "in disguise",
                 {"columns": {"z": "drop"}}),
    "gap": ({"z": lambda i: "" if i == 4 else i % 7}, "1 of 30 rows have a gap", {"missing": "drop rows"}),
    "copies": ({"x": lambda i: i % 28 * 1.5, "y": lambda i: (i % 28) ** 2}, "2 of 30 rows repeat",
               {"duplicates": "once"}),
}  # fmt: skip


@pytest.mark.parametrize("name", DIRT)
def test_dirt_is_met_and_waits_for_a_choice(name, table, capsys):
    columns, seen, choices = DIRT[name]
    dirty = table(rows(**columns))
    problems(dirty, "y")
    assert seen in capsys.readouterr().out
    with pytest.raises(Refused, match="1 choice is open") as refused:
        numbers(
            dirty,
            "y",
            {key: value for key, value in choices.items() if key == "missing"} if name == "odd" else {},
        )
    assert seen in str(refused.value)
    data = numbers(dirty, "y", choices)
    assert len(data.X) == len(data.y) == {"gap": 29, "copies": 28}.get(name, 30)
    assert data.y.isfinite().all() and data.said


def test_a_clean_table_needs_no_choice(table, capsys):
    data = numbers(table(rows()), "y", {})
    assert data.names == ["x"] and data.X.shape == (30, 1) and data.y.shape == (30, 1) and not data.said
    problems(table(rows()), "y")
    assert "nothing is in the way" in capsys.readouterr().out


def test_a_column_with_odd_values_is_compared_with_the_others_all_the_same(table):
    """Also when it is rounded. And an id with a text in it is an id."""
    dirty = table(rows(
        z=lambda i: "k. A." if i == 3 else round(2.54 * (i * 7 % 30) + 1, 1),
        id=lambda i: "new" if i == 29 else i + 5,
    ))  # fmt: skip
    seen = {problem.columns: problem.seen for problem in find(dirty, "y")}
    assert "the same as x" in seen["z", "x"] and "counts the rows" in seen["id",]
    data = numbers(
        dirty, "y", {"columns": {"z": "odd missing", "x": "drop", "id": "drop"}, "missing": "fill"}
    )
    assert "z: gaps made of 'k. A.' or the like: 1" in data.said


def test_an_empty_column_is_no_gap_of_the_rows(table, capsys):
    """A separator at the end of each line makes one."""
    problems(table((rows() + "\n").replace("\n", ";\n")), "y")
    assert "no value at all" in (said := capsys.readouterr().out) and "have a gap" not in said


def test_features_that_follow_from_others_are_said(table):
    """yes and no follow from three days: no pair says the same, and no fit can part them."""
    days = rows(day=lambda i: "ABC"[i % 3], work=lambda i: "no" if i % 3 == 2 else "yes")
    words = {"day": "levels", "work": "levels"}
    assert "1 follow from the others" in numbers(table(days), "y", {"columns": words}).said[-1]
    assert "follow" not in str(numbers(table(days), "y", {"columns": words | {"work": "drop"}}).said)


def test_what_is_left_after_the_choices_is_looked_at_again(table):
    """Copies that differ in a dropped column only, and gaps that a choice has made."""
    same = rows(x=lambda i: i % 28 * 1.5, y=lambda i: (i % 28) ** 2, z=lambda i: i)
    with pytest.raises(Refused, match="2 of 30 rows repeat"):
        numbers(table(same), "y", {"columns": {"z": "drop"}})
    with pytest.raises(Refused, match="leaves gaps"):
        numbers(table(rows(z=DIRT["odd"][0]["z"])), "y", {"columns": {"z": "odd missing"}})
    data = numbers(table(rows(y=lambda i: "" if i < 3 else i * i % 29)), "y", {})
    assert len(data.y) == 27 and "y is missing: 3" in data.said[0]


REFUSED = {
    "the target y is a text": rows(y=lambda i: "yn"[i % 2]),
    "the target y is a date": rows(y=lambda i: f"2024-01-{i + 1:02}"),
    "the target y is a date: a line": rows(y=lambda i: f"2024-01-{i + 1:02}" if i else "Total"),
    "the target y is the same in every row": rows(y=lambda i: 5),
    "row 30 of 30, which begins with '34.5', is a total: y holds": rows(
        y=lambda i: i * i if i < 29 else sum(j * j for j in range(29))
    ),
    "12 rows are left": rows(n=12),
    "30 rows, and 25 features": rows(
        **{f"z{k}": lambda i, k=k: i * i * (k + 3) % 31 + i * k % 7 for k in range(24)}
    ),
    "no feature is left": "\n".join(["y", *(str(i * i % 31) for i in range(30))]),
    "there is no column 'y'": rows().replace("y", "Y", 1),
    "holds numbers: put a line with names": "1;2\n3;4\n",
    "two columns of mine.csv are called 'x'": "x,x,y\n1,2,3\n",
    "line 3 of mine.csv has 2 fields": "x,y,z\n1,2,3\n4,5\n6,7,8\n",
    "has no rows": "x,y\n",
    "is a workbook": b"PK\x03\x04",
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_no_line_can_do_is_refused_with_its_reason(reason, table):
    with pytest.raises(Refused, match=re.escape(reason)):
        numbers(table(REFUSED[reason]), "y", {"duplicates": "keep"})


def test_two_values_are_classes_and_can_be_fitted_all_the_same(table):
    classes = table(rows(y=lambda i: i * i % 3 % 2))
    with pytest.raises(Refused, match="matter of chapter 12"):
        numbers(classes, "y", {"duplicates": "keep"})
    assert len(numbers(classes, "y", {"duplicates": "keep", "columns": {"y": "number"}}).y) == 30


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"column": {}}, "wanted are the keys columns"),
        ({"columns": {"X": "drop"}}, "the columns are x, y"),
        ({"columns": {"x": "integer"}}, "is no choice"),
        ({"columns": {"x": "days"}}, "does not fit"),
    ],
)
def test_a_choice_that_cannot_be_is_named(choices, reason, table):
    with pytest.raises(Refused, match=reason):
        numbers(table(rows()), "y", choices)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_separators_and_encodings_are_found(delimiter, encoding, table):
    text = delimiter.join(["größe", '"a, b; c"']) + "\r\n" + delimiter.join(["1", "2"]) + "\r\n\r\n"
    found = table(text, encoding=encoding)
    assert list(found.columns) == ["größe", "a, b; c"] and len(found) == 1


def test_a_chinese_table_is_read_as_chinese_where_the_page_is(table, monkeypatch, capsys):
    days = [f"{'区' * (1 + i % 2)},2025年{1 + i % 12}月{1 + i % 28}日,{3000 + i * i}元" for i in range(30)]
    text = "\n".join(["区域,挂牌日期,月租", *days])
    assert "区域" not in table(text, encoding="gb18030").columns
    assert "Windows-1252" in capsys.readouterr().out
    monkeypatch.setenv("COURSE_LANGUAGE", "zh")
    found = table(text, encoding="gb18030")
    assert list(found.columns) == ["区域", "挂牌日期", "月租"]
    assert "GB18030" in capsys.readouterr().out
    choices = {"columns": {"区域": "levels", "挂牌日期": "days", "月租": "unit"}}
    data = numbers(found, "月租", choices)
    assert data.names == ["区域 = 区区", "挂牌日期"] and data.X[1].tolist() == [1, 32]
    assert data.units["月租"] == "元"
    assert kind(["2025/3/1 8:30", "2025/11/20 17:05"])[0] == "date"
    assert list(table("café;y\n1;2\n", encoding="cp1252").columns) == ["café", "y"]


def test_names_and_values_of_a_table_are_not_translated(table, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_LANGUAGE", "zh")
    monkeypatch.setattr(language, "KEPT", set())
    lines = [f"{('new', 'half')[i % 2]};{i * i % 37};{i}" for i in range(30)]
    look(found := table("data;temperature;loss\n" + "\n".join(lines)))
    with pytest.raises(Refused, match="data, temperature, loss"):
        problems(found, "step")
    told = capsys.readouterr().out
    assert all(word in told for word in ("data ", "temperature ", "loss ", "new", "half"))
    language.best.cache_clear(), language.whole.cache_clear()


def test_a_file_that_is_not_there_is_said_with_those_that_are(table, tmp_path):
    table(rows())
    with pytest.raises(Refused, match="CSV files there: mine.csv"):
        read(tmp_path / "other.csv")


def test_open_answers_are_waited_for(table, capsys):
    assert read(...) is ... and numbers(..., "y", {}) is ... and look(...) is None
    assert capsys.readouterr().out.count("waits for your answers") == 3
    assert find(table(rows()), "y") == []
