"""The machinery behind the pages: figures, saving, running, the environment check."""
