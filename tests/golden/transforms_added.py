"""What MONAI makes of small images with the transforms that other golden programs do not run, written to transforms_added.json.

Usage: python transforms_added.py
       python transforms_added.py --random COUNT --seed SEED --out FILE     random cases, for sweeps/transforms.mjs

Runs MONAI 1.5.2 (any other version for random cases; steps that a version does not have are left out) with scikit-image 0.25: from 0.26 on, the second argument of its remove_small_objects is another.
"""
import argparse
import json
import warnings
from pathlib import Path

import numpy as np
import torch

warnings.simplefilter("ignore")
import monai  # noqa: E402
import monai.transforms as mt  # noqa: E402

MONAI_HAS_AFFINES = int(monai.__version__.split(".")[0]) >= 1

FUNCTIONS = {
    "lambda x: x > 0.5": lambda x: x > 0.5,
    "lambda x: x >= 2": lambda x: x >= 2,
    "lambda x: x != 0": lambda x: x != 0,
    "lambda x: x < -200": lambda x: x < -200,
    "lambda x: x - 3": lambda x: x - 3,
    "lambda x: torch.clamp(x, 0, 1)": lambda x: torch.clamp(x, 0, 1),
    "lambda x: x.clamp(min=-100.5)": lambda x: x.clamp(min=-100.5),
    "lambda x: torch.clip(x, max=50)": lambda x: torch.clip(x, max=50),
    "lambda x: x.clamp(-2, 2).abs() * 3": lambda x: x.clamp(-2, 2).abs() * 3,
    "lambda x: torch.nan_to_num(x / x)": lambda x: torch.nan_to_num(x / x),
    "lambda x: torch.nan_to_num(x / 0, nan=7, posinf=1, neginf=-1)": lambda x: torch.nan_to_num(x / 0, nan=7, posinf=1, neginf=-1),
    "lambda x: (x > 0).float()": lambda x: (x > 0).float(),
    "lambda x: x.to(torch.int32)": lambda x: x.to(torch.int32),
}


def image(kind, shape, rng):
    if kind == "ct":
        return rng.integers(-1000, 1500, shape).astype(np.float32)
    if kind == "real":
        return rng.normal(20, 30, shape).astype(np.float32)
    if kind == "labels":
        return rng.integers(0, 4, shape).astype(np.float32)
    if kind == "mask":
        return (rng.random(shape) < 0.35).astype(np.float32)
    if kind == "colours":
        return rng.integers(0, 256, shape).astype(np.float32)
    if kind == "fractions":
        return rng.random(shape).astype(np.float32)
    if kind == "constant":
        return np.full(shape, float(rng.integers(-5, 6)), np.float32)
    if kind == "bytes":
        return rng.integers(0, 256, shape).astype(np.uint8)
    if kind == "shorts":
        return rng.integers(-900, 900, shape).astype(np.int16)
    raise ValueError(kind)


