"""Reference numbers for gateway/transforms/deepgrow, written to transforms_deepgrow.json. Runs MONAI's own deepgrow transforms.

Usage: python transforms_deepgrow.py
"""
import hashlib
import json
import warnings
from pathlib import Path

import numpy as np
from scipy import ndimage

warnings.simplefilter("ignore")
from monai.apps.deepgrow.transforms import (  # noqa: E402
    AddGuidanceFromPointsd, AddGuidanceSignald, Fetch2DSliced, ResizeGuidanced, RestoreLabeld, SpatialCropGuidanced,
)
from monai.transforms import (  # noqa: E402
    AddChanneld, AsChannelFirstd, AsChannelLastd, NormalizeIntensityd, Resize, Resized, Spacingd,
)

HERE = Path(__file__).parent
# name, shape (i,j,k), spacing, dimensions, spatial_size of the crop, size of the network, request
CASES = [
    ("2D, several clicks", (40, 50, 6), (0.8, 0.8, 2.5), 2, [16, 16], [16, 16],
     {"foreground": [[20, 30, 3], [22, 33, 3], [10, 10, 1]], "background": [[5, 44, 3]], "slice": 3}),
    ("2D, one click in the middle", (61, 47, 5), (0.7, 1.3, 3.0), 2, [24, 20], [32, 32],
     {"foreground": [[30, 20, 2]], "background": []}),
    ("2D, at the corner, crop larger than the image", (33, 29, 4), (1.0, 1.0, 1.0), 2, [64, 64], [32, 32],
     {"foreground": [[0, 28, 3]], "background": [[1, 27, 3]]}),
    ("2D, only background", (50, 40, 3), (1.1, 0.9, 2.0), 2, [48, 48], [16, 24],
     {"foreground": [], "background": [[49, 0, 0]]}),
    ("2D, box as long as the crop", (90, 80, 3), (1.0, 1.0, 2.0), 2, [40, 60], [20, 20],
     {"foreground": [[40, 40, 1], [59, 40, 1]], "background": [[40, 41, 1]]}),
    ("3D, one click", (40, 50, 6), (0.8, 0.8, 2.5), 3, [16, 16], [8, 24, 24],
     {"foreground": [[20, 30, 3]], "background": []}),
    ("3D, crop of three lengths", (60, 70, 21), (0.9, 1.2, 2.5), 3, [10, 48, 44], [16, 24, 32],
     {"foreground": [[20, 30, 3], [31, 29, 8]], "background": [[40, 44, 5]]}),
    ("3D, box longer than the crop", (60, 70, 12), (1.0, 1.0, 1.0), 3, [16, 16], [16, 20, 20],
     {"foreground": [[10, 30, 3], [50, 60, 8]], "background": []}),
]


def stripes(shape):
    """A prediction that a test can make again without rounding."""
    index = np.indices(shape)
    return ((index[0] * 5 + index[1] * 3 + (index[2] * 7 if len(shape) == 3 else 0)) % 11 < 4).astype(np.float32)


def sampled(a, count=60):
    rng = np.random.default_rng(a.size)
    picks = [[int(rng.integers(n)) for n in a.shape] for _ in range(count)]
    return {"shape": list(a.shape), "sum": float(a.astype(np.float64).sum()), "voxels": [[p, float(a[tuple(p)])] for p in picks]}


def ints(guidance):
    return [np.asarray(part).astype(int).tolist() for part in guidance]


