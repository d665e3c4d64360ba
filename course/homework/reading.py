"""Reads an answer before anything of it runs: does it use what no honest answer needs?

`findings(source, tasks, notebook)` returns [(line number, why)], empty for what grading may run. Only the
text is read. What is known to be needed is let through, by name: course/homework/known.py has the names.
What is not found here is not proved harmless: course/homework/grading.py judges it with other means too.
"""

import ast
import re
import sys
import types
from functools import lru_cache

from IPython.core.inputtransformer2 import TransformerManager

from course.homework.known import (
    BASES,
    BUILTINS,
    DIRECT,
    FILES,
    KNOWN,
    METHODS,
    MODULES,
    MOVES,
    PACKAGES,
    SETTABLE,
    TAKEN,
)


class Names:
    """What the cells of one notebook name: {name: modules}, the attributes of its classes, its tasks."""

    def __init__(self, sources, tasks):
        self.modules = {"torch": {"torch"}, "helpers": {"helpers"}, "np": {"numpy"}}
        self.own, self.direct, self.tasks = set(), set(), {*tasks}
        self.others = {}  # the same for what is no module
        for source in sources:
            try:
                tree = ast.parse(TransformerManager().transform_cell(source))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    self.imported(node)
                elif isinstance(node, ast.ClassDef):
                    self.own |= {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
                    for part in ast.walk(node):
                        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                            self.own.add(part.id)
                        elif of_self(part) and isinstance(part.ctx, ast.Store):
                            self.own.add(part.attr)
                elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "namedtuple":
                    texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
                    self.own |= {word for text in texts for word in re.findall(r"\w+", str(text))}
        self.own -= TAKEN
        for name in self.others.keys() & self.modules.keys():
            self.modules[name] |= self.others[name]

    def imported(self, node):
        for alias in node.names:
            if isinstance(node, ast.Import):
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                self.modules.setdefault(alias.asname or whole, set()).add(whole)
            elif (whole := f"{node.module}.{alias.name}") in MODULES or whole in PACKAGES:
                self.modules.setdefault(alias.asname or alias.name, set()).add(whole)
            else:
                self.others.setdefault(alias.asname or alias.name, set()).add(whole)
                self.direct |= {alias.name} & DIRECT


def of_self(node):
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


@lru_cache(maxsize=4)
def names_of(sources, tasks):
    return Names(sources, tasks)


def findings(source, tasks=(), notebook=()):
    """What no honest answer needs: [(line number, why)] in the order of the lines.

    tasks: the names that the notebook asks for; taking one from helpers is no answer.
    notebook: the sources of all its cells: what one imports, another can use.
    A cell that is no Python at all cannot run, and has no findings.
    """
    try:
        python = TransformerManager().transform_cell(source)
        tree = ast.parse(python)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return [] if isinstance(error, SyntaxError) else [(1, "it cannot be read")]
    if python.strip() != source.strip() and "get_ipython" in python:
        lines = zip(source.splitlines(), python.splitlines(), strict=False)
        number = next((n for n, (one, other) in enumerate(lines, 1) if one != other), 1)
        return [(number, "a command of the notebook")]
    reader = Reader(names_of((*notebook,) if source in notebook else (*notebook, source), (*tasks,)))
    reader.visit(tree)
    return sorted(set(reader.found))


class Reader(ast.NodeVisitor):
    """Collects (line number, why) over one cell."""

    def __init__(self, names):
        self.names, self.found = names, []
        self.owners = []  # the parameters of the functions around this line
        self.direct = set()  # what is called on the spot, or decorates
        self.shown = set()  # what is only shown or compared

    def note(self, node, why):
        self.found.append((node.lineno, why))

    def visit(self, node):
        """Every name that a line gives or uses, whatever kind of line it is."""
        given = [getattr(node, field, None) for field in ("name", "asname", "rest")]
        used = [getattr(node, field, None) for field in ("id", "attr", "arg")]
        given += getattr(node, "names", []) if isinstance(node, ast.Global | ast.Nonlocal) else []
        for name in filter(lambda name: isinstance(name, str), given + used):
            special = name.startswith("__") and name not in ("__", "__name__")
            if special and not (isinstance(node, ast.FunctionDef) and name in METHODS):
                self.note(node, f"it uses {name}")
            elif name in given and name in BUILTINS | {"self"} and not isinstance(node, ast.FunctionDef):
                self.note(node, f"it gives something the name {name}")
            bound = name in given or isinstance(node, ast.arg)
            if bound and name in self.names.modules and not isinstance(node, ast.alias):
                self.note(node, f"it gives something the name of the module {name}")
        super().visit(node)

    # -- imports

    def visit_Import(self, node):
        for alias in node.names:
            if alias.name not in MODULES and alias.name not in PACKAGES:
                self.note(node, f"it imports {alias.name}")
            if alias.name.startswith("course"):
                self.note(node, f"it imports {alias.name}")
        self.generic_visit(node)

    def visit_ImportFrom(self, node):
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            if node.level or not node.module:
                self.note(node, "it imports from the folder it stands in")
            elif whole in MODULES:
                continue
            elif node.module not in MODULES or (alias.name == "*" and node.module != "helpers"):
                self.note(node, f"it imports {alias.name} from {node.module}")
            elif node.module == "course.feedback" and alias.asname not in (None, alias.name):
                self.note(node, f"it gives {alias.name} of the course another name")
            elif alias.name in DIRECT and alias.asname not in (None, alias.name):
                self.note(node, f"it gives {alias.name} another name")
            elif alias.name != "*":
                self.member(node, node.module, alias.name)
            elif tasks := self.names.tasks & MODULES["helpers"]:
                self.note(node, f"{', '.join(sorted(tasks))} is taken from helpers: that is the task itself")
        self.generic_visit(node)

    def member(self, node, module, name):
        """A name of a module: may an answer use it?"""
        allowed = MODULES.get(module)
        if f"{module}.{name}" in MODULES or f"{module}.{name}" in PACKAGES:
            return
        if module == "helpers" and name in self.names.tasks:
            self.note(node, f"{name} is taken from helpers: that is the task itself")
        if allowed is not None and name not in allowed:
            self.note(node, f"it uses {module}.{name}")
        value = getattr(sys.modules.get(module), name, None)
        if name.startswith("_") or name in FILES or isinstance(value, types.ModuleType):
            self.note(node, f"it uses {module}.{name}")

    def module_of(self, node):
        """The module that a dotted name is, or None."""
        if isinstance(node, ast.Name):
            modules = self.names.modules.get(node.id, {None})
            if len(modules) > 1:
                self.note(node, f"{node.id} names {' and '.join(sorted(modules))}")
            return min(modules, key=str)
        if isinstance(node, ast.Attribute) and (above := self.module_of(node.value)):
            whole = f"{above}.{node.attr}"
            return whole if whole in MODULES or whole in PACKAGES else None
        return None

    # -- names and attributes

    def visit_Name(self, node):
        if node.id in BUILTINS:
            self.note(node, f"it uses {node.id}")
        if node.id in self.names.modules:  # only to look something up
            self.note(node, f"the module {node.id} is used as a value")
        if node.id in self.names.direct | {"check"} and node not in self.direct:
            self.note(node, f"{node.id} is used otherwise than as one line of its own")
        if node.id == "self" and (not isinstance(node.ctx, ast.Load) or not self.owners):
            self.note(node, "it gives something the name self")

    def visit_Attribute(self, node):
        self.shown |= {node.value} if node.attr == "__name__" else set()
        module = self.module_of(node.value)
        if module:
            self.member(node, module, node.attr)
            if isinstance(node.ctx, ast.Store | ast.Del):
                self.note(node, f"it changes {ast.unparse(node)}")
        elif self.hidden(node):
            self.note(node, f"it reaches for {node.attr}")
        elif isinstance(node.ctx, ast.Store | ast.Del):
            own = isinstance(node.value, ast.Name) and node.value.id == "self"
            names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
            if names & self.names.modules.keys():
                self.note(node, f"it changes {ast.unparse(node)}")
            if not (own or (node.attr in SETTABLE and isinstance(node.ctx, ast.Store))):
                self.note(node, f"it sets the attribute {node.attr}")
        if node.attr in DIRECT and node not in self.direct and (module or node.attr == "format"):
            self.note(node, f"{node.attr} is used otherwise than to call it")
        if not (module or self.module_of(node)):
            self.visit(node.value)
        elif self.module_of(node):
            self.note(node, f"the module {ast.unparse(node)} is used as a value")

    def hidden(self, node):
        given = node.attr in ("glob", "iterdir", "read_bytes") and not self.foreign([node.value])
        return not given and node.attr not in KNOWN | self.names.own

    # -- calls that are fine with some arguments only

    def visit_Compare(self, node):
        self.shown |= {node.left, *node.comparators}
        self.generic_visit(node)

    def visit_FormattedValue(self, node):
        self.shown.add(node.value)
        self.generic_visit(node)

    def visit_Module(self, node):
        lines = [line.value for line in node.body if isinstance(line, ast.Expr)]
        self.direct |= {line.func for line in lines if isinstance(line, ast.Call)}
        self.generic_visit(node)

    def visit_Call(self, node):
        if getattr(node.func, "id", "") != "check":
            self.direct.add(node.func)
        if getattr(node.func, "id", "") in ("print", "str", "repr", "isinstance"):
            self.shown |= {*node.args}
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        words = {word.arg for word in node.keywords}
        if name in ("open", "type") and isinstance(node.func, ast.Name):
            if name == "open" and self.foreign(node.args[:1]):
                self.note(node, "it opens a file that it was not given")
            if name == "type" and (len(node.args) != 1 or node.keywords or node not in self.shown):
                self.note(node, "a type that is more than shown or compared")
            for part in [*node.args, *node.keywords]:
                self.visit(part)
            return
        if name in ("Path", "listdir") and self.foreign(node.args[:1]):
            self.note(node, "it names a file or folder that it was not given")
        torchs = isinstance(node.func, ast.Attribute) and self.module_of(node.func.value)
        if torchs and name in ("load", "save") and self.foreign(node.args[name == "save" :][:1]):
            self.note(node, f"{name} of a file that it was not given")
        if name in ("load", "save") and (torchs or isinstance(node.func, ast.Name)):
            safe = {"map_location"} | {
                word.arg for word in node.keywords if ast.unparse(word) == "weights_only=True"
            }
            starred = any(isinstance(arg, ast.Starred) for arg in node.args)
            if words - safe or starred or len(node.args) > 2:
                self.note(node, "it loads more than numbers")
        if name in MOVES and (torchs or isinstance(node.func, ast.Name)) and self.foreign(node.args):
            self.note(node, "it moves or deletes a file that it was not given")
        if name == "dataclass" and node.args:
            self.note(node, "it makes a dataclass of another class")
        if name in ("wraps", "update_wrapper") and (len(node.args) != 1 or node.keywords):
            self.note(node, f"{name} with more than one argument")
        if name == "format" and isinstance(node.func, ast.Attribute):
            text = node.func.value
            if not (isinstance(text, ast.Constant) and "_" not in str(text.value)):
                self.note(node, "format with a text that is made, or looks inside a value")
        self.generic_visit(node)

    def foreign(self, args):
        """Whether a path is neither one that the function around was given, nor made of such a one."""
        names = {n.id for arg in args for n in ast.walk(arg) if isinstance(n, ast.Name)}
        parameters = set().union(*self.owners) if self.owners else set()
        return not names & parameters

    # -- what an answer may define

    def function(self, node):
        spec = node.args
        names = {a.arg for a in [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]}
        for inner in ast.walk(node):  # and what is made of them: path.with_suffix(...), `for path in ...`
            if isinstance(inner, ast.Assign | ast.For | ast.comprehension | ast.withitem | ast.NamedExpr):
                target = getattr(inner, "target", None) or getattr(inner, "optional_vars", None)
                targets = inner.targets if isinstance(inner, ast.Assign) else [target]
                value = getattr(inner, "value", None) or getattr(inner, "iter", None)
                used = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)} if value else set()
                if used & names or isinstance(inner, ast.withitem):
                    names |= {n.id for t in targets if t for n in ast.walk(t) if isinstance(n, ast.Name)}
        self.owners.append(names)
        self.generic_visit(node)
        self.owners.pop()

    def visit_FunctionDef(self, node):
        if node.name.startswith("__") and node.name not in METHODS:
            self.note(node, f"it defines {node.name}")
        elif node.name in BUILTINS or node.name.startswith(("_repr_", "_ipython_", "_render_")):
            self.note(node, f"it defines {node.name}")
        self.direct |= {*node.decorator_list}
        self.function(node)

    visit_Lambda = function

    def visit_AsyncFunctionDef(self, node):
        self.note(node, "it defines an async function")

    def visit_ClassDef(self, node):
        self.direct |= {*node.decorator_list}
        bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        if bases - BASES or node.keywords:
            self.note(node, f"a class that is made from {', '.join(sorted(bases - BASES)) or 'a metaclass'}")
        for line in node.body:
            targets = line.targets if isinstance(line, ast.Assign) else []
            names = [t.id for t in targets if isinstance(t, ast.Name)]
            if any(name.startswith("__") for name in names):
                self.note(line, "it sets a special name of a class")
        self.generic_visit(node)

    def visit_Constant(self, node):
        if isinstance(node.value, str | bytes) and "__" in str(node.value):
            self.note(node, "a text with the name of something internal")

    def visit_MatchClass(self, node):
        self.note(node, "it matches on attributes")
