"""The language in which the course speaks: English, or Chinese on the pages below zh/. `spoken` sees to it.

The code puts its texts together in English. They are translated as a whole, where they are shown. The
catalogues in zh/ hold sentences with a place for each part that a run fills in, `{what} has shape {seen}`.
What fills a place is translated the same way, and a text that is no such sentence is taken apart at its
punctuation. Of all ways the one that leaves the least English is taken.
"""

import locale
import os
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from course import ROOT

try:
    HERE = Path.cwd()  # a kernel starts in the folder of its notebook; read before an answer can leave it
except OSError:
    HERE = ROOT
ZH = ROOT / "zh"
# The folder whose chapters/, exercises/ and work/ belong to the page that runs.
EDITION = ZH if HERE.is_relative_to(ZH.resolve()) else ROOT

PLACE = re.compile(r"(\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})")  # {...}, with braces two deep inside
HAN, WIDE, SOLID = "\u4e00-\u9fff", "，。；：？！、（）“”《》…—", "A-Za-z0-9`$%"
APART = r"[.;:,]+(?: |$)| \(|\)|\*\*| ?\| ?|✓ |  +|^- "  # between the sentences, words and cells of a line
MARKS = {",": "，", ";": "；", ":": "：", ".": "。"}
# Places of code and of values.
QUOTED = re.compile(r".*!r[:}]|.*(?::12|\.name)\}")
LITERAL = {"{message}", "{text}", "{', '.join(near)}"}  # of PyTorch; a line of the learner's; names of tasks
LITERAL |= {"{', '.join(known)}"}  # what is typed
NAMES = {"{name}", "{function.__name__}", "{task.wants}", "{task.look}", "{block}"}
QUOTES = r"""(?<!\w)(?:'[^'\n]*'|"[^"\n]*")(?!\w)"""  # and no apostrophes
KEPT = set()  # words of a learner's own table, which stay as they are
NUMBER = re.compile(r"\s*[-+−]?[\d.,]*(e[-+]?\d+|inf|nan)?\s*")
REACH = 12  # parts of a text that is taken apart, in which a sentence is looked for


def keep(words):
    """Has these words, names and values of a learner's table, stay as they are: one may be `temperature`."""
    new = {part for word in words for part in (word, *re.split(r"[.;:,|()*]+ ?", word))} - KEPT
    if new:
        KEPT.update(new)
        best.cache_clear(), whole.cache_clear()


def is_chinese():
    """Whether this page, or the environment variable COURSE_LANGUAGE, asks for Chinese."""
    asked = os.environ.get("COURSE_LANGUAGE")
    return asked == "zh" if asked else EDITION == ZH


