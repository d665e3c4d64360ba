"""The Chinese edition: no translation is lost, a wrong one is noticed, everything else is the English one."""

import json
import re

import polib
import pytest

from course import ROOT
from course.building import chinese, strings
from course.building.chinese import Entry
from course.building.doubts import doubts, of_catalogue
from course.building.notebooks import find as notebooks
from course.building.strings import templates
from course.language import explanation, in_chinese


@pytest.fixture
def catalogues(tmp_path, monkeypatch):
    monkeypatch.setattr(chinese, "CATALOGUES", tmp_path)
    return tmp_path


def state(name):
    return [
        (entry.msgid, entry.msgstr, "fuzzy" * entry.fuzzy or "gone" * entry.obsolete)
        for entry in chinese.catalogue(name)
    ]


def test_an_update_loses_no_translation(catalogues):
    before = [Entry("a", "one"), Entry("b", "two"), Entry(None, "a longer sentence here")]
    chinese.update(chinese.catalogue("page"), before, {})
    translations = {"a": "一", "b": "二", "a longer sentence here": "这里有一个长句子"}
    chinese.fill("page", translations, other_senses={"a": "row"})
    after = [Entry("a", "one more"), Entry(None, "a longer sentence there")]
    for _ in range(2):
        chinese.update(chinese.catalogue("page"), after, {})
    assert state("page") == [
        ("one more", "一", "fuzzy"),
        ("a longer sentence there", "这里有一个长句子", "fuzzy"),
        ("two", "二", "gone"),
    ]
    assert chinese.catalogue("page")[0].tcomment == "other sense: row"
    chinese.update(chinese.catalogue("page"), before, {})  # the English is what it was
    assert [mark for *_, mark in state("page")] == ["", "", ""]


ENGLISH = "## The loss\n\nThe *mean* of `l` is $y^2$, 3 of [04](04_model.ipynb). **Predict** it, `w` too."
RIGHT = "## 损失\n\n`l` 的*均值*是 $y^2$，见 [04](04_model.ipynb) 的 3。**预测**一下，还有 `w`。"
WRONG = {
    "code '`l`' is missing": ("`l` 的", "它的"),
    "formula '$y^2$' is missing": ("$y^2$", "$y^3$"),
    "link to '04_model.ipynb' is missing": ("(04_model", "(05_model"),
    "number '3' is missing": ("的 3", "的三"),
    "bold texts": ("**预测**", "预测"),
    "headings": ("## ", "### "),
    "half-width punctuation after Chinese": ("一下，", "一下, "),
    "no space between Chinese and": ("`l` 的", "`l`的"),
    "a space beside full-width punctuation": ("一下，", "一下， "),
    "你, not 您": ("一下", "一下，您"),
    "not shown as emphasis": ("**预测**一", "**预测。**一"),
    "glossary: 'loss' is 损失": ("## 损失", "## 代价"),
    "English remains": ("一下", "what the loss will be"),
}


@pytest.mark.parametrize("message", WRONG)
def test_a_wrong_translation_is_noticed(message):
    entry = polib.POEntry(msgctxt="id", msgid=ENGLISH, msgstr=RIGHT)
    assert doubts("chapters/page", entry) == []
    entry.msgstr = RIGHT.replace(*WRONG[message])
    assert [line for line in doubts("chapters/page", entry) if message in line]


def test_the_sentences_of_the_code_are_found_as_the_code_writes_them():
    found = templates("course/tasks/kit.py")
    assert "{what} has shape {seen}, not {shape}" in found and "the result" in found
    assert "text, {len(detail)} different ones{'' if few else ': too many for a column each'}" in templates(
        "course/choices.py"
    )
    assert not [text for text in found if "registered" in text]  # docstrings are no sentences for a learner


def test_each_module_of_checks_has_a_catalogue():
    named = {name for group in strings.GROUPS.values() for name in group.split() if name.startswith("tasks/")}
    there = {f"tasks/{path.stem}" for path in (ROOT / "course/tasks").glob("[!_]*.py")}
    assert there == named, "name it in GROUPS, or its notes stay English"


