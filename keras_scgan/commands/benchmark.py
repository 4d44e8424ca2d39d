"""Measures how fast things are on this machine, and prints a table and, with --output, JSON lines.

    scgan benchmark train --preset=small --image_size=128 --depth=7 --batch_size=16
    scgan benchmark train --encoder=classifier.keras
    scgan benchmark input --data_dir=DIR
    scgan benchmark infer --model=generator.keras [--saved_model=DIR] [--baseline=other.keras]
    scgan benchmark colorize --model=generator.keras
    scgan benchmark upsampling --data_dir=DIR
    scgan benchmark flicker --model=generator.keras --video=clip.mp4
    scgan benchmark fit --data_dir=DIR --model=generator.keras
    scgan benchmark saliency --data_dir=DIR --detector=u2netp,spectral_residual

train: training steps of both stages in float32 and the automatic precision, with their share of the speed of this
machine's matrix product, and the milliseconds that a batch takes to read. With --encoder: stage 1 of a generator on
that pre-trained encoder at --network_size, from cached features and with all, the early or none of the encoder's
layers frozen, beside stage 1 of --preset at --image_size.
input: the input pipeline alone, from the same photos in a folder of full size, in one of small JPEGs, and in shards.
infer: a generator on one photo, as every kind of model that it is exported to, and by a plain conversion.
colorize: a large JPEG file in colour, by stages, and the memory that it takes; and a run over many such files, beside
the time that it takes to decode and to encode them.
upsampling: how true chroma, made small and enlarged again, is to itself.
flicker: how much colours change from frame to frame where the picture is still, with and without smoothing.
fit: whether to squeeze photos into the network's square or to pad them.
saliency: how near the maps of detectors come to those of a data set, and how fast they are made.
"""

from keras_scgan.program import quiet_tensorflow  # noqa: F401 (first, before anything else imports TensorFlow)

# isort: split
import json
import pathlib
import tempfile

from absl import flags

from keras_scgan import build_generator, data
from keras_scgan.benchmarks import colorize, flicker, infer, input_pipeline, saliency, train, upsampling
from keras_scgan.colorizing.colorizer import FITS, Colorizer
from keras_scgan.colorizing.runners import load_keras
from keras_scgan.models import DEPTHS, PRESETS
from keras_scgan.models.layers import NORMS
from keras_scgan.photos.files import read_photo
from keras_scgan.preparation.detectors import load_detector
from keras_scgan.program.errors import UserError
from keras_scgan.training import build, precision

FLAGS = flags.FLAGS
TAKES_ARGUMENTS = True

flags.DEFINE_enum("preset", "small", list(PRESETS), "Width of the networks.")
flags.DEFINE_enum("depth", "7", map(str, DEPTHS), "Stride-2 layers of the encoder.")
flags.DEFINE_string("encoder", None, "train: classifier that becomes a pre-trained encoder, as of scgan train.")
flags.DEFINE_integer("image_size", 128, "Height and width of the images, in pixels.", 1)
flags.DEFINE_integer("batch_size", 16, "Photos a step.", 1)
flags.DEFINE_enum("critic_norm", "batch", NORMS, "Norm of the critics.")
flags.DEFINE_bool("perceptual_loss", True, "Time stage 2 with the perceptual loss.")
flags.DEFINE_string("data_dir", None, "Folder with images/ and saliency/, train, input: or shards. Default: the demo.")
flags.DEFINE_float("min_crop_area", 1.0, "Smallest share of a photo that a random crop takes; 1: no crops.", 0.001, 1.0)
flags.DEFINE_string(
    "model",
    None,
    "infer, colorize, flicker, fit, saliency: generator to run. Default: scgan, as of scgan colorize; for infer "
    "and colorize one of --preset with random weights.",
)
flags.DEFINE_string("video", None, "flicker: video that is colorized. Default: an old film, made of a demo photo.")
flags.DEFINE_integer("frames", 48, "flicker: frames of the video.", 2)
flags.DEFINE_string("saved_model", None, "infer: exported SavedModel of --model, to be timed too.")
flags.DEFINE_string(
    "baseline",
    None,
    "infer: another generator: each kind of model is timed beside the same kind of it, at its own size.",
)
flags.DEFINE_integer(
    "network_size",
    None,
    "infer, train --encoder: pixels of a side of what the network sees. Default: its own, 2^depth; of an encoder 224.",
    1,
)
flags.DEFINE_integer("threads", 2, "infer: threads of LiteRT models; TensorFlow takes all cores. saliency: threads.", 1)
flags.DEFINE_bool("naive", True, "infer: time plain conversions too.")
flags.DEFINE_float("megapixels", 24.0, "colorize: size of the photos.", 0.01)
flags.DEFINE_integer("files", 24, "colorize: files of the run.", 1)
flags.DEFINE_list(
    "detector", ["spectral_residual"], "saliency: detectors, as of scgan make_saliency; --model is scgan's."
)
flags.DEFINE_integer("photos", 100, "input, upsampling, fit, saliency: photos of --data_dir to measure.", 1)
flags.DEFINE_integer("rounds", 10, "Timed steps, turns or photos of each kind.", 1)
flags.DEFINE_string("output", None, "File that the results are added to, one JSON line each.")

