"""The book, built once with few pictures: links, questions, and every page in a browser, from the disk."""

import base64
import io
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import numpy as np
import pytest
from PIL import Image
from support.jupyter_page import CHROMIUM, ROOT, chromium

pytest.importorskip("myst_nb", reason="the book is not set up: install the extra `book`")
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no browser: install chromium or set CHROMIUM")
FETCHED = ROOT / "build/axe/node_modules/axe-core/axe.min.js"  # by .ci/run
AXE = os.environ.get("AXE") or (str(FETCHED) if FETCHED.exists() else None)
# Contrast, the dearest rule, is measured in the narrow page, light and dark. The wide page has the same
# colours in its text: there only what stands beside it is measured.
RUN_AXE = """async (part) => {
  const options = {preload: false, resultTypes: ["violations"]}, colours = "color-contrast";
  const runs = {
    narrow: [[document, options]],
    wide: [[document, {...options, rules: {[colours]: {enabled: false}}}],
      [{exclude: ["article"]}, {...options, runOnly: [colours]}]],
    dark: [[document, {...options, runOnly: [colours]}]],
  };
  const found = [];
  for (const [where, what] of runs[part]) found.push(...(await axe.run(where, what)).violations);
  return found;
}"""
PAPER = 720  # A4 without its margins
CUT = """() => [document.documentElement, ...document.querySelectorAll("main *")].filter((e) =>
  e.clientWidth && e.scrollWidth > e.clientWidth + 2
  && (e === document.documentElement || getComputedStyle(e).overflowX !== "visible"))
  .map((e) => e.outerHTML.slice(0, 200))"""
# The theme lets the keyboard reach what scrolls: at once when a page loads, and a little after a resize.
REACHABLE = """() => [...document.querySelectorAll("pre, .pst-scrollable-table-container")].every(
  (part) => part.tabIndex === 0 || part.scrollWidth <= part.clientWidth)"""
# The colours within code come from one style sheet: they are measured in these pages (a chapter, its
# exercises and solutions, and all functions). Elsewhere code is one piece of text, which halves the time.
COLOURED = ("06_optimizer", "exercises/06_optimizer", "solutions/06_optimizer", "helpers")
PLAIN = "document.querySelectorAll('pre').forEach((pre) => { pre.textContent = pre.textContent; })"
WIDTHS = (1400, 390)
CHINESE = ("06_optimizer", "exercises/06_optimizer", "solutions/06_optimizer")  # the pages that are built


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    out = tmp_path_factory.mktemp("book") / "book"
    command = [
        sys.executable,
        str(ROOT / "book/build.py"),
        "--out",
        str(out),
        "--limit",
        "9",
        "--zh",
        *CHINESE,
    ]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    return out


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


class Page(HTMLParser):
    """The ids, links and own files of a page, and its text."""

    def __init__(self, file):
        super().__init__()
        self.ids, self.links, self.text = set(), [], []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.update(filter(None, [attrs.get("id"), attrs.get("name") if tag == "a" else None]))
        for name in ("href", "src", "data-frames", "data-words"):
            if attrs.get(name):
                self.links.append(attrs[name])

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def pages(book):
    return {file: Page(file) for file in book.rglob("*.html") if "_static" not in file.parts}


def notebooks(folder):
    return sorted(ROOT.glob(f"{folder}/*.ipynb")) + sorted(ROOT.glob(f"{folder}/[!.]*/*.ipynb"))


def test_every_notebook_is_a_page_and_can_be_downloaded(book):
    for folder, place in (("chapters", ""), ("exercises", "exercises/"), ("solutions", "solutions/")):
        for path in notebooks(folder):
            assert (book / f"{place}{path.stem}.html").exists()
            assert (book / "notebooks" / path.relative_to(ROOT)).read_bytes() == path.read_bytes()


def test_no_link_or_anchor_is_dead_and_none_leads_to_a_file_outside(book, pages):
    dead = []
    for file, page in pages.items():
        for link in page.links:
            url = urlsplit(link)
            if url.scheme:
                continue
            target = (file.parent / unquote(url.path)).resolve() if url.path else file
            known = pages[target].ids if target in pages else None
            if not target.is_relative_to(book) or not target.exists():
                dead.append(f"{file.name}: {link}")
            elif url.fragment and known is not None and unquote(url.fragment) not in known:
                dead.append(f"{file.name}: {link}")
    assert not dead