def random_case(rng):
    """name, arguments, kind of the image, channels, whether it has two spatial axes."""
    pick = lambda *options: options[int(rng.integers(len(options)))]  # noqa: E731
    whole = lambda low, high: int(rng.integers(low, high))  # noqa: E731
    flat = bool(rng.random() < 0.3)
    rank = 2 if flat else 3
    channels = pick(1, 1, 2, 3)
    kind = pick("ct", "real", "labels", "constant")
    args = {}
    name = pick(
        "pad", "pad", "pad", "CropForegroundd", "RemoveSmallObjectsd", "VoteEnsembled", "MeanEnsembled", "MapLabelValued", "ClipIntensityPercentilesd", "HistogramNormalized",
        "MedianSmoothd", "ForegroundMaskd", "LabelToContourd", "CenterScaleCropd", "Lambdad", "ScaleIntensityRanged", "ScaleIntensityRangePercentilesd", "ScaleIntensityd",
        "NormalizeIntensityd", "EnsureTyped", "CastToTyped", "Resized", "MaskIntensityd", "ShiftIntensityd", "ThresholdIntensityd",
    )  # fmt: skip
    types = ("float32", "float32", "int16", "int32", "uint8", "int8", "float16", "float64", "int64")
    if name == "pad":
        name = pick("SpatialPadd", "DivisiblePadd", "BorderPadd", "ResizeWithPadOrCropd")
        args["mode"] = pick("minimum", "maximum", "mean", "median", "linear_ramp", "wrap", "symmetric", "edge", "reflect", "constant", "circular", "replicate")
        kind = pick("ct", "real", "shorts") if args["mode"] not in ("circular", "replicate", "reflect") else pick("ct", "real")
        if name == "BorderPadd":
            args["spatial_border"] = pick(1, [1] * rank, [whole(0, 3) for _ in range(rank)], [whole(0, 3) for _ in range(2 * rank)])
        elif name == "DivisiblePadd":
            args["k"] = [whole(2, 6) for _ in range(rank)]
        else:
            args["spatial_size"] = [whole(3, 8) for _ in range(rank)]
        if name != "BorderPadd" and rng.random() < 0.4:
            args["method"] = "end"
    elif name == "CropForegroundd":
        args = {"source_key": "image", "select_fn": pick(*list(FUNCTIONS)[:5]), "margin": pick(0, 1, [1] * rank), "mode": pick("constant", "minimum", "edge")}
        if MONAI_HAS_AFFINES and monai.__version__ >= "1.2":
            args["allow_smaller"] = pick(True, False)
        kind = pick("labels", "ct", "mask")
    elif name == "RemoveSmallObjectsd":
        args = {"min_size": whole(1, 9), "connectivity": pick(1, 2, rank)}
        if rng.random() < 0.3:
            args["by_measure"] = True
        kind, channels = "mask", 1
    elif name == "VoteEnsembled":
        args = {"keys": ["image", "second", "third"][: pick(2, 3)], "output_key": "out"}
        kind, channels = "mask", pick(2, 3)
        if rng.random() < 0.6:
            kind, channels = "labels", 1
            args["num_classes"] = 4
        elif rng.random() < 0.3:
            args["num_classes"] = channels
    elif name == "MeanEnsembled":
        args = {"keys": ["image", "second"], "output_key": "out"}
        args["weights"] = pick(None, [1.0, 3.0], [[whole(1, 5) + 0.5 for _ in range(channels)] for _ in range(2)])
    elif name == "MapLabelValued":
        args = {"orig_labels": [0, 1, 2, 3][: pick(2, 4)], "dtype": pick(*types[:6])}
        args["target_labels"] = [pick(0, 1, 2, 5, 100, 2.5) for _ in args["orig_labels"]]
        kind = "labels"
    elif name == "ClipIntensityPercentilesd":
        low, high = sorted([whole(0, 101), whole(0, 101)])
        args = {"lower": pick(low, low + 0.0, None), "upper": high, "channel_wise": pick(True, False)}
        if rng.random() < 0.4:
            args["sharpness_factor"] = pick(0.5, 1.0, 10.0)
    elif name == "HistogramNormalized":
        args = {"num_bins": pick(256, 16, 7, 1), "min": pick(0, -1), "max": pick(255, 1), "dtype": pick("float32", "float64")}
        kind = pick("ct", "real", "labels", "constant", "bytes", "shorts")
        if rng.random() < 0.3:
            args["mask_key"] = "mask"
    elif name == "MedianSmoothd":
        args = {"radius": pick(1, [whole(0, 3) for _ in range(rank)])}
    elif name == "ForegroundMaskd":
        flat, rank, channels, kind = True, 2, pick(1, 3), pick("colours", "fractions", "bytes", "constant")
        args = {"threshold": pick("otsu", 100, 0.4, {"R": "otsu", "g": 80})}
        if channels == 3 and rng.random() < 0.5:
            args["hsv_threshold"] = pick({"S": "otsu"}, {"H": 0.4, "V": 0.5}, "otsu")
        if rng.random() < 0.3:
            args["invert"] = True
    elif name == "LabelToContourd":
        kind = pick("mask", "mask", "labels", "fractions")
    elif name == "CenterScaleCropd":
        args = {"roi_scale": pick(0.5, 0.3, [pick(0.2, 0.5, 0.7, 1.0, 1.5, -1) for _ in range(rank)])}
    elif name == "Lambdad":
        args = {"func": pick(*list(FUNCTIONS)[5:])}
    elif name == "ScaleIntensityRanged":
        a = whole(-5, 5)
        args = {"a_min": a, "a_max": pick(a, a + 3, 200), "b_min": pick(None, 0, -1.0), "b_max": pick(None, 1, 255.0), "clip": pick(True, False), "dtype": pick(*types)}
        if args["b_min"] is None and args["b_max"] is None:
            args["clip"] = False
    elif name == "ScaleIntensityRangePercentilesd":
        args = {"lower": pick(0, 1, 50, 25.5), "upper": pick(50, 75, 99.5, 100), "b_min": pick(0.0, -5.0), "b_max": pick(1.0, 255.0), "clip": pick(True, False), "channel_wise": pick(True, False), "relative": pick(True, False)}
        kind = pick("ct", "real", "labels", "constant")
    elif name == "ScaleIntensityd":
        args = {"minv": pick(0.0, -1.0, -1024.0), "maxv": pick(1.0, 255.0), "channel_wise": pick(True, False), "dtype": pick("float32", "int16", "int32", "uint8", "float64", "int64")}
        kind = pick("real", "labels", "constant")
    elif name == "NormalizeIntensityd":
        args = {"nonzero": pick(True, False), "channel_wise": pick(True, False), "dtype": pick("float32", "int16")}
    elif name in ("EnsureTyped", "CastToTyped"):
        args = {"dtype": pick(*types, "bool")}
        kind = pick("ct", "real", "labels")
    elif name == "Resized":
        args = {"spatial_size": [whole(2, 9) for _ in range(rank)], "mode": pick("area", "nearest", "bilinear" if flat else "trilinear"), "anti_aliasing": True}
        if rng.random() < 0.5:
            args["anti_aliasing_sigma"] = pick(0.7, 1.5)
    elif name == "MaskIntensityd":
        args = {"mask_key": "mask", "select_fn": pick(*list(FUNCTIONS)[:3])}
    elif name == "ShiftIntensityd":
        args = {"offset": pick(7, -3, 200)}
        kind = pick("real", "bytes", "shorts")
        if kind != "real" and monai.__version__ >= "1.2":
            args["safe"] = pick(True, False)
            if args["safe"]:
                # Of a whole number MONAI makes the image's type first, which wraps around before `safe` looks.
                args["offset"] += 0.5
    elif name == "ThresholdIntensityd":
        args = {"threshold": 50.0, "above": pick(True, False), "cval": pick(0.0, 7.0)}
        kind = pick("real", "bytes")
    return name, args, kind, channels, flat


