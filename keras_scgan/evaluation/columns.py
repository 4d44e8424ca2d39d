"""The metrics in the results of a comparison: which there are, and what is said of them."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Column:
    """A metric in the table.

    Attributes:
        title: string.
        format: string, of `str.format`.
        of_each_photo: bool. Whether each picture has it, so that a method has the mean of its pictures'.
    """

    title: str
    format: str
    of_each_photo: bool = False


COLUMNS = {
    "images": Column("images", "{}"),
    "psnr": Column("PSNR, dB", "{:.2f}", of_each_photo=True),
    "ssim_data_range_2": Column("SSIM, data range 2", "{:.4f}", of_each_photo=True),
    "ssim": Column("SSIM, data range 1", "{:.4f}", of_each_photo=True),
    "chroma_psnr": Column("chroma PSNR, dB", "{:.2f}", of_each_photo=True),
    "cci": Column("colourfulness (CCI)", "{:.2f}", of_each_photo=True),
    "cci_difference": Column("less the truth's", "{:+.2f}"),
    "cci_distance": Column("CCI distance", "{:.2f}", of_each_photo=True),
    "cci_ratio": Column("CCI ratio", "{:.2%}"),
    "cci_absolute": Column("colourfulness, absolute", "{:.2f}", of_each_photo=True),
    "cci_absolute_difference": Column("less the truth's", "{:+.2f}"),
    "top1": Column("Top-1", "{:.2%}", of_each_photo=True),
    "top5": Column("Top-5", "{:.2%}", of_each_photo=True),
    "agreement": Column("agreement", "{:.2%}", of_each_photo=True),
    "cosine_distance": Column("cosine distance", "{:.4f}", of_each_photo=True),
    "kid_x1000": Column("KID x 1000", "{:.2f}"),
    "frechet_distance": Column("Frechet distance", "{:.2f}"),
    "saliency_mae": Column("saliency MAE", "{:.4f}", of_each_photo=True),
    "saliency_max_f": Column("saliency max-F", "{:.4f}"),
    "fid": Column("FID", "{:.2f}"),
    "fid_equal_cci": Column("FID at the truth's CCI", "{:.2f}"),
}
"""By the names of the metrics. Those that no row has are left out of the table."""

MEANS = tuple(name for name, column in COLUMNS.items() if column.of_each_photo)
"""Metrics of a picture, whose mean is that of a method."""

EXPLANATION = """\
## What the numbers are

- **PSNR**: over the pixels of R, G and B. It rewards dull colours: read it beside the colourfulness. A photo that a
  method got right to the last bit has none: the mean is over the others, as of **chroma PSNR**, unless there are none.
- **SSIM**: 7x7 uniform window, mean of R, G and B, as in scikit-image. **Data range 2** is how old scikit-image took
  floating-point pictures, and what the paper's tables have. **Data range 1** is theirs, and gives lower numbers.
  A method that keeps the luma, as the full pipeline does and networks may, has an inflated PSNR and SSIM.
- **chroma PSNR**: a and b of CIE Lab alone, peak 255. The luminance, which the full pipeline keeps, has no part in it.
- **CCI**: the paper's colour colorfulness index, equations 8 to 12, mean over the photos. **Less the truth's**: of the
  same photos, a difference of means. **CCI distance**: mean over the photos of |CCI - the truth's CCI|. **CCI ratio**:
  share of photos with 16 <= CCI <= 20, the paper's band of natural photos. Most photos are outside of it: the truth's
  own ratio, and no higher one, is what a method should have. **Colourfulness, absolute**: of the absolute values of
  the opponent channels, as DDColor's code and others have it; not comparable with the CCI.
- **Top-1, Top-5**: the classifier's accuracy on the colorized photos that have a label, squeezed to its size.
- **Agreement**: how often the judge's first class for a colorized photo is that for the true one. **Cosine distance**:
  mean over the photos of 1 - the cosine of the angle between the judge's features of both. **KID x 1000**: kernel
  distance of the sets of these features, kernel (x.y / C + 1)^3, one estimate of all photos, unbiased for sets of the
  same photos (only pairs of different photos count). **Frechet distance**: as the FID, of these features; the fewer the
  photos, the higher. All are comparable among methods with one judge and one set of photos alone.
- **Saliency MAE** and **max-F**: of the network's map, not stretched, against the data set's; beta^2 = 0.3, 255
  thresholds, precision and recall averaged over the photos before the F-measure is taken.
- **FID**: of the Inception-v3 of keras.applications, whose numbers are not those of other Inception networks. **At the
  truth's CCI**: the same, with the chroma of each picture scaled so that it is as colourful as its truth, which tells
  right colours from merely vivid ones. Greyscale pictures cannot be scaled.

- **Differences**: of a method from the baseline on the photos that both have, with 95 % intervals of a paired bootstrap
  over the photos. Where 0 is in an interval, the photos do not tell the two apart. Intervals know of the choice of
  photos alone, not of the chance in a training.

Means are over the photos. Photos and results are 8 bits a channel, as they are on disk."""
