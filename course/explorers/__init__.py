"""One explorer for a chapter, each in the module of its name, built around one thing to discover."""

from course.explorers.classification import scores
from course.explorers.loss import outlier
from course.explorers.model import by_hand
from course.explorers.optimizer import path
from course.explorers.parameters import start
from course.explorers.reading_data import reading
from course.explorers.synthetic_data import noise
from course.explorers.training import training

__all__ = ["noise", "reading", "start", "by_hand", "outlier", "path", "training", "scores"]
