"""What is doubtful about a translation: the check of translators, and the test of the Chinese edition.

Both sides of an entry are taken apart: code, formulas, links, HTML, places filled in by a run, numbers. These
must be the same. What is left, the prose, is held against the glossary and against Chinese conventions.
"""

import csv
import re
from collections import Counter
from functools import cache
from typing import NamedTuple

from course import ROOT
from course.building.strings import PLACEHOLDER

HAN, WIDE_BEFORE, WIDE_AFTER = "\u4e00-\u9fff", "，。；：？！、）”》", "，。；：？！、（“《"
PLACE, CODE, FORMULA = "\ue000", "\ue001", "\ue002"  # what stands in the prose for what was taken out
SOLID = f"A-Za-z0-9%{CODE}{FORMULA}"  # what has a space between it and a Chinese character
NUMBER = re.compile(r"(?<![A-Za-z\d_.])(?:(?<![A-Za-z\d_)\]])[-−])?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?")
WORDING = re.compile(rf"(?m)^(#+ .*)\n\*([^*\n]*[{HAN}][^\n]*)\*$")  # a heading and its Chinese wording
EMPHASIS = re.compile(r"(?<![*\\])(\*{1,3})(?=[^\s*])(.+?)(?<=[^\s*])\1(?!\*)")
SENSE = "other sense:"  # in a translator's comment: terms of the glossary that mean something else here


class Text(NamedTuple):
    """A text taken apart."""

    code: Counter
    formulas: Counter
    links: Counter
    tags: Counter
    places: Counter
    numbers: Counter
    prose: str


KINDS = {  # part of a Text -> how it is called in a message
    "code": "code",
    "formulas": "formula",
    "links": "link to",
    "tags": "HTML tag",
    "places": "place for",
    "numbers": "number",
}


