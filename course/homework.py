"""The way of the homework: solutions/ -> exercises/ -> work/, and a newer course from git.

    python -m course.homework exercises    write exercises/ from solutions/       (make exercises)
    python -m course.homework update       bring in a newer course                (make update)

The form of a solutions notebook, `solutions/NN_name/NN_name.ipynb`, is nbgrader's (schema 3):

| cell | metadata `nbgrader` | in exercises/ |
|---|---|---|
| code, an answer | `solution` | lines from `### BEGIN SOLUTION` to `### END SOLUTION` become the stub |
| code, its check | `grade`, `locked`, `points` | same; tag `raises-exception`, so that "Run All" goes on |
| Markdown, a text that a person grades | `grade`, `solution`, `points` | "Your answer here." |
| Markdown or code, tag `solution-only` | none | not there: explanations, experiments |
| any other | none | the same, without outputs |

Each of the first three has a `grade_id` of its own; `as_answer`, `as_check` and `as_text` make their
metadata. The marker lines are indented like the lines between them. The stub is a comment, and in a
function also `raise NotImplementedError`. So a name that a check asks for and no function makes needs
a line before its solution, `prediction = ...`.
"""

import hashlib
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime
from itertools import count
from pathlib import Path

from course import ROOT
from course.notebooks import find as notebooks

MANIFEST = ".copied.json"


# solutions/ -> exercises/


def as_answer(grade_id):
    """Metadata of a code cell that holds an answer."""
    return {"nbgrader": marks(grade_id, solution=True)}


def as_check(grade_id, points):
    """Metadata of the cell that checks an answer, one line: `check("name", name)`."""
    return {"nbgrader": marks(grade_id, grade=True, locked=True, points=points), "tags": ["raises-exception"]}


def as_text(grade_id, points):
    """Metadata of a Markdown cell whose text a person grades."""
    return {"nbgrader": marks(grade_id, grade=True, solution=True, points=points)}


def marks(grade_id, grade=False, solution=False, locked=False, **points):
    kind = {"grade": grade, "solution": solution, "locked": locked, "task": False, "schema_version": 3}
    return {"grade_id": grade_id} | kind | points


class SolutionError(Exception):
    """A solutions notebook of which nbgrader can make no exercise; it has logged why."""


def generated(root=ROOT):
    """What exercises/ should hold, from nbgrader's generate_assignment: {path: text}."""
    from nbgrader.converters import GenerateAssignment, NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import PyFileConfigLoader

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        release = Path(temporary) / "exercises"
        for stem in sorted({path.parent.name for path in notebooks(root / "solutions")}):
            config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
            config.CourseDirectory.root = str(root)
            config.CourseDirectory.release_directory = str(release)
            config.CourseDirectory.assignment_id = stem
            config.GenerateAssignment.no_database = True  # as --no-db: only a teacher needs the gradebook
            config.SaveCells.enabled = False
            try:
                GenerateAssignment(coursedir=CourseDirectory(config=config), config=config).start()
            except NbGraderException:
                raise SolutionError(f"solutions/{stem} is not as it should be: see above") from None
        return {path.relative_to(release).as_posix(): path.read_text("utf-8") for path in notebooks(release)}


def differences(root=ROOT):
    """Where exercises/ is not what solutions/ give: {path: the text it should hold, or None}."""
    new = generated(root)
    exercises = root / "exercises"
    old = {path.relative_to(exercises).as_posix(): path.read_text("utf-8") for path in notebooks(exercises)}
    return {name: new.get(name) for name in sorted(new | old) if new.get(name) != old.get(name)}


def write_exercises(root=ROOT):
    """Writes exercises/ from solutions/. Returns the lines to tell."""
    said = []
    for name, text in differences(root).items():
        if text is None:
            said.append(f"exercises/{name}: solutions/ has nothing for it; delete it")
        else:
            put(root / "exercises" / name, text.encode())
            said.append(f"exercises/{name}: written")
    return said or ["exercises/ is what solutions/ give"]


# exercises/ -> work/


def copy_to_work(root=ROOT):
    """Copies exercises/ to work/, where the learner solves them. Returns the lines to tell.

    A file of work/ is replaced only while it is, byte for byte, the exercise that was copied there:
    the manifest remembers which that was. Without a manifest nothing is replaced.
    """
    said, manifest = [], root / "work" / MANIFEST
    before = read_manifest(manifest)
    copied = dict(before)
    for exercise in notebooks(root / "exercises"):
        name = exercise.relative_to(root / "exercises").as_posix()
        try:
            news = copy_one(exercise, root / "work" / name, name, copied)
        except OSError as error:
            news = f"not copied: {error}"
        said += [f"work/{name}: {news}"] if news else []
    try:
        if copied != before:
            put(manifest, json.dumps(copied, indent=1, sort_keys=True).encode())
    except OSError as error:
        said.append(f"work/{MANIFEST}: not written: {error}")
    return said


