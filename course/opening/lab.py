"""Opens JupyterLab on the first page: `make lab`."""

import os
import sys

from course import ROOT
from course.homework.work import copy_to_work

START = "chapters/00_start_here.ipynb"


def arguments(environ=os.environ, platform=sys.platform):
    """The command line for JupyterLab on this machine. A busy port is its own affair: it takes the next."""
    args = [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{START}"]
    args.append("--LabApp.extension_manager=readonly")  # the other one asks a registry for its list
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        args.append("--allow-root")  # as in most containers
    if platform.startswith("linux") and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        args.append("--no-browser")  # a text browser in the terminal would hide the address
    return args


def main():
    # Nothing phones home: these settings switch off the news, the question about news and the search
    # for updates. They also put the teacher's tools out of a learner's way.
    paths = [str(ROOT / "course" / "opening" / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    from jupyterlab.labapp import LabApp  # reads the path when it is imported

    for line in copy_to_work():
        print(line)
    os.chdir(ROOT)
    LabApp.launch_instance(arguments() + sys.argv[1:])


if __name__ == "__main__":
    main()
