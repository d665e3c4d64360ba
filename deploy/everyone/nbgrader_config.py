"""nbgrader on the hub, for students and teachers alike."""

import os
from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader gives it
c.CourseDirectory.course_id = "linear-regression"
c.Exchange.root = os.environ["NBGRADER_EXCHANGE"]
# Where the links of the chapters lead.
c.Exchange.assignment_dir = str(Path(os.environ.get("JUPYTERHUB_ROOT_DIR", ".")) / "exercises")
