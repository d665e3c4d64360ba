"""The scripts of chapter 11 under fault: a checkpoint that was cut, no second process.

That a killed worker is replaced, the page shows, and nbval compares it.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from course import ROOT

CHAPTER = ROOT / "chapters/11_scaling_out.ipynb"


def code_cells():
    for cell in json.loads(CHAPTER.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            yield "".join(cell["source"]), cell["metadata"].get("tags", [])


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The scripts of the page, in an empty folder, and a dict with its functions for several processes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for source, _ in code_cells():
        first, _, rest = source.partition("\n")
        if first.startswith("%%writefile "):
            Path(first.split()[1]).write_text(rest, encoding="utf-8")
    cells = [source for source, _ in code_cells()]
    names = {"folder": SimpleNamespace(name=str(tmp_path))}
    exec(cells[0], names)
    exec(next(source for source in cells if "def torchrun" in source), names)
    yield names
    sys.modules.pop("steady", None)


@pytest.fixture
def steady(page, monkeypatch):
    """The page's checkpointed training as a module, in a process group of one."""
    for name, value in {
        "RANK": "0",
        "WORLD_SIZE": "1",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "0",
    }.items():
        monkeypatch.setenv(name, value)
    import steady

    return steady


def parameters(folder):
    checkpoint = torch.load(Path(folder) / "epoch_5.pt")
    return torch.cat([checkpoint["w"].flatten(), checkpoint["b"]])


def plain():
    """What the script computes, without processes and checkpoints."""
    from helpers import data_iter, init_params, linreg, sgd, squared_loss, synthetic_data

    torch.manual_seed(0)
    features, labels = synthetic_data([2, -3.4], 4.2, 1000)
    params = init_params(2)
    for _ in range(5):
        for X, y in data_iter(10, features, labels):
            squared_loss(linreg(X, *params), y).sum().backward()
            sgd(params, 0.03, len(X))
    return [param.detach() for param in params]


def test_training_with_checkpoints_is_training(steady):
    """The page compares the rest, bit by bit: two processes, and a killed one that is replaced."""
    Path("calm").mkdir()
    steady.main(Path("calm"))
    w, b = plain()
    torch.testing.assert_close(parameters("calm"), torch.cat([w.flatten(), b]), rtol=0, atol=1e-6)
    page = CHAPTER.read_text(encoding="utf-8")
    assert all(f'"epoch_{epoch}.pt True\\n"' in page for epoch in range(1, 6)), "hurt is no longer calm"
    assert '"attempt 1 starts after epoch 2\\n"' in page


def test_a_cut_checkpoint_is_noticed_and_the_one_before_it_used(steady, capsys):
    folder = Path("calm")
    folder.mkdir()
    steady.main(folder)
    before = parameters(folder)
    last = folder / "epoch_5.pt"
    last.write_bytes(last.read_bytes()[: last.stat().st_size // 2])
    capsys.readouterr()
    steady.main(folder)
    told = capsys.readouterr().out
    assert told == "epoch_5.pt is damaged: trying the one before it\nattempt 0 starts after epoch 4\n"
    assert torch.equal(parameters(folder), before)


def test_a_checkpoint_cut_anywhere_is_noticed(steady):
    folder = Path()
    random = torch.get_rng_state()
    for epoch in (1, 2):
        steady.save({"epoch": epoch, "w": torch.ones(2, 1), "b": torch.ones(1), "random": random}, folder)
    whole = Path("epoch_2.pt").read_bytes()
    assert steady.newest(folder)["epoch"] == 2
    for length in [*range(50), *range(50, len(whole), 97), len(whole) - 1]:
        Path("epoch_2.pt").write_bytes(whole[:length])
        assert steady.newest(folder)["epoch"] == 1, f"cut to {length} bytes"
    Path("epoch_1.pt").write_bytes(b"")
    assert steady.newest(folder) is None


def test_a_process_that_dies_while_it_writes_leaves_the_good_file(steady, monkeypatch):
    folder = Path()
    steady.save({"epoch": 1, "w": torch.ones(2, 1)}, folder)

    def dies(state, path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", dies)
    with pytest.raises(KeyboardInterrupt):
        steady.save({"epoch": 1, "w": torch.zeros(2, 1)}, folder)
    assert steady.newest(folder)["w"].sum() == 2


@pytest.mark.parametrize("python", ["no_such_program", "failing"])
def test_without_a_second_process_the_page_says_so_and_goes_on(page, tmp_path, monkeypatch, capsys, python):
    if python == "failing":
        if sys.platform == "win32":
            pytest.skip("needs a shell script")
        python = tmp_path / "failing"
        python.write_text("#!/bin/sh\necho loopback is closed >&2\nexit 1\n")
        python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    cells = list(code_cells())
    start = next(i for i, (source, _) in enumerate(cells) if "single = []" in source)
    names = {}
    for source, tags in cells[:2] + cells[start:]:
        if source.startswith("%%writefile "):
            Path(source.split()[1]).write_text(source.partition("\n")[2], encoding="utf-8")
        elif "raises-exception" in tags:
            with pytest.raises(RuntimeError):
                exec(source, names)
        else:
            exec(source, names)
    told = capsys.readouterr().out
    assert (
        told.count("No second process here")
        == sum("torchrun(" in s and "def " not in s for s, _ in cells) - 1
    )
    assert "No such file" in told if "no_such" in str(python) else "loopback is closed" in told
    assert Path.cwd() == tmp_path and "epoch_2.pt is damaged" in told
