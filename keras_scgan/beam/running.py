"""Running pipelines. Apache Beam, which the extra `beam` brings, is imported when it is needed."""

import contextlib
import glob
import logging

from absl import logging as absl_logging

from keras_scgan.beam.local import LocalRun, local_run
from keras_scgan.program import quiet
from keras_scgan.program.errors import UserError, first_line

LOCAL_RUNNER = "DirectRunner"
"""The one that works on this machine, and needs nothing else."""

_REPEATING_LOGGERS = (
    "apache_beam.runners.common",
    "apache_beam.runners.portability.local_job_service",
)
"""Those that log what an exception of `LOCAL_RUNNER` tells too."""


def load():
    """Imports Apache Beam, and has it log errors alone: most of its warnings are about itself."""
    logging.disable(logging.WARNING)
    try:
        import apache_beam  # noqa: F401
    finally:
        logging.disable(logging.NOTSET)
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    for name in _REPEATING_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def check_folder(argument, folder):
    """Raises `UserError` if Beam takes a folder for a pattern. Args: name of the `argument`; `folder`, string."""
    if glob.has_magic(folder):
        raise UserError(f"`{argument}={folder}`: Beam takes it for a pattern. Choose a name without *, ? and [.")


def pipeline_options(runner, workers, flags=()):
    """The options of a pipeline.

    Args:
        runner: string. Name of a runner of Beam's.
        workers: int. Processes of `LOCAL_RUNNER`.
        flags: strings, options of the runner as its documentation writes them.

    Returns:
        `PipelineOptions`.

    Raises:
        UserError: Beam has no such runner, or it lacks something.
    """
    load()
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.runners.runner import create_runner

    try:
        create_runner(runner)
    except (ValueError, ImportError, AttributeError) as error:
        raise UserError(f"`runner={runner}`: {first_line(error)}") from None
    if runner != LOCAL_RUNNER:
        return PipelineOptions(list(flags), runner=runner)
    return PipelineOptions(
        list(flags),
        runner=runner,
        direct_num_workers=workers,
        direct_running_mode="multi_processing" if workers > 1 else "in_memory",
        allow_unsafe_triggers=True,  # otherwise the runner would download another one, and run that
        default_sdk_harness_log_level="ERROR",
    )


@contextlib.contextmanager
def hushed():
    """Context in which what the processes of a run say to stderr is held back, and this one's own is not."""
    handler = absl_logging.get_absl_handler().python_handler
    with quiet.notes_held_back() as stderr, contextlib.redirect_stderr(stderr):
        before = handler.stream
        handler.stream = stderr
        try:
            yield
        finally:
            handler.stream = before


def run(options, build, bar, done, total=None):
    """Runs a pipeline to its end.

    Args:
        options: `PipelineOptions`, as of `pipeline_options`.
        build: function of a `beam.Pipeline` and a `LocalRun` that adds to the one what adds to the other.
        bar: progress bar, which moves on `LOCAL_RUNNER` alone.
        done: string. Name of the number that it shows.
        total: string. Name of the number that this will be in the end, or `None` where the bar knows it.

    Returns:
        `PipelineResult`.
    """
    import apache_beam as beam
    from apache_beam.options.pipeline_options import StandardOptions

    is_here = options.view_as(StandardOptions).runner == LOCAL_RUNNER
    with local_run(bar, done, total) if is_here else contextlib.nullcontext(LocalRun()) as local:
        pipeline = beam.Pipeline(options=options)
        build(pipeline, local)
        result = pipeline.run()
        result.wait_until_finish()
    return result
