"""Measures how fast things are on this machine, and prints a table and, with --output, JSON lines.

    scgan benchmark train --preset=small --image_size=128 --depth=7 --batch_size=16
    scgan benchmark input --data_dir=DIR
    scgan benchmark infer --model=generator.keras

train: training steps, and their share of the machine's peak.
input: the input pipeline alone, from full-size photos, small ones and shards of them.
infer: a generator on one photo, as every kind of model that it is exported to.
colorize: a large JPEG file in colour, by stages, the memory that it takes, and a run over many such files.
archive: folders of photos, by numbers of processes, beside scgan colorize.
upsampling: how true chroma, made small and enlarged again, is to itself.
flicker: how much colours change from frame to frame where the picture is still, with and without smoothing.
fit: whether to squeeze photos into the network's square or to pad them.
serve: how long the photo server takes to answer, by how much is asked of it, and what it refuses.
saliency: how near the maps of detectors come to those of a data set, and how fast they are made.

Each has flags of its own, which `scgan benchmark train --help` lists.
"""

from keras_scgan.program.errors import UserError

SUB_VERBS = ("train", "input", "infer", "colorize", "archive", "upsampling", "flicker", "fit", "serve", "saliency")
TAKES_ARGUMENTS = True


def main(argv):
    """Refuses what names no benchmark."""
    raise UserError(f"name one benchmark: {', '.join(SUB_VERBS)}. Received: {' '.join(argv[1:]) or 'none'}.")
