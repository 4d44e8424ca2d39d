"""Draws what the networks do with photos, and prints the hues of salient ones.

    scgan visualize figure7 photo.jpg folder/ --output_dir=DIR
    scgan visualize hue --data_dir=DIR --output_dir=DIR

figure7: greyscale, colorized, true colours, saliency and the image weighted by it (figure 7 of the paper).
comparison: the results of many methods side by side (figures 1, 4, 6, 10 and 12 of the paper).
hue: hues of salient, unsalient and random patches (figure 8 of the paper).
gradcam: where VGG-16-Gray's highest class, or another, comes from, by Grad-CAM and Grad-CAM++.
critic: what the critics of a run of stage 2 object to in a colorized photo, and where.
aging: greyscale photos beside the scans of old photos that training makes of them.

Each has flags of its own, which `scgan visualize figure7 --help` lists.
"""

from keras_scgan.program.errors import UserError

SUB_VERBS = ("figure7", "comparison", "hue", "gradcam", "critic", "aging")
TAKES_ARGUMENTS = True


def main(argv):
    """Refuses what names no figure."""
    raise UserError(f"name one figure: {', '.join(SUB_VERBS)}. Received: {' '.join(argv[1:]) or 'none'}.")
