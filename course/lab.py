"""Opens JupyterLab on the first page: `make lab`."""

import os
import sys
from pathlib import Path

from course.homework import copy_to_work

ROOT = Path(__file__).parent.parent
START = "chapters/00_start_here.ipynb"


def arguments(environ=os.environ, platform=sys.platform, root_user=hasattr(os, "geteuid") and os.geteuid() == 0):
    """The command line for JupyterLab on this machine. A busy port is its own affair: it takes the next."""
    args = [f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{START}"]
    # Nothing phones home: no news, no question about news, no search for updates or extensions.
    args += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    args += ["--LabApp.extension_manager=readonly"]
    if root_user:
        args.append("--allow-root")
    if platform.startswith("linux") and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        args.append("--no-browser")  # a text browser in the terminal would hide the address
    return args


def main():
    # No question about news, which JupyterLab asks whatever news_url says; no teacher's tools in the way.
    paths = [str(ROOT / "course" / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    from jupyterlab.labapp import LabApp

    for line in copy_to_work():
        print(line)
    os.chdir(ROOT)
    LabApp.launch_instance(arguments() + sys.argv[1:])


if __name__ == "__main__":
    main()
