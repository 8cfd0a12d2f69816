"""Single MONAI transforms whose answers depend on the version, forward and back: python transforms_versions.py [data].

Runs in an environment of each version of MONAI and puts its answers under that version in transforms_versions.json. With CASES=N in the
environment, N random cases of SEED (0) go to the file OUT instead: that is the differential test, which
tests/transforms/answers-by-monai-version.test.ts reads from MONAI_CASES.
"""
import json, os, sys, warnings
from pathlib import Path

import monai
import numpy as np
import torch
from monai import transforms as T

warnings.filterwarnings("ignore")
VERSION = monai.__version__.split("+")[0]
OLD = tuple(int(n) for n in VERSION.split(".")[:3]) < (0, 9, 1)
SINCE_1 = not VERSION.startswith("0.")
BEFORE_1_5_1 = tuple(int(n) for n in VERSION.split(".")[:3]) < (1, 5, 1)


def numbers(shape):
    return (np.arange(int(np.prod(shape))) * 37 % 101).astype(np.float32).reshape(shape)


def rotation(angles):
    result = np.eye(3)
    for axis, angle in enumerate(angles):
        a, b = [(1, 2), (0, 2), (0, 1)][axis]
        turn = np.eye(3)
        turn[a, a] = turn[b, b] = np.cos(angle)
        turn[a, b], turn[b, a] = -np.sin(angle), np.sin(angle)
        result = result @ turn
    return result


def affine_of(kind, spacing, origin, rng):
    matrix = np.eye(3)
    if kind == "flipped":
        matrix = np.diag(rng.choice([-1.0, 1.0], 3))
    elif kind == "turned":
        matrix = np.eye(3)[rng.permutation(3)] * rng.choice([-1.0, 1.0], 3)
    elif kind in ("oblique", "oblique32"):
        matrix = rotation(rng.uniform(-0.6, 0.6, 3)) * rng.choice([-1.0, 1.0], 3)
    elif kind == "tilted":
        matrix = rotation([rng.uniform(-0.4, 0.4), 0, 0])
    elif kind == "sheared":
        matrix = rotation(rng.uniform(-0.3, 0.3, 3)) + np.triu(rng.uniform(-0.3, 0.3, (3, 3)), 1)
    elif kind == "straight32":
        matrix = np.eye(3) + rng.uniform(-2e-7, 2e-7, (3, 3))
    result = np.eye(4)
    result[:3, :3] = matrix * spacing
    result[:3, 3] = origin
    return result.astype(np.float32).astype(np.float64) if kind.endswith("32") or kind == "sheared" else result


def run(name, args, image, affine, mask=None):
    """What the transform makes of the image, and its inverse of that."""
    step = getattr(T, name)(keys="image", **args)
    if OLD:
        data = {"image": image.copy(), "image_meta_dict": {"affine": affine.copy()}}
    else:
        from monai.data import MetaTensor

        data = {"image": MetaTensor(torch.from_numpy(image.copy()), affine=torch.from_numpy(affine.copy()))}
    out = step(data)
    made = array(out)
    return made, array(step.inverse(out)) if undoes(step, name, args, affine) else None


def undoes(step, name, args, affine):
    """False where this MONAI has no inverse, or one that leads to another grid than the image's."""
    if name == "Orientationd" and "labels" in args:
        return not BEFORE_1_5_1
    if OLD and name == "Spacingd":
        return not (args.get("diagonal") or sheared(affine))
    return hasattr(step, "inverse") and not (OLD and name == "Zoomd")


def sheared(affine):
    products = affine[:3, :3].T @ affine[:3, :3]
    return np.abs(products - np.diag(np.diag(products))).max() > 1e-4


def short(number, digits):
    value = float(f"{number:.{digits}g}")
    return int(value) if value.is_integer() else value


def array(data):
    image = data["image"]
    affine = data["image_meta_dict"]["affine"] if OLD else image.affine
    values = np.array(image, dtype=np.float64)
    return {
        "shape": list(values.shape),
        "affine": [short(x, 8) for x in np.array(affine).ravel()],
        "values": [short(x, 6) for x in values.ravel()],
    }


def case(name, args, image, affine):
    made, back = run(name, args, image, affine)
    values = [int(x) for x in image.ravel()] if not np.array_equal(image, numbers(image.shape)) else None
    return {
        "name": name,
        "args": args,
        "shape": list(image.shape),
        "affine": [float(x) for x in affine.ravel()],
        "image": values,
        "out": made,
        "back": back,
    }


KINDS = ["straight", "flipped", "turned", "oblique", "oblique32", "tilted", "sheared", "straight32"]


