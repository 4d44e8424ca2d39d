"""Small videos, how they are written and read, and what colorizes them in the place of a network."""

import cv2
import numpy as np

from keras_scgan.photos import color

SIZE = 64
FRAMES = 20
RATE = 24.0


class FakeColorizer:
    """Tints each frame, red where it is dark on average and blue where it is bright, and by chance stronger or less."""

    is_thermal = False

    def __init__(self):
        self.rng = np.random.default_rng(0)
        self.batches = []
        self.finished = []

    def prepare(self, photo):
        small = cv2.resize(photo, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.float32)
        return color.normalize(small)[..., np.newaxis]

    def predict(self, grays, saliency=True):
        self.batches.append(len(grays))
        return {"chroma": np.stack([np.zeros_like(gray) + self._tint(gray) for gray in grays]).astype(np.float32)}

    def paint_of(self, outputs):
        return "chroma", outputs["chroma"]

    def finish(self, photo, predicted, order="RGB"):
        self.finished.append(predicted["chroma"])
        chroma = cv2.resize(self.finished[-1], photo.shape[::-1]) @ color.CHROMA_TO_RGB * 127.5
        rgb = np.clip(np.rint(photo[..., np.newaxis] + chroma), 0, 255).astype(np.uint8)
        return rgb if order == "RGB" else cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)

    def _tint(self, gray):
        return color.chroma(np.float32([0, 0, 1] if gray.mean() > 0 else [1, 0, 0]) * self.rng.uniform(0.1, 0.4))


def scene(seed, brightness=100, frames=FRAMES, width=96, height=64):
    """A still texture of grey, over which a small bright square moves."""
    texture = cv2.GaussianBlur(np.random.default_rng(seed).normal(size=(height, width)), (0, 0), 2)
    for index in range(frames):
        frame = np.clip(brightness + 40 * texture / np.abs(texture).max(), 0, 255).astype(np.uint8)
        frame[:8, 2 * index : 2 * index + 8] = 240
        yield cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)


def write(path, frames, codec="MJPG", rate=RATE):
    frames = list(frames)
    size = frames[0].shape[1::-1]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), rate, size)
    assert writer.isOpened()
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def read(path):
    """Frames as `[N, H, W, 3]` RGB, and the frame rate."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    frames = []
    while (result := capture.read())[0]:
        frames.append(cv2.cvtColor(result[1], cv2.COLOR_BGR2RGB))
    rate = capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return np.stack(frames), rate


def names(folder):
    return sorted(file.name for file in folder.iterdir())
