"""Brings in a newer course and keeps what the learner has changed: `make update`."""

import os
import shutil
import subprocess
import sys
from datetime import datetime
from itertools import count
from pathlib import Path

from course import ROOT
from course.homework.work import copy_to_work
from course.language import of_terminal, spoken


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
    where the newer course has one, are first copied to work/kept/. Commits of one's own (a teacher's
    change of a task) are put on top of the newer course. On any failure all is back where it was, and
    an UpdateError says what to do.
    """
    refuse_unsafe(root)
    git(root, "fetch", "--quiet")
    if git(root, "rev-list", "--count", "HEAD..@{upstream}").strip() == "0":
        return ["The course is the newest."] + copies(root)
    own = git(root, "rev-list", "--count", "@{upstream}..HEAD").strip() != "0"

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
        rebase(root) if own else git(root, "merge", "--quiet", "--ff-only", "@{upstream}")
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
    return said + copies(root)


def copies(root):
    """Brings the learner's copies up to date, the Chinese ones too where there are any."""
    said = copy_to_work(root)
    if (root / "zh" / "work").is_dir():
        said += [f"zh/{line}" for line in copy_to_work(root / "zh")]
    return said


def rebase(root):
    """Puts the commits of this clone on top of the newer course. Where they contradict it, nothing stays."""
    try:
        git(root, "rebase", "--quiet", "@{upstream}")
    except UpdateError:
        both = names(root, "diff", "--name-only", "--diff-filter=U")
        git(root, "rebase", "--abort", check=False)
        if not both:
            raise
        raise UpdateError(
            f"A commit of yours and the newer course change the same lines of {', '.join(both)}. "
            "See what the course changed: git diff ...@{upstream}. Then choose: git pull --rebase"
        ) from None


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


def main():
    os.environ["COURSE_LANGUAGE"] = of_terminal()
    try:
        print(spoken("\n".join(update())))
    except (UpdateError, OSError) as error:
        sys.exit(spoken(f"Not updated; your files are as they were. {error}"))


if __name__ == "__main__":
    main()
