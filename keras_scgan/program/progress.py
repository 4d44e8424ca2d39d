"""Progress bars with the time left: a bar on a terminal, elsewhere a line now and then."""

import sys
import types

import tqdm

_LINE_FORMAT = "{l_bar}{n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_fmt}{postfix}]"

_state = types.SimpleNamespace(quiet=False)


def set_quiet(quiet):
    """Sets whether the process is to say nothing of what goes well: no progress, no summary."""
    _state.quiet = quiet


def is_quiet():
    """Whether the process is to say nothing of what goes well."""
    return _state.quiet


def progress_bar(line_seconds=30.0, **options):
    """A `tqdm` bar on stderr.

    Args:
        line_seconds: float. Time between lines where stderr is no terminal.
        **options: of `tqdm.tqdm`: `desc`, `total`, `initial`, `unit`, `disable`.
    """
    terminal = sys.stderr.isatty()
    options["disable"] = is_quiet() or options.get("disable", False)
    return tqdm.tqdm(
        mininterval=0.5 if terminal else line_seconds,
        maxinterval=10.0 if terminal else line_seconds,
        delay=0.0 if terminal else line_seconds,
        bar_format=None if terminal else _LINE_FORMAT,
        dynamic_ncols=terminal,
        file=None if terminal else _Lines(),
        **options,
    )


class _Lines:
    """Where a bar is written that no terminal shows: to stderr, a line each, without control characters."""

    def write(self, text):
        if text.strip():
            print(text.strip(), file=sys.stderr)

    def flush(self):
        sys.stderr.flush()
