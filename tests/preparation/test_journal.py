"""Journals: what was written to its end is read back, from parts of other processes too."""

import json

import pytest

from keras_scgan.preparation.journal import Journal, JournalPart

ENTRIES = [{"path": f"{number}.jpg", "side": number} for number in range(5)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scan.jsonl"


def entries_in(path):
    with Journal(path) as journal:
        return list(journal.entries())


def test_what_is_appended_is_read_back_but_for_a_line_that_broke_off(path):
    with Journal(path) as journal:
        journal.append(ENTRIES[:2])
        assert list(journal.entries()) == ENTRIES[:2]
    with open(path, "ab") as file:
        file.write(json.dumps(ENTRIES[2]).encode()[:-3])
    with Journal(path) as journal:
        journal.append(ENTRIES[3:])
    assert entries_in(path) == [*ENTRIES[:2], *ENTRIES[3:]]


def test_parts_are_read_while_it_is_open_and_then_deleted(path):
    with Journal(path) as journal:
        for entry in ENTRIES[:2]:
            part = JournalPart(path)
            part.append([entry])
            part.close()
        assert sorted(journal.entries_of_parts(), key=ENTRIES.index) == ENTRIES[:2]
        journal.delete_parts()
        assert list(journal.entries_of_parts()) == []
    assert list(path.parent.iterdir()) == [path]


def test_parts_that_killed_processes_left_become_a_part_of_it(path):
    part = JournalPart(path)
    part.append(ENTRIES[:1])
    with open(f"{path}.0123456789abcdef", "wb") as torn:
        torn.write(json.dumps(ENTRIES[1]).encode() + b'\n{"path": ')
    others = [path.with_name(name) for name in ("scan.jsonl.old", "shards.jsonl.0123456789abcdef")]
    for other in others:
        other.write_text("{}\n")
    assert sorted(entries_in(path), key=ENTRIES.index) == ENTRIES[:2]
    assert sorted(path.parent.iterdir()) == sorted([path, *others])
    part.close()
