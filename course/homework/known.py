"""The names that answers may use, for reading.py: modules and what is in them, attributes of values."""

import collections
import fractions
import io
import pathlib
import random
import re
import sys
import types

import numpy
import torch

import helpers

ALL = None  # every public name of a module
MODULES = {  # what may be imported, and which of its names
    "torch": {  # and all that calculates, below
        *("FloatTensor", "Generator", "LongTensor", "Size", "Tensor", "as_tensor", "enable_grad", "finfo"),
        *("get_default_dtype", "get_num_threads", "get_rng_state", "iinfo", "inference_mode", "initial_seed"),
        *("device", "is_grad_enabled", "is_tensor", "load", "manual_seed", "no_grad", "save", "seed"),
        *("set_grad_enabled", "set_num_threads", "set_printoptions", "set_rng_state", "tensor", "vmap"),
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
        *("annotate", "errorbar", "fill_between"),
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
    *("weight", "bias", "in_features", "out_features", "training", "param_groups", "state", "defaults"),
    *("dataset", "batch_size", "sampler", "drop_last", "tensors"),
    *("X", "y", "names", "said", "rows", "columns"),  # of the course's own tables
    *("annotate", "axhline", "axvline", "bar", "contour", "errorbar", "fill_between", "grid", "hist"),
    *("imshow", "legend", "loglog", "plot"),
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