def test_every_question_has_its_address_and_stands_in_the_index_in_both_languages(book, pages):
    index = pages[book / "questions.html"]
    asked = 0
    for path in notebooks("chapters"):
        for cell in nbformat.read(path, 4).cells:
            if "question" in cell.metadata.get("tags", []):
                qa = cell.metadata["qa"]
                assert qa in pages[book / f"{path.stem}.html"].ids
                assert f"{path.stem}.html#{qa}" in index.links
                chinese = re.search(r"(?m)^\*(.*[\u4e00-\u9fff].*)\*", cell.source)[1]
                assert re.sub(r"\W", "", chinese) in re.sub(r"\W", "", "".join(index.text)), qa
                asked += 1
    assert asked == len({link for link in index.links if re.match(r"\d\d_\w+\.html#", link)}) > 0


def test_what_moves_in_jupyterlab_moves_in_the_book(book):
    """Each cell that is tagged as an explorer or a prediction; its answer stands nowhere in plain text."""
    for path in notebooks("chapters"):
        html = (book / f"{path.stem}.html").read_text(encoding="utf-8")
        cells = nbformat.read(path, 4).cells
        tags = [tag for cell in cells for tag in cell.metadata.get("tags", [])]
        assert html.count('class="explorer"') >= tags.count("explorer")
        assert html.count('class="prediction"') == tags.count("predict")
        folded = [c for c in cells if c.metadata.get("jupyter", {}).get("outputs_hidden")]
        assert html.count("Show the output") == len(folded)
        for veiled in re.findall(r'data-answer="([^"]+)"', html):
            why = json.loads(base64.b64decode(veiled))["why"]
            assert why not in html
    for file in (book / "frames").iterdir():
        assert file.stat().st_size < 1_500_000
    assert sum(file.stat().st_size for file in book.rglob("*") if file.is_file()) < 25_000_000


def test_no_page_shows_a_wrapper_a_marker_or_an_unread_directive(pages):
    for file, page in pages.items():
        text = "".join(page.text)
        for trace in ("BEGIN SOLUTION", "END SOLUTION", "{container}", ":::", '<div class="', "border-left:"):
            assert trace not in text, (file.name, trace)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_book_without_solutions(tmp_path, monkeypatch, language):
    """Pages alone, without Sphinx: no solution, no link to one, no model answer to unfold or download."""
    monkeypatch.syspath_prepend(str(ROOT / "book"))
    monkeypatch.setenv("COURSE_LANGUAGE", language)
    from pages import Pages, notebooks

    assert not [name for name in notebooks(solutions=False) if name.startswith("solutions/")]
    only = CHINESE if language == "zh" else None
    made = Pages(tmp_path / "source", tmp_path / "extra", solutions=False, limit=9, only=only)
    made.write()
    written = [file for file in (tmp_path / "source").rglob("*") if file.is_file()]
    assert len(written) == len(made.found) + 4 and len(made.found) >= 2
    for file in written:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"\]\([^)]*solutions/|href=\S*solutions/|Solution, once|解答（", text), file
    carried = [file for file in (tmp_path / "extra").rglob("*") if file.is_file()]
    assert not [file for file in carried if "solutions" in file.parts]
    for file in written + [file for file in carried if file.suffix == ".ipynb"]:
        assert not re.search("Model answer|参考答案", file.read_text(encoding="utf-8")), file


