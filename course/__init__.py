"""The machinery behind the pages. What a notebook imports stands here; the rest has a room by its users.

A page:        figures, explore, explorers/, predictions, blocks, environment
An exercise:   feedback, the door to the checks in tasks/ and to what record remembers of them
The project:   table, choices, one_page (13_your_data), with its files in data/
A class:       homework/
A maintainer:  building/, opening/

Imports go one way: a page -> explore -> figures; feedback -> tasks/ -> tasks/kit;
feedback -> record -> homework -> building.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent  # the folder of the course

# A grammar that takes JupyterLab half of its start to read, for a format of text that nothing here uses.
sys.modules.setdefault("rfc3987_syntax", None)
