"""The machinery behind the pages: figures, explorers, feedback, saving, homework."""

from pathlib import Path

ROOT = Path(__file__).parent.parent  # the folder of the course
