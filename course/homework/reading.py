"""Reads an answer before anything of it runs: does it use what no honest answer needs?

`findings(source)` returns [(line number, why)], empty for what grading may run. Only the text is read.
What is not found here is not proved harmless: course/homework/grading.py judges it with other means too.
"""

import ast
import math
import random
import sys
import types

import numpy
import torch
from IPython.core.inputtransformer2 import TransformerManager

import helpers

ALL = None  # every public name of a module
MODULES = {  # what may be imported, and which of its names
    "torch": ALL,
    "torch.nn": ALL,
    "torch.nn.functional": ALL,
    "torch.nn.init": ALL,
    "torch.nn.utils": ALL,
    "torch.optim": ALL,
    "torch.optim.lr_scheduler": ALL,
    "torch.linalg": ALL,
    "torch.utils.data": ALL,
    "torch.random": ALL,
    "torch.autograd": {"grad"},
    "torch.autograd.functional": {"hessian", "jacobian", "hvp", "vhp", "jvp", "vjp"},
    "torch.func": {"grad", "hessian", "jacrev", "jacfwd", "vmap", "functional_call"},
    "numpy": ALL,
    "numpy.linalg": ALL,
    "numpy.random": ALL,
    "math": ALL,
    "random": ALL,
    "itertools": ALL,
    "statistics": ALL,
    "collections": {"Counter", "OrderedDict", "defaultdict", "deque", "namedtuple"},
    "contextlib": {"contextmanager", "nullcontext", "suppress"},
    "copy": {"copy", "deepcopy"},
    "dataclasses": {"dataclass", "field"},
    "fractions": {"Fraction"},
    "functools": {"cache", "cmp_to_key", "lru_cache", "partial", "reduce", "wraps"},
    "io": {"BytesIO"},
    "operator": {"add", "eq", "itemgetter", "matmul", "mul", "neg", "pow", "sub", "truediv"},
    "time": {"monotonic", "perf_counter", "sleep", "time"},
    "typing": {"Any", "Callable", "Iterable", "Iterator", "NamedTuple", "Optional"},
    "warnings": {"warn"},
    "matplotlib.pyplot": ALL,
    "sklearn.datasets": ALL,
    "helpers": set(),  # filled below: its functions
    "course.feedback": {"check", "progress", "standing"},
    "course.figures": {"axes", "show"},
    # Chapter 11 saves and finds files.
    "os": {"fsync", "listdir", "path", "remove", "rename", "replace", "unlink"},
    "os.path": {"basename", "dirname", "exists", "getsize", "join", "splitext"},
    "pathlib": {"Path"},
    "re": {"findall", "fullmatch", "match", "search", "sub"},
    "shutil": {"copy", "copyfile", "move"},
    "tempfile": {"NamedTemporaryFile", "TemporaryDirectory"},
}
MODULES["helpers"] = {name for name, value in vars(helpers).items() if isinstance(value, types.FunctionType)}
PACKAGES = {name.rpartition(".")[0] for name in MODULES if "." in name}

