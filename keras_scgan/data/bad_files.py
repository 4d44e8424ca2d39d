"""Files that cannot be used: how many are put up with, where they are named, and the error when they are too many."""

import os
import threading

from keras_scgan.program.errors import UserError


class DataError(UserError):
    """A data set that cannot be trained on, as one line that names what is wrong and says what to do."""


class BadFiles:
    """Count of the files that were skipped, each of them named once in a log file. Safe to use from several threads.

    The log has one line a file, `path<TAB>reason`, and is kept over runs: a file that it names already is not named
    again. Only files met by this object count, so that a file that has been repaired since stands in nobody's way.

    Args:
        max_bad_files: int, 0 or more. How many files may be skipped.
        log_path: path of the log file, made with its folder when the first file is bad, or `None` for no log.
    """

    def __init__(self, max_bad_files, log_path=None):
        self.max_bad_files = max_bad_files
        self.log_path = log_path
        self._paths = set()
        self._logged = _logged_paths(log_path)
        self._lock = threading.Lock()

    def __len__(self):
        return len(self._paths)

    def add(self, *files, summary=None):
        """Count and log files.

        Args:
            *files: `BadFileError`s, one a file.
            summary: str. What is wrong with the files, for the message of the exception. Defaults to the last file's
                own message.

        Raises:
            DataError: More than `max_bad_files` files are bad by now.
            OSError: The log cannot be written.
        """
        with self._lock:
            self._paths.update(file.path for file in files)
            self._log(files)
            if len(self) > self.max_bad_files:
                raise DataError(self._message(summary or str(files[-1])))

    def _log(self, files):
        new = {file.path: file.reason for file in files if file.path not in self._logged}
        if self.log_path is None or not new:
            return
        os.makedirs(os.path.dirname(os.path.abspath(self.log_path)), exist_ok=True)
        with open(self.log_path, "a", encoding="utf-8", errors="surrogateescape") as log:
            log.writelines(f"{path}\t{reason}\n" for path, reason in new.items())
        self._logged.update(new)

    def _message(self, summary):
        where = "" if self.log_path is None else f", all named in {self.log_path}"
        return (
            f"{summary}. Bad files so far: {len(self)}, allowed: {self.max_bad_files}{where}. "
            "Repair or remove them, or raise `max_bad_files`."
        )


def _logged_paths(log_path):
    if log_path is None or not os.path.exists(log_path):
        return set()
    with open(log_path, encoding="utf-8", errors="surrogateescape") as log:
        return {line.rpartition("\t")[0] for line in log}