def random_spacing(rng):
    kind = KINDS[rng.integers(len(KINDS))]
    spacing = rng.choice([0.5, 0.7, 0.8, 0.9, 1.0, 1.5, 2.0, 2.5, 3.0, 5.0], 3)
    pixdim = rng.choice([0.5, 0.75, 0.9, 1.0, 1.5, 2.0, 3.0, -1.0], 3)
    if rng.random() < 0.2:
        pixdim[rng.integers(3)] = spacing[rng.integers(3)] + rng.choice([5e-4, -5e-4, 2e-3])
    args = {"pixdim": [float(p) for p in pixdim]}
    if rng.random() < 0.3:
        args["mode"] = "nearest"
    if rng.random() < 0.3:
        args["padding_mode"] = str(rng.choice(["zeros", "reflection"]))
    if rng.random() < 0.15:
        args["align_corners"] = True
    if rng.random() < 0.15:
        args["diagonal"] = True
    elif SINCE_1 and rng.random() < 0.15:
        args["scale_extent"] = True
    if rng.random() < 0.1:
        args["pixdim"] = args["pixdim"][: rng.integers(1, 3)]
    shape = [1, *(int(n) for n in rng.integers(2, 9, 3))]
    return case("Spacingd", args, numbers(shape), affine_of(kind, spacing, rng.uniform(-90, 90, 3).round(3), rng))


def random_orientation(rng):
    kind = KINDS[rng.integers(len(KINDS))]
    letters = [str(rng.choice(list(pair))) for pair in ("LR", "PA", "IS")]
    args = {"axcodes": "".join(letters[i] for i in rng.permutation(3))}
    if rng.random() < 0.3:
        args["labels"] = [["R", "L"], ["A", "P"], ["I", "S"]]
    if rng.random() < 0.2:
        args = {"as_closest_canonical": True}
    shape = [1, *(int(n) for n in rng.integers(2, 6, 3))]
    return case("Orientationd", args, numbers(shape), affine_of(kind, rng.uniform(0.5, 3, 3), rng.uniform(-90, 90, 3).round(3), rng))


def random_components(rng):
    shape = [1, *(int(n) for n in rng.integers(3, 8, 3))]
    image = (rng.random(shape) < 0.25) * rng.integers(1, 4, shape)
    args = {"applied_labels": [1, 2, 3], "independent": bool(rng.random() < 0.7)}
    if rng.random() < 0.5:
        args["connectivity"] = int(rng.integers(1, 4))
    if SINCE_1 and rng.random() < 0.4:
        args["num_components"] = int(rng.integers(1, 4))
    return case("KeepLargestConnectedComponentd", args, image.astype(np.float32), np.eye(4))


def random_foreground(rng):
    shape = [1, *(int(n) for n in rng.integers(4, 9, 3))]
    image = np.zeros(shape, np.float32)
    low = [int(rng.integers(0, n - 1)) for n in shape[1:]]
    high = [int(rng.integers(a + 1, n + 1)) for a, n in zip(low, shape[1:])]
    image[0, low[0] : high[0], low[1] : high[1], low[2] : high[2]] = 7
    args = {"source_key": "image", "margin": int(rng.integers(0, 4))}
    if SINCE_1 and rng.random() < 0.4:
        args["allow_smaller"] = bool(rng.random() < 0.5)
    if rng.random() < 0.3:
        args["k_divisible"] = int(rng.integers(2, 5))
    return case("CropForegroundd", args, image, np.diag([2.0, 1, 3, 1]))


def random_zoom(rng):
    shape = [1, *(int(n) for n in rng.integers(3, 8, 3))]
    args = {"zoom": [float(z) for z in rng.choice([0.5, 0.8, 1.0, 1.3, 2.0], 3)], "mode": str(rng.choice(["area", "nearest", "trilinear"]))}
    if rng.random() < 0.4:
        args["keep_size"] = False
    return case("Zoomd", args, numbers(shape), np.diag([2.0, 1, 3, 1]))


def random_resize(rng):
    shape = [1, *(int(n) for n in rng.integers(3, 8, 3))]
    args = {"spatial_size": [int(n) for n in rng.integers(2, 9, 3)], "mode": str(rng.choice(["area", "nearest", "trilinear"]))}
    if args["mode"] == "trilinear" and rng.random() < 0.5:
        args["align_corners"] = True
    return case("Resized", args, numbers(shape), np.diag([2.0, 1, 3, 1]))


def many(count, seed):
    makers = [random_spacing] * 6 + [random_orientation, random_components, random_foreground, random_zoom, random_resize]
    for n in range(count):
        rng = np.random.default_rng([seed, n])
        yield makers[n % len(makers)](rng)


def tie_cases():
    """Nearest samples half-way between two voxels, which floating point noise decides."""
    for n, spacing, pixdim in [(10, 1, 1.5), (13, 1, 0.5), (12, 0.8, 1.2), (17, 2, 3), (8, 1, 1.5), (6, 0.8, 0.4)]:
        image = np.arange(n, dtype=np.float32).reshape(1, n, 1, 1)
        yield case("Spacingd", {"pixdim": [pixdim, 1.0, 1.0], "mode": "nearest"}, image, np.diag([spacing, 1.0, 1.0, 1.0]))