def test_an_explorer_with_all_its_positions_shows_what_jupyterlab_shows(tmp_path, monkeypatch):
    """Every value of the slider has its words and, of axes and layer put together, its picture."""
    monkeypatch.syspath_prepend(str(ROOT / "book"))
    import live

    file = tmp_path / "outlier.js"
    count = live.frames("from course import explorers", "explorers.outlier()", 250, file)
    data = json.loads(
        re.fullmatch(r"bookFrames\(\"outlier\", (.*)\);\n", file.read_text(encoding="utf-8"))[1]
    )
    explorer = live.make("from course import explorers", "explorers.outlier()")
    positions = live.Positions(explorer, 250)
    assert count == len(data["at"]) == len(live.options(explorer.controls["shift"])) == 81

    def opened(text):
        return Image.open(io.BytesIO(base64.b64decode(text))).convert("RGBA")

    for place in positions.indices[::20]:
        ground, picture, words = data["at"][str(place[0])]
        made = Image.alpha_composite(opened(data["grounds"][ground]), opened(data["pictures"][picture]))
        fig, expected = live.drawn(explorer, positions.chosen(place))
        assert words == expected
        difference = np.abs(np.asarray(made, int) - live.array(fig))
        assert (difference > 60).mean() < 0.002 and difference.mean() < 0.5


class Open:
    """A page open in the browser; what it asks for from elsewhere, and what its console reports."""

    def __init__(self, browser, file, width=1400, **options):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(300_000)  # only a hang reaches it
        self.elsewhere, self.errors = [], []
        self.page.on("request", self.asked)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.goto(file.as_uri() if isinstance(file, Path) else file, wait_until="domcontentloaded")

    def asked(self, request):
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.elsewhere.append(request.url)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.context.close()


def looks(page, name, coloured):
    """What axe finds in a page: wide, narrow, and narrow in the dark."""
    found = []
    page.add_script_tag(path=AXE)
    if not coloured:
        page.evaluate(PLAIN)
    for part, width in zip(("wide", "narrow", "dark"), (*WIDTHS, WIDTHS[1]), strict=True):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(REACHABLE)
        if part == "dark":
            page.evaluate("document.documentElement.dataset.theme = 'dark'")
        violations = page.evaluate(RUN_AXE, part)
        found += [(name, part, v["id"], v["nodes"][0]["html"][:200]) for v in violations]
    return found


@pytest.fixture(scope="module")
def faults(book, pages, browser):
    """Every page, looked at in both widths: {"page": what is wrong, "axe": what axe finds}."""
    found = {"page": [], "axe": []}
    with Open(browser, book / "index.html") as opened:
        page = opened.page
        for file in sorted(pages):
            name = str(file.relative_to(book))
            page.set_viewport_size({"width": WIDTHS[0], "height": 900})
            page.goto(file.as_uri())
            if page.locator("span.math, div.math").count():
                page.locator("mjx-container svg").first.wait_for(state="attached")
                page.evaluate("MathJax.startup.promise.then(() => null)")
                found["page"] += [(name, "mathematics")] * page.locator("mjx-merror").count()
            if page.locator("article img:not([alt])").count():
                found["page"].append((name, "picture without description"))
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    found["page"].append((name, f"scrolls sideways at {width}"))
            page.emulate_media(media="print")
            page.set_viewport_size({"width": PAPER, "height": 900})
            found["page"] += [(name, f"cut in print: {lost}") for lost in page.evaluate(CUT)]
            page.emulate_media(media="screen")
            found["axe"] += looks(page, name, name.removesuffix(".html") in COLOURED) if AXE else []
            found["page"] += [(name, text) for text in opened.elsewhere + opened.errors]
            opened.elsewhere.clear(), opened.errors.clear()
    return found


@needs_browser
def test_every_page_fits_sets_its_mathematics_and_asks_nothing_of_the_network(faults):
    assert not faults["page"]


@needs_browser
@pytest.mark.skipif(AXE is None, reason="no axe-core: set AXE to its axe.min.js, or call .ci/run once")
def test_axe_finds_nothing_on_any_page_at_either_width(faults):
    assert not faults["axe"]


# The values of each control, the others at their start, that have no words, axes or picture.
MISSING = """async () => {
  const missing = [];
  for (const box of document.querySelectorAll(".explorer")) {
    const data = await load(box), controls = [...box.querySelectorAll("input, select")];
    controls.forEach((control, i) => {
      const count = control.options ? control.options.length : +control.max + 1;
      for (let value = 0; value < count; value++) {
        const at = controls.map((c, j) => j === i ? value : c.dataset.start).join("-");
        const [ground, number, words] = data.at[at] || [];
        if (!words || !data.grounds[ground] || !data.pictures[number])
          missing.push(box.dataset.name + " " + at);
      }
    });
  }
  return missing;
}"""