BUILTINS = {  # names of Python that reach past an answer
    *("__import__", "breakpoint", "compile", "delattr", "dir", "eval", "exec", "exit", "get_ipython"),
    *("getattr", "globals", "help", "input", "locals", "memoryview", "open", "quit", "setattr", "type"),
    *("vars", "object", "super", "classmethod", "staticmethod", "property", "In", "Out"),
}
FRAMES = {  # attributes that lead from a value to the program around it
    *("tb_frame", "tb_next", "f_back", "f_builtins", "f_code", "f_globals", "f_locals", "gi_frame"),
    *("gi_code", "gi_yieldfrom", "cr_frame", "cr_code", "ag_frame", "ag_code", "func_globals", "mro"),
    *("with_traceback", "add_note"),
}
FILES = {  # functions of the allowed modules, and methods, that read or run what they are pointed at
    *("compile", "dump", "dumps", "export", "ctypes", "frombuffer", "from_file", "fromfile", "tofile"),
    *("memmap", "loadtxt", "savetxt", "genfromtxt", "fromregex", "fromstring", "savez", "open_memmap"),
    *("data_ptr", "untyped_storage", "storage", "as_strided", "attrgetter", "methodcaller"),
    *("set_default_device", "set_default_tensor_type", "set_default_dtype", "seterrcall", "errstate"),
    *("set_grad_enabled_", "register_hook", "register_post_accumulate_grad_hook", "hub", "classes"),
    *("read_text", "read_bytes", "iterdir", "rglob", "cwd", "home", "expanduser", "resolve", "absolute"),
    *("symlink_to", "hardlink_to", "chmod", "format_map", "savefig", "show_config", "vectorize"),
    *("set_string_function", "setbufsize", "import_ir_module", "add_safe_globals", "get_file_path"),
    *("load_state_dict_from_url", "fetch_openml", "load_files", "load_svmlight_file"),
}
METHODS = {  # special methods that a class of an answer may have
    *("__call__", "__enter__", "__exit__", "__getitem__", "__init__", "__iter__", "__len__", "__next__"),
}
SETTABLE = {"data", "grad", "requires_grad"}  # attributes that an answer may set on a value it was given
BASES = {"Exception", "ValueError", "Dataset", "IterableDataset", "Module", "NamedTuple", "Optimizer"}
# Names of modules that allowed ones carry along, such as torch.os; some are names of methods too.
CARRIED = {
    name
    for module in [sys.modules[name] for name in MODULES if name in sys.modules]
    for name, value in vars(module).items()
    if isinstance(value, types.ModuleType)
} | (set(sys.stdlib_module_names) - {"math", "path"})
CARRIED -= {
    name
    for holder in (torch.Tensor, list, dict, str, set, numpy.ndarray, random, math, torch)
    for name in dir(holder)
    if not isinstance(getattr(holder, name, None), types.ModuleType)
}


