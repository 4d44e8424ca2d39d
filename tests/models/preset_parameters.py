"""Numbers of parameters of the networks of each preset."""

GENERATOR = {"paper": 58_777_728, "medium": 14_707_776, "small": 3_683_616, "testing": 232_728}

# Those of figure 3, and as many singular vectors' elements as there are output channels.
CRITIC = {
    "paper": 5_768_960 + 1473,
    "medium": 1_448_832 + 737,
    "small": 365_504 + 369,
    "testing": 24_080 + 93,
}

VGG16_GRAY = {"paper": 17_087_296, "medium": 4_276_640, "small": 1_071_568, "testing": 67_876}
