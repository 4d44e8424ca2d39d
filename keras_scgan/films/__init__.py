"""What a film is: its packets, its pictures and its sound, in files that PyAV (FFmpeg's libraries) reads and writes.

Everything here but these names needs PyAV, which comes with the extra `video`.
"""

WRITABLE_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".webm")
"""Suffixes of the files that are written, in lower case."""

FILM_SUFFIXES = (
    *WRITABLE_SUFFIXES,
    *(".3g2", ".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".m1v", ".m2p", ".m2t", ".m2ts", ".m2v"),
    *(".mjpeg", ".mjpg", ".mod", ".mpe", ".mpeg", ".mpg", ".mpv", ".mts", ".mxf", ".nut", ".ogm", ".ogv", ".qt"),
    *(".rm", ".rmvb", ".tod", ".trp", ".ts", ".vob", ".wmv", ".wtv", ".xvid"),
)
"""Suffixes by which films in a folder are known, in lower case. What a file holds does not depend on its name."""


def output_suffix(suffix):
    """Suffix of the colour version of a film: its own, or .mp4 for what is only read. Args: `suffix`, in any case."""
    return suffix if suffix.lower() in WRITABLE_SUFFIXES else ".mp4"