# For the golden file: name, arguments, kind, channels, whether flat. Few of each, with what is special about it.
CASES = [
    *[("SpatialPadd", {"spatial_size": [6, 7, 5], "mode": mode}, "real", 1, False) for mode in ("minimum", "maximum", "mean", "median", "linear_ramp", "circular", "wrap", "symmetric")],
    ("SpatialPadd", {"spatial_size": [7, 6], "mode": "mean", "method": "end"}, "shorts", 2, True),
    ("SpatialPadd", {"spatial_size": [7, 6], "mode": "linear_ramp"}, "shorts", 2, True),
    ("BorderPadd", {"spatial_border": [1, 2, 0, 1, 2, 0], "mode": "median"}, "ct", 1, False),
    ("DivisiblePadd", {"k": 4, "mode": "maximum"}, "ct", 2, True),
    ("ResizeWithPadOrCropd", {"spatial_size": [3, 8], "mode": "minimum"}, "ct", 1, True),
    ("CropForegroundd", {"source_key": "image", "select_fn": "lambda x: x < -200", "margin": 1, "mode": "minimum"}, "ct", 1, True),
    ("CropForegroundd", {"source_key": "image", "select_fn": "lambda x: x >= 2"}, "labels", 1, True),
    ("MaskIntensityd", {"mask_key": "image", "select_fn": "lambda x: x < -200"}, "ct", 1, True),
    ("RemoveSmallObjectsd", {"min_size": 4}, "mask", 1, True),
    ("RemoveSmallObjectsd", {"min_size": 5, "connectivity": 2}, "mask", 1, False),
    ("RemoveSmallObjectsd", {"min_size": 20, "by_measure": True}, "mask", 1, False),
    ("VoteEnsembled", {"keys": ["image", "second"], "output_key": "out"}, "mask", 2, True),
    ("VoteEnsembled", {"keys": ["image", "second", "third"], "output_key": "out", "num_classes": 4}, "labels", 1, True),
    ("MeanEnsembled", {"keys": ["image", "second"], "output_key": "out", "weights": [[1.0, 2.0], [3.0, 0.5]]}, "real", 2, True),
    ("MapLabelValued", {"orig_labels": [1, 2, 3], "target_labels": [2, 1, 7.5]}, "labels", 1, True),
    ("MapLabelValued", {"orig_labels": [0, 3], "target_labels": [9, 0], "dtype": "uint8"}, "labels", 2, True),
    ("ClipIntensityPercentilesd", {"lower": 10, "upper": 80}, "ct", 2, True),
    ("ClipIntensityPercentilesd", {"lower": 10, "upper": None, "channel_wise": True}, "ct", 2, True),
    ("ClipIntensityPercentilesd", {"lower": 25, "upper": 75, "sharpness_factor": 0.1}, "real", 1, True),
    ("HistogramNormalized", {"num_bins": 8}, "real", 1, False),
    ("HistogramNormalized", {"num_bins": 16, "min": -1, "max": 1, "mask_key": "mask"}, "ct", 1, True),
    ("HistogramNormalized", {"num_bins": 16}, "bytes", 1, True),
    ("HistogramNormalized", {}, "constant", 1, True),
    ("MedianSmoothd", {"radius": 1}, "real", 2, True),
    ("MedianSmoothd", {"radius": [0, 2, 1]}, "ct", 1, False),
    ("ForegroundMaskd", {}, "colours", 3, True),
    ("ForegroundMaskd", {"threshold": {"R": "otsu", "b": 90}, "hsv_threshold": {"S": 0.3}}, "colours", 3, True),
    ("ForegroundMaskd", {"hsv_threshold": "otsu", "invert": True}, "bytes", 3, True),
    ("LabelToContourd", {}, "mask", 2, True),
    ("LabelToContourd", {}, "mask", 1, False),
    ("CenterScaleCropd", {"roi_scale": [0.5, 0.3, -1]}, "real", 1, False),
    *[("Lambdad", {"func": text}, "real", 1, True) for text in list(FUNCTIONS)[5:]],
    ("Resized", {"spatial_size": [2, 3], "mode": "bilinear", "anti_aliasing": True}, "real", 1, True),
    ("Resized", {"spatial_size": [2, 9], "mode": "area", "anti_aliasing": True, "anti_aliasing_sigma": 0.7}, "real", 1, True),
    *[("EnsureTyped", {"dtype": dtype}, "ct", 1, True) for dtype in ("uint8", "int8", "int16", "int64", "float16", "bool")],
    ("ScaleIntensityRanged", {"a_min": 3, "a_max": 3, "b_min": 0.0, "b_max": 1.0, "clip": True}, "real", 1, True),
    ("ScaleIntensityRanged", {"a_min": -20, "a_max": 80, "b_min": 0.0, "b_max": 255.0, "clip": True, "dtype": "uint8"}, "real", 1, True),
    ("ScaleIntensityRangePercentilesd", {"lower": 40, "upper": 40, "b_min": 0.0, "b_max": 1.0, "clip": True}, "labels", 1, True),
    ("ScaleIntensityd", {"minv": -1024.0, "maxv": 3.0}, "constant", 1, True),
    ("ScaleIntensityd", {"minv": 0.0, "maxv": 9.0, "channel_wise": True, "dtype": "int16"}, "real", 2, True),
    ("NormalizeIntensityd", {"channel_wise": True, "nonzero": True}, "constant", 2, True),
]


