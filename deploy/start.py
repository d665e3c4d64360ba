"""Starts one person's server, as that person: their folder, what the course has new, then JupyterLab."""

import os
import pwd
import resource
import runpy
from pathlib import Path

from course import ROOT
from course.homework.work import copy_new


def prepare(folder):
    """Makes the folder of a student and copies the chapters; what the student has changed stays."""
    try:
        (folder / "exercises").mkdir(parents=True, exist_ok=True)
    except OSError as error:  # a full disk: the server starts all the same, to make room
        print(f"{folder}: {error}")
    for line in copy_new(ROOT / "chapters", folder / "chapters"):
        print(line)


def limit(most):
    """Holds the hub's mem_limit for each process: who asks for more gets an error, and no neighbour does."""
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def name(account, accounts=Path("/etc/passwd")):
    """Gives a number without a name the student's, as in a container. nbgrader takes the name from there."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        with accounts.open("a") as lines:
            lines.write(f"{account}:x:{os.getuid()}:{os.getgid()}::{Path.home()}:/bin/bash\n")


if __name__ == "__main__":
    name(os.environ["JUPYTERHUB_USER"])
    folder = Path(os.environ["JUPYTERHUB_ROOT_DIR"]).expanduser()
    if "TEACHER" not in os.environ:
        prepare(folder)
    if not folder.is_dir():  # a teacher who has not cloned the course yet
        folder = Path.home()
    os.environ["JUPYTERHUB_ROOT_DIR"] = str(folder)
    os.chdir(folder)  # where the Formgrader looks for nbgrader_config.py
    if most := os.environ.get("MEM_LIMIT"):
        limit(int(most))
    runpy.run_module("jupyterhub.singleuser", run_name="__main__", alter_sys=True)
