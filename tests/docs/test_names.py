"""What the documentation names is there: flags, files, links, names of Python."""

import importlib
import pkgutil
import re
import sys

import pytest
from absl import flags
from pages import PAGES, ROOT, anchors_of, blocks_of, links_of, pieces_of

from keras_scgan import commands

SUB_VERBS = {
    verb: getattr(importlib.import_module(f"{commands.__name__}.{verb}"), "SUB_VERBS", ()) if is_package else ()
    for _, verb, is_package in pkgutil.iter_modules(commands.__path__)
    if verb in commands.verbs()
}
PASSES_ON = {"experiment": ("train", "evaluate")}  # by --train_flags and --evaluate_flags
PROGRAMS = [f"{verb} {sub}".rstrip() for verb, subs in SUB_VERBS.items() for sub in subs or [""]]
PROGRAM = re.compile(r"\bscgan (\w+)\b|\b(\w+)\.py\b")
FLAG = re.compile(r"(?<![\w-])--(\w+)")
FILE = re.compile(r"(?:tools|recipes|deploy|docs|keras_scgan|saved_models|tests|examples|\.ci)/[\w./-]*|stage\d\.flags")
PLACEHOLDER = re.compile(r"VERB|NAME")
NAME = re.compile(r"keras_scgan(?:\.(?!json\b)\w+)+")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@pytest.fixture(scope="module")
def flags_of():
    """Names of the flags of each verb, or of each of its sub-verbs, with those that switch off."""
    found, common = {}, set(flags.FLAGS)
    for called in PROGRAMS:
        importlib.import_module(f"{commands.__name__}.{called.replace(' ', '.')}")
        own = set(flags.FLAGS) - common
        booleans = {name for name in own if flags.FLAGS[name].boolean}
        found[called] = common | own | {f"no{name}" for name in booleans} | {"help", "flagfile"}
        for name in own:
            delattr(flags.FLAGS, name)
        for name in [name for name in sys.modules if name.startswith(f"{commands.__name__}.")]:
            del sys.modules[name]
    return found


def verb_of(piece):
    """The verb that a command calls; `None` where a piece is no command of the project."""
    names = [name for match in PROGRAM.findall(piece) for name in match]
    verb = next((name for name in names if name in SUB_VERBS), None)
    sub_verb = next((word for word in piece.split() if word in SUB_VERBS.get(verb, ())), None)
    if sub_verb:
        return f"{verb} {sub_verb}"
    return verb or ("colorize" if re.search(r"\bscgan\b(?! VERB)", piece.split("=")[0]) else None)


@each_page
def test_flags_exist(page, flags_of):
    missing = set()
    for piece in pieces_of(page):
        named, verb = set(FLAG.findall(piece)), verb_of(piece)
        if verb:
            known = flags_of.get(verb) or set().union(*(flags_of[f"{verb} {sub}"] for sub in SUB_VERBS[verb]))
            known = known.union(*(flags_of[other] for other in PASSES_ON.get(verb, ())))
            missing |= {f"{verb} --{name}" for name in named - known}
        elif piece.startswith("--"):
            missing |= {f"--{name}" for name in named if not any(name in known for known in flags_of.values())}
    assert missing == set()


@each_page
def test_files_and_names_of_python_exist(page):
    pieces = " ".join(pieces_of(page))
    names = {name for name in FILE.findall(pieces) if not PLACEHOLDER.search(name)}
    missing = {name for name in names if not (ROOT / name).exists()}
    for name in NAME.findall(pieces):
        try:
            pkgutil.resolve_name(name)
        except (AttributeError, ImportError):
            missing.add(name)
    assert missing == set()


@each_page
def test_links_lead_somewhere(page):
    links = [link for link in links_of(page) if not link.startswith("https://")]
    for link in links:
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


def test_every_page_is_linked_from_the_readme():
    readme, *_ = PAGES
    linked = {(ROOT / link).resolve() for link in links_of(readme)}
    assert [page for page in PAGES if page != readme and page.resolve() not in linked] == []


def test_the_readme_is_short():
    assert len(PAGES[0].read_text(encoding="utf-8").splitlines()) <= 200


def test_a_block_s_marker_is_read(tmp_path):
    page = tmp_path / "page.md"
    block = "<!-- test: slow; append: --a=1 --b -->\n```bash\nscgan x \\\n    y  # z\n```\n"
    page.write_text(f"# A `B`: c\n\n{block}\n`--c`\n")
    (block,) = blocks_of(page)
    assert (block.line, block.language, block.slow, block.skip, block.append) == (5, "bash", True, "", ("--a=1", "--b"))
    assert block.commands == [["scgan", "x", "y"]]
    assert pieces_of(page) == ["scgan x y", "B", "--c"]
    assert anchors_of(page) == {"a-b-c"}
    page.write_text("<!-- test: often -->\n```bash\nscgan x\n```\n")
    with pytest.raises(ValueError, match="often"):
        blocks_of(page)