def copy_one(exercise, mine, name, copied):
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
        return None if copied.get(name) == newest else f"yours is kept; a newer one is exercises/{name}"
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


# a newer course


class UpdateError(Exception):
    """Why there is no update, and what to do. The learner's files are as they were."""


def git(root, *args, check=True):
    """Runs git in root and returns what it prints. Raises UpdateError with git's own words."""
    try:
        run = subprocess.run(
            ["git", "-C", str(root), *args], capture_output=True, text=True, encoding="utf-8"
        )
    except FileNotFoundError:
        raise UpdateError("git is not installed. Install it and try again.") from None
    if check and run.returncode:
        raise UpdateError(f"git {args[0]} failed:\n{run.stderr.strip()}")
    return run.stdout


def names(root, *args):
    return [name for name in git(root, *args, "-z").split("\0") if name]


def update(root=ROOT):
    """Brings in the newest course. Returns the lines to tell.

    Files of the course that the learner has changed (a chapter that was run), and files that stand
    where the newer course has one, are first copied to work/kept/. On any failure they are back where
    they were, and an UpdateError says what to do.
    """
    refuse_unsafe(root)
    git(root, "fetch", "--quiet")
    if git(root, "rev-list", "--count", "HEAD..@{upstream}").strip() == "0":
        return ["The course is the newest."] + copy_to_work(root)
    if git(root, "merge-base", "HEAD", "@{upstream}") != git(root, "rev-parse", "HEAD"):
        raise UpdateError("This clone has commits of its own. Bring the two together: git pull --rebase")

    git(root, "update-index", "-q", "--refresh", check=False)
    if added := names(root, "diff", "--name-only", "--no-renames", "--diff-filter=A", "HEAD"):
        git(root, "reset", "--quiet", "--", *added)  # from the index only: the files stay
    changed = names(root, "diff", "--name-only", "--no-renames", "HEAD")
    kept = [name for name in changed if os.path.lexists(root / name)] + in_the_way(root, changed)
    day, kept_in = f"{datetime.now():%Y-%m-%d}", root / "work" / "kept"
    folder = next(f for n in count(1) if not os.path.lexists(f := kept_in / f"{day}-{n}"))
    for name in kept:
        copy(root / name, folder / name)
    try:
        for name in kept:
            remove(root / name)
        if changed:
            git(root, "restore", "--source=HEAD", "--staged", "--worktree", "--", *changed)
        git(root, "merge", "--quiet", "--ff-only", "@{upstream}")
    except BaseException:
        for name in changed:
            remove(root / name)
        for name in kept:
            remove(root / name)
            copy(folder / name, root / name)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    said = ["The course is updated."]
    said += [f"{name}: yours is kept, work/kept/{folder.name}/{name}" for name in kept]
    return said + copy_to_work(root)


def refuse_unsafe(root):
    """Raises UpdateError where a pull could not work, or would reach beyond this course."""
    top = git(root, "rev-parse", "--show-toplevel", check=False).strip()
    if not top or not os.path.samefile(top, root):
        raise UpdateError("This course is not a git clone of yours. Clone it anew, and copy work/ there.")
    for name in ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"]:
        if git(root, "rev-parse", "--quiet", "--verify", name, check=False):
            raise UpdateError("A merge is in progress. Finish it, or give it up: git merge --abort")
    if not git(root, "symbolic-ref", "--quiet", "HEAD", check=False):
        raise UpdateError("No branch is checked out, or a rebase is in progress. Go back: git switch main")
    if not git(root, "rev-parse", "--quiet", "--verify", "@{upstream}", check=False):
        raise UpdateError("This branch follows no other. Say which: git branch --set-upstream-to=origin/main")


def in_the_way(root, changed):
    """Files and folders, not of this course, that stand where the newer course has a file."""
    found = []
    for name in names(root, "diff", "--name-only", "--no-renames", "--diff-filter=A", "HEAD", "@{upstream}"):
        above = [parent.as_posix() for parent in reversed(Path(name).parents[:-1])]
        for path in [folder for folder in above if not is_folder(root / folder)] + [name]:
            if os.path.lexists(root / path) and path not in found:
                found.append(path)
                break
    ours = {*changed, *names(root, "ls-files")}
    return [path for path in found if path not in ours]


def is_folder(path):
    return path.is_dir() and not path.is_symlink()


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if is_folder(source):
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def remove(path):
    if is_folder(path):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def main(args):
    commands = {"exercises": write_exercises, "update": update}
    if len(args) != 1 or args[0] not in commands:
        sys.exit(f"usage: python -m course.homework {'|'.join(commands)}")
    logging.basicConfig(format="%(message)s")  # nbgrader says there what is wrong with a notebook
    try:
        print("\n".join(commands[args[0]]()))
    except SolutionError as error:
        sys.exit(f"exercises/ not written. {error}")
    except (UpdateError, OSError) as error:
        sys.exit(f"Not updated; your files are as they were. {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