ENCODER_SIZE = 224
"""Pixels of a side of what generators on pre-trained encoders see."""

INFERENCE_PHOTOS = 10
"""Photos that the models' colours are compared on."""


def main(argv):
    """Runs the benchmark that is named."""
    commands = {
        "train": _train,
        "input": _input,
        "infer": _infer,
        "colorize": _colorize,
        "upsampling": _upsampling,
        "flicker": _flicker,
        "fit": _fit,
        "saliency": _saliency,
    }
    if len(argv) != 2 or argv[1] not in commands:
        raise UserError(f"name one benchmark: {', '.join(commands)}. Received: {' '.join(argv[1:]) or 'none'}.")
    with data.original_errors():
        results = commands[argv[1]]()
    if FLAGS.output:
        with open(FLAGS.output, "a", encoding="utf-8") as file:
            file.writelines(json.dumps(result) + "\n" for result in results)


def _train():
    if FLAGS.image_size % 2 ** int(FLAGS.depth):
        raise UserError(f"--image_size={FLAGS.image_size} is no multiple of {2 ** int(FLAGS.depth)}: see --depth.")
    precisions = ["float32", precision.resolve("auto")]
    if FLAGS.encoder:
        return _train_pretrained(precisions)
    results = train.benchmark_train(
        preset=FLAGS.preset,
        depth=int(FLAGS.depth),
        image_size=FLAGS.image_size,
        batch_size=FLAGS.batch_size,
        critic_norm=FLAGS.critic_norm,
        perceptual_loss=FLAGS.perceptual_loss,
        precisions=precisions,
        rounds=FLAGS.rounds,
    )
    print("stage  precision       images/s (p10..p90)      ratio  GMAC/image  GMAC/s   peak  share")
    for r in results:
        print(
            f"{r['stage']:5}  {r['precision']:14} {r['images_per_second']:9.2f} ({r['p10']:.2f}..{r['p90']:.2f})"
            f"{r['ratio']:10.2f}{r['gmac_per_image']:12.2f}{r['gmac_per_second']:8.0f}"
            f"{r['peak_gmac_per_second']:7.0f}{r['share_of_peak']:7.0%}"
        )
    return results + _time_input({"data_dir": _open()})


def _train_pretrained(precisions):
    size = FLAGS.network_size or ENCODER_SIZE
    if size % 32:
        raise UserError(f"--network_size={size} is no multiple of 32, which an encoder needs.")
    results = train.benchmark_pretrained(
        lambda: build.load_encoder("--encoder", FLAGS.encoder)[0],
        preset=FLAGS.preset,
        depth=int(FLAGS.depth),
        image_size=FLAGS.image_size,
        pretrained_size=size,
        batch_size=FLAGS.batch_size,
        precisions=precisions,
        rounds=FLAGS.rounds,
    )
    names = {"paper": FLAGS.preset, "cached": "cached features"}
    print("generator         size  precision       images/s (p10..p90)      ratio")
    for r in results:
        name = names.get(r["generator"], f"frozen: {r['generator']}")
        speed = f"{r['images_per_second']:9.2f} ({r['p10']:.2f}..{r['p90']:.2f})"
        print(f"{name:16}{r['image_size']:6}  {r['precision']:14} {speed}{r['ratio']:10.2f}")
    return results


def _open():
    return data.open_data_set(FLAGS.data_dir or data.demo_dir(), bad_files=data.BadFiles(100))


def _input():
    data_set = _open()
    with tempfile.TemporaryDirectory() as folder:
        return _time_input(input_pipeline.make_sets(data_set, folder, FLAGS.photos))


def _time_input(data_sets):
    results = input_pipeline.benchmark_input(
        data_sets,
        image_size=FLAGS.image_size,
        batch_size=FLAGS.batch_size,
        min_crop_area=FLAGS.min_crop_area,
        rounds=FLAGS.rounds,
    )
    print(f"Batches of {FLAGS.batch_size} at {FLAGS.image_size} pixels:")
    print("data set              images/s (p10..p90)     ratio  ms/batch")
    for r in results:
        speed = f"{r['images_per_second']:.0f} ({r['p10']:.0f}..{r['p90']:.0f})"
        print(f"{r['data_set']:20}{speed:>21}{r['ratio']:10.2f}{r['milliseconds_per_batch']:10.1f}")
    return results


