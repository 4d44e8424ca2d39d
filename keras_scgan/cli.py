"""What every tool does alike: flags, and one line for an error that the user can mend.

Importing this module imports TensorFlow, without the notes that it writes to stderr on start-up.
"""

import importlib
import os
import pathlib
import sys
import tempfile

from absl import app, flags, logging

from keras_scgan.errors import UserError


def run(main, takes_arguments=False):
    """Runs `main(argv)` under absl.

    A wrong flag, a `UserError` or an `OSError` (a full disk, a file that may not be read) end the process with one
    line on stderr and exit status 2.

    Args:
        main: function of the arguments that are no flags, the program's name first.
        takes_arguments: bool. Whether there may be any. Defaults to `False`.
    """

    def parse(argv):
        try:
            return flags.FLAGS(argv)
        except (flags.Error, OSError) as error:
            _fail(error)

    def guarded(argv):
        logging.use_absl_handler()
        logging.set_verbosity(logging.INFO)
        try:
            if len(argv) > 1 and not takes_arguments:
                raise UserError(f"unexpected argument {argv[1]!r}: a flag is written --name=value.")
            return main(argv)
        except (UserError, OSError) as error:
            _fail(error)
        except KeyboardInterrupt:
            sys.exit(130)

    app.run(guarded, flags_parser=parse)


def _fail(error):
    message = " ".join(str(error).split())
    if isinstance(error, OSError) and error.filename is not None:
        message = f"{error.filename}: {error.strerror}"
    print(f"{pathlib.Path(sys.argv[0]).name}: {message}", file=sys.stderr)
    sys.exit(2)


def _import_tensorflow_quietly():
    """Sends stderr elsewhere meanwhile, as no setting stops all of the notes; shows them if the import fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as notes:
        os.dup2(notes.fileno(), 2)
        try:
            tensorflow = importlib.import_module("tensorflow")
            tensorflow.config.list_physical_devices()
            tensorflow.get_logger().setLevel("WARNING")
        except BaseException:
            notes.seek(0)
            os.write(stderr, notes.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


_import_tensorflow_quietly()
