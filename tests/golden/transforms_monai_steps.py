"""Reference numbers for every MONAI dictionary transform on a real volume of odd size, written to transforms_monai_steps.json.

Runs MONAI 0.8.1 itself: each step forward, and back again where MONAI can undo it.

Usage: python transforms_monai_steps.py DATA, with DATA the folder of real images (the tests' sharedData).
"""
import copy
import json
import sys
import warnings
from pathlib import Path

import numpy as np

warnings.simplefilter("ignore")
import monai.transforms as mt  # noqa: E402
from monai.transforms.utils import get_extreme_points  # noqa: E402

HERE = Path(__file__).parent
DATA = Path(sys.argv[1])
FILE = "odd/orient_PIR.nii.gz"  # 79 x 67 x 64 voxels of 2.39 x 2.37 x 2.39 mm

# name, arguments, field that is compared. All start with: image (1 channel), label (values 0..3), onehot (4 channels of it), core (where it is 3), both (image and label), spots.
STEPS = [
    ("ScaleIntensityd", {"keys": "image"}, "image"),
    ("ScaleIntensityd", {"keys": "image", "minv": -1.0, "maxv": 1.0}, "image"),
    ("ScaleIntensityd", {"keys": "image", "minv": None, "maxv": None, "factor": 0.25}, "image"),
    ("ScaleIntensityd", {"keys": "both", "channel_wise": True}, "both"),
    ("ScaleIntensityRangePercentilesd", {"keys": "image", "lower": 1, "upper": 99, "b_min": 0.0, "b_max": 1.0, "clip": True}, "image"),
    ("ScaleIntensityRangePercentilesd", {"keys": "image", "lower": 10.5, "upper": 93.3, "b_min": -2.0, "b_max": 3.0, "relative": True}, "image"),
    ("ScaleIntensityRangePercentilesd", {"keys": "both", "lower": 5, "upper": 95, "b_min": 0.0, "b_max": 255.0, "channel_wise": True}, "both"),
    ("ShiftIntensityd", {"keys": "image", "offset": -17.25}, "image"),
    ("ThresholdIntensityd", {"keys": "image", "threshold": 40.0, "above": True, "cval": 7.0}, "image"),
    ("ThresholdIntensityd", {"keys": "image", "threshold": 40.0, "above": False}, "image"),
    ("MaskIntensityd", {"keys": "image", "mask_key": "label"}, "image"),
    ("MaskIntensityd", {"keys": "both", "mask_key": "label"}, "both"),
    ("GaussianSmoothd", {"keys": "image", "sigma": 0.4}, "image"),
    ("GaussianSmoothd", {"keys": "both", "sigma": [1.0, 2.5, 0.7]}, "both"),
    ("NormalizeIntensityd", {"keys": "both", "nonzero": True, "channel_wise": True}, "both"),
    ("RepeatChanneld", {"keys": "both", "repeats": 2}, "both"),
    ("SplitChanneld", {"keys": "onehot", "output_postfixes": ["a", "b", "c", "d"]}, "onehot_c"),
    ("ConcatItemsd", {"keys": ["image", "onehot"], "name": "all"}, "all"),
    ("CopyItemsd", {"keys": "image", "times": 1, "names": "copy"}, "copy"),
    ("MeanEnsembled", {"keys": ["image", "label"], "output_key": "mean", "weights": [1.0, 3.0]}, "mean"),
    ("LabelToMaskd", {"keys": "label", "select_labels": [1, 3]}, "label"),
    ("LabelToMaskd", {"keys": "onehot", "select_labels": [1, 3]}, "onehot"),
    ("LabelToMaskd", {"keys": "onehot", "select_labels": [1, 3], "merge_channels": True}, "onehot"),
    ("LabelFilterd", {"keys": "label", "applied_labels": [2, 3]}, "label"),
    ("ConvertToMultiChannelBasedOnBratsClassesd", {"keys": "label"}, "label"),
    ("KeepLargestConnectedComponentd", {"keys": "label", "applied_labels": [1, 2]}, "label"),
    ("KeepLargestConnectedComponentd", {"keys": "label", "applied_labels": [1, 2, 3], "independent": False}, "label"),
    ("KeepLargestConnectedComponentd", {"keys": "label", "applied_labels": [1, 2, 3], "connectivity": 1}, "label"),
    ("KeepLargestConnectedComponentd", {"keys": "label", "applied_labels": [1, 2, 3], "connectivity": 2}, "label"),
    ("KeepLargestConnectedComponentd", {"keys": "label", "applied_labels": [1, 2, 3], "connectivity": 3}, "label"),
    ("KeepLargestConnectedComponentd", {"keys": "onehot", "applied_labels": [1, 3]}, "onehot"),
    ("KeepLargestConnectedComponentd", {"keys": "onehot", "applied_labels": [1, 2, 3], "connectivity": 2}, "onehot"),
    ("KeepLargestConnectedComponentd", {"keys": "onehot", "applied_labels": [2, 3], "independent": False}, "onehot"),
    ("FillHolesd", {"keys": "label"}, "label"),
    ("FillHolesd", {"keys": "label", "applied_labels": [1], "connectivity": 1}, "label"),
    ("FillHolesd", {"keys": "label", "applied_labels": [1, 2], "connectivity": 2}, "label"),
    ("FillHolesd", {"keys": "onehot", "applied_labels": [1, 2]}, "onehot"),
    ("Orientationd", {"keys": "image", "axcodes": "RAS"}, "image"),
    ("Spacingd", {"keys": "image", "pixdim": [3.1, 1.9, 4.0]}, "image"),
    ("Spacingd", {"keys": "image", "pixdim": [3.1, 1.9, 4.0], "mode": "nearest"}, "image"),
    ("Spacingd", {"keys": "image", "pixdim": [7.3, 5.9, 11.1], "padding_mode": "zeros"}, "image"),
    ("Spacingd", {"keys": "image", "pixdim": [7.3, 5.9, 11.1], "padding_mode": "reflection"}, "image"),
    ("Spacingd", {"keys": "image", "pixdim": [7.3, 5.9, 11.1], "padding_mode": "reflection", "align_corners": True}, "image"),
    ("Spacingd", {"keys": "image", "pixdim": [3.1, 1.9, 4.0], "diagonal": True}, "image"),
    ("Resized", {"keys": "image", "spatial_size": [50, 80, 33]}, "image"),
    ("Resized", {"keys": "image", "spatial_size": [50, 80, 33], "mode": "trilinear"}, "image"),
    ("Resized", {"keys": "image", "spatial_size": [50, 80, 33], "mode": "nearest"}, "image"),
    ("Resized", {"keys": "image", "spatial_size": 48, "size_mode": "longest", "mode": "trilinear", "align_corners": True}, "image"),
    ("Zoomd", {"keys": "image", "zoom": 1.3}, "image"),
    ("Zoomd", {"keys": "image", "zoom": [0.7, 1.2, 0.55], "mode": "trilinear", "padding_mode": "constant"}, "image"),
    ("Zoomd", {"keys": "image", "zoom": 0.8, "mode": "nearest", "keep_size": False}, "image"),
    ("Flipd", {"keys": "image", "spatial_axis": [0, 2]}, "image"),
    ("Flipd", {"keys": "image"}, "image"),
    ("Rotate90d", {"keys": "image", "k": 1, "spatial_axes": [0, 2]}, "image"),
    ("Rotate90d", {"keys": "image", "k": 3, "spatial_axes": [1, 2]}, "image"),
    ("Rotate90d", {"keys": "image", "k": 2, "spatial_axes": [1, 2]}, "image"),
    ("Transposed", {"keys": "both", "indices": [0, 3, 1, 2]}, "both"),
    ("CropForegroundd", {"keys": "image", "source_key": "label"}, "image"),
    ("CropForegroundd", {"keys": "image", "source_key": "core", "margin": [3, 30, 7], "mode": "edge"}, "image"),
    ("CropForegroundd", {"keys": "image", "source_key": "core", "k_divisible": [16, 8, 5]}, "image"),
    ("CenterSpatialCropd", {"keys": "image", "roi_size": [40, -1, 99]}, "image"),
    ("SpatialCropd", {"keys": "image", "roi_center": [10, 30, 60], "roi_size": [31, 20, 22]}, "image"),
    ("SpatialCropd", {"keys": "image", "roi_start": [3, 0, 11], "roi_end": [70, 67, 200]}, "image"),
    ("SpatialPadd", {"keys": "image", "spatial_size": [100, 50, 71]}, "image"),
    ("SpatialPadd", {"keys": "image", "spatial_size": [100, 90, 71], "method": "end", "mode": "reflect"}, "image"),
    ("SpatialPadd", {"keys": "image", "spatial_size": [100, 90, 71], "mode": "symmetric"}, "image"),
    ("SpatialPadd", {"keys": "image", "spatial_size": [100, 90, 71], "mode": "wrap"}, "image"),
    ("DivisiblePadd", {"keys": "image", "k": [16, 32, 7]}, "image"),
    ("BorderPadd", {"keys": "image", "spatial_border": [1, 2, 0, 4, 5, 6], "mode": "edge"}, "image"),
    ("ResizeWithPadOrCropd", {"keys": "image", "spatial_size": [64, 80, 31]}, "image"),
    ("SqueezeDimd", {"keys": "image"}, "image"),
    ("CastToTyped", {"keys": "image", "dtype": "int16"}, "image"),
    ("CastToTyped", {"keys": "both", "dtype": "uint8"}, "both"),
    ("AddExtremePointsChanneld", {"keys": "both", "label_key": "spots"}, "both"),
    ("AddExtremePointsChanneld", {"keys": "image", "label_key": "spots", "sigma": 6.5, "rescale_min": 0.0, "rescale_max": 2.0}, "image"),
    ("SelectItemsd", {"keys": ["both", "label"]}, "both"),
    ("DeleteItemsd", {"keys": ["onehot", "core"]}, "both"),
]

