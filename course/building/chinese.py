"""The Chinese edition: its text lives in gettext catalogues, everything else comes from the English files.

    python -m course.building.chinese extract          writes zh/catalogues/ anew, keeping every translation
    python -m course.building.chinese todo NAME        the entries of a catalogue that wait, to be filled in
    python -m course.building.chinese check [NAME]     what is wrong in one catalogue, or in all
    python -m course.building.chinese count            translated, fuzzy and missing, by catalogue
    python -m course.building.chinese build            `make zh`: writes zh/chapters, solutions and exercises

NAME is the way to a catalogue without its ending, such as chapters/06_optimizer. An entry is found by its
msgctxt, the id of a cell (`f88e326a alt` for the description of the figure of that cell), or, for sentences
of Python code and of the README, by its English.
"""

import ast
import difflib
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import nbformat
import polib

from course import ROOT
from course.building.notebooks import find as notebooks
from course.building.strings import GROUPS, THEME, Reader, modules, spoken_in, template, templates
from course.language import explanation, in_chinese

CATALOGUES = ROOT / "zh" / "catalogues"
WRITTEN_BY_NBGRADER = ("*Your answer here.*", "Model answer, to unfold when yours is written")
# Code that has the course print something. What a cell prints by itself is an output of code, and stays.
SPEAKS = re.compile(r'(?m)^check\("|check_environment\(|\b(?:look|problems|read|numbers)\(|\.said\b')
NEAR = 0.75  # how alike two English texts are for the old translation to be offered, as fuzzy


class Entry(NamedTuple):
    key: str | None  # msgctxt
    english: str
    comment: str = ""  # for the translator
    module: str = ""  # where a sentence of Python code stands


def sources(root=ROOT):
    """What is to be translated: {name of the catalogue: its entries}."""
    found = {}
    for path in [*notebooks(root / "chapters"), *notebooks(root / "solutions")]:
        folder = path.relative_to(root).parts[0]
        found[f"{folder}/{path.stem}"] = list(of_notebook(json.loads(path.read_text("utf-8"))))
    seen = set()
    for group in GROUPS:
        found[f"course/{group}"] = entries = []
        for module in modules(group):
            new = [text for text in templates(module) if text not in seen]
            entries += [Entry(None, text, module=module) for text in new]
            seen.update(new)
    found["course/tables"] += [Entry(None, text, module="nbgrader_config.py") for text in WRITTEN_BY_NBGRADER]
    found["course/book"] = [
        Entry(None, text, module=f"book/{name}.py")
        for name in ("pages", "live", "conf")
        for text in spoken_in(f"book/{name}.py")
        if text not in seen
    ]
    found["course/book"] += [Entry(None, text, "the theme of the book") for text in THEME]
    page = blocks(root / "book/index.md")
    found["course/book"] += [Entry(None, text, module="book/index.md") for text in page if text[0] != "{"]
    found["README"] = [Entry(None, text) for text in dict.fromkeys(blocks(root / "README.md"))]
    return found


def of_notebook(notebook):
    """The entries of a notebook: each Markdown cell as a whole, and each description of a figure."""
    for cell in notebook["cells"]:
        source, tags = "".join(cell["source"]), cell["metadata"].get("tags", [])
        if cell["cell_type"] == "markdown":
            yield Entry(cell["id"], source, ", ".join(tags))
        elif cell["cell_type"] == "code":
            for i, text in enumerate(descriptions(source)):
                yield Entry(f"{cell['id']} alt{i or ''}", text, "description of a figure")


def descriptions(source):
    """The texts after alt= in a cell, as templates, and the texts that fill their places."""
    if "alt=" not in source:
        return []
    nodes = list(ast.walk(ast.parse(source)))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    texts = [part.value for call in calls for part in call.keywords if part.arg == "alt"]
    made = {}  # name -> the values it is given, also by += and append
    for node in nodes:
        if isinstance(node, ast.Assign | ast.AugAssign):
            target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
            made.setdefault(getattr(target, "id", ""), []).append(node.value)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "append":
            made.setdefault(getattr(node.func.value, "id", ""), []).append(node.args[0])
    parts, waiting = Reader(set()), list(texts)
    while waiting:  # what is put together above, and stands in a place of the description
        names = [node.id for node in ast.walk(waiting.pop()) if isinstance(node, ast.Name)]
        for value in [value for name in names for value in made.pop(name, [])]:
            parts.visit(value)
            waiting.append(value)
    return list(dict.fromkeys([*map(template, texts), *(text.replace("\n", " ") for text in parts.found)]))


def blocks(path):
    """The paragraphs of a Markdown file, apart from fenced code, which stays as it is."""
    prose = re.sub(r"(?ms)^```.*?^```$", "", path.read_text(encoding="utf-8"))
    return [block for block in re.split(r"\n\s*\n", prose.strip()) if re.search(r"[A-Za-z]", block)]