def chain(name, shape, spacing, dimensions, crop, network, params):
    affine = np.diag([*spacing, 1.0])
    meta = {"affine": affine, "original_affine": affine, "spatial_shape": np.array(shape)}
    volume = ((np.arange(int(np.prod(shape))) * 37) % 101).reshape(shape).astype(np.float32)
    data = {"image": volume, "image_meta_dict": meta, **params}
    out = {"name": name, "shape": shape, "spacing": spacing, "dimensions": dimensions, "crop": crop, "network": network, "params": params}
    data = AsChannelFirstd("image")(data)
    data = Spacingd("image", pixdim=[1.0] * dimensions, mode="bilinear")(data)
    out["spaced"] = sampled(np.asarray(data["image"]))
    data = AddGuidanceFromPointsd("image", guidance="guidance", spatial_dims=dimensions)(data)
    out["guidance"] = ints(data["guidance"])
    if dimensions == 2:
        data = Fetch2DSliced("image", guidance="guidance")(data)
    data = AddChanneld("image")(data)
    data = SpatialCropGuidanced("image", guidance="guidance", spatial_size=crop)(data)
    out["cropped"] = {k: [int(v) for v in np.asarray(data["image_meta_dict"][m]).ravel()] for k, m in
                      [("start", "foreground_start_coord"), ("end", "foreground_end_coord"), ("shape", "foreground_cropped_shape")]}
    out["croppedGuidance"] = ints(data["guidance"])
    data = Resized("image", spatial_size=network, mode="area")(data)
    data = ResizeGuidanced(guidance="guidance", ref_image="image")(data)
    out["resizedGuidance"] = ints(data["guidance"])
    data = NormalizeIntensityd("image", subtrahend=208, divisor=388)(data)
    data = AddGuidanceSignald(image="image", guidance="guidance")(data)
    out["input"] = sampled(np.asarray(data["image"]), 200)
    data["pred"] = stripes(network)[None]
    data = RestoreLabeld("pred", ref_image="image", mode="nearest")(data)
    data = AsChannelLastd("pred")(data)
    mask = np.asarray(data["pred"])
    out["restored"] = {"shape": list(mask.shape), "sum": int(mask.sum()),
                       "sha256": hashlib.sha256(np.asfortranarray(mask.astype(np.uint8)).tobytes(order="F")).hexdigest()}
    return out


def resizes():
    rng = np.random.default_rng(3)
    cases = [([1, 5, 7, 4], [3, 9, 4], "area", None), ([2, 6, 5], [4, 8], "area", None), ([1, 6, 5], [-1, 3], "area", None),
             ([1, 5, 6, 7], [3, 9, 4], "nearest", None), ([1, 6, 5], [4, 8], "bilinear", None), ([1, 6, 5], [4, 8], "bilinear", True),
             ([1, 5, 6, 7], [3, 9, 4], "trilinear", None), ([1, 20, 33], 11, "area", "longest"), ([1, 33, 6], 11, "nearest", "longest")]
    result = []
    for shape, size, mode, extra in cases:
        x = rng.integers(-50, 50, shape).astype(np.float32)
        longest = extra == "longest"
        y = Resize(size, size_mode="longest" if longest else "all", mode=mode, align_corners=None if longest else extra)(x)
        result.append({"shape": shape, "x": x.ravel().tolist(), "size": size, "mode": mode, "longest": longest,
                       "align_corners": None if longest else extra, "outShape": list(y.shape),
                       "y": [float(f"{v:.8g}") for v in np.asarray(y).ravel()]})
    return result


def normalizations():
    x = [[[0, 2, 4], [0, 6, 8]], [[1, 0, 0], [0, 0, 5]]]
    cases = [{}, {"nonzero": True}, {"channel_wise": True}, {"nonzero": True, "channel_wise": True}, {"subtrahend": 2, "divisor": 4},
             {"subtrahend": 2, "divisor": 4, "nonzero": True}, {"subtrahend": [2, 1], "divisor": [4, 0.5], "channel_wise": True}, {"subtrahend": 3}]
    run = lambda a: np.asarray(NormalizeIntensityd("x", **a)({"x": np.array(x, np.float32)})["x"])  # noqa: E731
    return [{"args": a, "y": [float(f"{v:.8g}") for v in run(a).ravel()]} for a in cases]


# The test models of tests/system/models/deepgrow-onnx.ts, on volumes as clients send them. Only voxel sizes matter, not directions.
MASKS = [
    ("2D", (61, 47, 9), (0.8, 0.9, 2.5), {"foreground": [[20, 30, 3], [26, 33, 3], [10, 10, 1]], "background": [[24, 31, 3]], "slice": 3}),
    ("2D", (301, 275, 5), (0.8, 0.8, 3.0), {"foreground": [[250, 30, 4]], "background": []}),
    ("3D", (61, 47, 9), (1.5, 0.9, 2.5), {"foreground": [[20, 30, 3], [40, 12, 5]], "background": [[40, 16, 5]]}),
    ("3D", (131, 275, 33), (0.8, 0.8, 3.0), {"foreground": [[100, 250, 30]], "background": []}),
]
PIPELINES = [
    ((161, 171, 40), (1.1, 0.9, 2.5), {"foreground": [[20, 30, 6], [22, 34, 9], [100, 112, 25]], "background": [[100, 116, 25]]}),
]