def until_words(page, words, said, same):
    condition = "([box, said, same]) => (box.innerText.trim() === said.trim()) === same"
    page.wait_for_function(condition, arg=[words.element_handle(), said, same])


@needs_browser
def test_an_explorer_moves_by_keyboard_and_mouse_says_so_goes_back_and_has_every_position(book, browser):
    moved = set()
    for file in sorted(book.glob("*.html")):
        if 'class="explorer"' not in file.read_text(encoding="utf-8"):
            continue
        with Open(browser, file) as opened:
            page = opened.page
            for explorer in page.locator(".explorer").all():
                picture, words = explorer.locator("img").first, explorer.get_by_role("status")
                first, said = picture.get_attribute("src"), words.inner_text()
                loaded = page.evaluate("document.scripts.length")
                control = explorer.locator("input, select").first
                slider = control.get_attribute("type") == "range"
                control.focus()
                for _ in range(20):  # from wherever it stands to its first value
                    page.keyboard.press("ArrowLeft" if slider else "ArrowDown")
                until_words(page, words, said, False)
                assert page.evaluate("document.scripts.length") == loaded + 1
                assert picture.get_attribute("alt") == words.inner_text() != said
                over = explorer.locator("img").nth(1)
                over.evaluate("(img) => img.decode()")
                assert over.evaluate("(img) => img.naturalWidth") == 700
                for _ in range(2):  # by the button, then away by the mouse and back once more
                    explorer.get_by_role("button", name="Reset").click()
                    until_words(page, words, said, True)
                    assert picture.get_attribute("src").endswith(Path(first).name)
                    assert explorer.locator("img").count() == 1
                    if slider:
                        width = control.bounding_box()["width"]
                        control.click(
                            position={"x": width - 3 if control.input_value() == "0" else 3, "y": 8}
                        )
                    else:
                        control.select_option(index=control.locator("option").count() - 1)
                    until_words(page, words, said, False)
                moved.add(explorer.get_attribute("data-name"))
            assert page.evaluate(MISSING) == []
            assert opened.errors + opened.elsewhere == []
    assert moved == {file.stem for file in (book / "frames").iterdir()}


@needs_browser
def test_the_block_lab_offers_its_exchanges_and_says_that_others_go_back(book, browser):
    with Open(browser, book / "08_whole_process.html") as opened:
        lab = opened.page.locator('.explorer[data-name="block_lab"]')
        words, said = lab.get_by_role("status"), lab.get_by_role("status").inner_text()
        menus = lab.locator("select").all()
        assert len(menus) >= 5 and "one exchange at a time" in lab.locator(".explorer-note").inner_text()
        start = [menu.input_value() for menu in menus]
        seen = set()
        for menu, at in list(zip(menus, start, strict=True))[1:]:
            menu.select_option(index=0 if at != "0" else 1)
            until_words(opened.page, words, said, False)
            left = [m for m, value in zip(menus, start, strict=True) if m.input_value() != value]
            assert len(left) == 1, "the others stand where they began"
            seen.add(words.inner_text())
        assert len(seen) == len(menus) - 1


@needs_browser
def test_a_question_has_an_address_and_code_is_copied_with_one_click(book, browser):
    with Open(browser, f"{(book / '06_optimizer.html').as_uri()}#zero-grad", width=390) as opened:
        page = opened.page
        heading = page.get_by_role("heading", name="Why must the gradients be zeroed?")
        page.wait_for_function(
            "(h) => Math.abs(h.getBoundingClientRect().top) < 200", arg=heading.element_handle()
        )
        cell = page.locator(".cell_input").filter(has_text="def sgd_notes")
        cell.get_by_role("button", name="Copy").click()
        cell.locator("button.success").wait_for()
        field = page.evaluate_handle("document.body.appendChild(document.createElement('textarea'))")
        field.as_element().focus()
        page.keyboard.press("Control+V")
        cells = nbformat.read(ROOT / "chapters/06_optimizer.ipynb", 4).cells
        source = next(c.source for c in cells if c.source.startswith("def sgd_notes"))
        assert field.as_element().input_value().rstrip("\n") == source