def fixed():
    rng = np.random.default_rng(5)
    shape = (1, 4, 3, 3)
    for kind in KINDS:
        affine = affine_of(kind, [0.9, 0.9, 3.0], [-31.5, 12.25, 7.0], rng)
        turned = [{"pixdim": [1.5, 1.5, 2.0], "diagonal": True, "padding_mode": "zeros"}] if kind in ("turned", "oblique32", "sheared") else []
        for args in [{"pixdim": [1.5, 1.5, 2.0]}, *turned]:
            yield case("Spacingd", args, numbers(shape), affine)
    straight = affine_of("straight", [0.9, 0.9, 3.0], [-31.5, 12.25, 7.0], rng)
    tilted = affine_of("oblique32", [0.9, 0.9, 3.0], [-31.5, 12.25, 7.0], rng)
    for args in [
        {"pixdim": [0.9005, 1.2, 2.0]},
        {"pixdim": [0.9005, 0.9, 3.0]},
        {"pixdim": [1.5]},
        {"pixdim": [1.5, 1.5, 1.5], "align_corners": True},
        *([{"pixdim": [0.5, 0.5, 1.0], "scale_extent": True}] if SINCE_1 else []),
    ]:
        yield case("Spacingd", args, numbers(shape), straight)
    yield case("Spacingd", {"pixdim": [1.3, 1.3, 2.1], "mode": "nearest", "padding_mode": "zeros"}, numbers(shape), tilted)
    yield from tie_cases()
    labels = np.zeros((1, 7, 2, 2), np.float32)
    labels[0, [0, 2, 4]] = 1
    labels[0, 6, 0, 0] = 1
    yield case("KeepLargestConnectedComponentd", {"applied_labels": [1]}, labels, np.eye(4))
    if SINCE_1:
        # Of unequal size: which of several equal ones come second depends on numpy's unstable sort.
        labels[0, 0, 0, 0] = labels[0, 2, :, 0] = 0
        yield case("KeepLargestConnectedComponentd", {"applied_labels": [1], "num_components": 2}, labels, np.eye(4))
    box = np.zeros((1, 4, 4, 4), np.float32)
    box[0, 0:2, 1:3, 2:4] = 5
    yield case("CropForegroundd", {"source_key": "image", "margin": 1}, box, np.diag([2.0, 1, 3, 1]))
    yield case("Zoomd", {"zoom": 1.5, "mode": "nearest"}, numbers((1, 3, 4, 5)), np.diag([2.0, 1, 3, 1]))
    yield case("Orientationd", {"axcodes": "PLI"}, numbers((1, 2, 3, 2)), tilted)
    # Two axes are nearest to the same one of the world.
    steep = np.array([[-0.67, -0.93, 1.22, 6.7], [0.56, -1.5, 1.03, 32.3], [-0.14, -1.59, -1.68, -4.2], [0, 0, 0, 1]])
    yield case("Orientationd", {"axcodes": "PLI"}, numbers((1, 2, 3, 2)), steep)
    yield case("Orientationd", {"axcodes": "RAS", "labels": [["R", "L"], ["A", "P"], ["I", "S"]]}, numbers((1, 2, 3, 2)), tilted)


FILES = ["odd/oblique16_ct_pitch.nii.gz", "odd/shear_slope_inter.nii.gz"]


def real(data, name):
    """An oblique and a sheared file to 3 mm and back."""
    import nibabel

    file = nibabel.load(data / name)
    image = file.get_fdata(dtype=np.float32)[None]
    made, back = run("Spacingd", {"pixdim": [3.0, 3.0, 3.0]}, image, file.affine)
    return {"file": name, "out": sampled(made), "back": back and sampled(back)}


def sampled(made):
    values = np.array(made["values"]).reshape(made["shape"])[0]
    places = [[int(n * (k * 7 + d * 3) % 23 / 23) for d, n in enumerate(values.shape)] for k in range(12)]
    return {
        "shape": list(values.shape),
        "affine": made["affine"],
        "sum": float(values.sum()),
        "abs": float(np.abs(values).sum()),
        "max": float(np.abs(values).max()),
        "voxels": [[place, float(values[tuple(place)])] for place in places],
    }


def main():
    if "CASES" in os.environ:
        cases = list(many(int(os.environ["CASES"]), int(os.environ.get("SEED", "0"))))
        Path(os.environ["OUT"]).write_text(json.dumps({VERSION: cases}))
        return
    path = Path(__file__).with_suffix(".json")
    data = Path(sys.argv[1])
    known = json.loads(path.read_text()) if path.exists() else {}
    known[VERSION] = {"steps": list(fixed()), "files": [real(data, name) for name in FILES]}
    path.write_text(json.dumps(dict(sorted(known.items()))))


main()
