"""The mask that the spleen sample must give, by an independent chain; written to spleen_reference.json.

Usage: python spleen_reference.py DATA [MODEL], with DATA the folder of real images; MODEL defaults to DATA/models/spleen_ct_unet2d.onnx.

nibabel (closest canonical) -> half-pixel linear to 2 mm (torch) -> HU -160..240 to 0..1, clipped -> windows of Clara's rule
through onnxruntime, one axial slice each -> argmax -> nearest-exact to the loaded shape -> file's axes.
Prints the Dice coefficient of label 1 against the reference segmentation.
"""
import hashlib
import json
import math
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from nibabel import orientations as ornt

HERE = Path(__file__).parent
DATA = Path(sys.argv[1])
MODEL = Path(sys.argv[2]) if len(sys.argv) > 2 else DATA / "models/spleen_ct_unet2d.onnx"
CASES = [("ct/ct_abdomen_3mm.nii.gz", "ct/ct_abdomen_3mm_seg117.nii.gz"), ("ct/ct_abdomen_512x512x20.nii.gz", "ct/ct_abdomen_512x512x20_seg117.nii.gz")]
RESOLUTION = [2.0, 2.0, 2.0]
WINDOW = [256, 256, 1]


def resize(x, shape, nearest=False):
    mode = dict(mode="nearest-exact") if nearest else dict(mode="trilinear", align_corners=False)
    return F.interpolate(torch.from_numpy(np.ascontiguousarray(x)).double()[None, None], size=shape, **mode)[0, 0].numpy()


def window_starts(n, r):
    length = max(n, r)
    # The rule's own step for a window of one voxel is 0, which has no meaning: such windows follow each other.
    step = r if r == length else max(1, int(max(r - 16, r * 0.75)))
    return [i * step - max(i * step + r - length, 0) for i in range(math.ceil(length / step))]


def predict(session, x):
    padded = np.zeros([max(n, r) for n, r in zip(x.shape, WINDOW)], np.float32)
    padded[tuple(slice(0, n) for n in x.shape)] = x
    total, count = None, np.zeros(padded.shape, np.float32)
    starts = [window_starts(n, r) for n, r in zip(x.shape, WINDOW)]
    for i in starts[0]:
        for j in starts[1]:
            for k in starts[2]:
                box = (slice(i, i + WINDOW[0]), slice(j, j + WINDOW[1]), slice(k, k + WINDOW[2]))
                window = padded[box][:, :, 0][None, None]
                logits = session.run(None, {session.get_inputs()[0].name: window})[0][0]
                if total is None:
                    total = np.zeros((logits.shape[0], *padded.shape), np.float32)
                total[(slice(None), *box)] += logits[..., None]
                count[box] += 1
    return (total / count)[(slice(None), *(slice(0, n) for n in x.shape))]


def run(session, path, reference_path):
    image = nib.load(DATA / path)
    canonical = nib.as_closest_canonical(image)
    x = canonical.get_fdata(dtype=np.float32)
    spacing = np.sqrt((canonical.affine[:3, :3] ** 2).sum(axis=0))
    shape = [max(1, int(np.round(n * s / t))) for n, s, t in zip(x.shape, spacing, RESOLUTION)]
    scaled = resize(x, shape).astype(np.float32)
    ranged = np.clip((scaled.astype(np.float64) + 160) / 400, 0, 1).astype(np.float32)
    scores = predict(session, ranged)
    labels = scores.argmax(axis=0).astype(np.uint8)
    restored = resize(labels, x.shape, nearest=True).astype(np.uint8)
    turn = ornt.ornt_transform(ornt.io_orientation(canonical.affine), ornt.io_orientation(image.affine))
    mask = ornt.apply_orientation(restored, turn)

    reference = np.asarray(nib.load(DATA / reference_path).dataobj) == 1
    dice = 2 * int((reference & (mask == 1)).sum()) / int(reference.sum() + (mask == 1).sum())
    best = np.sort(scores, axis=0)
    close = float(((best[-1] - best[-2]) < 1e-3).sum())
    values, counts = np.unique(mask, return_counts=True)
    print(f"{path}: network grid {shape}, Dice(spleen) {dice:.4f}, voxels within 1e-3 of a tie {int(close)}")
    return {
        "file": path,
        "reference": reference_path,
        "networkGrid": shape,
        "shape": list(mask.shape),
        "sha256": hashlib.sha256(mask.tobytes(order="F")).hexdigest(),
        "counts": {str(v): int(c) for v, c in zip(values, counts)},
        "nearTies": int(close),
        "dice": round(dice, 4),
    }


def main():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])
    golden = [run(session, *case) for case in CASES]
    (HERE / "spleen_reference.json").write_text(json.dumps(golden, indent=2) + "\n")


main()