# Voxels of the label "spots": one alone is outermost along each axis and direction, so that MONAI has no choice to make at random.
SPOTS = [[5, 33, 20], [70, 30, 25], [40, 3, 30], [38, 60, 33], [20, 40, 2], [44, 25, 61]]


def sampled(a, count=16):
    a = np.asarray(a)
    rng = np.random.default_rng(a.size)
    picks = [[int(rng.integers(n)) for n in a.shape] for _ in range(count)]
    number = lambda v: float(f"{float(v):.9g}")  # noqa: E731
    size = np.abs(a.astype(np.float64))
    return {"shape": list(a.shape), "sum": float(a.astype(np.float64).sum()), "abs": float(size.sum()), "max": float(size.max()), "voxels": [[p, number(a[tuple(p)])] for p in picks]}


def restored(mode):
    """RestoreLabeld of a 3-D prediction in the given mode: file 20 x 24 x 9, 16 x 18 after spacing, a crop of it resized to 8 x 12 x 16."""
    from monai.apps.deepgrow.transforms import RestoreLabeld

    pred = ((np.arange(8 * 12 * 16) * 37) % 101 / 101).astype(np.float32).reshape(1, 8, 12, 16)
    meta = {
        "spatial_shape": np.array([20, 24, 9]), "original_affine": np.eye(4), "foreground_start_coord": np.array([0, 2, 3]), "foreground_end_coord": np.array([9, 14, 17]),
        "foreground_original_shape": np.array([1, 9, 16, 18]), "foreground_cropped_shape": np.array([1, 9, 12, 14]),
    }
    out = RestoreLabeld(keys="pred", ref_image="image", mode=mode)({"pred": pred, "image": pred, "image_meta_dict": meta})
    return {"mode": mode, "out": sampled(out["pred"], 30)}


