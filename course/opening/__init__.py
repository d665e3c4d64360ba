"""Opens the course: JupyterLab on the first page, with settings that call nobody."""
