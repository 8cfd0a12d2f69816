"""Reference numbers for single transforms of Clara 3.x on real volumes, written to transforms_clara_steps.json.

Usage: python transforms_clara_steps.py DATA, with DATA the folder of real images (the tests' sharedData).
Crops, paddings and repeats are MONAI's (ports by the same engineers), components scikit-image's, resizes torch's, the
rest numpy's. A result is kept as shape and sha256 (float32, first spatial axis fastest, channels slowest), or as shape, sum and
sampled voxels where arithmetic may round.
"""
import hashlib
import json
from pathlib import Path

import nibabel as nib
import numpy as np
from monai.transforms import CenterSpatialCrop, CropForeground, DivisiblePad, RepeatChannel
from PIL import Image
from skimage.measure import label as components

from transforms_clara import DATA, HERE, pattern, resize, sampled

SPINE, SPINE_SEG = "mr/sct_t2.nii.gz", "mr/sct_t2_seg_manual.nii.gz"
ORGANS = "ct/ct_abdomen_3mm_seg117.nii.gz"
TWO_CHANNELS = "odd/i16_4d_oblique.nii.gz"
XRAY = "cxr/16747_3_1.jpg"


def load(path):
    return nib.load(DATA / path).get_fdata(dtype=np.float32)


def exact(a):
    """Channels first in, as in every result here that has channels."""
    spatial_first = np.moveaxis(a, 0, -1) if a.ndim == 4 else a
    return {"shape": list(a.shape), "sha256": hashlib.sha256(spatial_first.astype("<f4").tobytes(order="F")).hexdigest()}


def case(path, steps, **fields):
    return {"file": path, "steps": steps, "fields": fields}


def rounded(shape, factors):
    return [max(1, int(np.round(n * f))) for n, f in zip(shape, factors)]


def resizes():
    x, spacing = load(SPINE), np.sqrt((nib.load(DATA / SPINE).affine[:3, :3] ** 2).sum(axis=0))
    for factor in (0.5, [1.3, 0.7, 1.75]):
        shape = rounded(x.shape, np.broadcast_to(factor, 3))
        args = {"fields": "image", "factor": factor}
        yield case(SPINE, [["ScaleByFactor", args]], image=sampled(resize(x, shape).astype(np.float32)))
        yield case(SPINE, [["ScaleByFactor", {**args, "is_label": True}]], image=exact(resize(x, shape, nearest=True)))
    target = [0.7, 1.1, 1.9]
    shape = [max(1, int(np.round(n * s / t))) for n, s, t in zip(x.shape, spacing, target)]
    yield case(SPINE, [["ScaleBySpacing", {"fields": "image", "target_spacing": target}]], image=sampled(resize(x, shape).astype(np.float32)))
    args = {"fields": "image", "target_shape": [33, 64, 47]}
    yield case(SPINE, [["ScaleToShape", args]], image=sampled(resize(x, [33, 64, 47]).astype(np.float32)))
    yield case(SPINE, [["ScaleToShape", {**args, "is_label": "true"}]], image=exact(resize(x, [33, 64, 47], nearest=True)))


def intensities():
    x = load(SPINE)
    wide = x.astype(np.float64)
    yield case(SPINE, [["CenterData", {"fields": "image"}]], image=sampled(((wide - wide.mean()) / wide.std()).astype(np.float32)))
    args = {"fields": "image", "subtrahend": 2876.37, "divisor": 883}
    yield case(SPINE, [["CenterData", args]], image=sampled(((wide - 2876.37) / 883).astype(np.float32)))


def boxes():
    x, mask = load(SPINE)[None], load(SPINE_SEG)[None]
    first = ["ConvertToChannelsFirst", {"fields": "image"}]
    for size in ([31, 40, 52], [100, 7, 51], 33):
        yield case(SPINE, [first, ["CropSubVolumeCenter", {"fields": "image", "size": size}]], image=exact(CenterSpatialCrop(size)(x)))
    for k in (16, [8, 5, 7], 1):
        yield case(SPINE, [first, ["SymmetricPadderDiv", {"fields": "image", "k": k}]], image=exact(DivisiblePad(k)(x)))
    for margin in (0, [2, 0, 5], 40):
        # Cut down to the image, as MONAI's first versions did; later ones pad.
        found, around = np.argwhere(mask[0] > 0), np.broadcast_to(margin, 3)
        low, high = np.maximum(found.min(0) - around, 0), np.minimum(found.max(0) + 1 + around, mask.shape[1:])
        cropped = mask[(slice(None), *map(slice, low, high))]
        assert margin == 40 or np.array_equal(cropped, CropForeground(margin=margin)(mask))
        yield case(SPINE_SEG, [first, ["CropForegroundObject", {"fields": "image", "margin": margin}]], image=exact(cropped))


