"""The sentences in the course's Python code that a learner reads, as templates for the catalogues.

A template is the sentence as the code writes it, with what the run fills in left in braces:
`{len(losses)} losses, not {n}`. What is added with + is one template; a part that is chosen inside it,
`{'' if few else ': too many'}`, is a template of its own as well.
"""

import ast
import re

from course import ROOT

PLACEHOLDER = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"  # {...}, with braces two deep inside
GROUPS = {  # catalogue -> the modules whose sentences it holds; the first that has one keeps it
    "tasks_common": "tasks/kit tasks/probes tasks/run feedback record environment",
    "tasks_data": "tasks/synthetic_data tasks/reading_data tasks/parameters tasks/model",
    "tasks_training": "tasks/loss tasks/optimizer tasks/training tasks/whole_process",
    "tasks_later": "tasks/real_data tasks/scaling_out tasks/classification tasks/your_data tasks/honest",
    "explorers": "explore explorers/* predictions blocks",
    "tables": "table choices one_page figures opening/lab homework/work homework/update",
    "helpers": "helpers",
}
# Words that stand alone, and so look like names: what the widgets and the tables of the course say.
WORDS = set(
    "numbers new random equal Reset Play Commit Right. solved task state start right better worse default "
    "outliers curved sorted standardised reshuffled sequential zeros linear squared absolute constant halved "
    "momentum half weights step temperature shuffled ridge data reading init model loss optimizer "
    "schedule".split()
)
# Text in pictures stays as it is: no machine is sure to have a Chinese font for matplotlib.
PICTURES = set(
    "axes plot text annotate set set_title set_xticks axvline axhline bar scatter legend contour "
    "Layout".split()
)
# The texts that these calls take are names and patterns, not sentences.
PLAIN = set(
    "compile match fullmatch search sub split strptime replace startswith endswith partition removesuffix "
    "removeprefix getattr einsum finditer findall strip filterwarnings".split()
)
# What the theme of the book says in English only.
THEME = [
    "Color mode", "System Settings", "Search...", "Toggle primary sidebar", "Toggle secondary sidebar",
    "Main", "Page", "Link to this heading",
    "Search finished, found ${resultCount} pages matching the search query.",
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that "
    "you've selected enough categories.",
]  # fmt: skip
CODES = {"WORDS", "DAYS", "READ", "UNIT", "CHINESE_FONTS"}  # what a learner types into code; names
TYPED = re.compile(r"odd missing.*|drop rows|unnamed .*|[\w.]+\([^()]*\)(, endless)?|<!--.*")


def modules(group):
    """The files of a catalogue, as paths from the root."""
    for name in GROUPS[group].split():
        folder = ROOT if name == "helpers" else ROOT / "course"
        yield from sorted(path.relative_to(ROOT).as_posix() for path in folder.glob(f"{name}.py"))


def templates(module):
    """The templates of a module, in their order, each once. module: its path from the root."""
    met = {"Wrong", "NotAttempted", "Hint", "Refused", "UpdateError"}  # errors that a learner is to read
    if module in ("helpers.py", "course/blocks.py"):
        met |= {"TypeError", "ValueError"}
    reader = Reader(met)
    reader.visit(ast.parse((ROOT / module).read_text(encoding="utf-8")))
    return list(dict.fromkeys(reader.found))


def spoken_in(module):
    """The templates of what a module hands to `spoken` as it is written there, each once."""
    nodes = ast.walk(ast.parse((ROOT / module).read_text(encoding="utf-8")))
    calls = [
        node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "spoken"
    ]
    branches = [node.args[0] for node in calls]
    branches = [
        one
        for node in branches
        for one in getattr(node, "orelse", None) and [node.body, node.orelse] or [node]
    ]
    return list(dict.fromkeys(template(node) for node in branches))


def template(node):
    """One expression of text as a template: what is not written there stands in braces."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(template(part) for part in node.values)
    if is_text(node):  # a sum
        return template(node.left) + template(node.right)
    if isinstance(node, ast.FormattedValue):
        turned = f"!{chr(node.conversion)}" if node.conversion != -1 else ""
        form = f":{template(node.format_spec)}" if node.format_spec else ""
        return f"{{{ast.unparse(node.value)}{turned}{form}}}"
    return f"{{{ast.unparse(node)}}}"


def is_text(node):
    """Whether an expression is text that is written down, at least in part."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add) and (is_text(node.left) or is_text(node.right))
    return isinstance(node, ast.JoinedStr) or isinstance(node, ast.Constant) and isinstance(node.value, str)


def is_read(text):
    """Whether a template is a sentence or a part of one, and no name, pattern, code or number."""
    if text.strip() in WORDS:
        return True
    words = re.sub(r"<[^<>]*>", "", without_places(text))
    prose = re.search(r"[A-Za-z]{2}", words) and re.search(r"\S\s+\S|^[\s:;,]", words)
    return bool(prose) and not TYPED.fullmatch(text.strip())


def without_places(text, filling="0"):
    """The template with another text in the place of each {...}."""
    return re.sub(PLACEHOLDER, filling, text)


class Reader(ast.NodeVisitor):
    """Walks over a module and collects its templates. What is not read by a learner is passed by."""

    def __init__(self, raised):
        self.found, self.raised = [], raised

    def visit(self, node):
        if is_text(node):
            text = template(node)
            if is_read(text):
                self.found.append(text)
            for part in ast.walk(node):
                if isinstance(part, ast.FormattedValue):
                    self.visit(part.value)
                elif isinstance(part, ast.BinOp) and part is not node or isinstance(part, ast.IfExp):
                    for child in ast.iter_child_nodes(part):
                        if not (isinstance(part, ast.BinOp) and is_text(part)):
                            self.visit(child)
            return
        super().visit(node)

    def visit_Expr(self, node):
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Compare(self, node):
        pass

    def visit_Subscript(self, node):
        self.visit(node.value)

    def visit_Raise(self, node):
        if getattr(getattr(node.exc, "func", None), "id", "") in self.raised:
            self.generic_visit(node)

    def visit_Assign(self, node):
        name = getattr(node.targets[0], "id", "")
        if name == "EXPLAINED":  # its keys are parts of PyTorch's messages
            for value in node.value.values:
                self.visit(value)
        elif name not in CODES:
            self.generic_visit(node)

    def visit_Call(self, node):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name in PICTURES:
            return
        self.visit(node.func)
        for child in [*node.args, *node.keywords]:
            child = child.value if isinstance(child, ast.keyword) else child
            if name not in PLAIN or not is_text(child):
                self.visit(child)
