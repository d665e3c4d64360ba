"""Opens JupyterLab on the first page: `make lab`, in the language of the system, or `make lab LANG_=zh`."""

import os
import sys

from course import ROOT
from course.homework.work import copy_to_work
from course.language import ZH, of_terminal, spoken

START = "chapters/00_start_here.ipynb"


def arguments(environ=os.environ, platform=sys.platform, root=ROOT):
    """The command line for JupyterLab on this machine. A busy port is its own affair: it takes the next.

    root: the folder that it opens. The Chinese one, zh/, has chapters/, exercises/ and work/ of its own.
    """
    args = [f"--ServerApp.root_dir={root}", f"--LabApp.default_url=/lab/tree/{START}"]
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

    os.environ["COURSE_LANGUAGE"] = of_terminal()
    root = ZH if os.environ["COURSE_LANGUAGE"] == "zh" else ROOT
    for line in copy_to_work(root):
        print(spoken(line))
    del os.environ["COURSE_LANGUAGE"]  # a page speaks the language of its folder
    os.chdir(root)
    LabApp.launch_instance(arguments(root=root) + sys.argv[1:])


if __name__ == "__main__":
    main()