def run(name, args, kind, channels, flat, rng):
    shape = (5, 4) if flat else (4, 5, 3)
    spacing = (0.8, 1.5, 2.0)
    affine = np.diag([*spacing, 1.0])
    fields = {"image": image(kind, (channels, *shape), rng)}
    if "second" in args.get("keys", []):
        fields.update({key: image(kind, (channels, *shape), rng) for key in args["keys"][1:]})
    if args.get("mask_key") == "mask":
        fields["mask"] = image("mask", (channels if name == "HistogramNormalized" else 1, *shape), rng)
    data = {key: torch.from_numpy(value.copy()) for key, value in fields.items()}
    if MONAI_HAS_AFFINES:
        data = {key: monai.data.MetaTensor(value, affine=affine) for key, value in data.items()}
    given = {**{"keys": "image"}, **args}
    for key in ("func", "select_fn"):
        if key in given:
            given[key] = FUNCTIONS[given[key]]
    if "dtype" in given:
        # As a bundle writes them: of numpy, and of torch where it is a container.
        given["dtype"] = getattr(torch if name == "EnsureTyped" else np, given["dtype"] if given["dtype"] != "bool" or name == "EnsureTyped" else "bool_")
    out = getattr(mt, name)(**given)(data)[args.get("output_key", "image")]
    out = np.asarray(out)
    number = lambda v: None if np.isnan(v) else float(f"{float(v):.8g}") if np.isfinite(v) else str(v)  # noqa: E731
    flat_list = lambda a: [number(v) for v in np.asarray(a, np.float64).ravel()]  # noqa: E731
    return {
        "name": name, "args": args, "spacing": spacing,
        "fields": {key: {"shape": list(v.shape), "type": str(v.dtype), "values": flat_list(v)} for key, v in fields.items()},
        "out": {"shape": list(out.shape), "type": str(out.dtype), "values": flat_list(out)},
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--random", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default=str(Path(__file__).parent / "transforms_added.json"))
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    cases, refused = [], {}
    if options.random is None:
        cases = [run(*case, rng) for case in CASES]
    else:
        while len(cases) + sum(refused.values()) < options.random:
            case = random_case(rng)
            try:
                cases.append(run(*case, rng))
            except Exception as error:  # noqa: BLE001
                reason = f"{case[0]}: {type(error).__name__} {str(error)[:70]}"
                refused[reason] = refused.get(reason, 0) + 1
    Path(options.out).write_text(json.dumps({"monai": monai.__version__, "cases": cases}))
    for reason, count in sorted(refused.items()):
        print(f"  MONAI {monai.__version__} itself refused {count} of {reason}")


main()
