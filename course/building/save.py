"""Writes helpers.py from the cells of chapters/ whose first line ends in `#@save`."""

import ast
import builtins
import json
import symtable
import sys
from pathlib import Path

from course import ROOT

HEADER = '''"""The functions that the chapters save. Written by `make helpers`: change a chapter, not this."""

import torch
'''


class SaveError(Exception):
    """A saved cell that cannot go into helpers.py."""


def saved_cells(chapters):
    """Yields (chapter, source) for each `#@save` cell, in the order of the course."""
    for path in sorted(Path(chapters).glob("[0-9]*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            first, _, rest = source.partition("\n")
            if cell["cell_type"] == "code" and first.endswith("#@save"):
                first = first.removesuffix("#@save").rstrip()
                yield path.name, f"{first}\n{rest}".strip()


def names_of(chapter, source):
    """The names that a saved cell defines. Refuses a cell that does anything else."""
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise SaveError(f"{chapter}: a saved cell is not Python: {error}") from error
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            line = source.splitlines()[node.lineno - 1]
            raise SaveError(f"{chapter}: a saved cell may define functions and classes only, not: {line}")
    return [node.name for node in body]


def unknown_names(text):
    """Names that the module `text` uses but neither defines, imports nor finds among the builtins."""
    module = symtable.symtable(text, "helpers.py", "exec")
    known = {s.get_name() for s in module.get_symbols() if s.is_assigned() or s.is_imported()}
    known |= set(dir(builtins)) | {"__name__", "__file__"}

    def used(table):
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (symbol.is_global() or table is module):
                yield symbol.get_name()
        for child in table.get_children():
            yield from used(child)

    return sorted(set(used(module)) - known)


def helpers_text(chapters):
    """The text of helpers.py, as the chapters give it. Raises SaveError when a cell cannot be saved."""
    text, origin = HEADER, {}
    for chapter, source in saved_cells(chapters):
        for name in names_of(chapter, source):
            if name in origin:
                raise SaveError(f"{name} is saved twice: in {origin[name]} and in {chapter}")
            origin[name] = chapter
        text += f"\n\n# chapters/{chapter}\n{source}\n"
    if missing := unknown_names(text):
        raise SaveError(f"saved functions use names that helpers.py does not have: {', '.join(missing)}")
    return text


def main():
    try:
        text = helpers_text(ROOT / "chapters")
    except SaveError as error:
        sys.exit(f"helpers.py not written. {error}")
    (ROOT / "helpers.py").write_text(text, encoding="utf-8", newline="\n")
    print(f"helpers.py: {text.count('# chapters/')} cells saved")


if __name__ == "__main__":
    main()
