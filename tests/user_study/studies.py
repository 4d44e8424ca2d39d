"""Small user studies of demo photos."""

import shutil

import cv2
import numpy as np

from keras_scgan import user_study
from keras_scgan.data import demo_dir

METHODS = ("greyscale", "muted", "vivid", "truth")
"""From the worst to the best, for raters that answer by it."""

PHOTOS = ("balloon", "car", "parrot")


def make_study(folder, **settings):
    """Makes a study of demo photos with two made-up methods, muted and vivid; returns its folder."""
    for name in PHOTOS:
        source = demo_dir() / "images" / f"{name}.jpg"
        lab = cv2.cvtColor(cv2.imread(str(source)), cv2.COLOR_BGR2LAB).astype(np.float32)
        for method, factor in (("muted", 0.5), ("vivid", 1.5)):
            (folder / method).mkdir(exist_ok=True)
            changed = lab.copy()
            changed[..., 1:] = 128 + factor * (lab[..., 1:] - 128)
            picture = cv2.cvtColor(changed.clip(0, 255).astype(np.uint8), cv2.COLOR_LAB2BGR)
            cv2.imwrite(str(folder / method / f"{name}.png"), picture)
        (folder / "photos").mkdir(exist_ok=True)
        shutil.copy(source, folder / "photos")
    results = (str(folder / "muted"), str(folder / "vivid"))
    study = user_study.Settings(data_dir=str(folder / "photos"), pred_dir=results, image_size=64, **settings)
    user_study.make(study, folder / "study")
    return folder / "study"
