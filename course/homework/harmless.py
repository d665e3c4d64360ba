"""What students wrote, made fit to be shown: the Formgrader and the feedback show it, and run none of it.

nbconvert turns Markdown and outputs into a page as they are. A tag in a student's sentence,
`<img onerror=...>`, would run its script as the teacher who reads it, and could give points.
"""

import re

from nbgrader.preprocessors import NbGraderPreprocessor

from course.homework.grading import given_sources

SHOWN = ("text/plain", "text/markdown", "image/png", "image/jpeg")  # `progress()` is Markdown
# A space is seen as what it is in text, in code and in a formula, where `&lt;` is not. Formulas come first:
# without its backslash `<\href` is a tag.
APART = {
    r"\\+(?=href|require|style|class|cssId)": "",
    r"<(?=[A-Za-z/!?])": "< ",
    r"\](?=[(:])": "] ",
}


def harmless(text):
    """The same Markdown without tags and links: they are text now."""
    for pattern, instead in APART.items():
        text = re.sub(pattern, instead, text)
    return text


class Harmless(NbGraderPreprocessor):
    """Makes harmless what is not of the release: texts, and the outputs of all cells.

    The submission itself stays as it was handed in.
    """

    def preprocess(self, nb, resources):
        given = given_sources(resources["nbgrader"], self.config, "markdown")
        nb.metadata = {key: nb.metadata[key] for key in ("kernelspec",) if key in nb.metadata}
        for cell in nb.cells:
            cell.pop("attachments", None)
            if cell.cell_type != "code" and cell.source.strip() not in given:
                cell.source = harmless(cell.source)
            for output in cell.get("outputs", []):
                if "data" in output:
                    texts = {kind: data for kind, data in output.data.items() if isinstance(data, str)}
                    output.data = {kind: texts[kind] for kind in SHOWN if kind in texts}
                    output.metadata = {}
                if "text/markdown" in output.get("data", {}):
                    output.data["text/markdown"] = harmless(output.data["text/markdown"])
        return nb, resources
