"""Reference numbers for gateway/imaging/kernels, written to kernels_goldens.json.

Half-pixel and nearest resizing: torch interpolate on float64. Align corners: scipy zoom. MONAI's spacing grid: scipy affine_transform.
Heat map: scipy convolve1d with the erf kernel. Softmax: torch. Components of the reference values are made again here.
"""
import hashlib
import json
import math
from pathlib import Path

import numpy as np
import scipy.ndimage as ndi
import torch
import torch.nn.functional as F

HERE = Path(__file__).parent


def volume(*shape):
    return ((np.arange(int(np.prod(shape))) * 37) % 101).reshape(shape).astype(np.float32)


def half_pixel(x, out, nearest=False):
    mode = dict(mode="nearest-exact") if nearest else dict(mode="trilinear", align_corners=False)
    return F.interpolate(torch.tensor(x, dtype=torch.float64)[None, None], size=out, **mode)[0, 0].numpy()


def align_corners(x, out):
    return ndi.zoom(x.astype(np.float64), [m / n for n, m in zip(x.shape, out)], order=1, mode="nearest")


def spacing_grid(x, steps, nearest=False):
    out = tuple(int(np.round((n - 1) / s + 1)) for n, s in zip(x.shape, steps))
    return ndi.affine_transform(x.astype(np.float64), np.diag(steps), output_shape=out, order=0 if nearest else 1, mode="nearest")


def erf_kernel(sigma):
    tail, t = int(max(sigma * 4, 0.5) + 0.5), 0.70710678 / sigma
    return np.array([0.5 * (math.erf(t * (x + 0.5)) - math.erf(t * (x - 0.5))) for x in range(-tail, tail + 1)])


def heat(shape, points, sigma, low, high):
    z = np.zeros(shape)
    for p in points:
        z[tuple(min(max(int(c), 0), n - 1) for c, n in zip(p, shape))] = 1
    for axis in range(z.ndim):
        z = ndi.convolve1d(z, erf_kernel(sigma), axis=axis, mode="constant")
    return (z - z.min()) / (z.max() - z.min()) * (high - low) + low


def map_hash(lengths, mode, dtype):
    """sha256 over the index maps of all pairs (n, m), each index as a little-endian int32."""
    digest = hashlib.sha256()
    for n in lengths:
        x = torch.arange(n, dtype=dtype)[None, None]
        for m in lengths:
            digest.update(F.interpolate(x, size=m, mode=mode)[0, 0].numpy().astype("<i4").tobytes())
    return digest.hexdigest()


def largest_component(shape, threshold, connectivity):
    """Largest component of a made-up mask; ties to the first in C order. `checksum` is the sum of its C-order indices, modulo a prime."""
    mask = ((np.arange(int(np.prod(shape)), dtype=np.int64) * 7919) % 1009 < threshold).reshape(shape)
    labels, _ = ndi.label(mask, ndi.generate_binary_structure(3, 1 if connectivity == "faces" else 3))
    best = int(np.bincount(labels.ravel())[1:].argmax()) + 1
    indices = np.flatnonzero(labels == best)
    return {"shape": list(shape), "threshold": threshold, "density": round(threshold / 1009, 2), "connectivity": connectivity, "size": len(indices), "checksum": int(indices.sum() % 1000003)}


def listed(a):
    return {"shape": list(a.shape), "values": [float(f"{v:.9g}") for v in np.asarray(a).ravel()]}


def main():
    small = volume(5, 6, 4)
    odd = volume(7, 5, 9)
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 4, (3, 4, 3, 2)).astype(np.float32)
    points = [[3, 4, 5], [8, 3, 6], [5, 2, 4], [6, 6, 7], [4, 5, 4], [7, 3, 7]]
    golden = {
        "linear": [
            {"map": "half-pixel", "from": [5, 6, 4], **listed(half_pixel(small, (4, 5, 10)))},
            {"map": "half-pixel", "from": [7, 5, 9], **listed(half_pixel(odd, (11, 5, 4)))},
            {"map": "half-pixel", "from": [7, 5, 9], **listed(half_pixel(odd, (2, 3, 9)))},
            {"map": "align-corners", "from": [5, 6, 4], **listed(align_corners(small, (4, 5, 10)))},
            {"map": "align-corners", "from": [7, 5, 9], **listed(align_corners(odd, (11, 3, 4)))},
            {"map": "spacing", "steps": [1.25, 1.25, 0.4], "from": [5, 6, 4], **listed(spacing_grid(small, [1.25, 1.25, 0.4]))},
            {"map": "spacing", "steps": [0.7, 1.3, 2.1], "from": [7, 5, 9], **listed(spacing_grid(odd, [0.7, 1.3, 2.1]))},
        ],
        "nearest": [
            {"map": "half-pixel", "from": [5, 6, 4], **listed(half_pixel(small, (4, 5, 10), nearest=True))},
            {"map": "half-pixel", "from": [7, 5, 9], **listed(half_pixel(odd, (11, 5, 4), nearest=True))},
            {"map": "spacing", "steps": [1.3, 0.6, 2.1], "from": [7, 5, 9], **listed(spacing_grid(odd, [1.3, 0.6, 2.1], nearest=True))},
        ],
        "nearestExactMaps": map_hash(range(2, 70), "nearest-exact", torch.float64),
        "nearestFloat32Maps": map_hash(range(2, 131), "nearest", torch.float32),
        "heat": {"points": points, "sigma": 3, "low": -1, "high": 1, **listed(heat((12, 10, 9), points, 3, -1, 1))},
        "heat2d": {"points": [[0, 0], [6, 9]], "sigma": 2, "low": 0, "high": 1, **listed(heat((7, 10), [[0, 0], [6, 9]], 2, 0, 1))},
        "components": [
            largest_component(shape, threshold, connectivity)
            for shape in ((23, 17, 19), (40, 1, 31))
            for threshold, connectivity in ((100, "full"), (250, "faces"), (330, "faces"))
        ],
        "erf": [[x, math.erf(x)] for x in [0, 1e-3, 0.1, 0.5, 1, 1.7, 2.4, 2.5, 2.6, 3.3, 4.5, 5.9, 7]],
        "softmax": {"logits": listed(logits), **listed(torch.softmax(torch.tensor(logits).double(), 0).numpy())},
    }
    (HERE / "kernels_goldens.json").write_text(json.dumps(golden) + "\n")


main()