@needs_browser
def test_a_model_answer_is_folded_until_it_is_asked_for(book, browser):
    files = [f for f in sorted(book.glob("exercises/*.html")) if "Model answer" in f.read_text("utf-8")]
    assert files
    with Open(browser, files[-1]) as opened:
        folded = opened.page.locator("details").filter(has_text="Model answer").first
        answer = folded.locator("p").first
        assert not answer.is_visible()
        folded.locator("summary").focus()
        opened.page.keyboard.press("Enter")
        assert answer.is_visible() and folded.locator("li").count() >= 2  # the rubric is read as a list


@needs_browser
def test_a_prediction_reveals_its_answer_only_after_the_commit(book, browser):
    sys.path.insert(0, str(ROOT))
    from course import predictions

    with Open(browser, book / "06_optimizer.html") as opened:
        form = opened.page.locator(".prediction")
        widget = predictions.second_backward()
        _, right = widget.result()
        assert form.get_by_role("button").is_disabled() and not form.get_by_role("status").inner_text()
        for words, verdict in (
            (right[0], "Right."),
            (next(w for w in widget.choices if w not in right), "Not so."),
        ):
            opened.page.reload()
            form.get_by_label(words).check()
            assert not form.get_by_role("status").inner_text()
            form.get_by_role("button").click()
            told = form.get_by_role("status").inner_text()
            assert verdict in told and words in told and widget.why.replace("`", "")[:40] in told
            assert form.get_by_role("button").is_disabled()


@needs_browser
def test_without_javascript_the_first_picture_and_the_words_are_there(book, browser):
    with Open(browser, book / "06_optimizer.html", java_script_enabled=False) as opened:
        explorer = opened.page.locator(".explorer")
        picture = explorer.locator("img")
        picture.scroll_into_view_if_needed()
        assert picture.is_visible() and picture.bounding_box()["height"] > 200
        assert explorer.locator(".explorer-words").inner_text()
        assert not explorer.locator(".explorer-controls").is_visible()


@needs_browser
@pytest.mark.parametrize("words, expected", [("broadcast", "04_model"), ("清零", "06_optimizer")])
def test_search_from_the_disk(book, browser, words, expected):
    with Open(browser, f"{(book / 'search.html').as_uri()}?q={words}") as opened:
        found = opened.page.locator("#search-results li a")
        found.first.wait_for()
        assert any(expected in (link.get_attribute("href") or "") for link in found.all())
        assert opened.errors + opened.elsewhere == []


def test_no_solution_beside_its_exercise(book, pages):
    for path in notebooks("exercises"):
        solution = nbformat.read(ROOT / "solutions" / path.parent.name / path.name, 4)
        page = squeezed("".join(pages[book / f"exercises/{path.stem}.html"].text))
        for cell in solution.cells:
            for part in re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.S):
                assert len(part) < 30 or squeezed(part) not in page, (path.stem, part)


def squeezed(text):
    return re.sub(r"\s+", "", text)


def sections(file):
    return re.findall(r'<section[^>]* id="([^"]+)"', file.read_text(encoding="utf-8"))


def test_headings_of_a_chinese_page_have_the_english_addresses_and_its_files_are_chinese(book):
    for name in (*CHINESE, "index", "questions", "helpers"):
        chinese = book / f"zh/{name}.html"
        english = sections(book / f"{name}.html")
        if name == "questions":  # of the chapters that are built
            english = [one for one in english if one in sections(chinese)]
        assert sections(chinese) == english != [], name
        assert '<html lang="zh-CN"' in chinese.read_text(encoding="utf-8")
    path = "exercises/06_optimizer/06_optimizer.ipynb"
    assert (book / "zh/notebooks" / path).read_bytes() == (ROOT / "zh" / path).read_bytes()


