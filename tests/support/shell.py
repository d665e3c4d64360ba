"""A shell for the commands of a page. `nbgrader` and `python -m course...` start at once in it.

Each start of nbgrader costs two seconds of imports. Here one process has imported them, and forks for each
command, with the folder, the settings and the output of who typed it.
"""

import atexit
import os
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

SERVER = """
import atexit, importlib, json, os, select, signal, socket, sys
sys.modules["rfc3987_syntax"] = None  # as in course/__init__.py; `course` itself is that of the command
import matplotlib.figure, nbgrader.apps.nbgraderapp, nbgrader.converters, nbgrader.exchange, torch

version = nbgrader.api.get_alembic_version()  # a program is started for it, with each new gradebook
nbgrader.api.get_alembic_version = lambda: version

server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1] + ".new")
server.listen()
os.rename(sys.argv[1] + ".new", sys.argv[1])  # who sees it can call
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    if 0 in select.select([0, server], [], [])[0]:
        sys.exit()  # the test has ended
    asked, _ = server.accept()
    message, outputs, _, _ = socket.recv_fds(asked, 1000, 3)
    if not os.fork():
        break
    asked.close()
    [os.close(output) for output in outputs]

signal.signal(signal.SIGCHLD, signal.SIG_DFL)
server.close()
code = [1]

def end():
    # The last step at exit: to take down all that was imported would cost a second more.
    sys.stdout.flush()
    sys.stderr.flush()
    asked.sendall(str(code[0]).encode())
    os._exit(0)

atexit.register(end)
for number, output in enumerate(outputs):
    os.dup2(output, number)
    os.close(output)
while part := asked.recv(100_000):
    message += part
folder, environment, (program, *words) = json.loads(message)
os.chdir(folder)
os.environ.clear()
os.environ.update(environment)
sys.argv = [program, *words]
sys.path[:0] = environment["PYTHONPATH"].split(os.pathsep)  # `course` is that of the command
try:
    if program.endswith("nbgrader"):
        nbgrader.apps.nbgraderapp.NbGraderApp.launch_instance()
    else:  # python -m course.homework.grade
        importlib.import_module(words[1]).main(words[2:])
    code[0] = 0
except SystemExit as stop:
    code[0] = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    if isinstance(stop.code, str):
        print(stop.code, file=sys.stderr)
"""
CLIENT = """#!/bin/sh
''':'
exec '{python}' -IS "$0" "$@"
'''
import json, os, socket, sys
if sys.argv[0].endswith("python") and sys.argv[1:2] != ["-m"]:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
asked = socket.socket(socket.AF_UNIX)
asked.connect({place!r})
message = json.dumps([os.getcwd(), dict(os.environ), sys.argv]).encode()
socket.send_fds(asked, [message[:1]], [0, 1, 2])
asked.sendall(message[1:])
asked.shutdown(socket.SHUT_WR)
sys.exit(int(asked.recv(10) or b"1"))
"""


@cache
def server():
    """The socket of a process that has imported what the commands need. It ends with this process."""
    room = tempfile.TemporaryDirectory()  # the path of a socket is short
    place = Path(room.name) / "socket"
    command = [sys.executable, "-c", SERVER, str(place)]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader asks for its alembic
    started = subprocess.Popen(command, cwd=room.name, stdin=subprocess.PIPE, env=os.environ | {"PATH": path})
    while not place.exists():
        assert started.poll() is None
        time.sleep(0.05)
    atexit.register(room.cleanup)
    atexit.register(started.communicate)
    return place


class Shell:
    def __init__(self, folder, environment):
        programs = folder / "programs"
        programs.mkdir()
        for name in ("nbgrader", "python"):
            (programs / name).write_text(CLIENT.format(python=sys.executable, place=str(server())))
            (programs / name).chmod(0o755)
        self.environment = environment | {"PATH": f"{programs}{os.pathsep}{environment['PATH']}"}

    def type(self, block, folder):
        """Runs lines in bash, which stops at the first that fails. Returns what they print."""
        done = subprocess.run(
            ["bash", "-e"], input=block, cwd=folder, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
        return done.stdout