def catalogue(name):
    """The catalogue of this name, empty when there is none yet."""
    path = CATALOGUES / f"{name}.po"
    po = polib.pofile(str(path), wrapwidth=0) if path.is_file() else polib.POFile(wrapwidth=0)
    po.fpath = str(path)
    po.metadata = {
        "Language": "zh_CN",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    return po


def names():
    """The catalogues that there are."""
    paths = sorted(CATALOGUES.rglob("*.po"))
    return [path.relative_to(CATALOGUES).with_suffix("").as_posix() for path in paths]


def extract():
    """Brings every catalogue up to the English text. Nothing that somebody translated is lost."""
    wanted, old = sources(), {name: catalogue(name) for name in names()}
    spare = {}  # translations by their English, for what has moved to another catalogue
    for po in old.values():
        for entry in po:
            if entry.msgstr and not entry.fuzzy:
                spare.setdefault(entry.msgid, entry.msgstr)
    for name in sorted(wanted | old):
        if name in wanted or any(entry.msgstr for entry in old[name]):
            update(old.get(name, catalogue(name)), wanted.get(name, []), spare)


def update(po, wanted, spare):
    """One catalogue: kept where the English is the same, fuzzy where it changed, obsolete where it went."""
    kept = {(entry.msgctxt, entry.msgctxt or entry.msgid): entry for entry in reversed(list(po))}
    new = []
    for one in wanted:
        entry = polib.POEntry(msgctxt=one.key, msgid=one.english, comment=one.comment)
        entry.occurrences = [(one.module, "")] if one.module else []
        if old := kept.pop((one.key, one.key or one.english), None):
            carry(old, entry)
        else:
            entry.msgstr = spare.get(one.english, "")
        new.append(entry)
    for entry in new:  # a sentence without a key that was reworded
        gone = {old.msgid: key for key, old in kept.items() if old.msgstr and not old.msgctxt}
        if not entry.msgstr and not entry.msgctxt:
            if near := difflib.get_close_matches(entry.msgid, gone, 1, NEAR):
                carry(kept.pop(gone[near[0]]), entry)
    lost = [old for old in reversed(kept.values()) if old.msgstr]
    for old in lost:
        old.obsolete = True
    path, before = po.fpath, str(po)
    po.clear()
    po.extend([*new, *lost])
    if str(po) != before or not po:
        (CATALOGUES / path).parent.mkdir(parents=True, exist_ok=True)
        po.save(path)


def carry(old, new):
    """Takes a translation over. It is fuzzy when the English is another than the one translated."""
    new.msgstr, new.tcomment = old.msgstr, old.tcomment
    translated = old.previous_msgid if old.fuzzy and old.previous_msgid else old.msgid
    if old.msgstr and translated != new.msgid:
        new.flags, new.previous_msgid = ["fuzzy"], translated
    elif old.fuzzy and not old.previous_msgid:  # a translator is not sure of it
        new.flags = ["fuzzy"]


def fill(name, translations, other_senses=None):
    """Writes translations into a catalogue and says what is doubtful about them.

    translations: {key: Chinese}; the key is the msgctxt of an entry, or its English where it has none.
    other_senses: {key: "row, model"}, terms of the glossary that mean something else in that entry.
    An entry that was fuzzy is so no longer. Raises KeyError, before anything is written, for an unknown key.
    """
    from course.building.doubts import SENSE, doubts, page

    po, other_senses = catalogue(name), other_senses or {}
    entries = {entry.msgctxt or entry.msgid: entry for entry in po if not entry.obsolete}
    if unknown := [key for key in [*translations, *other_senses] if key not in entries]:
        raise KeyError(f"{name} has no entry {unknown[0]!r}")
    for key, chinese in translations.items():
        entries[key].msgstr = chinese
        entries[key].flags, entries[key].previous_msgid = [], None
    for key, words in other_senses.items():
        entries[key].tcomment = f"{SENSE} {words}"
    po.save()
    lines = [line for key in translations for line in doubts(name, entries[key])] + page(name, po)
    print("\n".join(lines or [f"{name}: {len(translations)} entries filled, nothing doubtful"]))


def todo(name):
    """The entries of a catalogue that wait, as the text of a script that calls `fill`."""
    lines = ["from course.building.chinese import fill", "", f"fill({name!r}, {{"]
    for entry in catalogue(name):
        if not entry.obsolete and (entry.fuzzy or not entry.msgstr):
            notes = [entry.comment] + [
                f"changed; the translation is of: {entry.previous_msgid!r}"
            ] * entry.fuzzy
            lines += [f"    # {note}" for note in notes if note]
            text = entry.msgstr or entry.msgid
            if entry.msgctxt:  # a cell: as it stands on the page, where Python can read that
                plain = "'''" not in text and not text.endswith(("'", "\\"))
                lines += [f"    {entry.msgctxt!r}: " + (f"r'''{text}'''," if plain else f"{text!r},")]
            else:
                lines += [f"    {entry.msgid!r}:\n        {text!r},"]
    return "\n".join([*lines, "})"])


def counts(po):
    """(translated, fuzzy, missing) of a catalogue."""
    entries = [entry for entry in po if not entry.obsolete]
    fuzzy = sum(entry.fuzzy for entry in entries)
    missing = sum(not entry.msgstr for entry in entries)
    return len(entries) - fuzzy - missing, fuzzy, missing


def count():
    rows = {name: counts(catalogue(name)) for name in names()}
    for name, row in [*rows.items(), ("all", tuple(map(sum, zip(*rows.values(), strict=True))))]:
        print("{:28} {:5} translated {:4} fuzzy {:5} missing".format(name, *row))


def translated(name):
    """What a catalogue says: {key: Chinese}, without what is fuzzy or missing."""
    entries = [entry for entry in catalogue(name) if not entry.obsolete and not entry.fuzzy and entry.msgstr]
    return {entry.msgctxt or entry.msgid: entry.msgstr for entry in entries}


def generated(root=ROOT):
    """What the Chinese edition should hold: {path: text}. English where nothing is translated."""
    from course.homework import exercises

    found = {}
    for path in [*notebooks(root / "chapters"), *notebooks(root / "solutions")]:
        way = path.relative_to(root)
        notebook, chinese = nbformat.read(path, as_version=4), translated(f"{way.parts[0]}/{path.stem}")
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = relinked(chinese.get(cell.id, cell.source), root / "zh" / way.parent)
            for output in cell.get("outputs", []):
                speak_chinese(output, cell.source)
        found[f"zh/{way.as_posix()}"] = nbformat.writes(notebook) + "\n"
    words = translated("course/tables")
    with tempfile.TemporaryDirectory() as temporary:
        for name, text in found.items():
            if name.startswith("zh/solutions"):
                (Path(temporary) / name).parent.mkdir(parents=True)
                (Path(temporary) / name).write_text(text, encoding="utf-8", newline="\n")
        made = exercises.generated(Path(temporary) / "zh", lambda text: words.get(text, text))
    found |= {f"zh/exercises/{name}": text for name, text in made.items()}
    text = (root / "README.md").read_text(encoding="utf-8")
    for english, chinese in translated("README").items():
        text = text.replace(english, chinese, 1)
    found["README.zh.md"] = re.sub(r"\]\((?=(?:chapters|exercises|solutions)/)", "](zh/", text)
    return found


def speak_chinese(output, source):
    """Puts a stored output into Chinese, as far as its cell speaks Chinese when it runs on a Chinese page."""
    if output.output_type == "stream" and "\nwritten: " in output.text:
        # Above it stands a sentence of the learner's, which stays.
        sentence, _, path = output.text.rpartition("\nwritten: ")
        output.text = f"{sentence}\n{in_chinese(f'written: {path}')}"
    elif output.output_type == "stream" and SPEAKS.search(source):
        output.text = in_chinese(output.text)
    elif output.output_type == "error" and output.ename in ("TypeError", "ValueError"):
        output.traceback += [chinese] if (chinese := explanation(output.evalue)) else []
    elif "image/png" in output.get("data", {}) or "text/markdown" in output.get("data", {}):
        plain = output.data["text/plain"]
        caption = output.data.get("text/markdown") == f"*{plain}*"
        output.data["text/plain"] = in_chinese(plain)
        if "text/markdown" in output.data:
            text = output.data["text/markdown"]
            output.data["text/markdown"] = f"*{in_chinese(plain)}*" if caption else in_chinese(text)
        for picture in output.metadata.values():
            picture["alt"] = in_chinese(picture["alt"])


def relinked(source, folder):
    """A text whose links to what zh/ does not mirror, such as docs/, lead one folder further up.

    folder: of the Chinese page.
    """

    def one(match):
        target = Path(os.path.normpath(folder / match[1].partition("#")[0]))
        mirrored = target.is_relative_to(ROOT / "zh") and target.relative_to(ROOT / "zh").parts[:1]
        known = mirrored and mirrored[0] in ("chapters", "solutions", "exercises")
        return match[0] if known or "://" in match[1] or match[1].startswith("#") else f"](../{match[1]})"

    return re.sub(r"\]\(([^()\s]+)\)", one, source)


def build(root=ROOT):
    """Writes the Chinese edition, and says what became of it."""
    new = generated(root)
    for name, text in new.items():
        path = root / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{name}: written")
    for folder in ("chapters", "solutions", "exercises"):
        for path in notebooks(root / "zh" / folder):
            if path.relative_to(root).as_posix() not in new:
                print(f"{path.relative_to(root)}: nothing gives it; delete it")


def main(command="", *arguments):
    from course.building import doubts

    if command == "extract":
        extract()
    elif command == "todo" and arguments:
        return print(todo(arguments[0]))  # a script, and nothing else
    elif command == "check":
        found = [line for name in arguments or names() for line in doubts.of_catalogue(name)]
        print("\n".join(found) or "nothing doubtful")
        sys.exit(bool(found))
    elif command == "build":
        build()
    elif command != "count":
        sys.exit(__doc__)
    count()


if __name__ == "__main__":
    main(*sys.argv[1:])
