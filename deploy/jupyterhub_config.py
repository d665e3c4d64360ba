"""JupyterHub for a class on one machine: accounts of the system, a folder each. See deploy/README.md."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
EXCHANGE = os.environ.get("NBGRADER_EXCHANGE", "/srv/nbgrader/exchange")

c = get_config()  # noqa: F821 - JupyterHub gives it

# Only this machine reaches it. In front stands a web server with a certificate.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
if (BIN / "configurable-http-proxy").exists():
    c.ConfigurableHTTPProxy.command = [str(BIN / "configurable-http-proxy")]

# Who may come in: accounts of these two groups, with the passwords of the machine.
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {"students", "teachers"}
c.PAMAuthenticator.admin_groups = {"teachers"}
c.PAMAuthenticator.open_sessions = False  # a session of PAM asks for more than a password

# Each server is a process of its account: the system keeps the folders apart.
c.JupyterHub.spawner_class = "localprocess"
c.Spawner.cmd = [sys.executable, str(HERE / "start.py")]
c.Spawner.notebook_dir = "~/linear-regression"
c.Spawner.default_url = "/lab/tree/chapters/00_start_here.ipynb"
c.Spawner.poll_interval = 2  # seconds until a server that died is noticed
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120  # many start at once when a lesson begins
c.Spawner.mem_limit = "2G"  # for each process of a student, held by start.py
c.Spawner.args = [
    "--LabApp.extension_manager=readonly",  # the other one asks a registry for its list
    "--MappingKernelManager.cull_idle_timeout=3600",  # a kernel that rests gives its memory back
    "--MappingKernelManager.cull_connected=True",
    "--ServerApp.shutdown_no_activity_timeout=3600",  # and then the server
]


def for_one(spawner):
    """What differs: a student sees the list of assignments, a teacher the grading too."""
    folders = [HERE / "everyone"] if spawner.user.admin else [HERE / "student", HERE / "everyone"]
    spawner.environment = {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(map(str, folders)),
        "NBGRADER_EXCHANGE": EXCHANGE,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",  # a terminal finds nbgrader, and nbgrader alembic
        "OMP_NUM_THREADS": "1",  # the cores are shared
    }
    if spawner.user.admin:
        spawner.default_url, spawner.mem_limit = "/lab", None
        spawner.environment["TEACHER"] = "1"


c.Spawner.pre_spawn_hook = for_one
