"""The notebooks as pages of the book: sources for Sphinx, written under build/, never edited."""

import base64
import hashlib
import html
import os
import re
from pathlib import Path

import live
import nbformat

from course import ROOT

DIV = re.compile(r"(?m)^[ \t]*</?div\b[^>]*>[ \t]*\n?")
LINK = re.compile(r"\[([^\]]*)\]\((?!\w+:)([^)\s#]+)(#[^)\s]*)?\)")
HEADING = re.compile(r"(?m)^#{1,6} .*$")
MARKS = re.compile(r"(?m)^\s*### (?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)\n?")
LOOKS = ("question", "evidence", "answer")
FENCE = ":" * 9


def notebooks(solutions=True):
    """The notebooks of the book, by the path of their page without ending: {"06_optimizer": path, ...}."""
    found = {path.stem: path for path in sorted(ROOT.glob("chapters/*.ipynb"))}
    for folder in ("exercises", "solutions")[: 1 + solutions]:
        found |= {f"{folder}/{p.stem}": p for p in sorted(ROOT.glob(f"{folder}/*/*.ipynb"))}
    return found


def title_of(notebook):
    return HEADING.search(notebook.cells[0].source)[0].lstrip("# ")


def questions_of(notebook):
    """[(id, English, Chinese), ...] of the question cells, in order."""
    found = []
    for cell in notebook.cells:
        if "question" in cell.metadata.get("tags", []) and "qa" in cell.metadata:
            text = DIV.sub("", cell.source)
            heading = HEADING.search(text)
            english = re.sub(r"^#+ (?:Question\.?\s+)?", "", heading[0]) if heading else cell.metadata["qa"]
            chinese = re.search(r"(?m)^\*(.*[\u4e00-\u9fff].*)\*\s*$", text)
            found.append((cell.metadata["qa"], english, chinese[1] if chinese else ""))
    return found


def in_columns(output):
    """Whether an output holds numbers below each other: on a phone it scrolls, other lines are wrapped."""
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return sum(bool(re.search(r"\S {2,}\S|^ +\S", line)) for line in text.splitlines()) > 1


