"""How much memory a kernel holds when a whole chapter has run: for the table of deploy/README.md.

python benchmarks/kernels.py [chapters/06_optimizer.ipynb ...]
"""

import os
import sys

import nbformat
import psutil
from nbclient import NotebookClient

from course import ROOT

os.environ["OMP_NUM_THREADS"] = "1"  # as deploy/ sets it


def kernel_memory(path):
    """MB of the kernel and its own processes, after Run All."""
    nb = nbformat.read(path, as_version=4)
    client = NotebookClient(nb, timeout=600, allow_errors=True, resources={"metadata": {"path": path.parent}})
    with client.setup_kernel():
        for index, cell in enumerate(nb.cells):
            client.execute_cell(cell, index)
        kernel = psutil.Process(client.km.provisioner.pid)
        return sum(one.memory_full_info().uss for one in [kernel, *kernel.children(recursive=True)]) / 1e6


if __name__ == "__main__":
    for path in [ROOT / name for name in sys.argv[1:]] or sorted(ROOT.glob("chapters/*.ipynb")):
        print(f"{path.stem:<20} {kernel_memory(path):5.0f} MB", flush=True)
