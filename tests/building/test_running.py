"""Running notebooks in place."""

import nbformat
import pytest

from course.building import notebooks


def test_a_failing_notebook_is_left_as_it_was(tmp_path, capsys):
    path = tmp_path / "x.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")]), path)
    before = path.read_bytes()
    with pytest.raises(SystemExit) as stop:
        notebooks.main([str(tmp_path)])
    assert stop.value.code == 1 and path.read_bytes() == before
    assert "ZeroDivisionError" in capsys.readouterr().err
