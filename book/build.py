"""`make book`: the notebooks as a website in build/book/. Nothing of them is run, nothing is fetched."""

import argparse
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import live
from pages import Pages
from sphinx.cmd.build import build_main

from course import ROOT

BUILD = ROOT / "build"


def build(out, solutions=True, limit=250, cache=BUILD / "frames"):
    """Writes the book into the folder out, which is replaced.

    limit: about how many pictures an explorer may have.  Raises SystemExit when Sphinx has a warning.
    """
    work = out.parent / f"{out.name}-source"
    for folder in (out, work):
        shutil.rmtree(folder, ignore_errors=True)
    source, extra = work / "pages", work / "extra"
    (extra / "frames").mkdir(parents=True)
    pages = Pages(source, extra, solutions, limit)
    pages.write()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        waiting = []
        for imports, call, name, _ in sorted(pages.jobs, key=lambda job: -job[-1]):
            kept = cache / live.key(imports + call, limit) / f"{name}.js"
            drawn = None if kept.exists() else pool.submit(live.frames, imports, call, limit, kept)
            waiting.append((drawn, kept))
        options = ["-q", "-W", "--keep-going", "-c", str(ROOT / "book"), "-d", str(work / "doctrees")]
        failed = build_main([*options, "-b", "html", str(source), str(out)])
        for drawn, kept in waiting:
            if drawn:
                drawn.result()
            (out / "frames").mkdir(exist_ok=True)
            shutil.copy(kept, out / "frames")
    for folder in ("pictures", "notebooks"):
        shutil.copytree(extra / folder, out / folder)
    for file in out.rglob("*.map"):  # for developers of the theme: 3 MB
        file.unlink()
    shutil.rmtree(work)
    if failed:
        sys.exit(failed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=BUILD / "book")
    parser.add_argument("--solutions", choices=["yes", "no"], default="yes")
    parser.add_argument("--limit", type=int, default=250, help="about how many pictures an explorer may have")
    args = parser.parse_args()
    build(args.out.resolve(), args.solutions == "yes", args.limit)
    size = sum(file.stat().st_size for file in args.out.rglob("*") if file.is_file())
    print(f"{args.out / 'index.html'}: {size / 1e6:.1f} MB. Open it in a browser; no server is needed.")
