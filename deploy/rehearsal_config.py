"""A rehearsal of the hub on one account (make hub): made-up students, walls in place of accounts.

The hub and its students stand in work/hub/ of the folder where it is started; that folder is the teacher's.
Not for a class: there are two passwords for all, and every file belongs to one account.
"""

import os
import secrets
import sys
from pathlib import Path

from jupyterhub.spawner import SimpleLocalProcessSpawner

from course.homework.sandbox import SYSTEM, available

c = get_config()  # noqa: F821 - JupyterHub gives it
ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path.cwd() / "work" / "hub"
os.environ["NBGRADER_EXCHANGE"] = str(FOLDER / "exchange")
load_subconfig(str(Path(__file__).with_name("jupyterhub_config.py")))  # noqa: F821
STUDENTS = os.environ.get("STUDENTS", "ada ben cem dia").split()
TEACHER = "teacher"
if not available():
    sys.exit("The rehearsal needs bubblewrap (Debian: apt install bubblewrap): it keeps the folders apart.")


class Walls(SimpleLocalProcessSpawner):
    """A server that sees its own folder, the exchange and the course, and no other folder.

    Inside, the account has the student's name: from there nbgrader takes it.
    """

    def make_preexec_fn(self, name):
        return None

    async def start(self):
        home, cmd = Path(self.home_dir), self.cmd
        home.mkdir(parents=True, exist_ok=True)
        if not self.user.admin:
            self.cmd = [*self.walls(home), *cmd]
        try:
            return await super().start()
        finally:
            self.cmd = cmd

    def walls(self, home):
        account = FOLDER / "accounts" / self.user.name
        account.parent.mkdir(exist_ok=True)
        account.write_text(f"{self.user.name}:x:{os.getuid()}:{os.getgid()}::{home}:/bin/bash\n")
        seen = [*SYSTEM, sys.base_prefix, sys.prefix]
        seen += [ROOT / name for name in ("course", "helpers.py", "chapters", "deploy")]
        command = ["bwrap", "--unshare-all", "--share-net", "--die-with-parent"]
        command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
        for path in dict.fromkeys(map(str, seen)):
            command += ["--ro-bind-try", path, path]
        command += ["--ro-bind", account, "/etc/passwd"]
        for path in (home, FOLDER / "exchange"):
            command += ["--bind", path, path]
        return [*map(str, command), "--chdir", str(home)]


(FOLDER / "exchange").mkdir(parents=True, exist_ok=True)
(FOLDER / "exchange").chmod(0o777)
c.JupyterHub.spawner_class = Walls
c.SimpleLocalProcessSpawner.home_dir_template = str(FOLDER / "home" / "{username}")
c.JupyterHub.db_url = f"sqlite:///{FOLDER / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(FOLDER / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(FOLDER / "proxy.pid")
if os.getuid() == 0:
    c.Spawner.args += ["--allow-root"]

everyone = c.Spawner.pre_spawn_hook


def for_one(spawner):
    everyone(spawner)
    if spawner.user.admin:
        spawner.notebook_dir = str(Path.cwd())


c.Spawner.pre_spawn_hook = for_one

# Kept with the rest: the terminal scrolls, and the hub may be started again.
kept = FOLDER / "passwords.txt"
if not kept.exists():
    kept.touch(mode=0o600)
    kept.write_text(f"students {secrets.token_hex(4)}\n{TEACHER} {secrets.token_hex(16)}\n")
passwords = [line.split()[1] for line in kept.read_text().splitlines()]
c.JupyterHub.authenticator_class = "shared-password"
c.Authenticator.allowed_users = {*STUDENTS, TEACHER}
c.Authenticator.admin_users = {TEACHER}
c.SharedPasswordAuthenticator.user_password, c.SharedPasswordAuthenticator.admin_password = passwords
print(f"Students {', '.join(STUDENTS)}, password {passwords[0]}; {TEACHER}, password {passwords[1]}")
print(f"The passwords stand in {kept}", flush=True)