class Pages:
    """Writes the sources of all pages into a folder, and knows which pictures still have to be drawn.

    source: the folder; what is there is replaced.  extra: files that the book carries as they are.
    """

    def __init__(self, source, extra, solutions=True, limit=250):
        self.source, self.extra, self.limit = source, extra, limit
        self.found = notebooks(solutions)
        self.books = {name: nbformat.read(path, as_version=4) for name, path in self.found.items()}
        self.whole = solutions
        for notebook in self.books.values() if not solutions else ():  # for a class
            notebook.cells = [c for c in notebook.cells if "model-answer" not in c.metadata.get("tags", [])]
        self.where = {path: name for name, path in self.found.items()}
        self.depth = ""  # the way up from the page being written
        self.home = os.environ.get("COURSE_URL", "")  # where the course can be cloned; a workflow knows it
        self.jobs = []  # (imports, call, file name, number of positions) of the explorers met
        self.shown = {}  # the explorers, as HTML, by name

    def write(self):
        for name, notebook in self.books.items():
            self.depth = "../" * name.count("/")
            original = self.found[name]
            copy = self.extra / "notebooks" / original.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if self.whole:
                copy.write_bytes(original.read_bytes())
            else:
                nbformat.write(notebook, copy)
            file = self.source / f"{name}.ipynb"
            file.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(self.page(name, notebook), file)
        (self.source / "index.md").write_text(self.landing(), encoding="utf-8")
        (self.source / "helpers.md").write_text(self.helpers(), encoding="utf-8")
        (self.source / "questions.md").write_text(self.question_index(), encoding="utf-8")

    def page(self, name, notebook):
        imports, new = live.imports_of(notebook.cells), []
        self.targets = set()
        for cell in notebook.cells:
            look = next((tag for tag in LOOKS if tag in cell.metadata.get("tags", [])), None)
            if cell.cell_type == "markdown":
                cell.source = self.markdown(name, cell.source, look, cell.metadata.get("qa"))
            elif cell.cell_type == "code":
                if cell.metadata.get("jupyter", {}).get("outputs_hidden"):
                    cell.metadata.tags = [*cell.metadata.get("tags", []), "hide-output"]
                cell.source = MARKS.sub("", cell.source)
                if call := live.call_of(cell.source):
                    cell.outputs = [self.alive(imports, call, cell)]
                if any(in_columns(output) for output in cell.outputs):
                    cell.metadata.tags = [*cell.metadata.get("tags", []), "columns"]
                for output in cell.outputs:
                    self.picture(output)
            new.append(cell)
        if name.startswith("solutions/"):
            new[0].source = new[0].source.replace(": exercises", ": solutions", 1)
        notebook.cells = [new[0], nbformat.v4.new_markdown_cell(self.how(name)), *new[1:]]
        return notebook

    def how(self, name):
        """The line below the title: download, run, and the way to the exercises or the solution."""
        path = self.found[name].relative_to(ROOT).as_posix()
        kind, _, stem = name.rpartition("/")
        run = path
        links = []
        if kind == "exercises":
            run = f"work/{stem}/{stem}.ipynb"
            if stem in self.found:
                links.append(f'<a href="../{stem}.html">Chapter</a>')
            if f"solutions/{stem}" in self.found:
                links.append(f'<a href="../solutions/{stem}.html">Solution, once you have tried</a>')
        elif kind == "solutions":
            links.append(f'<a href="../exercises/{stem}.html">Exercises</a>')
        elif f"exercises/{stem}" in self.found:
            links.append(f'<a href="exercises/{stem}.html">Exercises</a>')
        links.append(f'<a href="{self.depth}notebooks/{path}" download>Download the notebook</a>')
        if any("from helpers import" in cell.source for cell in self.books[name].cells):
            links.append(f'<a href="{self.depth}helpers.html">The functions of helpers</a>')
        get = f"<code>git clone {html.escape(self.home)}</code> fetches the course. " if self.home else ""
        where = f"open <code>{run}</code>"
        if kind == "exercises":
            where += ", your own copy"
        return (
            f'<div class="page-links">{" · ".join(links)}\n<details><summary>How to run this page</summary>\n'
            f"<p>{get}In the folder of the course type <code>make lab</code>, then {where}. "
            "<code>Shift</code>+<code>Enter</code> runs a cell.</p></details></div>"
        )

    def markdown(self, name, text, look, qa):
        text = DIV.sub("", text) if look else text
        text = LINK.sub(lambda m: self.link(name, m), text)
        text = re.sub(r"(<details[^>]*>)\s*(<summary>.*?</summary>)", r"\1\2", text)
        if not look:
            return text
        head = HEADING.search(text)
        before, title, rest = (text[: head.start()], head[0], text[head.end() :]) if head else ("", "", text)
        parts = [before.strip()] if before.strip() else []
        if look == "question" and qa and qa not in self.targets:
            self.targets.add(qa)
            parts.append(f"({qa})=")
        parts += [title] if title else []
        parts.append(f"{FENCE}{{container}} qa-{look}\n{rest.strip()}\n{FENCE}")
        return "\n".join(parts[:-1]) + "\n\n" + parts[-1] if len(parts) > 1 else parts[0]

    def link(self, name, match):
        """A link as it is in JupyterLab, made to lead to the page of the book; elsewhere, its text alone."""
        text, path, anchor = match.groups()
        target = (self.found[name].parent / path).resolve()
        if target not in self.where:
            return text
        path = os.path.relpath(self.where[target], Path(name).parent).replace(os.sep, "/")
        return f"[{text}]({path}.ipynb{anchor or ''})"

    def picture(self, output):
        """A picture output becomes an HTML one, because only so it keeps its description as alt text."""
        data = output.get("data", {})
        if "image/png" in data and "text/html" not in data:
            img = self.img(data["image/png"], output.metadata.get("image/png", {}))
            src = re.search('src="([^"]+)"', img)[1]  # on a phone a touch opens it alone, to be enlarged
            output.data = {"text/html": f'<a class="alone" href="{src}">{img}</a>'}
            output.metadata = {}

    def img(self, encoded, about):
        content = base64.b64decode(encoded)
        file = self.extra / "pictures" / f"{hashlib.sha256(content).hexdigest()[:16]}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        size = "".join(f' {side}="{about[side]}"' for side in ("width", "height") if side in about)
        alt = html.escape(about.get("alt", ""), quote=True)
        src = f"{self.depth}pictures/{file.name}"
        return f'<img class="figure dark-light" src="{src}" alt="{alt}"{size} loading="lazy">'

    def alive(self, imports, call, cell):
        widget = live.make(imports, call)
        name = re.sub(r"\W+", "-", call.removesuffix("()")).strip("-")
        if live.is_explorer(widget):
            positions = live.Positions(widget, self.limit)
            data, metadata = widget.stored
            stored = next((o for o in cell.outputs if "image/png" in o.get("data", {})), None)
            if stored is not None:
                data, metadata = stored.data, stored.metadata
            img = self.img(data["image/png"], metadata["image/png"])
            alt = metadata["image/png"]["alt"]
            body = live.explorer_html(widget, positions, name, f"{self.depth}frames/", img, alt)
            if name not in self.shown:
                self.jobs.append((imports, call, name, len(positions.indices)))
            self.shown[name] = body
        else:
            body = live.prediction_html(widget, name)
        return nbformat.v4.new_output("display_data", data={"text/html": body})

    def landing(self):
        text = (ROOT / "book/index.md").read_text(encoding="utf-8")
        chapters = [name for name in self.found if "/" not in name]
        lines = []
        for name in chapters:
            asked = "".join(f"<br>{english}" for _, english, _ in questions_of(self.books[name])[:2])
            title = title_of(self.books[name])
            number = "" if title.startswith(name[:2]) else f"{name[:2]} "
            lines.append(f"- [{number}{title}]({name}.ipynb){asked}")
        for name in self.found:  # a project has exercises and no chapter
            if name.startswith("exercises/") and name.removeprefix("exercises/") not in chapters:
                lines.append(f"- [{title_of(self.books[name])}]({name}.ipynb)")
        lines.sort(key=lambda line: re.search(r"\d\d", line)[0])
        trees = [self.tree("Chapters", chapters)]
        for folder in ("exercises", "solutions"):
            if names := [name for name in self.found if name.startswith(f"{folder}/")]:
                trees.append(self.tree(folder.capitalize(), names))
        text = re.sub(r"\{explorer ([\w-]+)\}", lambda match: self.shown.get(match[1], ""), text)
        return text.replace("{chapters}", "\n".join(lines)).replace("{trees}", "\n".join(trees))

    def tree(self, caption, names):
        names = ["questions", *names, "helpers"] if caption == "Chapters" else names
        return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *names, "```", ""])

    def helpers(self):
        """helpers.py, a section for each function, with the chapter it comes from."""
        text = (ROOT / "helpers.py").read_text(encoding="utf-8")
        lines = [
            "# The functions of helpers",
            "",
            "The functions that the chapters build and keep. Later pages import them from `helpers`.",
            "",
        ]
        for chapter, code in re.findall(r"(?ms)^# chapters/(\w+)\.ipynb\n(.*?)(?=\n\n\n|\Z)", text):
            name = re.search(r"(?:def|class) (\w+)", code)[1]
            title = title_of(self.books[chapter])
            lines += [f"## {name}", "", f"From [{title}]({chapter}.ipynb).", ""]
            lines += ["```python", code.rstrip(), "```", ""]
        return "\n".join(lines)

    def question_index(self):
        lines = [
            "# All questions",
            "",
            "Each has an experiment and an answer of its own. 每个问题都有实验和答案。",
            "",
        ]
        for name, notebook in self.books.items():
            if "/" not in name and (asked := questions_of(notebook)):
                lines += [f"## {title_of(notebook)}", ""]
                lines += [f"- [{en}]({name}.ipynb#{qa})<br>{zh}" for qa, en, zh in asked] + [""]
        return "\n".join(lines)
