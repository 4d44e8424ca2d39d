"""User studies: a page on which people judge colorizations without knowing whose they are, and what they found."""

from keras_scgan.program import lazy

_HOMES = {
    "Settings": "keras_scgan.user_study.settings",
    "make": "keras_scgan.user_study.making",
    "score": "keras_scgan.user_study.scoring",
}
"""Where the public names are, each imported when it is used."""

__getattr__, __dir__, __all__ = lazy.attach(__name__, _HOMES)
