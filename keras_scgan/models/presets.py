"""The sizes of the networks, by name."""

PRESETS = {"paper": 64, "medium": 32, "small": 16, "testing": 4}
"""Channels of a preset's first convolutions; every other width of its networks is a multiple of it."""


def preset_width(preset):
    """Channels of the first convolutions of `preset`.

    Raises:
        ValueError: there is no such preset.
    """
    if preset not in PRESETS:
        raise ValueError(f"`preset` must be one of {tuple(PRESETS)}. Received: preset={preset!r}")
    return PRESETS[preset]
