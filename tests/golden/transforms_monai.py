"""Reference numbers for gateway/transforms/monai and aiaa, written to transforms_monai.json. Runs MONAI 0.8.1 itself.

Usage: python transforms_monai.py DATA, with DATA the folder of real images (the tests' sharedData).
"""
import hashlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from nibabel import orientations as ornt

warnings.simplefilter("ignore")
from monai.transforms import (  # noqa: E402
    Activationsd, AddChanneld, AsDiscreted, Compose, LoadImaged, Orientationd, Resize, ScaleIntensityRanged, Spacingd,
)

HERE = Path(__file__).parent
DATA = Path(sys.argv[1])
CASES = [
    ("ct/ct_abdomen_3mm.nii.gz", [2.0, 2.0, 2.0], None),
    ("odd/orient_PIR.nii.gz", [4.1, 3.3, 5.7], None),
    ("odd/orient_PIR.nii.gz", [4.1, 3.3, 5.7], "RAS"),
    ("odd/orient_SLA.nii.gz", [3.0, 3.0, 3.0], "LPS"),
    ("mr/sct_t2s.nii.gz", [1.0, 1.0, 2.5], None),
    ("odd/shear_slope_inter.nii.gz", [2.0, 2.0, 2.0], None),
    ("odd/oblique16_ct_pitch.nii.gz", [5.0, 6.0, 7.0], None),
]


def sampled(a, count=60):
    rng = np.random.default_rng(a.size)
    picks = [[int(rng.integers(n)) for n in a.shape] for _ in range(count)]
    return {"shape": list(a.shape), "sum": float(a.astype(np.float64).sum()), "voxels": [[p, float(a[tuple(p)])] for p in picks]}


def file_order_hash(a):
    return hashlib.sha256(np.asfortranarray(a).tobytes(order="F")).hexdigest()


def pattern(shape):
    """A mask that a test can make again without rounding: stripes within the middle of the array."""
    i, j, k = np.indices(shape)
    inside = (i * 5 > shape[0]) & (j * 7 > shape[1]) & (k * 9 > shape[2])
    return (((i * 7 + j * 5 + k * 3) % 11 < 4) & inside).astype(np.uint8)


def chain(path, pixdim, axcodes):
    steps = [LoadImaged("image"), AddChanneld("image")]
    steps += [Orientationd("image", axcodes=axcodes)] if axcodes else []
    loaded = Compose(steps)({"image": str(DATA / path)})
    low, high = (float(v) for v in np.percentile(loaded["image"], [20, 90]))
    data = Compose([
        Spacingd("image", pixdim=pixdim),
        ScaleIntensityRanged("image", a_min=low, a_max=high, b_min=0.0, b_max=1.0, clip=True),
    ])(loaded)
    image = np.asarray(data["image"])
    meta = data["image_meta_dict"]
    mask = pattern(image.shape[1:])
    restored = np.asarray(Resize(np.asarray(loaded["image"]).shape[1:], mode="nearest")(mask[None].astype(np.float32)))[0]
    # Unlike AIAA's own Restored, the gateway's undoes the reorientation.
    turn = ornt.ornt_transform(ornt.io_orientation(np.asarray(meta["affine"])), ornt.io_orientation(np.asarray(meta["original_affine"])))
    restored = ornt.apply_orientation(restored, turn)
    return {
        "file": path,
        "pixdim": pixdim,
        "axcodes": axcodes,
        "range": [low, high],
        "affine": [float(v) for v in np.asarray(meta["affine"]).ravel()],
        "image": sampled(image),
        "maskSum": int(mask.sum()),
        "restored": {"shape": list(restored.shape), "sum": int(restored.sum()), "sha256": file_order_hash(restored.astype(np.uint8))},
    }


def post():
    """The post chain of AIAA 4.0 as its MONAI (batch first) meant it, and 0.8.1's one-hot and threshold."""
    rng = np.random.default_rng(7)
    pred = rng.normal(0, 2, (3, 4, 3, 2)).astype(np.float32)
    tensor = {"pred": torch.tensor(pred)}
    soft = Activationsd("pred", softmax=True)(tensor)["pred"]
    labels = AsDiscreted("pred", argmax=True)({"pred": soft})["pred"]
    onehot = AsDiscreted("pred", argmax=True, to_onehot=3)({"pred": soft})["pred"]
    sigmoid = Activationsd("pred", sigmoid=True)(tensor)["pred"]
    over = AsDiscreted("pred", threshold=0.5)({"pred": sigmoid})["pred"]
    flat = lambda a: [float(f"{v:.9g}") for v in np.asarray(a).ravel()]  # noqa: E731
    return {"shape": [3, 4, 3, 2], "pred": flat(pred), "softmax": flat(soft), "argmax": flat(labels), "onehot": flat(onehot), "sigmoid": flat(sigmoid), "threshold": flat(over)}


def main():
    golden = {"chains": [chain(*case) for case in CASES], "post": post()}
    (HERE / "transforms_monai.json").write_text(json.dumps(golden) + "\n")


main()
