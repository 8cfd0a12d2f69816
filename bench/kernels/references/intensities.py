"""Intensities as MONAI, numpy and scipy change them."""
import math

import numpy as np
import scipy.ndimage as ndi
import torch
from monai.networks.layers import GaussianFilter
from monai.transforms import MaskIntensity, NormalizeIntensity, ScaleIntensityRange, ShiftIntensity, ThresholdIntensity

SIGMAS = (1.0, 1.5, 2.0)
POINTS = [(100, 200, 300), (20, 30, 40), (150, 500, 10), (60, 256, 256), (199, 0, 511), (120, 400, 350)]


def erf_kernel(sigma):
    tail, t = int(max(sigma * 4, 0.5) + 0.5), 0.70710678 / sigma
    return np.array([0.5 * (math.erf(t * (x + 0.5)) - math.erf(t * (x - 0.5))) for x in range(-tail, tail + 1)])


def monai_window(i):
    transform = ScaleIntensityRange(-57, 164, 0, 1, clip=True)
    return lambda: transform(i["image"])


def monai_window_open(i):
    transform = ScaleIntensityRange(-57, 164, 0, 1)
    return lambda: transform(i["float"])


def monai_nonzero(i):
    transform = NormalizeIntensity(nonzero=True)
    return lambda: transform(i["image"])


def monai_normalize(i):
    transform = NormalizeIntensity()
    return lambda: transform(i["float"])


def numpy_percentiles(i):
    return lambda: np.percentile(i["image"], [0.5, 5, 95, 99.5])


def numpy_percentiles_float(i):
    return lambda: np.percentile(i["float"], [0.5, 99.5])


def numpy_range(i):
    return lambda: [i["image"].min(), i["image"].max()]


def numpy_range_float(i):
    return lambda: [i["float"].min(), i["float"].max()]


def scipy_smooth(i):
    def run():
        out = i["float"]
        for axis, sigma in enumerate(SIGMAS):
            out = ndi.convolve1d(out, erf_kernel(sigma), axis=axis, mode="constant")
        return out

    return run


def monai_smooth(i):
    smooth = GaussianFilter(3, list(SIGMAS), approx="erf")
    x = torch.from_numpy(i["float"])[None, None]
    return lambda: smooth(x)


def scipy_heat(i):
    def run():
        z = np.zeros(i["image"].shape, np.float32)
        for point in POINTS:
            z[point] = 1
        for axis in range(3):
            z = ndi.convolve1d(z, erf_kernel(3), axis=axis, mode="constant")
        return (z - z.min()) / (z.max() - z.min()) * 2 - 1

    return run


def monai_shift(i):
    transform = ShiftIntensity(1024.5)
    return lambda: transform(i["float"])


def monai_threshold(i):
    transform = ThresholdIntensity(-200, above=True, cval=-200)
    return lambda: transform(i["float"])


def monai_mask(i):
    transform = MaskIntensity(i["mask"][None])
    return lambda: transform(i["float"][None])


def torch_sigmoid(i):
    x = torch.from_numpy(i["logits"])
    return lambda: torch.sigmoid(x)
