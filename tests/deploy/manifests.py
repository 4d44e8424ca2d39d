"""What is in deploy/."""

import pathlib
import re

import yaml

FOLDER = pathlib.Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
RESOURCES = [
    resource for path in sorted(FOLDER.glob("kubernetes/*.yaml")) for resource in yaml.safe_load_all(path.read_text())
]
NGINX = (FOLDER / "nginx.conf").read_text()


def of_kind(kind):
    """Kubernetes resources of a kind, by name."""
    return {resource["metadata"]["name"]: resource for resource in RESOURCES if resource["kind"] == kind}


def instructions(name):
    """Tuples of the instructions of a Dockerfile and their arguments."""
    text = (FOLDER / name).read_text().replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]
