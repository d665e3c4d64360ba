"""Reads an answer before anything of it runs: does it use what no honest answer needs?

`findings(source, task, notebook)` returns [(line number, why)], empty for what grading may run. Only the
text is read. What is known to be needed is let through, by name: modules, their names, attributes of values.
What is not found here is not proved harmless: course/homework/grading.py judges it with other means too.
"""

import ast
import collections
import fractions
import io
import pathlib
import random
import re
import sys
import types
from functools import lru_cache

import numpy
import torch
from IPython.core.inputtransformer2 import TransformerManager

import helpers

ALL = None  # every public name of a module
MODULES = {  # what may be imported, and which of its names
    "torch": {  # and all that calculates, below
        *("FloatTensor", "Generator", "LongTensor", "Size", "Tensor", "as_tensor", "enable_grad", "finfo"),
        *("get_default_dtype", "get_num_threads", "get_rng_state", "iinfo", "inference_mode", "initial_seed"),
        *(
            "device",
            "is_grad_enabled",
            "is_tensor",
            "load",
            "manual_seed",
            "no_grad",
            "save",
            "seed",
            "tensor",
        ),
        *("set_grad_enabled", "set_num_threads", "set_printoptions", "set_rng_state", "vmap"),
        *("e", "inf", "nan", "newaxis", "pi"),
    },
    "torch.nn": ALL,
    "torch.nn.functional": ALL,
    "torch.nn.init": ALL,
    "torch.nn.utils": {"clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "vector_to_parameters"},
    "torch.optim": ALL,
    "torch.optim.lr_scheduler": ALL,
    "torch.linalg": ALL,
    "torch.utils.data": {
        *("BatchSampler", "ConcatDataset", "DataLoader", "Dataset", "IterableDataset", "RandomSampler"),
        *("Sampler", "SequentialSampler", "StackDataset", "Subset", "TensorDataset", "random_split"),
    },
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
    "matplotlib.pyplot": {
        *("axhline", "axis", "axvline", "bar", "close", "colorbar", "contour", "contourf", "figure", "gca"),
        *("gcf", "grid", "hist", "imshow", "legend", "loglog", "plot", "scatter", "semilogx", "semilogy"),
        *("show", "subplot", "subplots", "text", "tight_layout", "title", "xlabel", "xlim", "xscale"),
        *("ylabel", "ylim", "yscale"),
    },
    "sklearn.datasets": {
        *("load_breast_cancer", "load_diabetes", "load_digits", "load_iris", "load_wine"),
        *("make_blobs", "make_classification", "make_moons", "make_regression"),
    },
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
MODULES["torch"] |= {name for name in dir(torch._C._VariableFunctions) if hasattr(torch, name)}
MODULES["torch"] |= {*torch.functional.__all__} | {
    name for name, value in vars(torch).items() if isinstance(value, torch.dtype)
}
PACKAGES = {name.rpartition(".")[0] for name in MODULES if "." in name}

BUILTINS = {  # names of Python that reach past an answer
    *("__import__", "breakpoint", "compile", "delattr", "dir", "eval", "exec", "exit", "get_ipython"),
    *("getattr", "globals", "help", "input", "locals", "memoryview", "open", "quit", "setattr", "type"),
    *("vars", "object", "super", "classmethod", "staticmethod", "property", "In", "Out"),
}
FRAMES = {  # attributes that lead from a value to the program around it
    *("tb_frame", "tb_next", "f_back", "f_builtins", "f_code", "f_globals", "f_locals", "gi_frame"),
    *("gi_code", "gi_yieldfrom", "cr_frame", "cr_code", "ag_frame", "ag_code", "func_globals", "mro"),
    *("with_traceback", "add_note", "obj"),
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
    *("savez_compressed", "bmat", "test", "info", "multiprocessing_context", "share_memory_", "set_"),
    *("register_parametrization", "apply_", "map_", "map2_", "as_strided_", "data_home"),
}
METHODS = {  # special methods that a class of an answer may have
    *("__call__", "__enter__", "__exit__", "__getitem__", "__init__", "__iter__", "__len__", "__next__"),
}
MOVES = {"remove", "rename", "replace", "unlink", "copy", "copyfile", "move"}  # of os and shutil
SETTABLE = {"data", "grad", "requires_grad"}  # attributes that an answer may set on a value it was given
BASES = {"Exception", "ValueError", "Dataset", "IterableDataset", "Module", "NamedTuple", "Optimizer"}
DIRECT = {"dataclass", "format", "load", "save", "update_wrapper", "wraps"}  # for calls on the spot only
KINDS = [  # of the values that an answer works with
    *(torch.Tensor, torch.nn.Module, torch.nn.Linear, torch.nn.Sequential, torch.optim.Optimizer),
    *(torch.optim.SGD, torch.optim.lr_scheduler.LRScheduler, torch.utils.data.DataLoader, torch.Generator),
    *(torch.Size, torch.finfo, torch.device, numpy.ndarray, numpy.float64, numpy.random.Generator),
    *(list, dict, str, set, tuple, int, float, complex, bytes, range, types.GeneratorType),
    *(collections.Counter, collections.deque, collections.OrderedDict, fractions.Fraction, random.Random),
    *(pathlib.Path, io.BytesIO, io.TextIOWrapper, re.Match),
]
FIELDS = {  # of what functions return, of exceptions, partial functions, and pictures
    *("values", "indices", "solution", "residuals", "rank", "eigenvalues", "eigenvectors", "U", "S", "Vh"),
    *("Q", "R", "LU", "L", "P", "eps", "args", "value", "target", "feature_names", "target_names", "DESCR"),
    *("cache_clear", "cache_info", "name"),
    *("axhline", "axvline", "bar", "contour", "grid", "hist", "imshow", "legend", "loglog", "plot"),
    *("scatter", "semilogx", "semilogy", "set_title", "set_xlabel", "set_xlim", "set_xscale"),
    *("set_ylabel", "set_ylim", "set_yscale", "text", "tight_layout"),
}


def public(holder):
    return {name for name in dir(holder) if not name.startswith("_")}


KNOWN = set().union(*map(public, KINDS)) | FIELDS | {"__name__"}
KNOWN -= FRAMES | FILES
# What a class of an answer may not call its own, since it would open the same name of other values.
TAKEN = (FRAMES | FILES | {*sys.stdlib_module_names} | {*dir(types.FunctionType), "func", "keywords"}) - KNOWN
TAKEN |= {name for kind in KINDS for name in dir(kind)} - KNOWN
TAKEN |= {
    name
    for module in [sys.modules[name] for name in MODULES if name in sys.modules]
    for name, value in vars(module).items()
    if isinstance(value, types.ModuleType)
} - KNOWN


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
