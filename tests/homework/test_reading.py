"""The reading of answers: ways to cheat are named, and no honest answer is."""

import ast

import nbformat
import pytest

from course import ROOT
from course.homework.reading import findings

# Each alone would lead to points that were not earned, or to what belongs to others.
# fmt: off
CHEATS = {
    "replaces check": "import course.feedback\ncourse.feedback.check = lambda *a: None",
    "false module": "import sys, types\nsys.modules['course.feedback'] = types.SimpleNamespace(check=print)",
    "probes in TASKS": "from course.tasks import TASKS\nTASKS.clear()",
    "torch.equal": "import torch\ntorch.equal = lambda a, b: True",
    "alias of a class": "import torch\nT = torch.Tensor\nT.grad = property(lambda self: 0)",
    "setattr": "import torch\nsetattr(torch, 'equal', max)",
    "update_wrapper": "import functools, torch\nfunctools.update_wrapper(torch, max, assigned=('equal',))",
    "os._exit": "import os\nos._exit(0)",
    "exit": "exit()",
    "magic": "%run ../../solutions/x.ipynb",
    "shell": "x = !cat ../../solutions/*/*",
    "cell magic": "%%bash\nls",
    "help": "check?",
    "frames": "try: 1 / 0\nexcept Exception as e: f = e.__traceback__.tb_frame.f_back",
    "frames without dunder": "g = (i for i in [1])\nf = g.gi_frame.f_back",
    "gc": "import gc\ngc.get_objects()",
    "threads": "import threading\nthreading.Timer(1, print).start()",
    "atexit": "import atexit",
    "signal": "import signal",
    "__del__": "class A:\n    def __del__(self): pass",
    "__eq__": "class A:\n    def __eq__(self, other): return True",
    "str subclass": "class A(str):\n    def lower(self): return 'b'",
    "lambda eq": "class A:\n    __eq__ = lambda *a: True",
    "pickle load": "import torch\ntorch.load('x.pt', weights_only=False)",
    "numpy load": "import numpy as np\nnp.load('x.npy', allow_pickle=True)",
    "torch.hub": "import torch\ntorch.hub.load('.', 'x', source='local')",
    "torch.os": "import torch\ntorch.os.system('true')",
    "alias torch": "import torch\nt = torch\nt.os.system('true')",
    "list of modules": "import torch\n[torch][0].os",
    "getattr built": "getattr(torch, 'o' + 's')",
    "attrgetter": "from operator import attrgetter",
    "private": "import random\nrandom._os.system('true')",
    "dunder dict": "torch.__dict__['equal'] = max",
    "subclasses": "().__class__.__base__.__subclasses__()",
    "eval": "eval('1')",
    "exec alias": "e = exec\ne('1')",
    "globals": "globals()['check'] = print",
    "builtins": "__builtins__",
    "__import__": "__import__('os')",
    "get_ipython": "get_ipython().run_cell('1')",
    "In": "In[-1]",
    "file": "text = open('../../solutions/05/05.ipynb').read()",
    "Path": "from pathlib import Path\nPath('solutions').read_text()",
    "np file": "import numpy as np\nnp.fromfile('solutions')",
    "format": "'{0.__globals__}'.format(check)",
    "format built": "('{0._' + '_globals_' + '_}').format(check)",
    "helpers": "from helpers import sgd",
    "helpers 2": "import helpers\nsgd = helpers.sgd",
    "helpers 3": "import helpers as h\ndef sgd(*a): return h.sgd(*a)",
    "ctypes": "import numpy as np\nnp.zeros(1).ctypes",
    "np.ctypeslib": "import numpy as np\nnp.ctypeslib",
    "meta device": "import torch\ntorch.set_default_device('meta')",
    "relative": "from mine import sgd",
    "decorator": "import torch\n@torch.overrides.wrap\ndef f(): pass",
    "match": "match check:\n    case A(func_code=c): pass",
    "compile": "import torch\ntorch.compile(print)",
    "delete": "import torch\ndel torch.equal",
    "with as": "import torch, contextlib\nwith contextlib.nullcontext(1) as torch.equal: pass",
    "for target": "import torch\nfor torch.equal in [max]: pass",
    "walrus sub": "f = lambda: 0\nf.count = 3",
    "type()": "A = type('A', (), {})",
    "type value": "t = type\n",
    "star": "from torch import *",
    "globals of function": "check.__globals__['x'] = 1",
    "display hook": "class A:\n    def _repr_html_(self): pass",
    "TorchFunctionMode": "from torch.overrides import TorchFunctionMode",
    "tensor subclass": "import torch\nclass T(torch.Tensor):\n    def __torch_function__(cls, *a): pass",
    "Tensor.data": "import torch\ntorch.Tensor.data = 3",
    "class exec": "class exec:\n    def __init__(self, text, judge): judge['fresh'] = lambda before: print",
    "match exec": "match print:\n    case exec: pass",
    "as exec": "from math import sqrt as exec",
    "global exec": "def f():\n    global exec",
    "nested __eq__": "class A:\n    class __eq__:\n        def __init__(self, other): pass",
    "imported __eq__": "class A:\n    from itertools import count as __eq__",
    "type of a type": "A = type(int)('A', (str,), {'_' * 2 + 'eq' + '_' * 2: lambda a, b: True})",
    "os once more": "import os as t\nif 0:\n    import torch as t\nt.system('true')",
    "np is another": "def f(np): return np.gi_frame",
    "np is an error": "import torch\ntry: torch.no\nexcept AttributeError as np: m = np.obj",
    "error's object": "import random\ntry: random.no\nexcept AttributeError as e: m = e.obj",
    "own names": "class A:\n    obj = os = 1\ndef f(x): return x.obj",
    "helpers star": "from helpers import *",
    "load alias": "import torch\nl = torch.load\ndef f(p): return l(p, weights_only=False)",
    "load renamed": "from torch import load as l",
    "load partial": "import torch, functools\nf = functools.partial(torch.load, weights_only=False)",
    "load stars": "import torch\ndef f(p): return torch.load(p, **{'weights_' + 'only': False})",
    "load by place": "import numpy as np\ndef f(p): return np.load(p, None, True)",
    "annotations": "from torch.utils.data import argument_validation\ndef f(x: '1 + 1'): pass",
    "contexts": "from torch.utils.data import DataLoader\nDataLoader([1]).multiprocessing_context.reducer",
    "rcParams": "import matplotlib.pyplot as plt\nplt.rcParams['axes.prop_cycle'] = 'cycler(1)'",
    "fetched": "from sklearn.datasets import fetch_california_housing",
    "np.bmat": "import numpy as np\nnp.bmat('wanted')",
    "np.test": "import numpy as np\nnp.test()",
    "format as a value": "f = ('{0.' + '_' * 2 + 'globals' + '_' * 2 + '}').format",
    "format mapped": "map(str.format, ['{0}'], [1])",
    "self of others": "import torch\nself = torch.Tensor\nself.item = max",
    "self in a loop": "for self in [1]: self.x = 1",
    "guesses": "for label in 'abcd':\n    try: check('05-bug', label)\n    except AssertionError: pass",
    "another dataclass": "from dataclasses import dataclass\nimport torch\ndataclass(torch.nn.Module)",
    "deletes": "import os\nos.remove('/x')",
}
# What one cell imports, another uses.
TOGETHER = {
    "helpers": ("from helpers import sgd as mine", "sgd = mine"),
    "os": ("import os", "os.system('true')"),
    "typing": ("import typing", "def f(x: '1 + 1'): pass\ntyping.get_type_hints(f)"),
    "dataclasses": ("import dataclasses", "dataclasses.make_dataclass('A', [])"),
}
# fmt: on


