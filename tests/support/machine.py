"""A JupyterHub of deploy/ for the tests, on one of two machines: a class with accounts, or a rehearsal."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import nbformat
import psutil
from support.sample import some_tasks

from course import ROOT
from course.homework.sandbox import SYSTEM

PROXY = Path(sys.executable).with_name("configurable-http-proxy")
PROXY = str(PROXY) if PROXY.exists() else shutil.which("configurable-http-proxy")
STUDENTS = ["ada", "ben", "cem", "dia"]
CLONE = [
    "chapters",
    "course",
    "deploy",
    "helpers.py",
    "nbgrader_config.py",
]  # what a teacher needs of a clone


def commands(heading, page="deploy/README.md"):
    """The lines of the code blocks below a heading of a page."""
    text = (ROOT / page).read_text("utf-8")
    part = re.split(r"(?m)^## ", text.partition(f"## {heading}\n")[2])[0]
    return "\n".join(re.findall(r"(?ms)^```bash\n(.*?)^```", part))


class Machine:
    """A hub that runs, its students and its teacher."""

    def __init__(self, folder, chapter, task):
        self.log = folder / "hub.log"
        for name in CLONE:
            (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.clone / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, self.clone / name)
        place = self.clone / "solutions" / chapter / f"{chapter}.ipynb"
        place.parent.mkdir(parents=True)
        nbformat.write(some_tasks(chapter, task), place)

    def start(self):
        urls = [f"http://127.0.0.1:{port}" for port in free_ports(3)]
        self.address = urls[0]
        config = ROOT / "deploy" / f"{self.config}.py"
        command = [sys.executable, "-m", "jupyterhub", f"--config={config}"]
        command += [f"--JupyterHub.bind_url={urls[0]}", f"--JupyterHub.hub_bind_url={urls[1]}"]
        command += [f"--ConfigurableHTTPProxy.api_url={urls[2]}"]
        command += ["--Spawner.start_timeout=600", "--Spawner.http_timeout=600"]  # only a hang reaches it
        with open(self.log, "w") as log:
            self.hub = psutil.Popen(self.inside(command), stdout=log, stderr=log, **self.place)
        for _ in range(3000):  # tenths of a second
            if "JupyterHub is now running" in self.log.read_text():
                return self
            if self.hub.poll() is not None:
                break
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"JupyterHub did not start:\n{self.log.read_text()[-3000:]}")

    def stop(self):
        """Ends the hub, its servers and its proxy at once: nothing of this class is needed again."""
        everything = [self.hub, *self.hub.children(recursive=True)] if self.hub.is_running() else []
        for one in everything:
            with suppress(psutil.Error):
                one.kill()
        psutil.wait_procs(everything, 30)

    def server(self, name):
        """The processes of one student, the server first."""
        everybody = self.hub.children(recursive=True)
        mine = [one for one in everybody if dict(about(one, "environ")).get("JUPYTERHUB_USER") == name]
        return [one for one in mine if one.name() != "bwrap"]

    def teacher(self, *module):
        """Runs a module as the teacher, in the teacher's clone. Returns what it says."""
        command = self.as_teacher([sys.executable, "-m", *module])
        done = subprocess.run(command, cwd=self.clone, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


class Rehearsal(Machine):
    """deploy/rehearsal_config.py, started in the teacher's clone, as `make hub` does."""

    config = "rehearsal_config"

    def __init__(self, folder, *exercise):
        self.clone = folder / "clone"
        self.home = self.homes = self.clone / "work" / "hub" / "home"
        self.place = {"cwd": self.clone, "env": os.environ | {"STUDENTS": " ".join(STUDENTS)}}
        super().__init__(folder, *exercise)

    def inside(self, command):
        return command

    def as_teacher(self, command):
        exchange = self.clone / "work" / "hub" / "exchange"
        settings = [f"NBGRADER_EXCHANGE={exchange}", f"JUPYTER_CONFIG_PATH={self.clone}/deploy/everyone"]
        return ["env", *settings, *command]

    def password(self, name):
        students, teacher = re.findall(r"password (\w+)", self.log.read_text())
        return teacher if name == "teacher" else students


class Class(Machine):
    """deploy/jupyterhub_config.py on a machine of its own: bubblewrap gives it an /etc, /home and /srv.

    It is set up by the commands of deploy/README.md, and the system keeps its accounts apart.
    """

    config, home = "jupyterhub_config", Path("/home")
    etc = "pam.d security login.defs nsswitch.conf ld.so.cache ld.so.conf ld.so.conf.d fonts".split()

    def __init__(self, folder, *exercise):
        os.umask(0o022)  # the students read /etc/passwd
        self.folder, self.homes, self.place = folder, folder / "home", {}
        for name in ("etc", "home", "srv"):
            (folder / name).mkdir()
            (folder / name).chmod(0o755)
        for name in map(Path, self.etc):
            if (copy := {True: shutil.copytree, False: shutil.copy}) and ("/etc" / name).exists():
                copy[("/etc" / name).is_dir()]("/etc" / name, folder / "etc" / name)
        for name in ("passwd", "group", "shadow"):
            first = Path("/etc", name).read_text().splitlines()[0]  # root
            (folder / "etc" / name).write_text(f"{first}\n")
        (folder / "srv" / "students.txt").write_text("\n".join(STUDENTS) + "\n")
        names = [*STUDENTS, "teacher"]
        (folder / "srv" / "passwords.txt").write_text("".join(f"{n}:{self.password(n)}\n" for n in names))
        self.root(commands("Accounts"))
        self.clone = self.homes / "teacher" / "linear-regression"
        super().__init__(folder, *exercise)
        self.root("chown -R teacher: /home/teacher")

    def inside(self, command):
        walls = ["bwrap", "--die-with-parent", "--cap-add", "ALL", "--proc", "/proc", "--dev", "/dev"]
        walls += ["--perms", "1777", "--tmpfs", "/tmp"]
        seen = list(dict.fromkeys(map(str, [*SYSTEM[:6], sys.base_prefix, sys.prefix, ROOT])))
        parents = {parent for path in seen for parent in Path(path).parents}
        for parent in sorted(parents - {Path("/"), Path("/tmp")}):
            if not any(parent.is_relative_to(path) for path in seen):
                walls += ["--perms", "0755", "--dir", str(parent)]
        for path in seen:
            walls += ["--ro-bind-try", path, path]
        for name in ("etc", "home", "srv"):
            walls += ["--bind", str(self.folder / name), f"/{name}"]
        return [*walls, "--chdir", "/srv", *command]

    def root(self, script):
        """Runs shell commands as root. Returns what they say."""
        command = self.inside(["bash", "-e", "-c", script])
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def as_teacher(self, command):
        settings = ["HOME=/home/teacher", "NBGRADER_EXCHANGE=/srv/nbgrader/exchange"]
        settings += [f"JUPYTER_CONFIG_PATH={ROOT}/deploy/everyone"]
        settings += [
            f"PATH={Path(sys.executable).parent}:{os.environ['PATH']}"
        ]  # as in a terminal of the hub
        outer = ["-uIPYTHONDIR", "-uJUPYTER_CONFIG_DIR", "-uJUPYTER_RUNTIME_DIR"]  # of the tests: conftest.py
        there = ["env", *outer, "--chdir=/home/teacher/linear-regression", *settings, *command]
        return self.inside(["runuser", "-u", "teacher", "--", *there])

    def password(self, name):
        return f"{name}-2026"


def can_make_accounts():
    """Whether a Class can be made here: as root, where bubblewrap works."""
    if os.name != "posix" or os.geteuid() or not all(map(shutil.which, ["bwrap", "useradd", "runuser"])):
        return False
    if any(str(path).startswith(("/home/", "/srv/")) for path in (ROOT, sys.prefix, sys.base_prefix)):
        return False  # the machine has a /home and a /srv of its own, which would hide it
    with tempfile.TemporaryDirectory() as folder:
        command = ["bwrap", "--cap-add", "ALL", "--ro-bind", "/", "/", "--bind", folder, "/srv", "true"]
        return subprocess.run(command, capture_output=True).returncode == 0


def about(process, what):
    """cmdline or environ of a process, or nothing where it has just ended."""
    try:
        return getattr(process, what)()
    except psutil.Error:
        return []


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
