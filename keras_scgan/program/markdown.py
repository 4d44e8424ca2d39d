"""Reports as Markdown."""


def table(header, rows):
    """A table whose first column stands on the left and whose others on the right.

    Args:
        header: list of strings.
        rows: iterable of lists of strings, as many each.
    """
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