def channels():
    x, organs = np.moveaxis(load(TWO_CHANNELS), -1, 0), load(ORGANS)
    first = ["ConvertToChannelsFirst", {"fields": "image"}]
    yield case(TWO_CHANNELS, [first, ["RepeatChannel", {"fields": "image", "repeat_times": 3}]], image=exact(RepeatChannel(3)(x)))
    yield case(TWO_CHANNELS, [first, ["SplitAcrossChannels", {"field": "image", "channel_names": ["a", "b"]}]], a=exact(x[:1]), b=exact(x[1:]))
    names = ["background", "spleen", "kidney", "liver"]
    masks = {name: exact((organs == value)[None]) for value, name in enumerate(names)}
    yield case(ORGANS, [first, ["SplitBasedOnLabel", {"field": "image", "label_names": names}]], **masks)
    hot = np.stack([organs == value for value in range(4)])
    yield case(ORGANS, [["ConvertToMultiChannelBasedOnLabel", {"fields": "image", "label_names": names}]], image=exact(hot))
    tumour = {"TC": (organs == 1) | (organs == 4), "WC": (organs == 1) | (organs == 2) | (organs == 4), "ET": organs == 4}
    yield case(ORGANS, [first, ["SplitBasedOnBratsClasses", {"field": "image"}]], **{name: exact(a[None]) for name, a in tumour.items()})
    yield case(ORGANS, [["ConvertToMultiChannelBasedOnBratsClasses", {"fields": "image"}]], image=exact(np.stack(list(tumour.values()))))


def largest(mask):
    parts = components(mask)
    return parts == np.argmax(np.bincount(parts.ravel())[1:]) + 1


def keep_largest():
    # Spots that are not connected, so that there is something to remove.
    organs = load(ORGANS)
    organs[::9, ::7, ::5] = 4
    organs[3::11, 2::13, 5::17] = 5
    each = organs.copy()
    for value in np.unique(organs[organs > 0]):
        each[(organs == value) & ~largest(organs == value)] = 0
    some = organs.copy()
    for value in (4, 5, 200):
        if (organs == value).any():
            some[(organs == value) & ~largest(organs == value)] = 0
    together = organs.copy()
    applied = np.isin(organs, (4, 5, 90))
    together[applied & ~largest(applied)] = 0
    spots = {"spots": True}
    yield {**case(ORGANS, [["KeepLargestCC", {"fields": "image"}]], image=exact(each)), **spots}
    yield {**case(ORGANS, [["KeepLargestCC", {"fields": "image", "applied_labels": [4, 5, 200]}]], image=exact(some)), **spots}
    args = {"fields": "image", "applied_labels": [4, 5, 90], "independent": "False"}
    yield {**case(ORGANS, [["KeepLargestCC", args]], image=exact(together)), **spots}


def picture():
    x = np.asarray(Image.open(DATA / XRAY).convert("RGB"))
    steps = [["LoadJpg", {"fields": "image"}], ["ConvertToChannelsLast", {"fields": "image"}]]
    yield {**case(XRAY, steps, image=exact(x)), "loads": True}


def way_back(path):
    """Crop, resize, pad; then a mask on that grid is brought back by hand: cut, resize, embed."""
    x = load(path)
    c = CenterSpatialCrop([51, 38, 47])(x[None])[0]
    start = [n // 2 - m // 2 for n, m in zip(x.shape, c.shape)]
    scaled = rounded(c.shape, [0.75] * 3)
    p = DivisiblePad(16)(np.zeros([1, *scaled]))[0]
    front = [(a - b) // 2 for a, b in zip(p.shape, scaled)]
    mask = pattern(p.shape)
    inner = mask[tuple(slice(f, f + n) for f, n in zip(front, scaled))]
    whole = np.zeros(x.shape)
    whole[tuple(slice(s, s + n) for s, n in zip(start, c.shape))] = resize(inner, list(c.shape), nearest=True)
    steps = [["CropSubVolumeCenter", {"fields": "image", "size": [51, 38, 47]}], ["ScaleByFactor", {"fields": "image", "factor": 0.75}],
             ["SymmetricPadderDiv", {"fields": "image", "k": 16}]]
    return {"file": path, "steps": steps, "prepared": list(p.shape), "restored": exact(whole)}


def main():
    groups = (resizes, intensities, boxes, channels, keep_largest, picture)
    lines = [json.dumps(one) for group in groups for one in group()]
    back = [json.dumps(way_back(path)) for path in (SPINE, "odd/orient_PIR.nii.gz")]
    text = '{"steps": [\n' + ",\n".join(lines) + '\n],\n"wayBack": [\n' + ",\n".join(back) + "\n]}\n"
    (Path(HERE) / "transforms_clara_steps.json").write_text(text)


main()