def findings(source, task=None):
    """What no honest answer needs: [(line number, why)] in the order of the lines.

    task: the name that the answer is to define; taking it from helpers is no answer.
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
    reader = Reader(task)
    reader.visit(tree)
    return sorted(set(reader.found))


class Reader(ast.NodeVisitor):
    """Collects (line number, why) over one cell."""

    def __init__(self, task):
        self.task, self.found = task, []
        self.modules = {"torch": "torch", "helpers": "helpers", "np": "numpy"}  # name here -> module
        self.owners = []  # the parameters of the functions around this line
        self.checks = 0

    def note(self, node, why):
        self.found.append((node.lineno, why))

    # -- imports

    def visit_Import(self, node):
        for alias in node.names:
            if alias.name not in MODULES and alias.name not in PACKAGES:
                self.note(node, f"it imports {alias.name}")
            if alias.name.startswith("course"):
                self.note(node, f"it imports {alias.name}")
            self.modules[alias.asname or alias.name.partition(".")[0]] = (
                alias.name if alias.asname else alias.name.partition(".")[0]
            )

    def visit_ImportFrom(self, node):
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            if node.level or not node.module:
                self.note(node, "it imports from the folder it stands in")
            elif whole in MODULES:
                self.modules[alias.asname or alias.name] = whole
            elif node.module not in MODULES or (alias.name == "*" and node.module != "helpers"):
                self.note(node, f"it imports {alias.name} from {node.module}")
            elif node.module == "course.feedback" and alias.asname not in (None, alias.name):
                self.note(node, f"it gives {alias.name} of the course another name")
            elif alias.name != "*":
                self.member(node, node.module, alias.name)

    def member(self, node, module, name):
        """A name of a module: may an answer use it?"""
        allowed = MODULES.get(module)
        if f"{module}.{name}" in MODULES or f"{module}.{name}" in PACKAGES:
            return
        if module == "helpers" and name == self.task:
            self.note(node, f"{name} is taken from helpers: that is the task itself")
        if allowed is not None:
            if name not in allowed:
                self.note(node, f"it uses {module}.{name}")
            return
        value = getattr(sys.modules.get(module), name, None)
        if name.startswith("_") or name in FILES or isinstance(value, types.ModuleType):
            self.note(node, f"it uses {module}.{name}")

    def module_of(self, node):
        """The module that a dotted name is, or None."""
        if isinstance(node, ast.Name):
            return self.modules.get(node.id)
        if isinstance(node, ast.Attribute) and (above := self.module_of(node.value)):
            whole = f"{above}.{node.attr}"
            return whole if whole in MODULES or whole in PACKAGES else None
        return None

    # -- names and attributes

    def visit_Name(self, node):
        if node.id in BUILTINS or (node.id.startswith("__") and node.id != "__"):
            self.note(node, f"it uses {node.id}")
        self.modules.get(node.id) is not None and self.bare(node)

    def bare(self, node):
        """A module under its own name: to look something up, and for nothing else."""
        self.note(node, f"the module {node.id} is used as a value")

    def visit_Attribute(self, node):
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
            if names & self.modules.keys():
                self.note(node, f"it changes {ast.unparse(node)}")
            if not (own or (node.attr in SETTABLE and isinstance(node.ctx, ast.Store))):
                self.note(node, f"it sets the attribute {node.attr}")
        if node.attr == self.task and self.task in MODULES["helpers"]:
            self.note(node, f"{node.attr} is taken from elsewhere: that is the task itself")
        if not (module or self.module_of(node)):
            self.visit(node.value)
        elif self.module_of(node):
            self.note(node, f"the module {ast.unparse(node)} is used as a value")

    def hidden(self, node):
        own = isinstance(node.value, ast.Name) and node.value.id == "self" and not node.attr.startswith("__")
        private = node.attr.startswith("_") and not own and node.attr != "__name__"
        given = node.attr in ("glob", "iterdir", "read_bytes") and not self.foreign([node.value])
        return (private or node.attr in FRAMES | FILES | CARRIED) and not given

    # -- calls that are fine with some arguments only

    def visit_Call(self, node):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        words = {word.arg for word in node.keywords}
        if name in ("open", "type") and isinstance(node.func, ast.Name):
            if name == "open" and self.foreign(node.args[:1]):
                self.note(node, "it opens a file that it was not given")
            if name == "type" and (len(node.args) != 1 or node.keywords):
                self.note(node, "it makes a class with type")
            for part in [*node.args, *node.keywords]:
                self.visit(part)
            return
        if name in ("Path", "listdir") and self.foreign(node.args[:1]):
            self.note(node, "it names a file or folder that it was not given")
        torchs = isinstance(node.func, ast.Attribute) and self.module_of(node.func.value)
        if torchs and name in ("load", "save") and self.foreign(node.args[name == "save" :][:1]):
            self.note(node, f"{name} of a file that it was not given")
        if name in ("load", "save") and words & {"weights_only", "pickle_module", "allow_pickle"}:
            safe = [w for w in node.keywords if w.arg == "weights_only" and ast.unparse(w.value) == "True"]
            if len(safe) != len(words & {"weights_only", "pickle_module", "allow_pickle"}):
                self.note(node, "it loads more than numbers")
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
        elif node.name in BUILTINS or node.name.startswith(("_repr_", "_ipython_")):
            self.note(node, f"it defines {node.name}")
        self.function(node)

    visit_Lambda = function

    def visit_AsyncFunctionDef(self, node):
        self.note(node, "it defines an async function")

    def visit_ClassDef(self, node):
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
        if isinstance(node.value, str) and "__" in node.value:
            self.note(node, "a text with the name of something internal")

    def visit_JoinedStr(self, node):
        self.generic_visit(node)

    def visit_MatchClass(self, node):
        self.note(node, "it matches on attributes")
