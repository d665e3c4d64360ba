"""A pytest plugin: the suite's kernels are forked from a process that has imported torch once.

A kernel and its imports take longer than most pages. On Linux they are paid once by each worker of the
suite; elsewhere, where a fork is not safe, kernels start as always. `make notebooks` starts them as always
too, and so finds an import that a page has forgotten.

On Linux nbval calls its kernels by files, too, and not by ports: a port that is free when it is chosen may
be another process's when the kernel asks for it.
"""

import multiprocessing
import os
import runpy
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import local_provisioner

WARM = ["ipykernel.kernelapp", "matplotlib.pyplot", "matplotlib_inline.backend_inline", "torch", "IPython"]


def be_kernel(argv, cwd, env, begun):
    """Runs in the forked process: what the command `argv` would do as a new one."""
    os.setsid()  # a group of its own: an interrupt reaches it and what it started, and nobody else
    begun.send(None)
    begun.close()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    sys.argv = argv[2:]
    runpy.run_module(argv[2], run_name="__main__", alter_sys=True)


class Forked:
    """The part of subprocess.Popen that jupyter_client uses."""

    stdin = stdout = stderr = None

    def __init__(self, argv, cwd=None, env=None, **streams):
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(WARM)
        here, there = context.Pipe(duplex=False)
        arguments = (argv, cwd or os.getcwd(), dict(env), there)
        self._process = context.Process(target=be_kernel, args=arguments, daemon=True)
        self._process.start()
        there.close()
        here.recv()  # the caller asks for its group at once
        here.close()
        self.pid = self._process.pid
        self.kill, self.terminate = self._process.kill, self._process.terminate

    def poll(self):
        return self._process.exitcode

    def wait(self, timeout=None):
        self._process.join(timeout)
        return self._process.exitcode

    def send_signal(self, number):
        os.kill(self.pid, number)


class CalledByFiles(KernelManager):
    def __init__(self, **options):
        super().__init__(transport="ipc", **options)
        self.room = TemporaryDirectory(prefix="kernel-", dir="/tmp")  # the path of a socket must be short
        self.connection_file = str(Path(self.room.name) / "kernel.json")
        self.ip = str(Path(self.room.name) / "socket")


def fork_kernels():
    """On Linux, from now on each kernel that this process starts as usual is forked instead."""
    if sys.platform != "linux":
        return
    launch = local_provisioner.launch_kernel

    def warm(argv, **options):
        plain = argv[1:3] == ["-m", "ipykernel_launcher"]
        return Forked(argv, **options) if plain else launch(argv, **options)

    local_provisioner.launch_kernel = warm


def pytest_configure(config):
    fork_kernels()
    if sys.platform == "linux":
        import nbval.kernel

        nbval.kernel.KernelManager = CalledByFiles
