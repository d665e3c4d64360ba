"""Runs notebooks in place and stores them in one normal form: `python -m course.notebooks chapters`."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
KEPT = {"qa", "reason", "nbgrader", "jupyter"}
WIDGET = "application/vnd.jupyter.widget-view+json"


def normalise(nb):
    """Drops from a notebook what one machine or one run leaves in it. Changes nb in place."""
    nb.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in nb.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in KEPT} | ({"tags": tags} if tags else {})
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)  # without its kernel it hides the still picture
            if output.output_type == "error":
                output.traceback = short_traceback(output)


def short_traceback(output):
    """The part of a traceback that a reader reads: the line of the cell, and the message.

    The frames inside libraries name files of the machine that ran them, and differ between machines.
    """
    frames = [frame for frame in output.traceback if "Cell" in frame and "line" in frame]
    return [output.traceback[1], frames[0], output.traceback[-1]] if frames else output.traceback[-1:]


def run(path):
    """Runs one notebook in its own folder and stores it. On an error the file stays as it was."""
    import nbformat
    from nbclient import NotebookClient

    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        cell.pop("execution_count", None)
    client = NotebookClient(nb, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}})
    client.execute()
    normalise(nb)
    new = path.with_suffix(".new")
    nbformat.write(nb, new)
    os.replace(new, path)
    print(f"ran {path}")


def main(names):
    paths = [p for name in names for p in ([Path(name)] if name.endswith(".ipynb") else sorted(Path(name).rglob("*.ipynb")))]
    paths = [p for p in paths if ".ipynb_checkpoints" not in p.parts]
    os.environ["OMP_NUM_THREADS"] = "1"  # as in the tests: sums are then added in one order
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = [(path, error) for path, error in zip(paths, pool.map(attempt, paths), strict=True) if error]
    for path, error in failed:
        print(f"\n{path} was not stored:\n{error}", file=sys.stderr)
    sys.exit(bool(failed))


def attempt(path):
    try:
        run(path)
    except Exception as error:  # one broken notebook must not stop the others
        return error


if __name__ == "__main__":
    main(sys.argv[1:] or ["chapters"])
