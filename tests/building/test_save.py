"""helpers.py is what the chapters give, and what cannot be saved is refused."""

import nbformat
import pytest

from course import ROOT
from course.building.save import SaveError, helpers_text


def test_helpers_py_is_what_the_chapters_give():
    text = helpers_text(ROOT / "chapters")
    assert text == (ROOT / "helpers.py").read_text(encoding="utf-8"), "run `make helpers`"


def chapters(folder, *sources):
    for i, source in enumerate(sources, 1):
        nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        nbformat.write(nb, folder / f"0{i}_x.ipynb")
    return folder


def test_functions_come_in_order_under_the_name_of_their_chapter(tmp_path):
    text = helpers_text(
        chapters(tmp_path, "def f(x):  #@save\n    return torch.zeros(x)", "class G:  #@save\n    f = f")
    )
    order = ["import torch", "# chapters/01_x.ipynb", "def f(x):\n", "# chapters/02_x.ipynb", "class G:\n"]
    assert [text.index(part) for part in order] == sorted(text.index(part) for part in order)
    assert "@save" not in text
    scope = {}
    exec(text, scope)
    assert scope["G"].f(2).shape == (2,)


def test_cells_without_the_mark_stay_where_they_are(tmp_path):
    assert "def" not in helpers_text(chapters(tmp_path, "def f():\n    pass", "# about #@save cells\nx = 1"))


REFUSED = {
    "twice": (
        ["def f():  #@save\n    pass", "def f():  #@save\n    pass"],
        "f is saved twice: in 01_x.ipynb and in 02",
    ),
    "a number": (["x = 3  #@save"], "functions and classes only, not: x = 3"),
    "more than it says": (["def f():  #@save\n    pass\nprint(1)"], r"not: print\(1\)"),
    "a magic": (["%time f()  #@save"], "is not Python"),
    "another module": (["def f():  #@save\n    return np.zeros(3)"], "does not have: np$"),
    "a page's variable": (["def f(x):  #@save\n    return [x * lr for _ in x]"], "does not have: lr$"),
    "in a default": (["def f(x=true_w):  #@save\n    return x"], "does not have: true_w$"),
    "in a class": (
        ["class A:  #@save\n    def f(self):\n        return helper(self)"],
        "does not have: helper$",
    ),
}


@pytest.mark.parametrize(("sources", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_saved_is_refused(tmp_path, sources, message):
    with pytest.raises(SaveError, match=message):
        helpers_text(chapters(tmp_path, *sources))
