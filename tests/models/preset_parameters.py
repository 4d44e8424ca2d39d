"""Numbers of parameters of the networks of each preset."""

GENERATOR = {"paper": 58_777_728, "medium": 14_707_776, "small": 3_683_616, "testing": 232_728}

# Those of figure 3, and as many singular vectors' elements as there are output channels.
CRITIC = {
    "paper": 5_768_960 + 1473,
    "medium": 1_448_832 + 737,
    "small": 365_504 + 369,
    "testing": 24_080 + 93,
}

# With the saliency branch.
PIX2PIX = {"paper": 55_531_395, "medium": 13_890_499, "small": 3_476_451, "testing": 218_715}
URESNET = {"paper": 52_173_120, "medium": 13_055_136, "small": 3_269_712, "testing": 206_580}

PATCH_CRITIC = {"paper": 2_768_449, "medium": 696_097, "small": 176_017, "testing": 11_749}

VGG16_GRAY = {"paper": 17_087_296, "medium": 4_276_640, "small": 1_071_568, "testing": 67_876}