def apart(text, is_template):
    """Takes a text apart. is_template: whether {...} in it is filled in by a run."""
    found = {kind: Counter() for kind in KINDS}

    def take(kind, pattern, filling, group=0):
        def one(match):
            found[kind][match[group]] += 1
            return filling

        return re.sub(pattern, one, text)

    if is_template:
        text = take("places", PLACEHOLDER, PLACE)
    text = take("code", r"(?ms)^```.*?^```", CODE)
    text = take("code", r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", CODE)
    text = take("formulas", r"(?s)\$\$.+?\$\$", FORMULA)
    text = take("formulas", r"(?<![\\$])\$(?![\s$])[^$\n]+?(?<![\s\\])\$(?!\d)", FORMULA)
    text = take("tags", r"</?[A-Za-z!][^<>]*>", "")
    text = take("links", r"(?<=\])\(([^()\s]+|<[^<>]*>)\)", "", 1)
    found["formulas"] = Counter(
        re.sub(r"\\(text|mathrm)\{[^{}]*\}", r"\\\1{}", one) for one in found["formulas"].elements()
    )
    found["numbers"] = Counter(number.replace("−", "-") for number in NUMBER.findall(text))
    return Text(**found, prose=text)


def doubts(name, entry):
    """The lines about one entry. name: of its catalogue."""
    said = f"{name} {entry.msgctxt or repr(entry.msgid[:50])}: "
    if not entry.msgstr.strip():
        return [f"{said}missing"]
    if entry.fuzzy:
        return [f"{said}fuzzy: the English has changed since it was translated"]
    is_template = name.startswith("course/") or " alt" in (entry.msgctxt or "")
    english, chinese = entry.msgid, entry.msgstr
    lines = list(about_wording(english, chinese))
    english, chinese = without_wording(english, chinese)
    a, b = apart(english, is_template), apart(chinese, is_template)
    lines += [*parity(a, b), *form(english, chinese)]
    lines += [*remains(a.prose, b.prose), *punctuation(without_kept(a.prose, b.prose)), *emphasis(chinese)]
    lines += terms(a.prose, b.prose, other_senses(entry))
    return [said + line for line in dict.fromkeys(lines)]


def parity(a, b):
    """What one side has more of than the other."""
    for kind, called in KINDS.items():
        left, right = getattr(a, kind), getattr(b, kind)
        for one in left - right:
            if not (kind == "places" and re.match(r"\{['\"]", one)):  # {'s' * (n > 1)}: no plural in Chinese
                yield f"{called} {one!r} is missing: {left[one]} in English, {right[one]} in Chinese"
        for one in right - left:
            yield f"{called} {one!r} is too much: {left[one]} in English, {right[one]} in Chinese"


def form(english, chinese):
    """Where headings, lists, tables and bold words are not alike."""
    shapes = {
        "headings": lambda text: re.findall(r"(?m)^#+(?= )", text),
        "list items": lambda text: len(re.findall(r"(?m)^\s*(?:-|\d+\.) ", text)),
        "columns of each table row": lambda text: [row.count("|") for row in re.findall(r"(?m)^\|.*", text)],
        "bold texts": lambda text: len(re.findall(r"\*\*(?=\S).+?(?<=\S)\*\*", re.sub(r"`[^`]*`", "", text))),
        "line breaks and indents at its ends": lambda text: [
            "" if blank == " " else blank  # one blank more or less is a matter of the language
            for blank in (re.match(r"\s*", text)[0], re.search(r"\s*\Z", text)[0])
        ],
    }
    for what, read in shapes.items():
        if read(english) != read(chinese):
            yield f"{what}: {read(english)} in English, {read(chinese)} in Chinese"


def about_wording(english, chinese):
    """A question whose English heading has its Chinese wording below: that wording is the heading here."""
    if found := WORDING.search(english):
        heading = re.search(r"(?m)^#+ .*", chinese)
        heading = heading[0] if heading else ""
        if letters(found[2]) not in letters(re.sub(r"（[^（）]*）", "", heading)) and letters(
            found[2]
        ) not in letters(heading):
            yield f"the heading does not say {found[2]!r}"
        if WORDING.search(chinese):
            yield "the wording is said twice: in the heading only"
        wanted, allowed = (set(NUMBER.findall(text)) for text in (found[1], found[1] + found[2]))
        wanted = {number for number in wanted if f"{number}" in re.sub(r"`[^`]*`", "", found[1])}
        if not wanted <= set(NUMBER.findall(heading)) <= allowed | wanted:
            yield f"numbers of the heading: {sorted(wanted)} in English, {NUMBER.findall(heading)} in Chinese"


def without_wording(english, chinese):
    """Both sides without a heading that `about_wording` has read."""
    if WORDING.search(english):
        level = re.match(r"#+", WORDING.search(english)[1])[0]
        english = WORDING.sub(level + " ", english, count=1)
        chinese = re.sub(r"(?m)^#+ .*$", level + " ", chinese, count=1)
    return english, chinese


def letters(text):
    return re.sub(r"[\W_]", "", text).lower()


def remains(english, chinese):
    """English that was left standing."""
    if re.search(r"\b[a-z]{3,}", english) and not re.search(f"[{HAN}]", chinese):
        if any(word not in untranslated() for word in re.findall(r"\b[a-z]{3,}", english)):
            yield "not translated: there is no Chinese in it"
            return
    rows = without_kept(english, chinese)
    for pattern in (r"\w+\([^()]*\)", r"\*[^*\n]+\*", r"“[^“”]*”", r"（[^（）]*）", r"《[^《》]*》"):
        rows = re.sub(pattern, "", rows)
    for run in re.findall(r"[A-Za-z][A-Za-z'-]+(?:,? [A-Za-z][A-Za-z'-]*){3,}", rows):
        yield f"English remains: {run!r} (a quoted message stands in *...* or “...”)"


def without_kept(english, chinese):
    """The Chinese without the cells of tables that are as in English, and without indented code."""
    kept = {cell.strip() for row in re.findall(r"(?m)^\|.*", english) for cell in row.split("|")}
    chinese = re.sub(r"(?m)^    \S.*", "", chinese)
    return re.sub(
        r"(?m)^\|.*", lambda row: "|".join(c for c in row[0].split("|") if c.strip() not in kept), chinese
    )


PUNCTUATION = {  # pattern -> what is wrong; {what} is the place
    rf"[{HAN}][*_”]*[,;:?!]|[{HAN}][*_]*\.(?![A-Za-z\d])": "half-width punctuation after Chinese",
    rf"[,;:?!] ?[*_“]*[{HAN}]|[^\d\s]\. ?[{HAN}]": "half-width punctuation before Chinese",
    rf"[{CODE}{FORMULA}][*_]*[.,;:?!](?=\s|$)": "half-width punctuation after code or a formula",
    rf"\([^()]*[{HAN}][^()]*\)|[{HAN}][*_]* ?\([A-Za-z](?!,)[^()]+\)": "half-width brackets: （ ）",
    rf"[{HAN}]\"|\"[{HAN}]|[{HAN}]'(?!\w)|'[{HAN}]": "straight quotation marks: “ ”",
    rf" +[{WIDE_BEFORE}]|[{WIDE_AFTER}] +(?=[^\s|])": "a space beside full-width punctuation",
    rf"[{HAN}][{SOLID}]|[{SOLID}][{HAN}]": "no space between Chinese and a letter, number, code or formula",
    r"[Ａ-Ｚａ-ｚ０-９]+": "a full-width letter or digit",
    r"您": "你, not 您",
    r"(?<![-|:])--(?![-|:a-z])|[^.(]\.\.\.(?![\w@])|。。": "a dash is ——, an ellipsis ……",
}


def punctuation(prose):
    """What is against the conventions, each with its place."""
    plain = re.sub(r"(?m)^\s*(?:#+ )?(?:\d+\. )?", "", prose)
    for pattern, wrong in PUNCTUATION.items():
        text = plain.replace("*", "") if "no space" in wrong else plain
        for match in re.finditer(pattern, text, re.M):
            around = text[max(0, match.start() - 8) : match.end() + 8].replace("\n", " ")
            yield f"{wrong}, at {shown(around)!r}"


def shown(text):
    for sign, name in ((PLACE, "{}"), (CODE, "`code`"), (FORMULA, "$formula$")):
        text = text.replace(sign, name)
    return text


def emphasis(chinese):
    """Stars that Markdown does not take for emphasis: it looks at the signs on both sides of them."""
    text = re.sub(r"`[^`]*`|\$[^$]*\$", "x", chinese)
    for match in EMPHASIS.finditer(text):
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        if re.search(rf"[{WIDE_BEFORE}.,:;?!]\Z", match[2]) and re.match(r"\w", after):
            yield f"{match[0]!r} is not shown as emphasis: put a space after it, or the punctuation outside"
        if re.match(r"[（“《]", match[2]) and re.match(r"\w", before):
            yield f"{match[0]!r} is not shown as emphasis: put the bracket or quotation mark outside"


class Term(NamedTuple):
    english: str  # its first form, as in the brackets of its first use
    chinese: str
    forms: re.Pattern
    always: bool  # where the English has it, the Chinese has it
    first: bool  # the first use on a page gives the English in brackets
    never: list  # renderings that are not used


@cache
def glossary():
    """The terms, the longest first."""
    found = []
    with open(ROOT / "zh" / "glossary.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            forms = "|".join(map(re.escape, row["english"].split("|")))
            forms = re.compile(rf"(?<![\w-])(?:{forms})(?:s|es)?(?![\w-]|(?<=\.)\w)", re.I)
            never = [word for word in row["never"].split("|") if word]
            english = row["english"].partition("|")[0]
            found.append(
                Term(english, row["chinese"], forms, row["always"] == "x", row["first"] == "x", never)
            )
    return sorted(found, key=lambda term: -len(term.english))


@cache
def untranslated():
    """Words that are the same in Chinese."""
    return {term.english for term in glossary() if term.english == term.chinese}


def terms_in(english):
    """The terms in an English prose; a longer term hides the shorter ones inside it."""
    found = []
    for term in glossary():
        english, times = term.forms.subn("_", english)
        found += [term] * bool(times)
    return found


def other_senses(entry):
    """The terms that a translator's comment sets aside: `other sense: row, model`."""
    found = re.search(rf"{SENSE}(.*)", entry.tcomment)
    return {word.strip() for word in found[1].split(",")} if found else set()


def terms(english, chinese, aside=()):
    for term in terms_in(english):
        if term.english in aside:
            continue
        if term.always and term.chinese.lower() not in chinese.lower():
            yield f"glossary: {term.english!r} is {term.chinese}, which is not there"
        for word in term.never:
            if word in chinese.replace(term.chinese, ""):
                yield f"glossary: {term.english!r} is {term.chinese}, not {word}"


def page(name, po):
    """The terms whose first use on a page lacks the English in brackets."""
    if name.partition("/")[0] not in ("chapters", "solutions"):
        return []
    entries = [entry for entry in po if not entry.obsolete and " alt" not in entry.msgctxt]
    entries.sort(key=lambda entry: "solution-only" in entry.comment)  # the exercise has only the others
    lines, met = [], set()
    for entry in entries:
        english, chinese = (apart(text, False).prose for text in (entry.msgid, entry.msgstr))
        if not entry.msgstr or entry.fuzzy:
            break  # what comes before the next uses is not known yet
        aside = other_senses(entry)
        for term in terms_in(english):
            if term.english in met or term.chinese not in chinese or term.english in aside or not term.first:
                continue
            met.add(term.english)
            bracket = rf"{re.escape(term.chinese)}[*”]*（[*]*(?:{term.forms.pattern})"
            if not re.search(bracket, chinese, re.I):
                line = f"its first use on this page: {term.chinese}（{term.english}）"
                lines.append(f"{name} {entry.msgctxt}: {line}")
    return lines


def of_catalogue(name):
    """All lines about a catalogue."""
    from course.building.chinese import catalogue

    po = catalogue(name)
    entries = [entry for entry in po if not entry.obsolete]
    return [line for entry in entries for line in doubts(name, entry)] + page(name, po)
