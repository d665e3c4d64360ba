"""`make book`: the notebooks as a website in build/book/. Nothing of them is run, nothing is fetched."""

import argparse
import json
import os
import re
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import live
from pages import OTHER_PAGES, Pages, notebooks
from sphinx.cmd.build import build_main

from course import ROOT
from course.building.strings import THEME
from course.language import in_chinese

BUILD = ROOT / "build"
LABEL = re.compile(rf'((?:title|aria-label|placeholder)="|>)({"|".join(map(re.escape, THEME))})(?=["<])')
STATIC = re.compile(r'((?:src|href)=")((?:\.\./)*)(_static/[^"?]+)')


def build(out, solutions=True, limit=250, cache=BUILD / "frames", only=None):
    """Writes the book into the folder out, which is replaced, and the Chinese book into out/zh.

    limit: about how many pictures an explorer may have.  only: names of Chinese pages, or None for all.
    Raises SystemExit when Sphinx has a warning.
    """
    work = out.parent / f"{out.name}-source"
    for folder in (out, work):
        shutil.rmtree(folder, ignore_errors=True)
    names = [name for name in notebooks(solutions) if only is None or name in only]
    twins = [*names, *OTHER_PAGES] if names else []
    spawn = get_context("spawn")
    os.environ["COURSE_LANGUAGE"] = "en"
    with ProcessPoolExecutor(1, mp_context=spawn) as beside, ProcessPoolExecutor(2, mp_context=spawn) as pool:
        if names:
            waiting_for = beside.submit(write_chinese, work / "zh", solutions, limit, twins, names)
        pages = Pages(work / "pages", work / "extra", solutions, limit, twins)
        pages.write()
        waiting = []
        for imports, call, name, _ in sorted(pages.jobs, key=lambda job: -job[-1]):
            kept = cache / live.key(imports + call, limit) / f"{name}.js"
            drawn = None if kept.exists() else pool.submit(live.frames, imports, call, limit, kept)
            waiting.append((drawn, kept))
        failed = sphinx(work, out)
        said = []
        for drawn, kept in waiting:
            if drawn:
                drawn.result()
            (out / "frames").mkdir(exist_ok=True)
            shutil.copy(kept, out / "frames")
            said += [pool.submit(live.words, kept, out / "zh/frames" / kept.name)] if names else []
        for job in said:
            job.result()
        if names:
            failed = waiting_for.result() or failed
    for folder in ("pictures", "notebooks"):
        shutil.copytree(work / "extra" / folder, out / folder)
    for file in out.rglob("*.map"):  # for developers of the theme: 3 MB
        file.unlink()
    shutil.rmtree(out / "_static/locales", ignore_errors=True)
    if names:
        add_chinese(work / "zh", out)
    shutil.rmtree(work)
    if failed:
        sys.exit(failed)


def sphinx(work, out):
    """Has Sphinx write the pages of a folder. Returns whether it failed."""
    options = ["-q", "-W", "--keep-going", "-c", str(ROOT / "book"), "-d", str(work / "doctrees")]
    return build_main([*options, "-b", "html", str(work / "pages"), str(out)])


def write_chinese(work, solutions, limit, twins, names):
    """The Chinese book, in a process of its own, into the folder work/book. Returns whether it failed."""
    os.environ["COURSE_LANGUAGE"] = "zh"
    Pages(work / "pages", work / "extra", solutions, limit, twins, names).write()
    return sphinx(work, work / "book")


def add_chinese(work, out):
    """Puts the Chinese book into out/zh. Pictures, and static files that are the same, are shared."""
    shared = set()
    for file in (work / "book/_static").rglob("*"):
        name = file.relative_to(work / "book").as_posix()
        if file.is_file():
            if (out / name).is_file() and (out / name).read_bytes() == file.read_bytes():
                shared.add(name)
            if name in shared or file.suffix == ".map" or name.startswith("_static/locales"):
                file.unlink()

    def moved(match):
        start, up, name = match.groups()
        return f"{start}{up}{'../' * (name in shared)}{name}"

    with (work / "book/_static/translations.js").open("a", encoding="utf-8") as script:
        for text in THEME:  # what a search says is among it; its name is the singular
            name = json.dumps(text.replace("${resultCount} pages", "one page"))
            script.write(f"\nDocumentation.TRANSLATIONS[{name}] = [{json.dumps(in_chinese(text))}];")
    for page in (work / "book").rglob("*.html"):
        text = STATIC.sub(moved, page.read_text(encoding="utf-8"))
        text = LABEL.sub(lambda match: match[1] + in_chinese(match[2]), text)
        page.write_text(text, encoding="utf-8")
    for folder in sorted((work / "book/_static").rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    shutil.copytree(work / "book", out / "zh", dirs_exist_ok=True)
    shutil.copytree(work / "extra/notebooks", out / "zh/notebooks")
    shutil.copytree(work / "extra/pictures", out / "pictures", dirs_exist_ok=True)


def size(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=BUILD / "book")
    parser.add_argument("--solutions", choices=["yes", "no"], default="yes")
    parser.add_argument("--limit", type=int, default=250, help="about how many pictures an explorer may have")
    parser.add_argument("--zh", nargs="*", metavar="PAGE", help="write these Chinese pages only, or none")
    args = parser.parse_args()
    build(args.out.resolve(), args.solutions == "yes", args.limit, only=args.zh)
    whole, chinese = size(args.out), size(args.out / "zh")
    print(
        f"{args.out / 'index.html'}: {whole - chinese:.1f} MB, and {chinese:.1f} MB for zh/. "
        "Open it in a browser; no server is needed."
    )