@needs_browser
def test_the_switch_of_the_language_stays_at_the_question_or_at_what_is_read(book, browser):
    with Open(browser, f"{(book / '06_optimizer.html').as_uri()}#zero-grad") as opened:
        page = opened.page

        def switched(words, address, heading):
            place = page.get_by_role("link", name=words, exact=True).bounding_box()
            page.mouse.click(
                place["x"] + 5, place["y"] + 10
            )  # .click() would scroll first, a person does not
            page.wait_for_url(f"{book.as_uri()}/{address}")
            title = page.get_by_role("heading", name=heading).element_handle()
            page.wait_for_function("(h) => Math.abs(h.getBoundingClientRect().top) < 200", arg=title)

        switched("中文", "zh/06_optimizer.html#zero-grad", "梯度清零")
        switched("English", "06_optimizer.html#zero-grad", "Why must the gradients be zeroed?")
        page.evaluate("MathJax.startup.promise.then(() => null)")  # until then the text moves
        page.evaluate("document.getElementById('see-it-move').scrollIntoView()")
        switched("中文", "zh/06_optimizer.html#see-it-move", "动手看看")
        page.goto((book / "zh/exercises/06_optimizer.html").as_uri())
        page.get_by_role("link", name="English", exact=True).click()
        page.wait_for_url(f"{book.as_uri()}/exercises/06_optimizer.html")


@needs_browser
def test_a_chinese_explorer_and_prediction_speak_chinese(book, browser):
    with Open(browser, book / "zh/06_optimizer.html") as opened:
        explorer = opened.page.locator(".explorer")
        words, slider = explorer.get_by_role("status"), explorer.get_by_label("学习率 lr")
        first = words.inner_text()
        slider.focus()
        opened.page.keyboard.press("ArrowRight")
        until_words(opened.page, words, first, False)
        told = [words.inner_text(), explorer.locator("img").first.get_attribute("alt")]
        over = explorer.locator("img").nth(1)
        over.evaluate("(img) => img.decode()")
        assert over.evaluate("(img) => img.naturalWidth") == 700  # the picture is that of the English page
        explorer.get_by_role("button", name="重置").click()
        until_words(opened.page, words, first, True)
        assert opened.page.evaluate(MISSING) == []
        told += [explorer.inner_text(), *opened.page.evaluate("Object.values(translated['explorers-path'])")]
        form = opened.page.locator(".prediction")
        form.get_by_role("radio").first.check()
        form.get_by_role("button", name="定下答案").click()
        told.append(form.inner_text())
        assert "你的预测：" in told[-1] and "结果：" in told[-1]
        english = {word for text in told for word in re.findall("[A-Za-z]{5,}", text)}
        assert english <= {"JupyterLab", "RuntimeError", "backward"}, english
        assert opened.errors + opened.elsewhere == []


# What stands around the text of a page: words, names and hints of the theme.
AROUND = """() => [...document.querySelectorAll("body *")].filter((e) => !e.closest(
    "article, script, style, noscript, h1, nav a, .prev-next-title, #search-results"))
  .flatMap((e) => [e.title, e.ariaLabel, e.placeholder,
    ...[...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data)])"""


@needs_browser
@pytest.mark.parametrize("words", ["学习率", "小批量"])
def test_chinese_search_from_the_disk_in_a_frame_that_speaks_chinese(book, browser, words):
    with Open(browser, book / "zh/06_optimizer.html", width=1400) as opened:
        page = opened.page
        page.locator(".search-button-field").click()
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        found = page.locator("#search-results li a")
        found.first.wait_for()
        assert any("06_optimizer" in (link.get_attribute("href") or "") for link in found.all())
        page.locator("#search-results").get_by_text(re.compile("找到 [0-9]+ 页")).wait_for()
        around = page.evaluate(AROUND)
        page.goto((book / "zh/06_optimizer.html").as_uri())
        around += page.evaluate(AROUND)
        assert {"上一页", "下一页"} & {(text or "").strip() for text in around}
        english = {word for text in around for word in re.findall("[A-Za-z]{3,}", text or "")}
        assert english <= {"English", "Ctrl"}
        assert opened.errors + opened.elsewhere == []
