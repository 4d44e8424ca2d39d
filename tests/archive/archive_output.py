"""What a run on an archive has written."""

from keras_scgan.archive import records

OWN = ("manifest.jsonl", "failures.jsonl")


def results_in(folder):
    """Results by their path from the folder on."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in OWN
    }


def manifest_in(folder, name="manifest.jsonl"):
    """Records by source."""
    lines = (folder / name).read_text().splitlines()
    found = {record.source: record for record in map(records.from_line, lines)}
    assert len(found) == len(lines)
    return found
