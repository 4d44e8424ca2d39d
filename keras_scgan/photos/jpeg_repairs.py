"""Faults of JPEG files that some cameras and programs write, and that cost the picture nothing: they are mended."""

import re

_MAX_PADDING = 64
"""Bytes of one value with which some cameras fill the end of a picture; more, or others, are what damage leaves."""

_PADDING = re.compile(r"(\d+) extraneous bytes before marker 0x(d9|dd)")
"""0xd9 is the end; 0xdd stands behind the luma that `jpeg_luma` has copied from such a picture."""

_SCAN = re.compile(rb"(\xff\xda\0(?:\x08\x01.{2}|\x0a\x02.{4}|\x0c\x03.{6}|\x0e\x04.{8}))...", re.DOTALL)
_WHOLE_SCAN = b"\x00\x3f\x00"
"""First and last coefficient and bits of the scans of a sequential JPEG, which has no others."""

_ADOBE = re.compile(rb"(\xff\xee\0\x0eAdobe.{6}).", re.DOTALL)
_YCC, _YCCK = b"\1", b"\2"


def mend(data, message, has_inks):
    """Mends the fault that libjpeg tells of, if it is harmless.

    libjpeg tells of the first fault alone. So a file is mended, and then decoded as strictly as any.

    Args:
        data: bytes of a JPEG.
        message: string. What libjpeg says.
        has_inks: bool. Whether it has four components.

    Returns:
        bytes: the file without that fault; as it was if the fault is another, or no harmless one.
    """
    if found := _PADDING.search(message):
        return _without_padding(data, int(found[1]), bytes.fromhex(found[2]))
    if "Invalid SOS parameters" in message:
        return _SCAN.sub(lambda scan: scan[1] + _WHOLE_SCAN, data)
    if "nknown Adobe color transform" in message:  # what libjpeg takes it for
        return _ADOBE.sub(lambda segment: segment[1] + (_YCCK if has_inks else _YCC), data)
    return data


def _without_padding(data, count, marker):
    if count > _MAX_PADDING:
        return data
    return re.sub(rb"(.)\1{%d}(?=\xff%s)" % (count - 1, marker), b"", data, count=1, flags=re.DOTALL)
