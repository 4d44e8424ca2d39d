"""Public names of packages that are imported when they are used, so that what is not used need not be installed."""

import importlib


def attach(package, homes):
    """What a package needs in place of imports.

    Args:
        package: string. Its `__name__`.
        homes: dict of full names of modules by the public names that they have.

    Returns:
        The package's `__getattr__`, `__dir__` and `__all__`.
    """

    def getattr_(name):
        if name in homes:
            return getattr(importlib.import_module(homes[name]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return getattr_, lambda: list(homes), list(homes)
