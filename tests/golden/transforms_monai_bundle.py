"""Reference numbers of whole MONAI bundle chains with Invertd, written to transforms_monai_bundle.json. Runs MONAI 1.5.2 itself.

Usage: python transforms_monai_bundle.py DATA, with DATA the folder of real images (the tests' sharedData).

The stand-in for the network makes two channels of the prepared image: 0.5 everywhere, and the image scaled to 0..1 by its range.
"""
import hashlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

warnings.simplefilter("ignore")
import monai.transforms as mt  # noqa: E402

HERE = Path(__file__).parent
DATA = Path(sys.argv[1])
LOAD = [("LoadImaged", {"keys": "image"}), ("EnsureChannelFirstd", {"keys": "image"})]
CASES = [
    ("odd/orient_PIR.nii.gz", [("Orientationd", {"keys": "image", "axcodes": "RAS"}), ("Spacingd", {"keys": "image", "pixdim": [3.3, 4.1, 2.9]})], False),
    ("odd/orient_SLA.nii.gz", [("Orientationd", {"keys": "image", "axcodes": "RAS"}), ("Spacingd", {"keys": "image", "pixdim": [1.7, 2.0, 4.4]})], True),
    ("odd/orient_PIR.nii.gz", [("Spacingd", {"keys": "image", "pixdim": [3.0, 3.0, 3.0], "mode": "nearest"}), ("Flipd", {"keys": "image", "spatial_axis": 1}), ("Rotate90d", {"keys": "image", "k": 3, "spatial_axes": [0, 2]})], False),
    ("odd/orient_IPL.nii.gz", [("CropForegroundd", {"keys": "image", "source_key": "image", "margin": 5, "allow_smaller": True}), ("DivisiblePadd", {"keys": "image", "k": 16}), ("Resized", {"keys": "image", "spatial_size": [48, 64, 56], "mode": "trilinear"})], False),
    ("odd/orient_LPS.nii.gz", [("ResizeWithPadOrCropd", {"keys": "image", "spatial_size": [70, 60, 67]}), ("Zoomd", {"keys": "image", "zoom": 0.8, "mode": "trilinear"})], False),
    ("odd/orient_ASR.nii.gz", [("Zoomd", {"keys": "image", "zoom": [1.25, 0.7, 1.1], "keep_size": False}), ("SpatialPadd", {"keys": "image", "spatial_size": [110, 50, 80], "mode": "edge"})], True),
]


def sampled(a, count=40):
    a = np.asarray(a)
    rng = np.random.default_rng(a.size)
    picks = [[int(rng.integers(n)) for n in a.shape] for _ in range(count)]
    number = lambda v: float(f"{float(v):.9g}")  # noqa: E731
    size = np.abs(a.astype(np.float64))
    return {"shape": list(a.shape), "sum": float(a.astype(np.float64).sum()), "abs": float(size.sum()), "max": float(size.max()), "voxels": [[p, number(a[tuple(p)])] for p in picks]}


def chain(path, steps, nearest):
    pre = mt.Compose([getattr(mt, name)(**args) for name, args in LOAD + steps])
    data = pre({"image": str(DATA / path)})
    image = data["image"]
    low, high = float(image.min()), float(image.max())
    scaled = ((image - low) / (high - low)).float()
    data["pred"] = torch.cat([torch.full_like(scaled, 0.5), scaled])
    back = mt.Invertd(keys="pred", transform=pre, orig_keys="image", nearest_interp=nearest, to_tensor=True)(data)["pred"]
    labels = mt.AsDiscrete(argmax=True)(back)
    margin = np.abs(np.asarray(back[1] - back[0]))
    return {
        "file": path,
        "steps": [[name, args] for name, args in steps],
        "nearest": nearest,
        "image": sampled(image),
        "affine": [float(v) for v in np.asarray(image.affine).ravel()],
        "range": [low, high],
        "back": sampled(back),
        "backAffine": [float(v) for v in np.asarray(back.affine).ravel()],
        "labels": int(np.asarray(labels).sum()),
        # Voxels that another order of float additions may decide the other way.
        "nearTies": int(((margin < 1e-5) & (margin > 0)).sum()),
        "sha256": hashlib.sha256(np.asfortranarray(np.asarray(labels)[0].astype(np.uint8)).tobytes(order="F")).hexdigest(),
    }


golden = {"chains": [chain(*case) for case in CASES]}
(HERE / "transforms_monai_bundle.json").write_text(json.dumps(golden) + "\n")
for c in golden["chains"]:
    print(c["file"], c["image"]["shape"], c["labels"], c["nearTies"])
