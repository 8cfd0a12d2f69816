#!/usr/bin/env bash
# Finding: in MONAI's Spacing, mode=3 and mode="3" are two interpolations; in Resize and Zoom both spellings are the second one.
# Guess before running: the order of a spline may be written as number or text, and cubic means the same in every transform.
# Seen: Spacing(mode=3) is SciPy's B-spline of order 3, for images of two and three axes. Spacing(mode="3") is torch's bicubic convolution:
#   on noise of standard deviation 1 the two differ by up to 0.25 in two axes, and three axes are refused ("bicubic interpolation only supports 4D input").
#   Resize(mode=3) on two axes equals Resize(mode="bicubic") bit for bit.
# With: monai 1.5.2, torch 2.13.0, scipy 1.17.1, Python 3.11.
# Who feels it: whoever writes a bundle's config by hand or through YAML and JSON tools that quote numbers, or moves a cubic step from Spacing to
#   Resize: the network sees other intensities than in training, and nothing is said; or a bundle that ran on slices fails on volumes.
# What to do: write the number without quotes where B-splines are meant, name "bicubic" where that is meant, and compare one resampled image with training.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 torch==2.13.0 scipy==1.17.1 monai==1.5.2
venv/bin/python -W ignore - <<'PY'
import monai
import numpy as np
import torch
from monai.data import MetaTensor
from monai.transforms import Resize, Spacing
from scipy import ndimage

print("monai", monai.__version__, "torch", torch.__version__)
torch.set_num_threads(1)
volume = np.random.default_rng(0).normal(size=(1, 16, 12, 10)).astype(np.float32)


def spaced(image, mode):
    padding = "nearest" if mode == 3 else "border"
    step = Spacing(pixdim=[1.5] * (image.ndim - 1), mode=mode, padding_mode=padding, dtype=np.float64)
    return np.asarray(step(MetaTensor(torch.tensor(image), affine=torch.eye(4))))


slice_ = volume[..., 0]
number, text, named = (spaced(slice_, mode) for mode in (3, "3", "bicubic"))
print("two axes: 3 and '3' differ by", np.abs(number - text).max().round(3), "; '3' and 'bicubic' by", np.abs(text - named).max())
assert np.abs(number - text).max() > 0.1
assert np.array_equal(text, named)

# SciPy asked directly gives what the number gives.
places = np.stack(np.meshgrid(*[1.5 * np.arange(n) for n in number.shape[1:]], indexing="ij"))
spline = ndimage.map_coordinates(slice_[0].astype(float), places, order=3, mode="nearest")
print("two axes: 3 and SciPy's order 3 differ by", np.abs(number[0] - spline).max())
assert np.abs(number[0] - spline).max() < 1e-5

print("three axes: 3 gives", spaced(volume, 3).shape)
try:
    spaced(volume, "3")
    raise SystemExit("three axes: '3' was taken")
except RuntimeError as error:
    print("three axes: '3':", error)

resized = [np.asarray(Resize(spatial_size=(24, 18), mode=mode)(torch.tensor(slice_))) for mode in (3, "bicubic")]
print("Resize: 3 and 'bicubic' differ by", np.abs(resized[0] - resized[1]).max())
assert np.array_equal(*resized)
PY
echo "as recorded"