def main():
    loaded = mt.Compose([mt.LoadImaged("image"), mt.AddChanneld("image")])({"image": str(DATA / FILE)})
    image = np.asarray(loaded["image"])
    thresholds = [float(np.float32(v)) for v in np.percentile(image, [62, 78, 88])]
    label = sum((image > np.float32(t)).astype(np.float32) for t in thresholds)
    fields = {
        "label": label,
        "onehot": np.concatenate([(label == v) for v in range(4)]).astype(np.float32),
        "core": (label == 3).astype(np.float32),
        "both": np.concatenate([image, label]),
        "spots": np.zeros_like(image),
    }
    for x, y, z in SPOTS:
        fields["spots"][0, x, y, z] = 1
    steps = []
    for name, args, field in STEPS:
        data = copy.deepcopy({**loaded, **fields})
        if name == "SplitChanneld":
            step = mt.SplitChanneld(keys=args["keys"], output_postfixes=args["output_postfixes"])
        elif name == "CastToTyped":
            step = mt.CastToTyped(keys=args["keys"], dtype=getattr(np, args["dtype"]))
        else:
            step = getattr(mt, name)(**args)
        out = step(data)
        case = {"name": name, "args": args, "field": field, "out": sampled(out[field])}
        if name in ("SelectItemsd", "DeleteItemsd"):
            case["left"] = sorted(key for key in out if not key.endswith("_meta_dict"))
        # 0.8.1 undoes a zoom only nearly, and diagonal spacing not at all: transforms_monai_bundle.py has those of 1.5.2.
        if isinstance(step, mt.InvertibleTransform) and not args.get("diagonal") and name != "Zoomd":
            case["back"] = sampled(step.inverse(out)[field])
        steps.append(case)
    # What AIAA's ExtremePointsd and BoundingBoxd answer, by the functions of MONAI they are like: one entry per label.
    found = []
    for value in (1, 2, 3):
        mask = (label == value).astype(np.float32)
        rect = mt.BoundingRect()(mask)[0].tolist()
        found.append({"value": value, "first": rect[::2], "end": rect[1::2]})
    points = [list(map(int, p)) for p in get_extreme_points(fields["spots"][0])]
    golden = {"file": FILE, "thresholds": thresholds, "spots": SPOTS, "found": found, "points": points, "steps": steps, "restored": [restored(mode) for mode in ("nearest", "trilinear", "area")]}
    (HERE / "transforms_monai_steps.json").write_text(json.dumps(golden) + "\n")
    print(len(steps), "steps")


main()
