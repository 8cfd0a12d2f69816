"""Reference numbers for gateway/transforms/clara on real volumes, written to transforms_clara.json.

Usage: python transforms_clara.py DATA, with DATA the folder of real images (the tests' sharedData).
Each step follows the documentation of Clara Train 3.1 with numpy, nibabel and torch; volumes are kept as shape, sum, sha256 and sampled voxels.
"""
import hashlib
import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
import torch.nn.functional as F

HERE = Path(__file__).parent
DATA = Path(sys.argv[1])
CASES = [
    ("ct/ct_abdomen_3mm.nii.gz", [2.0, 2.0, 2.0]),
    ("odd/orient_PIR.nii.gz", [4.1, 3.3, 5.7]),
    ("odd/oblique16_ct_pitch.nii.gz", [5.0, 5.0, 5.0]),
    ("mr/sct_t2s.nii.gz", [1.0, 1.0, 2.5]),
]


def sampled(a, count=60):
    """Voxels spread over the array: [index, value] in array order, plus shape and sum."""
    rng = np.random.default_rng(a.size)
    picks = [[int(rng.integers(n)) for n in a.shape] for _ in range(count)]
    return {"shape": list(a.shape), "sum": float(a.astype(np.float64).sum()), "voxels": [[p, float(a[tuple(p)])] for p in picks]}


def file_order_hash(a):
    return hashlib.sha256(np.asfortranarray(a).tobytes(order="F")).hexdigest()


def resize(x, shape, nearest=False):
    mode = dict(mode="nearest-exact") if nearest else dict(mode="trilinear", align_corners=False)
    return F.interpolate(torch.from_numpy(np.ascontiguousarray(x)).double()[None, None], size=shape, **mode)[0, 0].numpy()


def pattern(shape):
    """A mask that a test can make again without rounding: stripes within the middle of the array."""
    i, j, k = np.indices(shape)
    inside = (i * 5 > shape[0]) & (j * 7 > shape[1]) & (k * 9 > shape[2])
    return (((i * 7 + j * 5 + k * 3) % 11 < 4) & inside).astype(np.uint8)


def first_extremes(mask):
    """min and max per axis, first candidate in C order."""
    points = []
    found = np.argwhere(mask)
    for axis in range(mask.ndim):
        for index in (found[:, axis].min(), found[:, axis].max()):
            points.append(found[found[:, axis] == index][0])
    return points


def to_file(point, current, original, orientation):
    scaled = [min(max(int(np.floor((p + 0.5) * o / c)), 0), o - 1) for p, c, o in zip(point, current, original)]
    return [int(scaled[int(axis)] if flip > 0 else original[int(axis)] - 1 - scaled[int(axis)]) for axis, flip in orientation]


def chain(path, target, canonical):
    image = nib.load(DATA / path)
    orientation = nib.orientations.io_orientation(image.affine) if canonical else [(0, 1), (1, 1), (2, 1)]
    loaded = nib.as_closest_canonical(image) if canonical else image
    x = loaded.get_fdata(dtype=np.float32)
    spacing = np.sqrt((loaded.affine[:3, :3] ** 2).sum(axis=0))
    shape = [max(1, int(np.round(n * s / t))) for n, s, t in zip(x.shape, spacing, target)]
    scaled = resize(x, shape).astype(np.float32)
    low, high = np.percentile(x, [20, 90])
    ranged = np.clip((scaled.astype(np.float64) - low) / (high - low), 0, 1).astype(np.float32)
    mask = pattern(shape)
    restored = resize(mask, x.shape, nearest=True).astype(np.uint8)
    nonzero = ranged[ranged != 0].astype(np.float64)
    normal = np.where(ranged != 0, (ranged - nonzero.mean()) / nonzero.std(), 0).astype(np.float32)
    return {
        "file": path,
        "canonical": canonical,
        "target": target,
        "range": [float(low), float(high)],
        "affine": [float(v) for v in loaded.affine.ravel()],
        "loaded": {"shape": list(x.shape), "sha256": file_order_hash(x)},
        "scaled": sampled(scaled),
        "ranged": sampled(ranged),
        "normalized": sampled(normal),
        "points": [to_file(p, shape, x.shape, orientation) for p in first_extremes(mask)],
        "maskSum": int(mask.sum()),
        "restored": {"shape": list(restored.shape), "sum": int(restored.sum()), "sha256": file_order_hash(restored)},
    }


def main():
    cases = [chain(path, target, canonical) for path, target in CASES for canonical in (False, True)]
    (HERE / "transforms_clara.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
