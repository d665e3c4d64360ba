"""Runs notebooks in place and stores them in one normal form: `make notebooks`."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
KEPT = {"tags", "qa", "reason", "nbgrader", "jupyter"}
WIDGET = "application/vnd.jupyter.widget-view+json"
# A bar beside questions and answers. It is a style of its own, not the class `alert`: JupyterLab paints that
# one in light colours in its dark theme too, where its text cannot be read. GitHub drops class and style.
BARS = {"question": "#1e88e5", "answer": "#43a047"}
BAR = '<div class="{}" style="border-left: 5px solid {}; padding-left: 1em">\n\n'
BAR_ENDS = "\n\n</div>"


def normalise(nb):
    """Drops from a notebook what one machine or one run leaves in it. Changes nb in place."""
    nb.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = dressed(cell.source, cell.metadata.get("tags", []))
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in KEPT and value}
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)  # without its kernel it hides the still picture
            if output.output_type == "error":
                output.traceback = short_traceback(output)


def dressed(source, tags):
    """The text of a cell with the bar that its tags ask for."""
    tag = next((tag for tag in tags if tag in BARS), None)
    return BAR.format(tag, BARS[tag]) + plain(source) + BAR_ENDS if tag else plain(source)


def plain(source):
    """The text of a cell without its bar."""
    for tag, colour in BARS.items():
        source = source.removeprefix(BAR.format(tag, colour))
    return source.removesuffix(BAR_ENDS)


def short_traceback(output):
    """The part of a traceback that a reader reads: the line of the cell, and the message.

    The frames inside libraries name files of the machine that ran them, and differ between machines.
    """
    *frames, message = output.traceback
    kept = [frame for frame in frames if "Traceback (most recent" in frame or "In[" in frame]
    return [*kept, message]


def run(path):
    """Runs one notebook in its own folder and stores it. On an error the file stays as it was."""
    import nbformat
    from nbclient import NotebookClient

    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        cell.pop("execution_count", None)
    folder = {"metadata": {"path": str(path.parent)}}
    options = {"timeout": 600, "kernel_name": "python3", "coalesce_streams": True}
    NotebookClient(nb, resources=folder, **options).execute()
    normalise(nb)
    new = path.with_suffix(".new")
    nbformat.write(nb, new)
    os.replace(new, path)
    print(f"ran {path}")


def attempt(path):
    try:
        run(path)
    except Exception as error:  # one broken notebook must not stop the others
        return error


def main(names):
    """names: notebooks, or folders of notebooks."""
    paths = [p for name in names for p in ([Path(name)] if name.endswith(".ipynb") else find(name))]
    os.environ["OMP_NUM_THREADS"] = "1"  # as in the tests: sums are then added in one order
    os.environ["COURSE_RECORD"] = "off"  # nobody's own record on a stored page
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = [(path, error) for path, error in zip(paths, pool.map(attempt, paths), strict=True) if error]
    for path, error in failed:
        print(f"\n{path} was not stored:\n{error}", file=sys.stderr)
    sys.exit(bool(failed))


def find(folder):
    """The notebooks below a folder, in the order of the course."""
    paths = sorted(Path(folder).rglob("*.ipynb"))
    return [path for path in paths if ".ipynb_checkpoints" not in path.parts]


if __name__ == "__main__":
    main(sys.argv[1:] or ["chapters"])