def _infer():
    generator = load_keras(FLAGS.model) if FLAGS.model else build_generator(FLAGS.preset, depth=int(FLAGS.depth))
    photos = [read_photo(path).pixels for path in _photo_paths()[:INFERENCE_PHOTOS]]
    results = infer.benchmark_infer(
        generator,
        photos,
        FLAGS.saved_model,
        image_size=FLAGS.network_size,
        threads=FLAGS.threads,
        rounds=FLAGS.rounds,
        naive=FLAGS.naive,
        baseline=load_keras(FLAGS.baseline) if FLAGS.baseline else None,
    )
    print(
        "model                ms (p10..p90)             images/s  ratio   MiB  peak MiB  GMAC/s  share  PSNR  outside"
        + "  of baseline" * bool(FLAGS.baseline)
    )
    for r in results:
        size = "" if r["mebibytes"] is None else f"{r['mebibytes']:.1f}"
        memory = "" if r["memory_mib"] is None else f"{r['memory_mib']:.0f}"
        outside = "" if r["outside_delegate"] is None else len(r["outside_delegate"])
        of_baseline = "" if r["baseline_ratio"] is None else f"{r['baseline_ratio']:13.2f}"
        latency = f"{r['median']:.1f} ({r['p10']:.1f}..{r['p90']:.1f})"
        print(
            f"{r['variant']:20} {latency:25}{r['images_per_second']:9.1f}{r['ratio']:7.2f}{size:>6}{memory:>10}"
            f"{r['gmac_per_second']:8.0f}{r['share_of_peak']:7.0%}{r['psnr']:6.1f}{outside:>9}{of_baseline}"
        )
    return [{"benchmark": "infer", "threads": FLAGS.threads, **result} for result in results]


def _colorize():
    generator = FLAGS.model or build_generator(FLAGS.preset, depth=int(FLAGS.depth))
    colorizer, paths, rounds = Colorizer(generator), _photo_paths(), FLAGS.rounds
    result = colorize.benchmark_colorize(colorizer, colorize.large_photo(paths[0], FLAGS.megapixels), rounds)
    for stage, seconds in result["seconds"].items():
        print(f"{stage:12}{seconds:8.3f} s")
    print(f"{'all':12}{result['total_seconds']:8.3f} s for a JPEG file of {result['megapixels']:.1f} megapixels")
    if result["memory_mib"] is not None:
        print(f"{'memory':12}{result['memory_mib']:8.0f} MiB above that before the photo")
    run = colorize.benchmark_run(colorizer, paths, FLAGS.megapixels, FLAGS.files, rounds)
    print(
        f"{'run':12}{run['seconds_a_photo']:8.3f} s a file, of {run['photos']}; decoding and encoding alone "
        f"{run['limit_seconds_a_photo']:.3f} s, {run['share_of_limit']:.0%} of it"
    )
    if run["memory_mib"] is not None:
        print(f"{'memory':12}{run['memory_mib']:8.0f} MiB above that before the run")
    return [{"benchmark": "colorize", **result}, {"benchmark": "colorize_run", **run}]


def _upsampling():
    results = upsampling.benchmark_upsampling(_photo_paths(), FLAGS.image_size, [2, 4, 8])
    print("factor  method   chroma PSNR (dB)  bleeding")
    for r in results:
        print(f"{r['factor']:6}  {r['method']:8}{r['chroma_psnr']:17.2f}{r['bleeding']:10.2f}")
    return [{"benchmark": "upsampling", "image_size": FLAGS.image_size, **result} for result in results]


def _flicker():
    colorizer = Colorizer(FLAGS.model)
    if FLAGS.video:
        frames = flicker.read_frames(FLAGS.video, FLAGS.frames)
    else:
        frames = flicker.old_film(_photo_paths()[0], FLAGS.frames)
    results = flicker.benchmark_flicker(colorizer, list(frames), [0.0, 0.5, 0.8, 0.9])
    print("smoothing  flicker  chroma error")
    for r in results:
        print(f"{r['smoothing']:9}{r['flicker']:9.3f}{r['chroma_error']:14.2f}")
    return [{"benchmark": "flicker", "video": FLAGS.video or "old film", **result} for result in results]


def _fit():
    results = colorize.benchmark_fits({fit: Colorizer(FLAGS.model, fit=fit) for fit in FITS}, _photo_paths())
    print("aspect  fit      chroma PSNR (dB)")
    for r in results:
        print(f"{r['aspect']:6.2f}  {r['fit']:8}{r['chroma_psnr']:17.2f}")
    return [{"benchmark": "fit", **result} for result in results]


def _saliency():
    references = saliency.find_mapped(FLAGS.data_dir or data.demo_dir(), FLAGS.photos)
    models = {"scgan": FLAGS.model}
    detectors = [load_detector(name, model=models.get(name), threads=FLAGS.threads) for name in FLAGS.detector]
    results = saliency.benchmark_saliency(detectors, references)
    print("detector                MAE   max-F  photos/s (p10..p90)")
    for r in results:
        max_f = "" if r["max_f"] is None else f"{r['max_f']:.4f}"
        speed = f"{r['images_per_second']:.2f} ({r['p10']:.2f}..{r['p90']:.2f})"
        print(f"{r['detector']:20}{r['mae']:7.4f}{max_f:>8}  {speed}")
    return [{"benchmark": "saliency", "threads": FLAGS.threads, **result} for result in results]


def _photo_paths():
    pairs = data.PhotoFolder(FLAGS.data_dir or data.demo_dir(), fields=("color",))
    step = max(1, len(pairs) // FLAGS.photos)
    return [pathlib.Path(pairs.photo_path(i)) for i in range(0, len(pairs), step)][: FLAGS.photos]
