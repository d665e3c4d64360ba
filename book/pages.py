"""The notebooks as pages of the book: sources for Sphinx, written under build/, never edited."""

import base64
import hashlib
import html
import json
import os
import re
from pathlib import Path

import live
import nbformat
from docutils.nodes import make_id

from course import ROOT
from course.building.chinese import translated
from course.language import is_chinese, spoken

DIV = re.compile(r"(?m)^[ \t]*</?div\b[^>]*>[ \t]*\n?")
LINK = re.compile(r"\[([^\]]*)\]\((?!\w+:)([^)\s#]+)(#[^)\s]*)?\)")
HEADING = re.compile(r"(?m)^#{1,6} .*$")
MARKS = re.compile(r"(?m)^\s*### (?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)\n?")
LOOKS = ("question", "evidence", "answer")
FENCE = ":" * 9


OTHER_PAGES = ("index", "questions", "helpers", "search")  # besides those of the notebooks


def notebooks(solutions=True, root=ROOT):
    """The notebooks of the book, by the path of their page without ending: {"06_optimizer": path, ...}."""
    found = {path.stem: path for path in sorted(root.glob("chapters/*.ipynb"))}
    for folder in ("exercises", "solutions")[: 1 + solutions]:
        found |= {f"{folder}/{p.stem}": p for p in sorted(root.glob(f"{folder}/*/*.ipynb"))}
    return found


def headings_of(text):
    return HEADING.findall(re.sub(r"(?ms)^ *```.*?^ *```", "", text))


def ids_of(notebook):
    """The ids of all headings of an English page, as docutils gives them."""
    found, taken = [], {cell.metadata["qa"] for cell in notebook.cells if "qa" in cell.metadata}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            asked = "question" in cell.metadata.get("tags", []) and "qa" in cell.metadata
            for heading in headings_of(cell.source):
                name = slug(heading)
                if name in taken and not asked:
                    name = f"id{1 + sum(bool(re.fullmatch('id[0-9]+', one)) for one in found)}"
                found.append(cell.metadata["qa"] if asked else name)
                taken.add(name)
                asked = False
    return found


def slug(heading):
    return make_id(re.sub(r"\]\([^)]*\)", "", heading))


def title_of(notebook):
    return HEADING.search(notebook.cells[0].source)[0].lstrip("# ")


def questions_of(notebook):
    """[(id, heading, the Chinese wording below an English one), ...] of the question cells, in order."""
    found = []
    for cell in notebook.cells:
        if "question" in cell.metadata.get("tags", []) and "qa" in cell.metadata:
            text = DIV.sub("", cell.source)
            heading = HEADING.search(text)
            asked = (
                re.sub(r"^#+ (?:Question\.?\s+|问题：)?", "", heading[0]) if heading else cell.metadata["qa"]
            )
            chinese = re.search(r"(?m)^\*(.*[\u4e00-\u9fff].*)\*\s*$", text)
            found.append((cell.metadata["qa"], asked, chinese[1] if chinese else ""))
    return found


def in_columns(output):
    """Whether an output holds numbers below each other: on a phone it scrolls, other lines are wrapped."""
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return sum(bool(re.search(r"\S {2,}\S|^ +\S", line)) for line in text.splitlines()) > 1


