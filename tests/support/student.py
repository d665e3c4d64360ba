"""A student at the browser: signs in to a hub, runs a chapter, and does an exercise by nbgrader's list."""

import time
from urllib.parse import quote


def wait_until(condition, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.1)


class Student:
    def __init__(self, browser, machine, name):
        self.name, self.machine = name, machine
        self.page = browser.new_context(viewport={"width": 1100, "height": 800}).new_page()
        self.page.set_default_timeout(300_000)  # only a hang reaches it
        self.page.on("dialog", lambda dialog: dialog.accept())  # leave this page?

    def url(self, path, owner=None):
        return f"{self.machine.address}/user/{owner or self.name}/{path}"

    def sign_in(self, path=None):
        """Sends the form and does not wait for the server. It leads to a path, or to chapter 00."""
        to = quote(f"/hub/spawn/{self.name}?next=/user/{self.name}/{path}", safe="") if path else ""
        self.page.goto(f"{self.machine.address}/hub/login?next={to}")
        self.page.fill("input[name=username]", self.name)
        self.page.fill("input[name=password]", self.machine.password(self.name))
        self.page.evaluate("document.querySelector('form').submit()")

    def ready(self):
        """Waits until a notebook is open and its kernel rests."""
        self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell").first.wait_for()
        self.page.get_by_text("(ipykernel) | Idle").wait_for()

    def menu(self, *names):
        self.page.get_by_role("menuitem", name=names[0], exact=True).click()
        self.page.get_by_role("menuitem", name=names[1]).first.click()

    def done(self):
        """Waits until nothing runs. A cell that is asked to run shows a star at once."""
        self.page.wait_for_function(
            "() => ![...document.querySelectorAll('.jp-InputPrompt')].some(p => p.textContent.includes('*'))",
            polling=200,
        )
        self.page.get_by_text("(ipykernel) | Idle").wait_for()

    def cells(self):
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell")

    def type(self, number, text):
        """Puts a text in place of a cell's."""
        self.cells().nth(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def run(self, *numbers):
        """Has cells run, one after the other, and does not wait for them."""
        for number in numbers:
            self.cells().nth(number).locator(".cm-content").click()
            self.page.keyboard.press("Control+Enter")

    def printed(self, number):
        """What a cell has printed, when all have run."""
        self.done()
        outputs = self.cells().nth(number).locator(".jp-OutputArea-output")
        return "\n".join(outputs.all_inner_texts())

    def file(self, path):
        """What stands in this student's folder, read by nobody's server."""
        return self.machine.homes / self.name / "linear-regression" / path

    def home_of(self, other):
        """The path of another student's folder, as it is seen on the machine."""
        return f"{self.machine.home}/{other.name}/linear-regression"

    def save(self, path, text):
        """Saves, and waits until the file holds a text."""
        self.page.keyboard.press("Control+S")
        wait_until(lambda: text in self.file(path).read_text("utf-8"))

    def open_fetched(self, name):
        """Opens the notebook of a fetched assignment from the list, and does not wait for its kernel."""
        self.page.locator("#fetched_assignments_list a", has_text=name).first.click()
        self.page.locator("#fetched_assignments_list .nested_list_item a", has_text=name).click()

    def assignments(self):
        """Opens nbgrader's list, or brings it up to date."""
        tab = self.page.locator(".lm-TabBar-tab", has_text="Assignments")
        if tab.count():
            tab.click()
            self.page.locator("#refresh_assignments_list").click()
        else:
            self.menu("Nbgrader", "Assignment List")

    def press(self, part, button):
        """Presses a button of one part of the list: released, fetched or submitted."""
        self.page.locator(f"#{part}_assignments_list").get_by_role("button", name=button, exact=True).click()

    def terminal(self, line, done):
        """Opens a terminal, and types a line until it is done: without a shell yet, it is lost."""

        def tried():
            self.page.keyboard.insert_text(line)
            self.page.keyboard.press("Enter")
            self.page.wait_for_timeout(1000)
            return done()

        self.page.locator(".lm-TabBar-addButton:visible").first.click()
        self.page.locator(".jp-LauncherCard:visible", has_text="Terminal").click()
        self.page.locator(".jp-Terminal .xterm-screen").click()
        wait_until(tried)