def network(x):
    """2-D: half height of the heat; 3-D: a hundredth of it, so that slices beside the click are reached too."""
    return (8 * (x[1] - x[2] - (0.5 if x.ndim == 3 else 0.01)))[None]


def prepared(kind, shape, spacing, params):
    affine = np.diag([*spacing, 1.0])
    meta = {"affine": affine, "original_affine": affine, "spatial_shape": np.array(shape)}
    volume = ((np.arange(int(np.prod(shape))) * 37) % 101).reshape(shape).astype(np.float32)
    data = AsChannelFirstd("image")({"image": volume, "image_meta_dict": meta, **params})
    data = Spacingd("image", pixdim=[1.0] * (2 if kind == "2D" else 3), mode="bilinear")(data)
    return data


def segment(kind, shape, spacing, params, slice_only=False):
    """The configs v4-deepgrow2d and v4-deepgrow3d with the network above."""
    data = AddGuidanceFromPointsd("image", guidance="guidance", spatial_dims=int(kind[0]))(prepared(kind, shape, spacing, params))
    if kind == "2D":
        data = Fetch2DSliced("image", guidance="guidance")(data)
    data = AddChanneld("image")(data)
    data = SpatialCropGuidanced("image", guidance="guidance", spatial_size=[256, 256] if kind == "2D" else [192, 192])(data)
    data = Resized("image", spatial_size=[256, 256] if kind == "2D" else [128, 192, 192], mode="area")(data)
    data = ResizeGuidanced(guidance="guidance", ref_image="image")(data)
    data = NormalizeIntensityd("image", subtrahend=208, divisor=388)(data)
    data = AddGuidanceSignald(image="image", guidance="guidance")(data)
    logits = network(np.asarray(data["image"]))
    data["pred"] = (1 / (1 + np.exp(-logits)) >= 0.5).astype(np.float32)
    data = RestoreLabeld("pred", ref_image="image", mode="nearest", slice_only=slice_only)(data)
    return np.asarray(AsChannelLastd("pred")(data)["pred"]).astype(np.uint8)


def largest(mask):
    labels, count = ndimage.label(mask)
    return labels == 1 + np.argmax(np.bincount(labels.ravel())[1:]) if count else mask > 0


def pipeline(shape, spacing, params):
    rough = segment("3D", shape, spacing, params)
    result = np.zeros(shape, np.uint8)
    seeds = []
    for k in range(shape[2]):
        part = largest(rough[:, :, k])
        foreground = [c for c in params["foreground"] if c[2] == k]
        if part.sum() >= 10:
            depth = ndimage.distance_transform_edt(np.pad(part, 1))[1:-1, 1:-1]
            seed = [int(v) for v in np.unravel_index(int(np.argmax(np.round(depth**2))), depth.shape)]
            seeds.append([*seed, k])
            foreground = [seeds[-1], *foreground]
        if foreground:
            background = [c for c in params["background"] if c[2] == k]
            result[:, :, k] = segment("2D", shape, spacing, {"foreground": foreground, "background": background, "slice": k})[:, :, k]
    return seeds, largest(result).astype(np.uint8)


def summary(mask):
    box = [[int(v.min()), int(v.max())] for v in np.nonzero(mask)]
    return {"sum": int(mask.sum()), "box": box, "sha256": hashlib.sha256(np.asfortranarray(mask).tobytes(order="F")).hexdigest()}


def masks():
    one = [{"kind": k, "shape": s, "spacing": v, "params": p, **summary(segment(k, s, v, p))} for k, s, v, p in MASKS]
    two = []
    for shape, spacing, params in PIPELINES:
        seeds, mask = pipeline(shape, spacing, params)
        two.append({"kind": "pipeline", "shape": shape, "spacing": spacing, "params": params, "seeds": seeds, **summary(mask)})
    return [*one, *two]


def main():
    golden = {"chains": [chain(*case) for case in CASES], "resizes": resizes(), "normalizations": normalizations(), "masks": masks()}
    (HERE / "transforms_deepgrow.json").write_text(json.dumps(golden) + "\n")


main()
