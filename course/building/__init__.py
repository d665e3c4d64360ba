"""For maintainers: what makes the generated files and the stored outputs.

save.py       writes helpers.py from the #@save cells
notebooks.py  runs notebooks in place and stores them in one normal form
"""
