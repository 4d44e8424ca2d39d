"""Imports TensorFlow without the notes that it writes to stderr. Verbs that need TensorFlow import this first."""

import importlib

from keras_scgan.program import quiet

with quiet.notes_held_back():
    _tensorflow = importlib.import_module("tensorflow")
    _tensorflow.config.list_physical_devices()
    _tensorflow.get_logger().setLevel("WARNING")
