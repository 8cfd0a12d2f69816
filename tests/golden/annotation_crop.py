"""Reference masks of DExtr3D, written to annotation_crop.json: crop around points, resampling and pasting back by SimpleITK.

Usage: python annotation_crop.py (needs SimpleITK and scipy beside numpy)
"""
import hashlib
import json
import math
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from scipy import ndimage

HERE = Path(__file__).parent
ROI = (128, 128, 128)
CASES = [
    ((150, 140, 70), (1.0, 1.2, 2.5), 20, [[52, 81, 36], [97, 62, 41], [77, 43, 38], [68, 97, 35], [62, 78, 30], [77, 75, 48]]),
    ((61, 75, 40), (2.3, 0.9, 4.0), 20, [[5, 40, 12], [58, 33, 20], [30, 3, 22], [33, 71, 18], [28, 40, 2], [31, 37, 39]]),
]


def heat(shape, points, sigma=3):
    tail, t = int(4 * sigma + 0.5), 0.70710678 / sigma
    kernel = [0.5 * (math.erf(t * (x + 0.5)) - math.erf(t * (x - 0.5))) for x in range(-tail, tail + 1)]
    z = np.zeros(shape)
    for p in points:
        z[tuple(min(max(c, 0), n - 1) for c, n in zip(p, shape))] = 1
    for axis in range(3):
        z = ndimage.convolve1d(z, kernel, axis=axis, mode="constant")
    return (z - z.min()) / (z.max() - z.min()) * 2 - 1


def resample(image, size, like, interpolator):
    """To `size` voxels over the extent of `image`, first voxel on first voxel."""
    spacing = [s * n / m for s, n, m in zip(image.GetSpacing(), image.GetSize(), size)] if like is None else like.GetSpacing()
    return sitk.Resample(image, size, sitk.Transform(), interpolator, image.GetOrigin(), spacing, image.GetDirection(), 0.0, image.GetPixelID())


def case(shape, spacing, padding, points):
    volume = ((np.arange(int(np.prod(shape))) * 37) % 101).reshape(shape).astype(np.float32)
    image = sitk.GetImageFromArray(volume.transpose(2, 1, 0))
    image.SetSpacing(spacing)
    pad = [int(padding / s) for s in spacing]
    low = [max(min(p[d] for p in points) - pad[d], 0) for d in range(3)]
    high = [min(max(p[d] for p in points) + pad[d], shape[d] - 1) for d in range(3)]
    crop = image[low[0]:high[0], low[1]:high[1], low[2]:high[2]]
    small = resample(crop, ROI, None, sitk.sitkLinear)
    inside = [[int((p[d] - low[d]) * ROI[d] / (high[d] - low[d])) for d in range(3)] for p in points]
    x = np.clip(sitk.GetArrayFromImage(small).transpose(2, 1, 0).astype(np.float64) / 100, 0, 1)
    label = (x * heat(ROI, inside) > 0.5).astype(np.uint8)
    back = sitk.GetImageFromArray(label.transpose(2, 1, 0))
    back.CopyInformation(small)
    mask = np.zeros(shape, np.uint8)
    pasted = sitk.GetArrayFromImage(resample(back, crop.GetSize(), crop, sitk.sitkNearestNeighbor)).transpose(2, 1, 0)
    mask[low[0]:high[0], low[1]:high[1], low[2]:high[2]] = pasted
    digest = lambda a: hashlib.sha256(np.asfortranarray(a).tobytes(order="F")).hexdigest()  # noqa: E731
    rng = np.random.default_rng(5)
    picks = [[int(rng.integers(n)) for n in ROI] for _ in range(80)] + [[127, 127, 127], [3, 4, 127], [127, 0, 0]]
    array = sitk.GetArrayFromImage(small).transpose(2, 1, 0)
    return {"shape": shape, "spacing": spacing, "padding": padding, "points": points, "low": low, "high": high, "cropPoints": inside,
            "crop": {"shape": list(ROI), "sum": float(array.astype(np.float64).sum()), "voxels": [[p, float(array[tuple(p)])] for p in picks]},
            "cropSum": int(label.sum()), "cropSha256": digest(label), "sum": int(mask.sum()), "sha256": digest(mask)}


(HERE / "annotation_crop.json").write_text(json.dumps([case(*c) for c in CASES]) + "\n")
