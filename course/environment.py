"""The check on the first page: is everything here that the course needs?"""

import importlib.util
import sys
from pathlib import Path

from course import ROOT
from course.language import spoken

PACKAGES = ("torch", "jupyterlab", "nbval", "matplotlib", "ipywidgets", "polib", "psutil", "sklearn")


def problems(version=sys.version_info, find=importlib.util.find_spec, root=ROOT):
    """Yields (what is checked, remedy), with the remedy None where all is well."""
    major, minor = version[:2]
    old = f"this is {major}.{minor}: install a newer Python" if (major, minor) < (3, 11) else None
    yield "Python 3.11 or newer", old
    for package in PACKAGES:
        yield package, None if find(package) else f"not installed for this kernel: {INSTALL}"
    for module in ("helpers", "course"):
        spec = find(module)
        own = spec is not None and Path(spec.origin).resolve().is_relative_to(root.resolve())
        yield f"{module}, of this course", None if own else f"not found, or not this course's: {INSTALL}"


INSTALL = "choose the kernel Python 3 of `make lab`, or run `pip install -e .` in the course folder"


def check_environment():
    """Prints a line for each thing that the course needs: OK, or what to do."""
    for name, remedy in problems():
        print(spoken(f"to do  {name}: {remedy}" if remedy else f"OK     {name}"))
