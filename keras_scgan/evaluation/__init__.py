"""Colorizations measured against their originals: what is compared, by which protocol, and the report of it."""

from keras_scgan.evaluation.comparison import Comparison
from keras_scgan.evaluation.methods import Folder, Greyscale, Model
from keras_scgan.evaluation.references import find_references
from keras_scgan.evaluation.run import evaluate
from keras_scgan.evaluation.settings import Settings

__all__ = ["Comparison", "Folder", "Greyscale", "Model", "Settings", "evaluate", "find_references"]
