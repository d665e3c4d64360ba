"""Sphinx's configuration of the book. Sources are written by pages.py; nothing is run or fetched."""

import importlib.util
import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.search.en import SearchEnglish

from course.language import is_chinese, spoken

MATHJAX = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent
CODE = re.compile(
    r'(?s)(<div class="highlight-python notranslate"><div class="highlight"><pre>)(.*?)(</pre>)'
)
CHINESE = re.compile(r"<em>((?:(?!</em>).)*[\u4e00-\u9fff].*?)</em>")
LATIN = re.compile(r"<em>((?:(?!</em>)[^\u4e00-\u9fff])*)</em>")
project = spoken("Linear regression from scratch")
author = ""
language = "zh_CN" if is_chinese() else "en"
extensions = ["myst_nb", "sphinx_copybutton"]
copybutton_selector = "div.cell_input pre, div.highlight-python pre"
nb_execution_mode = "off"
nb_merge_streams = True
nb_code_prompt_show, nb_code_prompt_hide = spoken("Show the output"), spoken("Hide the output")
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # a question may stand right below the title
suppress_warnings += ["misc.highlighting_failure"] * is_chinese()  # tracebacks with a Chinese message
html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["book.css", "book.js", str(MATHJAX / "static/mathjax/tex-svg-full.js")]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
mathjax_path = "tex-svg-full.js"
html_use_index = False
html_context = {"default_mode": "auto"}
html_sidebars = {"**": ["search-button-field.html", "sbt-sidebar-nav.html"]}
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = html_show_sphinx = False
html_search_language = "en-zh"
html_show_search_summary = False  # it would fetch the pages, which no browser does from the disk
templates_path = ["."]
html_theme_options = {
    "article_header_end": ["language.html", "article-header-buttons.html"],
    "toc_title": spoken("Contents"),
    "navbar_persistent": [],  # the search has its place beside the page
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "home_page_in_toc": True,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


class EnglishAndChinese(SearchEnglish):
    """English words, and of Chinese text every two neighbouring signs: 梯度清零 is found by 清零."""

    lang = "en-zh"
    js_splitter_code = r"""
function splitQuery(query) {
  return query.split(/[^\p{L}\p{N}_]+/gu).filter(Boolean).flatMap((word) =>
    word.split(/([\u4e00-\u9fff]+)/).filter(Boolean).flatMap((part) =>
      /[\u4e00-\u9fff]{2}/.test(part)
        ? [...part].slice(1).map((sign, i) => part[i] + sign) : [part]));
}
"""

    def split(self, input):
        found = []
        for word in re.findall(r"\w+", input):
            for part in filter(None, re.split(r"([\u4e00-\u9fff]+)", word)):
                chinese = "\u4e00" <= part[0] <= "\u9fff"
                found += [part[i : i + 2] for i in range(len(part) - 1)] if chinese else []
                found += [] if chinese and len(part) > 1 else [part]
        return found


def mark_questions(app, doctree):
    """The section of a question gets a class, so that its heading looks like the rest of the question."""
    for box in doctree.findall(nodes.container):
        if "qa-question" in box["classes"] and isinstance(box.parent, nodes.section):
            if "qa" not in box.parent["classes"]:
                box.parent["classes"].append("qa")


def same_ids(app, doctree):
    """A heading of the Chinese book has the id of the English one: an address holds in both."""
    known = json.loads((app.srcdir / "book.json").read_text(encoding="utf-8"))["ids"]
    if english := known.get(app.env.docname):
        for section, name in zip(doctree.findall(nodes.section), english, strict=True):
            section["ids"] = [name, *(other for other in section["ids"] if other != name)]


def lines(match):
    """Code with a span for each line that knows its indentation: what wraps on a phone goes further in."""
    start, code, end = match.groups()
    made = []
    for line in code.splitlines(keepends=True):
        text = re.sub(r"<[^>]*>", "", line)
        made.append(f'<span class="line" style="--in:{len(text) - len(text.lstrip(" "))}ch">{line}</span>')
    return start + "".join(made) + end


def finish(app, page, template, context, doctree):
    """A folded output is called what its summary says, without what myst-nb adds; Chinese says that it is."""
    if "body" in context:
        body = context["body"].replace('<summary aria-label="Toggle hidden content">', "<summary>")
        other, lang = (LATIN, "en") if is_chinese() else (CHINESE, "zh")
        body = other.sub(rf'<em lang="{lang}">\1</em>', body)
        context["body"] = CODE.sub(lines, body)
    known = json.loads((app.srcdir / "book.json").read_text(encoding="utf-8"))["twins"]
    if page in known:  # where this page is in the other language
        context["twin"] = "../" * page.count("/") + ("../" if is_chinese() else "zh/") + f"{page}.html"
        context["is_chinese"] = is_chinese()


def setup(app):
    app.add_search_language(EnglishAndChinese)
    app.connect("doctree-read", mark_questions)
    app.connect("doctree-read", same_ids, priority=1)  # before the contents of the page are collected
    app.connect("html-page-context", finish)
    return {"parallel_read_safe": True}
