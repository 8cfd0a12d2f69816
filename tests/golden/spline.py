"""Resizing by scikit-image and SciPy, written to spline.json as hashes: random lengths, orders, grids and types of voxels.

Voxels are made from their index and the case's seed (`voxels`), so that the tests make them again. `CASES=N SEED=S OUT=FOLDER` writes N other cases with all their voxels
instead, for the test's `SPLINE_CASES=FOLDER`.
"""
import hashlib
import json
import os
import warnings
from pathlib import Path

import numpy as np
import scipy.ndimage as ndi
from batchgenerators.augmentations.utils import resize_segmentation
from skimage.transform import resize

HERE = Path(__file__).parent


def numbers(seed, size):
    """Whole numbers below 2^32."""
    h = np.arange(size, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(seed)
    for factor in (0x45D9F3B, 0x119DE1F3):
        h ^= h >> np.uint32(16)
        h *= np.uint32(factor)
    return h ^ (h >> np.uint32(16))


def voxels(kind, seed, shape):
    h = numbers(seed, int(np.prod(shape))).reshape(shape)
    if kind == "labels":
        return (h % 5).astype(np.int16) - np.int16(1)
    if kind == "int16":
        return (h % 4096).astype(np.int16) - np.int16(1024)
    if kind == "float16":  # whole multiples of powers of two, so that nothing is rounded
        return (((h % 2048).astype(np.float64) - 1024) * 2.0 ** (((h >> 11) % 16).astype(np.float64) - 18)).astype(np.float16)
    return ((h.astype(np.float64) - 2**31) / 2**20).astype(np.float32)


def whole(x, shape, order):
    return resize(x, shape, order, mode="edge", anti_aliasing=False, preserve_range=True)


def separate(x, shape, order, axis, resized):
    """nnU-Net: slices one by one, then the nearest slice."""
    x = np.moveaxis(x, axis, 0)
    plane = [m for d, m in enumerate(shape) if d != axis]
    made = np.stack([resized(s, plane, order) for s in x])
    n, m = len(x), shape[axis]
    picked = np.clip(np.floor((np.arange(m) + 0.5) * (n / m) - 0.5 + 0.5).astype(int), 0, n - 1)
    return np.moveaxis(made[picked], 0, axis)


def reference(case):
    x = voxels(case["kind"], case["seed"], case["shape"])
    if case["kind"] == "labels":
        if "separate" in case:
            return separate(x, case["to"], case["order"], case["separate"], resize_segmentation)
        return resize_segmentation(x, case["to"], case["order"])
    wide = x if x.dtype == np.int16 and case["order"] == 0 else x.astype(np.float64)
    if case["grid"] == "corners":
        factors = [m / n for n, m in zip(case["shape"], case["to"])]
        made = ndi.zoom(wide, factors, order=case["order"], mode="nearest")
    elif "separate" in case:
        made = separate(wide, case["to"], case["order"], case["separate"], whole)
    else:
        made = whole(wide, case["to"], case["order"])
    if case["order"] == 0:
        return made if case["kind"] == "int16" else made.astype(np.float32)
    # Half precision straight from float64, as NumPy stores it; float32 else.
    return made.astype(np.float16).astype(np.float32) if case["kind"] == "float16" else made.astype(np.float32)


def cases(count, seed):
    random = np.random.default_rng(seed)
    for n in range(count):
        rank = 2 if n % 8 == 7 else 3
        shape = [int(v) for v in random.integers(1, 40 if n % 4 else 12, rank)]
        shape[1:] = [max(2, length) for length in shape[1:]]
        to = [int(max(1, round(length * random.uniform(0.3, 2.5)))) for length in shape]
        case = dict(seed=int(random.integers(2**31)), kind=["float32", "float16", "int16"][n % 3], shape=shape, to=to)
        case["order"] = [3, 1, 3, 1, 0][n % 5]
        case["grid"] = ["half-pixel", "corners", "half-pixel"][n // 3 % 3]
        if rank == 3 and case["grid"] == "half-pixel" and case["order"] and n % 7 == 3:
            case["separate"] = 0
        if case["grid"] == "corners":  # zoom derives the lengths from the factors
            case["to"] = [int(round(n * (m / n))) for n, m in zip(shape, to)]
        yield case
    for n in range(count // 10):  # labels, some of them to twice the grid, where there are ties
        shape = [int(v) for v in random.integers(2, 14, 3)]
        to = [2 * v for v in shape] if n % 2 else [int(max(1, round(v * random.uniform(0.4, 2.5)))) for v in shape]
        case = dict(seed=int(random.integers(2**31)), kind="labels", shape=shape, to=to, order=1, grid="half-pixel")
        yield case if n % 3 else dict(case, separate=n % 2)


def main():
    warnings.simplefilter("ignore")
    out = os.environ.get("OUT")
    listed = []
    for n, case in enumerate(cases(int(os.environ.get("CASES", 200)), int(os.environ.get("SEED", 1)))):
        made = np.ascontiguousarray(reference(case))
        assert list(made.shape) == case["to"], case
        if out:
            made.tofile(Path(out) / f"{n}.raw")
        else:
            case["sha256"] = hashlib.sha256(made.tobytes()).hexdigest()
        listed.append(case)
    path = Path(out) / "cases.json" if out else HERE / "spline.json"
    path.write_text(json.dumps(listed, indent=None if out else 0) + "\n")


main()
