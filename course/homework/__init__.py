"""For students and teachers: the way of an exercise, solutions/ -> exercises/ -> work/ -> grades.

exercises.py  writes exercises/ from solutions/
work.py       the learner's own copy
update.py     a newer course, without losing anything
grading.py    what the homework asks of nbgrader beyond its own steps
known.py      the names that answers may use, for reading.py
harmless.py   what students wrote, so that showing it runs nothing
"""
