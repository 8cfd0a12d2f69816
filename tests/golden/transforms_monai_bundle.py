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
from monai.apps.deepedit.transforms import (  # noqa: E402
    AddGuidanceFromPointsDeepEditd,
    AddGuidanceSignalDeepEditd,
    ResizeGuidanceMultipleLabelDeepEditd,
)

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

# DeepEdit as the zoo's spleen bundle has it: its clicks are voxels of a file stored LPS, which Orientationd only flips.
DEEPEDIT = {
    "file": "odd/orient_LPS.nii.gz",
    "clicks": {"spleen": [[20, 31, 12], [44, 40, 50]], "left kidney": [], "background": [[3, 60, 33]]},
    "size": [40, 48, 36],
}

# Several files are the channels of one image; a grey picture made RGB.
FILES = ["mr/sct_t2.nii.gz", "mr/sct_t2_seg_manual.nii.gz", "mr/sct_t2.nii.gz"]
GREY = "cxr/16747_3_1_lungmask.jpg"

# Steps that MONAI 1.x does otherwise than 0.8, or that have no golden of 0.8: on a box of a sheared volume, and of one at right angles; and back.
BOXES = [
    ("odd/shear_slope_inter.nii.gz", {"roi_start": [30, 40, 20], "roi_end": [61, 85, 47]}, [
        ("Spacingd", {"pixdim": [3.1, 2.7, 4.0]}),
        ("Spacingd", {"pixdim": [3.1, 2.7, 4.0], "padding_mode": "zeros"}),
        ("Spacingd", {"pixdim": [3.1, 2.7, 4.0], "padding_mode": "zeros", "mode": "nearest"}),
        ("Spacingd", {"pixdim": [3.1, 2.7, 4.0], "padding_mode": "reflection"}),
        ("Spacingd", {"pixdim": [3.1, 2.7, 4.0], "padding_mode": "reflection", "mode": "nearest"}),
        ("Spacingd", {"pixdim": [3.1, 2.7, 4.0], "padding_mode": "reflection", "align_corners": True}),
        ("Spacingd", {"pixdim": [3.1, 2.7, 4.0], "mode": "nearest", "align_corners": True}),
        ("Spacingd", {"pixdim": [5.0, 5.0, 3.0], "padding_mode": "zeros", "diagonal": True}),
    ]),
    ("odd/orient_PIR.nii.gz", {"roi_start": [20, 10, 15], "roi_end": [61, 55, 52]}, [
        ("Spacingd", {"pixdim": [3.1, 1.9, 4.0], "align_corners": True}),
        ("Spacingd", {"pixdim": [3.1, 1.9, 4.0], "align_corners": True, "padding_mode": "zeros"}),
        ("Spacingd", {"pixdim": [3.1, 1.9, 4.0], "align_corners": True, "padding_mode": "reflection", "mode": "nearest"}),
        ("Spacingd", {"pixdim": [3.1, 1.9, 4.0], "min_pixdim": [2.0, 2.0, 3.0], "max_pixdim": [3.0, 3.0, 5.0]}),
        ("Spacingd", {"pixdim": [3.1, 1.9]}),
        ("Spacingd", {"pixdim": 3.3}),
        ("Zoomd", {"zoom": 1.3}),
        ("Zoomd", {"zoom": [0.7, 1.2, 0.55], "mode": "trilinear", "padding_mode": "constant"}),
        ("CropForegroundd", {"source_key": "image", "margin": [3, 30, 7], "mode": "edge"}),
        ("CropForegroundd", {"source_key": "image", "margin": 2, "k_divisible": [16, 8, 5]}),
    ]),
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


class TurnedClicks(mt.Transform):
    """The zoo's OrientationGuidanceMultipleLabelDeepEditd: clicks through the matrix from the file's voxels to the image's."""

    def __init__(self, names):
        self.names = names

    def __call__(self, data):
        matrix = np.linalg.inv(np.asarray(data["image"].affine)) @ np.asarray(data["image"].meta["original_affine"])
        turned = {name: [(matrix @ np.array([*p, 1.0]))[:3].round(6) for p in data[name]] for name in self.names}
        return {**data, **turned}


def deepedit():
    names = {name: at for at, name in enumerate(DEEPEDIT["clicks"])}
    pre = mt.Compose(
        [getattr(mt, name)(**args) for name, args in LOAD]
        + [
            mt.Orientationd(keys="image", axcodes="RAS"),
            mt.ScaleIntensityRanged(keys="image", a_min=0, a_max=250, b_min=0.0, b_max=1.0, clip=True),
            TurnedClicks(names),
            AddGuidanceFromPointsDeepEditd(ref_image="image", guidance="guidance", label_names=names),
            mt.Resized(keys="image", spatial_size=DEEPEDIT["size"], mode="area"),
            ResizeGuidanceMultipleLabelDeepEditd(guidance="guidance", ref_image="image"),
            AddGuidanceSignalDeepEditd(keys="image", guidance="guidance", number_intensity_ch=1),
        ]
    )
    data = pre({"image": str(DATA / DEEPEDIT["file"]), **DEEPEDIT["clicks"]})
    image = data["image"]
    # Stand-in for the network: background as likely as 0.3, an organ where the image is bright or clicked.
    data["pred"] = torch.cat([torch.full_like(image[:1], 0.3), (image[:1] + image[1:2]) / 2])
    post = mt.Compose([mt.Activationsd(keys="pred", softmax=True), mt.Invertd(keys="pred", transform=pre, orig_keys="image", nearest_interp=False, to_tensor=True)])
    back = post(data)["pred"]
    margin = np.abs(np.asarray(back[1] - back[0]))
    labels = np.asarray(mt.AsDiscrete(argmax=True)(back))[0]
    return {
        **DEEPEDIT,
        "guidance": data["guidance"],
        "image": sampled(image),
        "back": sampled(back),
        "nearTies": int(((margin < 1e-5) & (margin > 0)).sum()),
        "labels": int(labels.sum()),
        "sha256": hashlib.sha256(np.asfortranarray(labels.astype(np.uint8)).tobytes(order="F")).hexdigest(),
    }


def step_in(file, box, name, args):
    load = LOAD + [("SpatialCropd", {"keys": "image", **box})]
    loaded = mt.Compose([getattr(mt, name)(**args) for name, args in load])({"image": str(DATA / file)})
    step = getattr(mt, name)(keys="image", **args)
    out = step(loaded)
    there = sampled(out["image"], 60)
    return {"name": name, "args": args, "out": there, "affine": [float(v) for v in np.asarray(out["image"].affine).ravel()], "back": sampled(step.inverse(out)["image"], 60)}


boxes = [{"file": file, "box": box, "steps": [step_in(file, box, name, args) for name, args in steps]} for file, box, steps in BOXES]
several = mt.LoadImage(image_only=True)([str(DATA / name) for name in FILES])
rgb = mt.LoadImage(image_only=True, converter=lambda image: image.convert("RGB"))(str(DATA / GREY))
loaded = {
    "files": FILES,
    "image": sampled(several),
    "affine": [float(v) for v in np.asarray(several.affine).ravel()],
    "channelDim": int(several.meta["original_channel_dim"]),
    "grey": GREY,
    "rgb": sampled(rgb),
}

golden = {"loaded": loaded, "boxes": boxes, "deepedit": deepedit(), "chains": [chain(*case) for case in CASES]}
(HERE / "transforms_monai_bundle.json").write_text(json.dumps(golden) + "\n")
print(golden["deepedit"]["guidance"], golden["deepedit"]["labels"], golden["deepedit"]["nearTies"])
for c in golden["chains"]:
    print(c["file"], c["image"]["shape"], c["labels"], c["nearTies"])