class Pages:
    """Writes the sources of all pages into a folder, and knows which pictures still have to be drawn.

    They are Chinese where `spoken` is.

    source: the folder; what is there is replaced.  extra: files that the book carries as they are.
    twins: names of the pages that the other language has.  only: names of pages to write, or None for all.
    """

    def __init__(self, source, extra, solutions=True, limit=250, twins=(), only=None):
        self.source, self.extra, self.limit, self.twins = source, extra, limit, twins
        self.root = ROOT / "zh" if is_chinese() else ROOT
        self.found = notebooks(solutions, self.root)
        if only is not None:
            self.found = {name: path for name, path in self.found.items() if name in only}
        self.books = {name: nbformat.read(path, as_version=4) for name, path in self.found.items()}
        self.english = {}  # the same in English
        if is_chinese():
            english = notebooks(solutions)
            self.english = {name: nbformat.read(english[name], as_version=4) for name in self.found}
        for books in (self.books, self.english):
            for cell in [book.cells[0] for name, book in books.items() if name.startswith("solutions/")]:
                cell.source = re.sub("(?<=: )exercises", "solutions", cell.source, count=1).replace(
                    "：练习", "：解答", 1
                )
        self.whole = solutions
        for notebook in self.books.values() if not solutions else ():  # for a class
            notebook.cells = [c for c in notebook.cells if "model-answer" not in c.metadata.get("tags", [])]
        self.where = {path: name for name, path in self.found.items()}
        self.depth = ""  # the way up from the page being written
        self.home = os.environ.get("COURSE_URL", "")  # where the course can be cloned; a workflow knows it
        self.jobs = []  # (imports, call, file name, number of positions) of the explorers met
        self.shown = {}  # the explorers, as HTML, by name
        self.above = "../" if is_chinese() else ""  # from the first page to what both languages share

    def write(self):
        for name, notebook in self.books.items():
            self.depth = "../" * name.count("/")
            original = self.found[name]
            copy = self.extra / "notebooks" / original.relative_to(self.root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if self.whole:
                copy.write_bytes(original.read_bytes())
            else:
                nbformat.write(notebook, copy)
            file = self.source / f"{name}.ipynb"
            file.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(self.page(name, notebook), file)
        about = {"twins": list(self.twins), "ids": self.ids()}
        (self.source / "book.json").write_text(json.dumps(about), encoding="utf-8")
        (self.source / "index.md").write_text(self.landing(), encoding="utf-8")
        (self.source / "helpers.md").write_text(self.helpers(), encoding="utf-8")
        (self.source / "questions.md").write_text(self.question_index(), encoding="utf-8")

    def ids(self):
        """{page: the ids that its headings have in English}, of the Chinese pages."""
        if not self.english:
            return {}
        text = (ROOT / "book/index.md").read_text(encoding="utf-8")
        found = {name: ids_of(notebook) for name, notebook in self.english.items()}
        found["index"] = [slug(heading) for heading in headings_of(text)]
        chapters = [title_of(book) for name, book in self.english.items() if self.asks(name, book)]
        found["questions"] = [make_id(title) for title in ("All questions", *chapters)]
        found["helpers"] = [make_id(title) for title in ("The functions of helpers", *dict(self.kept()))]
        return found

    @staticmethod
    def asks(name, notebook):
        return "/" not in name and bool(questions_of(notebook))

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
        notebook.cells = [new[0], nbformat.v4.new_markdown_cell(self.how(name)), *new[1:]]
        return notebook

    def how(self, name):
        """The line below the title: download, run, and the way to the exercises or the solution."""
        path = self.found[name].relative_to(self.root).as_posix()
        folder = "zh/" if is_chinese() else ""
        kind, _, stem = name.rpartition("/")
        run = folder + path
        links = []
        if kind == "exercises":
            run = f"{folder}work/{stem}/{stem}.ipynb"
            if stem in self.found:
                links.append(f'<a href="../{stem}.html">{spoken("Chapter")}</a>')
            if f"solutions/{stem}" in self.found:
                solution = spoken("Solution, once you have tried")
                links.append(f'<a href="../solutions/{stem}.html">{solution}</a>')
        elif f"exercises/{stem}" in self.found:
            links.append(f'<a href="{self.depth}exercises/{stem}.html">{spoken("Exercises")}</a>')
        links.append(f'<a href="{self.depth}notebooks/{path}" download>{spoken("Download the notebook")}</a>')
        if any("from helpers import" in cell.source for cell in self.books[name].cells):
            links.append(f'<a href="{self.depth}helpers.html">{spoken("The functions of helpers")}</a>')
        steps = [
            spoken("In the folder of the course type `make lab`, then open the file `{run}`."),
            *([spoken("It is your own copy.")] if kind == "exercises" else []),
            spoken("`Shift`+`Enter` runs a cell."),
        ]
        if self.home:
            steps.insert(0, spoken("`git clone {home}` fetches the course."))
        how = ("" if is_chinese() else " ").join(steps)
        how = re.sub("`([^`]+)`", r"<code>\1</code>", how)
        how = how.replace("{run}", run).replace("{home}", html.escape(self.home))
        return (
            f'<div class="page-links">{" · ".join(links)}\n'
            f"<details><summary>{spoken('How to run this page')}</summary>\n<p>{how}</p></details></div>"
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
        src = f"{self.depth}{self.above}pictures/{file.name}"
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
            files = [f"{self.depth}{self.above}frames/{name}.js"]
            files += [f"{self.depth}frames/{name}.js"] if is_chinese() else []
            body = live.explorer_html(widget, positions, name, files, img, alt)
            if name not in self.shown:
                self.jobs.append((imports, call, name, len(positions.indices)))
            self.shown[name] = body
        else:
            body = live.prediction_html(widget, name)
        return nbformat.v4.new_output("display_data", data={"text/html": body})

    def landing(self):
        text = (ROOT / "book/index.md").read_text(encoding="utf-8")
        for english, chinese in translated("course/book").items() if is_chinese() else ():
            text = text.replace(f"{english}\n", f"{chinese}\n", 1)
        chapters = [name for name in self.found if "/" not in name]
        lines = []
        for name in chapters:
            asked = "".join(f"<br>{heading}" for _, heading, _ in questions_of(self.books[name])[:2])
            title = title_of(self.books[name])
            number = "" if title.startswith(name[:2]) else f"{name[:2]} "
            lines.append(f"- [{number}{title}]({name}.ipynb){asked}")
        for name in self.found:  # a project has exercises and no chapter
            if name.startswith("exercises/") and name.removeprefix("exercises/") not in chapters:
                lines.append(f"- [{title_of(self.books[name])}]({name}.ipynb)")
        lines.sort(key=lambda line: re.search(r"\d\d", line)[0])
        trees = [self.tree(spoken("Chapters"), ["questions", *chapters, "helpers"])]
        for folder in ("exercises", "solutions"):
            if names := [name for name in self.found if name.startswith(f"{folder}/")]:
                trees.append(self.tree(spoken("Exercises" if folder == "exercises" else "Solutions"), names))
        known = re.compile(r"\[([^\]]*)\]\((\w+)\.ipynb\)")
        text = known.sub(lambda match: match[match[2] not in self.found], text)
        text = re.sub(r"\{explorer ([\w-]+)\}", lambda match: self.shown.get(match[1], ""), text)
        return text.replace("{chapters}", "\n".join(lines)).replace("{trees}", "\n".join(trees))

    def tree(self, caption, names):
        return "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *names, "```", ""])

    @staticmethod
    def kept():
        """The functions of helpers.py: [(name, (chapter, code)), ...]."""
        text = (ROOT / "helpers.py").read_text(encoding="utf-8")
        found = re.findall(r"(?ms)^# chapters/(\w+)\.ipynb\n(.*?)(?=\n\n\n|\Z)", text)
        return [(re.search(r"(?:def|class) (\w+)", code)[1], (chapter, code)) for chapter, code in found]

    def helpers(self):
        """helpers.py, a section for each function, with the chapter it comes from."""
        lines = [
            f"# {spoken('The functions of helpers')}",
            "",
            spoken("The functions that the chapters build and keep. Later pages import them from `helpers`."),
            "",
        ]
        for name, (chapter, code) in self.kept():
            lines += [f"## {name}", ""]
            if chapter in self.books:
                title = title_of(self.books[chapter])
                lines += [
                    spoken(f"From the chapter {title}").replace(title, f"[{title}]({chapter}.ipynb)"),
                    "",
                ]
            lines += ["```python", code.rstrip(), "```", ""]
        return "\n".join(lines)

    def question_index(self):
        lines = [
            f"# {spoken('All questions')}",
            "",
            spoken("Each has an experiment and an answer of its own.")
            + " 每个问题都有实验和答案。" * (not is_chinese()),
            "",
        ]
        for name, notebook in self.books.items():
            if self.asks(name, notebook):
                other = {qa: en for qa, en, _ in questions_of(self.english[name])} if self.english else {}
                lines += [f"## {title_of(notebook)}", ""]
                for qa, heading, chinese in questions_of(notebook):
                    wording = f'<span lang="{"en" if other else "zh-CN"}">{other.get(qa, chinese)}</span>'
                    lines.append(f"- [{heading}]({name}.ipynb#{qa})<br>{wording}")
                lines.append("")
        return "\n".join(lines)
