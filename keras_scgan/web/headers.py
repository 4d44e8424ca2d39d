"""The headers that the files of a page are sent with, as its file `_headers` tells."""

import fnmatch

FILE_NAME = "_headers"
"""Name of the file in the folder of a page. Static hosts that read it do so likewise."""


def parse(text):
    """Reads what a file of headers holds.

    Args:
        text: string. Lines of a pattern of paths that begins with `/`, each followed by indented lines `NAME: VALUE`.
            `*` in a pattern stands for anything. Lines that begin with `#` say nothing.

    Returns:
        List of tuples of a pattern and a dict of headers.

    Raises:
        ValueError: A line is none of these.
    """
    rules = []
    for line in text.splitlines():
        name, colon, value = line.strip().partition(":")
        if not name or name.startswith("#"):
            continue
        if line.startswith("/"):
            rules.append((line.strip(), {}))
        elif line[0].isspace() and colon and rules:
            rules[-1][1][name] = value.strip()
        else:
            raise ValueError(f"a line that is neither a path nor a header: {line!r}")
    return rules


def of_path(rules, path):
    """Headers of a path, a dict: those of all patterns that fit, later ones in place of earlier ones.

    Args:
        rules: as of `parse`.
        path: string. The path of an address, which begins with `/`.
    """
    fitting = (headers for pattern, headers in rules if fnmatch.fnmatchcase(path, pattern))
    return {name: value for headers in fitting for name, value in headers.items()}
