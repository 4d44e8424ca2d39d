"""Chance that depends on nothing but names, so that the same photos give the same choice everywhere."""

import hashlib


def keyed_hash(seed, purpose, text):
    """A number in [0, 1) that looks random and depends on nothing but the arguments.

    Args:
        seed: int.
        purpose: str of at most 16 bytes. What the number is for: a text has another for each.
        text: str.
    """
    data = text.encode("utf-8", "surrogateescape")
    digest = hashlib.blake2b(data, digest_size=6, key=str(seed).encode(), person=purpose.encode()).digest()
    return int.from_bytes(digest, "big") / 2**48
