"""The extras that the package can be installed with, by what is missing without them."""

_EXTRAS = {
    "apache_beam": "beam",
    "av": "video",
    "choix": "study",
    "jax": "jax",
    "keras": "train",
    "krippendorff": "study",
    "matplotlib": "train",
    "prometheus_client": "serve",
    "scipy": "train",
    "starlette": "serve",
    "tensorboard": "train",
    "tensorflow": "train",
    "tf_keras_vis": "train",
    "uvicorn": "serve",
}
"""Extra by the package that it brings. Others are imported by one module each, which names the extra itself."""


def install_command(extra):
    """The command that installs the package with an extra, such as `"train"`."""
    return f'pip install "keras-scgan[{extra}]"'


def advice(error):
    """What to install where a package is missing.

    Args:
        error: `ModuleNotFoundError`.

    Returns:
        string, one line; `None` if the package comes with no extra.
    """
    package = (error.name or "").partition(".")[0]
    if package not in _EXTRAS:
        return None
    return f"this needs {package}, which is not installed: {install_command(_EXTRAS[package])}"
