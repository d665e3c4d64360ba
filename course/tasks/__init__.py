"""The tasks of the exercises, a module for each chapter. The answers are in here: try first.

A probe asks for one property at a time, on numbers that show each classic mistake in its own way.
The last comparison is with another calculation than the one asked for, on fresh data.

    kit.py     naming a mistake, reading an answer, registering a task
    run.py     running an answer so that it harms nothing
    probes.py  what the probes of several chapters use
    the rest   a chapter each; a new file is found by its being here
"""

from importlib import import_module
from pkgutil import iter_modules

from course.tasks.kit import TASKS

for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")

__all__ = ["TASKS"]
