"""The learner's own copy of the exercises, work/. Nothing of the learner's is ever overwritten."""

import hashlib
import json
import os

from course import ROOT
from course.building.notebooks import find as notebooks

MANIFEST = ".copied.json"


def copy_to_work(root=ROOT):
    """Copies exercises/ to work/, where the learner solves them. Returns the lines to tell."""
    return copy_new(root / "exercises", root / "work")


def copy_new(source, target):
    """Copies the notebooks of the folder source to the folder target. Returns the lines to tell.

    A file of target is replaced only while it is, byte for byte, the notebook that was copied there:
    the manifest remembers which that was. Without a manifest nothing is replaced.
    """
    said, manifest = [], target / MANIFEST
    before = read_manifest(manifest)
    copied = dict(before)
    for notebook in notebooks(source):
        name = notebook.relative_to(source).as_posix()
        try:
            news = copy_one(notebook, target / name, f"{source.name}/{name}", name, copied)
        except OSError as error:
            news = f"not copied: {error}"
        said += [f"{target.name}/{name}: {news}"] if news else []
    try:
        if copied != before:
            put(manifest, json.dumps(copied, indent=1, sort_keys=True).encode())
    except OSError as error:
        said.append(f"{target.name}/{MANIFEST}: not written: {error}")
    return said


def copy_one(exercise, mine, source, name, copied):
    """Copies one exercise where nothing of the learner's stands. Returns the news, or None."""
    newest = digest(exercise)
    if not os.path.lexists(mine):
        news = "new"
    elif (now := digest(mine)) == newest:
        copied[name] = newest
        return None
    elif now == copied.get(name):
        news = "newer; you had not changed yours"
    else:
        return None if copied.get(name) == newest else f"yours is kept; a newer one is {source}"
    put(mine, exercise.read_bytes())
    copied[name] = newest
    return news


def read_manifest(path):
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def put(path, data):
    """Writes all of a file or nothing, also when the disk is full."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    os.replace(part, path)