def of_terminal():
    """zh or en: what COURSE_LANGUAGE asks for, or else what the system speaks."""
    if asked := os.environ.get("COURSE_LANGUAGE"):
        return asked
    told = [os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    system = next(filter(None, [*told, locale.getlocale()[0]]), "")  # the last is what Windows says
    return "zh" if system.lower().startswith(("zh", "chinese")) else "en"


def spoken(text):
    """The text in the language of this page. What has no translation stays English."""
    return in_chinese(text) if is_chinese() else text


def in_chinese(text):
    """The text in Chinese, as far as the catalogues go."""
    text = re.sub(rf"(?<=[{HAN}])\.(?=\s|\Z)", "。", best(text)[1])
    text = re.sub(rf"(?m)^(- .*[{HAN}].*[^.])\.$", r"\1。", text)  # a sentence that ends with a number
    text = re.sub(r"`, (?=`)", "`、", re.sub(r"(?<=>\)), (?=`)", "，", text))
    return re.sub(rf"; (?=(?:[A-Za-z0-9]+ )?[{HAN}])", "；", text)


class Template(NamedTuple):
    longest: str  # of the literals
    literals: list  # what stands before, between and behind the places
    places: list
    chinese: str


@cache
def catalogue():
    """Translations of whole texts, as gettext has them; the templates, the longest first; where to part."""
    import gettext
    import io

    import polib  # a part of a second, and only Chinese needs it

    sentences, templates = polib.POFile(), []
    sentences.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    for path in sorted((ZH / "catalogues").rglob("*.po")):
        for entry in polib.pofile(str(path)):
            said_by_code = path.parent.name == "course" or " alt" in (entry.msgctxt or "")
            if entry.msgstr and said_by_code and not entry.obsolete and not entry.fuzzy:
                parts = PLACE.split(entry.msgid.lstrip(" "))
                if len(parts) > 1:
                    longest = max(parts[::2], key=lambda part: len(part.strip()))
                    templates.append(Template(longest, parts[::2], parts[1::2], entry.msgstr.lstrip(" ")))
                else:
                    sentences.append(polib.POEntry(msgid=entry.msgid, msgstr=entry.msgstr))
    templates.sort(key=lambda template: -sum(map(len, template.literals)))
    ends = "|".join(re.escape(entry.msgid) for entry in sentences if entry.msgid[0] in " ,;:")
    apart = re.compile(f"({APART}{ends and '|'}{ends})")
    return gettext.GNUTranslations(io.BytesIO(sentences.to_binary())), templates, apart


@cache
def best(text):
    """(how many letters are still English, the text in Chinese), with as few of them as possible."""
    found = whole(text)
    if found[0]:
        found = min(found, in_parts(text), key=lambda pair: pair[0])
    return found


@cache
def whole(text):
    """The same for a text that is one sentence, or a word or a number."""
    found = english(text)
    if not found[0]:
        return found
    if text in KEPT:
        return 0, text
    sentences, templates, _ = catalogue()
    for form in (text, text.lower()):
        if (chinese := sentences.gettext(form)) != form:
            return 0, chinese
    if (core := text.strip(" ")) != text:
        cost, chinese = best(core)
        found = min(found, (cost, text.replace(core, chinese, 1)), key=lambda pair: pair[0])
    for template in templates:
        if template.longest in text and (filled_in := groups(template, text)):
            fillings = zip(template.places, filled_in, strict=True)
            pairs = [kept(place, part) or best(part) for place, part in fillings]
            bare = [re.sub(QUOTES, "_", part) for part in filled_in]
            doubtful = sum(part.count("; ") + part.count(". ") + part.count("\n") for part in bare)
            aligned = sum(bool(re.search(r"\S {2,}\S", part)) for part in bare)  # two lines, a label
            doubtful += 100 * aligned
            cost = sum(cost for cost, _ in pairs) + doubtful / 10
            if cost < found[0]:
                found = cost, filled(template, [chinese for _, chinese in pairs])
    return found


def kept(place, part):
    """What stays in a place: a quotation; at no cost a message, a line of code, a name, a text in quotes.

    A message of the course's own has its Chinese.
    """
    if place == "{message}":
        return 0, explanation(part) or part
    named = place in NAMES and re.fullmatch(r"[\w-]+", part)
    if named or place in LITERAL or is_quoted(place, part):
        return 0, part
    return english(part) if QUOTED.match(place) else None


def is_quoted(place, part):
    """Whether a place of Python's repr holds one text in quotes, or as much of it as the place takes."""
    cut = re.search(r"!r(?::\.(\d+))?\}$", place)
    return cut and re.fullmatch(QUOTES if len(part) != int(cut[1] or 0) else "['\"].*", part)


def english(text):
    return len(re.findall("[A-Za-z]", text)), text


def groups(template, text):
    """What stands in the places of the template if it gives this text, or None."""
    first, *middle, last = template.literals
    at, end, found = len(first), len(text) - len(last), []
    if at > end or not text.startswith(first) or not text.endswith(last):
        return None
    unquoted = re.sub(QUOTES, lambda quote: "_" * len(quote[0]), text)
    for literal in middle:
        searched = text if re.search("['\"]", literal) else unquoted
        there = searched.find(literal, at, end)
        while there >= 0 and re.match(r"\.\d", text[there + len(literal) - 1 :]):  # the point of a number
            there = searched.find(literal, there + 1, end)
        if there < 0:
            return None
        found.append(text[at:there])
        at = there + len(literal)
    found.append(text[at:end])
    numeric = [re.search(r":[^{}]*[gfed%]\}$|^\{(?:len|float)\(", place) for place in template.places]
    fits = all(NUMBER.fullmatch(part) for part, one in zip(found, numeric, strict=True) if one)
    long = {place for place, part in zip(template.places, found, strict=True) if "\n" in part}
    fits = fits and not long & LITERAL
    return found if fits and text not in found and any(part.strip() for part in found) else None


def filled(template, parts):
    """The Chinese of a template, with its places filled in."""
    left = {}
    for place, part in zip(template.places, parts, strict=True):
        left.setdefault(place, []).append(part)
    text = ""
    for piece in PLACE.split(template.chinese):
        text = joined(text, left[piece].pop(0) if left.get(piece) else piece)
    return text


def in_parts(text):
    """The same as `best` for a text of several lines, of several sentences, or with a list in it."""
    lines = "\n" in text
    parts = [part for part in (re.split("(\n)", text) if lines else catalogue()[2].split(text)) if part]
    ways = [(0, "")]  # to say the first 0, 1, 2, ... of the parts
    for end in range(1, len(parts) + 1):
        starts = range(max(0, end - REACH), end)
        tried = []
        for start in reversed(starts):
            if (start, end) != (0, len(parts)):
                part = "".join(parts[start:end])
                cost, chinese = best(part) if lines and "\n" not in part else whole(part)
                tried.append((ways[start][0] + cost, start, chinese))
        cost, start, chinese = min(tried, key=lambda way: way[0], default=(float("inf"), 0, text))
        ways.append((cost, joined(ways[start][1], chinese)))
    return ways[-1]


def joined(left, right):
    """Two texts beside each other, with the spacing and the marks that Chinese has there."""
    a, b = left.rstrip(" "), right.lstrip(" ")
    if not a or not b or len(left) - len(a) > 1 or len(right) - len(b) > 1:  # blanks that align
        return left + right
    if a.rpartition("\n")[2].count("`") % 2:  # inside of `code`
        return left + right
    if re.match(rf"[{HAN}）”]", a[-1]) and re.match(r"[.,;:](?: |\Z)", right):
        return a + MARKS[b[0]] + b[1:].lstrip(" ")
    beside = a[-1] + b[0]
    if re.search(f"[{WIDE}]", beside) or re.fullmatch(f"[{HAN}]{{2}}", beside):
        return a + b
    if re.fullmatch(f"[{HAN}][{SOLID}]|[{SOLID}][{HAN}]", beside):
        return f"{a} {b}"
    return left + right


def explanation(message):
    """The Chinese of the message of an error, or None if the course knows no such message."""
    letters, chinese = best(message)
    return chinese if 2 * letters < english(message)[0] else None


def explain_errors():
    """Has IPython show the Chinese of a message of helpers.py below that message, which is code and stays."""
    from IPython import get_ipython

    def show(shell, kind, error, traceback, tb_offset=None):
        chinese = explanation(str(error))
        if chinese and chinese not in getattr(error, "__notes__", []):
            error.add_note(chinese)
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    if shell := get_ipython():
        shell.set_custom_exc((TypeError, ValueError), show)


if is_chinese():
    explain_errors()
