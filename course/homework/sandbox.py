"""A kernel in a room of its own, made by bubblewrap: no network, no other files, none of your environment."""

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import matplotlib
from jupyter_client.manager import AsyncKernelManager

from course import ROOT

SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/fonts"]
MISSING = (
    "Submissions run with your rights: they can read what you can read, and use the network. "
    "On Linux, install bubblewrap to shut them in."
)


def walls(connection):
    """The beginning of a command that runs the rest shut in. connection: the one folder it shares."""
    seen = [*SYSTEM, sys.base_prefix, sys.prefix, ROOT / "course", ROOT / "helpers.py"]
    command = ["bwrap", "--unshare-all", "--die-with-parent", "--clearenv"]
    command += ["--dev", "/dev", *roomy("/dev/shm"), *roomy("/tmp"), "--dir", "/tmp/scratch"]
    # Of /proc no more than this: in /proc/self/mem a program could write anything.
    for name in ("cpuinfo", "meminfo", "stat"):
        command += ["--ro-bind-try", f"/proc/{name}", f"/proc/{name}"]
    for path in dict.fromkeys(map(str, seen)):
        command += ["--ro-bind-try", path, path]
    command += ["--bind", connection, connection, "--chdir", "/tmp/scratch"]
    for path in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):  # else each looks for fonts anew
        command += ["--ro-bind", str(path), f"/tmp/scratch/.cache/matplotlib/{path.name}"]
    settings = {"HOME": "/tmp/scratch", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    settings |= {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    for name, value in settings.items():
        command += ["--setenv", name, value]
    return command


@cache
def roomy(folder, gigabytes=2):
    """A folder in memory that cannot take all of it, where bubblewrap is new enough (0.7) to set a limit."""
    known = subprocess.run(["bwrap", "--help"], capture_output=True, text=True)
    limit = ["--size", str(gigabytes * 1024**3)] if "--size" in known.stdout + known.stderr else []
    return [*limit, "--tmpfs", folder]


@cache
def available():
    """Whether bubblewrap works here: found by trying, as some systems forbid what it needs."""
    if not shutil.which("bwrap"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run([*walls(folder), sys.executable, "-c", "pass"], capture_output=True)
    return tried.returncode == 0


class ShutIn(AsyncKernelManager):
    """Starts kernels behind walls. Their sockets are files in a folder of their own: there is no network."""

    def __init__(self, **options):
        super().__init__(**options)
        self.room = tempfile.mkdtemp(prefix="grade-")  # short: the path of a socket has 107 letters at most
        self.transport = "ipc"
        self.connection_file = str(Path(self.room) / "kernel.json")
        self.ip = str(Path(self.room) / "socket")
        self.kernel_spec.interrupt_mode = "message"  # a signal would end the walls, and the kernel with them

    def format_kernel_cmd(self, extra_arguments=None):
        return [*walls(self.room), *limited(super().format_kernel_cmd(extra_arguments))]

    async def _async_launch_kernel(self, kernel_cmd, **options):
        options |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        await super()._async_launch_kernel(kernel_cmd, **options)

    _launch_kernel = _async_launch_kernel

    async def _async_cleanup_resources(self, restart=False):
        await super()._async_cleanup_resources(restart)
        if not restart:
            shutil.rmtree(self.room, ignore_errors=True)

    cleanup_resources = _async_cleanup_resources


def limited(command, gigabytes=6):
    """The same command with limits on memory, stack and the length of a file, where a shell can set them."""
    if os.name != "posix":
        return command
    sizes = {"d": gigabytes * 1024**2, "f": 2 * 1024**2, "s": 8192}  # memory, a file, the stack
    limits = "; ".join(f"ulimit -{what} {size} 2>/dev/null" for what, size in sizes.items())
    return ["sh", "-c", f'{limits}; exec "$@"', "sh", *command]
