"""A real JupyterLab, started for the tests, and Debian's chromium to use it with."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

from course import ROOT

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
FLAGS += " --disable-component-update --disable-sync"
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # every cell is there to be looked at
}
# Its kernels are forked, as all of the suite's are. test_lab.py starts JupyterLab as a learner does.
LAB = """
from course.building import kernels
from jupyterlab.labapp import main

kernels.fork_kernels()
main()
"""


@contextmanager
def jupyterlab(notebooks, home):
    """JupyterLab on the folder notebooks, with all its own files under home. Gives its address."""
    for name, settings in SETTINGS.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings))
    folders = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    folders |= {"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"}
    folders |= {"IPYTHONDIR": "ipython"}
    env = os.environ | {name: str(home / folder) for name, folder in folders.items()}
    env |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    env |= {"JUPYTER_CONFIG_PATH": str(ROOT / "course" / "opening" / "jupyter")}  # as `make lab` has it
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    command = [sys.executable, "-c", LAB, "--no-browser", "--allow-root", f"--port={port}"]
    command += [f"--ServerApp.root_dir={notebooks}", f"--IdentityProvider.token={token}"]
    command += [
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
    ]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with open(home / "log.txt", "w") as log:
        server = subprocess.Popen(command, env=env, cwd=home, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api", server, home / "log.txt")
        yield f"{address}/lab/tree/{{}}?token={token}&reset"
    finally:
        server.terminate()  # it stops its kernels too
        server.wait(300)


def wait_for(url, server, log, seconds=300):
    for _ in range(seconds * 10):
        try:
            return urllib.request.urlopen(url).close()
        except OSError:
            if server.poll() is not None:
                break
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@contextmanager
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


# JupyterLab takes longer to start than a notebook to open, so the next one is opened in the same page.
OPEN = """async path => {
    for (const old of [...jupyterapp.shell.widgets("main")]) {
        await old.context?.sessionContext.shutdown();
        old.dispose();
    }
    const next = await jupyterapp.commands.execute("docmanager:open", {path});
    await next.context.ready;
    await next.context.sessionContext.ready;
}"""


class Notebook:
    """One notebook open in the browser. Collects what the browser's console reports as an error."""

    def __init__(self, browser, address, path, width=1400):
        self.cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        pages = [page for context in browser.contexts for page in context.pages]
        self.page = pages[0] if pages else browser.new_page()
        self.page.set_viewport_size({"width": width, "height": 1000})
        self.page.set_default_timeout(300_000)  # only a hang reaches it
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        if pages:
            self.page.evaluate(OPEN, path.name)
        else:
            self.page.goto(address.format(path.name))
        self.page.locator(".jp-Notebook .jp-Cell").nth(len(self.cells) - 1).wait_for()
        self.page.get_by_text("(ipykernel) | Idle").wait_for()

    def tagged(self, tag):
        """The numbers of the cells with this tag."""
        return [i for i, cell in enumerate(self.cells) if tag in cell["metadata"].get("tags", [])]

    def cell(self, number):
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def run_all(self):
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.done(waiting="[ ]")  # after a red cell JupyterLab runs the rest, but takes their stars away

    def run(self, number):
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self.done()

    def done(self, waiting="*"):
        """Waits until nothing runs. A cell that is asked to run shows a star at once."""
        self.page.wait_for_function(
            "waiting => ![...document.querySelectorAll('.jp-InputPrompt')]"
            ".some(p => p.textContent.includes('*') || p.textContent.includes(waiting))",
            arg=waiting,
        )
        self.page.get_by_text("(ipykernel) | Idle").wait_for()
