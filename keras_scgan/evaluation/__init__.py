"""Colorizations measured against their originals: what is compared, by which protocol, and the report of it."""

from keras_scgan.program import lazy

_HOMES = {
    "Comparison": "keras_scgan.evaluation.comparison",
    "Folder": "keras_scgan.evaluation.methods",
    "Greyscale": "keras_scgan.evaluation.methods",
    "Model": "keras_scgan.evaluation.methods",
    "Settings": "keras_scgan.evaluation.settings",
    "Thermal": "keras_scgan.evaluation.methods",
    "evaluate": "keras_scgan.evaluation.run",
    "find_references": "keras_scgan.evaluation.references",
}
"""Where the public names are, each imported when it is used: the metrics need neither TensorFlow nor matplotlib."""

__getattr__, __dir__, __all__ = lazy.attach(__name__, _HOMES)