@pytest.mark.parametrize("way", CHEATS)
def test_a_way_to_cheat_is_named(way):
    assert findings(CHEATS[way], ["sgd"])


@pytest.mark.parametrize("way", TOGETHER)
def test_a_way_to_cheat_over_two_cells_is_named(way):
    assert [found for cell in TOGETHER[way] for found in findings(cell, ["sgd"], TOGETHER[way])]


def test_a_type_may_be_shown_and_a_class_have_its_own_names():
    assert findings("print(type(1), type(1).__name__, type(1) is int, f'{type(1)}')") == []
    assert findings("class A:\n    def __init__(self, n):\n        self.mine = n\nA(3).mine") == []


def honest():
    """The code of all solutions, and of all right answers in the tests of the tasks: {where: source}."""
    found = {}
    for path in ROOT.glob("solutions/*/*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.metadata.get("nbgrader", {}).get("solution") and cell.cell_type == "code":
                found[f"{path.stem} {cell.metadata.nbgrader.grade_id}"] = cell.source
    for path in sorted((ROOT / "tests" / "tasks").glob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        right = [
            value
            for node in ast.walk(tree)
            if isinstance(node, ast.Dict)
            for key, value in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant) and key.value == "right"
        ]
        functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        needed, names = [], [name for node in right for name in used(node)]
        while names:
            if (name := names.pop()) in functions and name not in needed:
                needed.append(name)
                names += used(functions[name])
        imports = [node for node in tree.body if isinstance(node, ast.Import)]
        for node in [*(functions[name] for name in needed), *map(ast.Expr, right)]:
            parts = [*imports, node]
            text = "\n".join(ast.unparse(ast.fix_missing_locations(part)) for part in parts)
            found[f"{path.stem} {getattr(node, 'name', text[-40:])}"] = text
    return found


def used(node):
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]


def test_no_honest_answer_is_named():
    answers = honest()
    assert len(answers) > 200
    assert {where: found for where, text in answers.items() if (found := findings(text))} == {}


def test_no_answer_is_named_in_its_notebook():
    for path in ROOT.glob("solutions/*/*.ipynb"):
        code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        answers = [cell for cell in code if cell.metadata.get("nbgrader", {}).get("solution")]
        tasks, notebook = [cell.metadata.nbgrader.grade_id for cell in answers], [c.source for c in code]
        found = {cell.source: findings(cell.source, tasks, notebook) for cell in answers}
        assert not any(found.values()), path.stem


def test_what_cannot_run_is_not_named_and_the_line_is_right():
    assert findings("for param im params:") == []
    assert findings("x = 1\n\nimport sys") == [(3, "it imports sys")]
    assert findings("x = 1\n%time x")[0][0] == 2
