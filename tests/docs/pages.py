"""The pages of the documentation, and what is in them: blocks of code, pieces of code within the text, links.

A comment on the line before a block tells its test what to do, as in `<!-- test: slow; append: --epochs=1 -->`:

- `skip: REASON`: the block is not run.
- `slow`: it is run by `pytest -m slow`.
- `append: FLAGS`: flags that each command is given besides, so that it takes less time.
"""

import dataclasses
import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).parents[2]
GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted(ROOT.glob("docs/*.md"))]
"""Pages whose blocks are run."""

PAGES = [
    *GUIDES,
    *(ROOT / name / "README.md" for name in ("tools", "web")),
    *sorted(ROOT.glob("saved_models/*/README.md")),
]
"""Pages whose names of flags, files and links are checked."""

_BLOCK = re.compile(r"^(?:<!-- test: (.+?) -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PIECE = re.compile(r"`((?:[^`\n]|\n(?!\n))+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclasses.dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        page: path.
        line: int. Number of its first line of code.
        language: string.
        text: string.
        skip: string, the reason not to run it, or `""`.
        slow: bool.
        append: tuple of strings. Flags for its commands.
    """

    page: pathlib.Path
    line: int
    language: str
    text: str
    skip: str = ""
    slow: bool = False
    append: tuple[str, ...] = ()

    def __str__(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def commands(self):
        """The lines of a block of commands, each a list of words."""
        return [shlex.split(line, comments=True) for line in self.text.replace("\\\n", " ").splitlines() if line]


def blocks_of(page):
    """List of `Block`s."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, match.start(3)) + 1, match[2], match[3], **_options(match[1]))
        for match in _BLOCK.finditer(text)
    ]


def _options(marker):
    options = {}
    for part in (marker or "").split("; "):
        name, _, value = part.partition(": ")
        match name:
            case "":
                pass
            case "slow":
                options["slow"] = True
            case "skip":
                options["skip"] = value
            case "append":
                options["append"] = tuple(value.split())
            case _:
                raise ValueError(f"{marker}: there is no {name!r}")
    return options


def pieces_of(page):
    """List of strings: the commands of the blocks, and what stands between backticks in the text."""
    in_blocks = [shlex.join(words) for block in blocks_of(page) if block.language == "bash" for words in block.commands]
    prose = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    return in_blocks + [" ".join(piece.split()) for piece in _PIECE.findall(prose)]


def links_of(page):
    """List of strings: what links and pictures lead to."""
    return _LINK.findall(_BLOCK.sub("", page.read_text(encoding="utf-8")))


def anchors_of(page):
    """Set of strings: what links to headings of the page end with."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