def test_what_waits_is_a_script_that_python_reads(capsys, monkeypatch):
    texts = ['It\'s "new".\nTwo lines', "a quote: 'new'", "'''new''' inside", "at its end \\"]
    entries = [polib.POEntry(msgctxt=f"id{i}", msgid=text) for i, text in enumerate(texts)]
    monkeypatch.setattr(chinese, "catalogue", lambda name: [*entries, polib.POEntry(msgid=texts[0])])
    chinese.main("todo", "chapters/page")
    script, filled = capsys.readouterr().out, []
    monkeypatch.setattr(chinese, "fill", lambda name, translations: filled.append(translations))
    exec(script, {})
    assert list(filled[0].values()) == [*texts, texts[0]]


@pytest.fixture(scope="module")
def generated():
    return chinese.generated()


def same(english, other):
    """Whether an output is the English one, or what `in_chinese` makes of it."""
    if isinstance(english, dict):
        return english.keys() == other.keys() and all(same(english[key], other[key]) for key in english)
    if isinstance(english, list) and all(isinstance(line, str) for line in english + other):
        english, other = "".join(english), "".join(other)
    if isinstance(english, str):
        caption = f"*{in_chinese(english[1:-1])}*"
        lines = zip(english.splitlines(), other.splitlines(), strict=False)
        one_by_one = all(line in (before, in_chinese(before)) for before, line in lines)
        return one_by_one or other in (in_chinese(english), caption)
    return english == other


def test_everything_but_the_text_is_that_of_the_english_edition(generated):
    """So nbval finds on a Chinese page what it finds on the English one, and need not run it again."""
    new = dict(generated)
    for path in [*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("*s/[!.]*/*.ipynb")]:
        way = path.relative_to(ROOT).as_posix()
        if way.split("/")[0] in ("chapters", "solutions", "exercises"):
            english, chinese_ = (json.loads(text) for text in (path.read_text("utf-8"), new.pop(f"zh/{way}")))
            for cell in english["cells"] + chinese_["cells"]:
                if cell["cell_type"] == "markdown":
                    cell.pop("source")
                    cell["metadata"].get("nbgrader", {}).pop("checksum", None)  # of the text
            for cell, other in zip(english["cells"], chinese_["cells"], strict=True):
                for one, output in zip(cell.pop("outputs", []), other.pop("outputs", []), strict=True):
                    if output["output_type"] == "error" and len(output["traceback"]) > len(one["traceback"]):
                        assert output["traceback"].pop() == explanation(output["evalue"])
                    assert same(one, output), f"{way} {cell['id']}"
            assert chinese_ == english, way
    assert list(new) == ["README.zh.md"]


def test_the_catalogues_have_every_english_text():
    for name, entries in chinese.sources().items():
        known = {(entry.msgctxt, entry.msgid) for entry in chinese.catalogue(name) if not entry.obsolete}
        assert {(one.key, one.english) for one in entries} == known, (
            f"{name}: python -m {chinese.__name__} extract"
        )


def test_the_chinese_edition_is_what_the_catalogues_give(generated):
    for name, text in generated.items():
        path = ROOT / name
        assert path.is_file() and path.read_text(encoding="utf-8") == text, f"{name}: make zh"
    there = {path.relative_to(ROOT).as_posix() for path in notebooks(ROOT / "zh") if "work" not in path.parts}
    assert there <= set(generated), "nothing gives it: delete it"


@pytest.mark.parametrize("name", chinese.names())
def test_nothing_is_doubtful_in_a_catalogue(name):
    """Missing, empty, fuzzy, wrong code or numbers or links, words against the glossary, punctuation."""
    assert of_catalogue(name) == []


def test_the_same_english_is_the_same_chinese_everywhere():
    known = {}
    for name in chinese.names():
        for entry in chinese.catalogue(name):
            if not entry.obsolete:
                first = known.setdefault(entry.msgid, entry.msgstr)
                assert first == entry.msgstr, f"{name} {entry.msgctxt}: {entry.msgid[:60]!r}"


def test_every_link_of_the_chinese_edition_leads_somewhere(generated):
    for name, text in generated.items():
        cells = json.loads(text)["cells"] if name.endswith(".ipynb") else [{"source": text}]
        for cell in [cell for cell in cells if cell.get("cell_type") != "code"]:
            for link in re.findall(r"\]\(([^()\s]+)\)", "".join(cell["source"])):
                if "://" not in link and not link.startswith("#"):
                    target = (ROOT / name).parent / link.partition("#")[0]
                    assert target.exists(), f"{name}: {link}"
