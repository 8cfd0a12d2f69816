"""Cubic modes of MONAI's Spacingd, Resized and Zoomd, forward and back, on small images; written to transforms_splines.json.

Orders of splines go to SciPy's map_coordinates in Spacingd, and to torch's interpolate in Resized and Zoomd, which takes pictures alone.
"""
import json
import warnings
from pathlib import Path

import numpy as np
import torch
from monai import transforms as T
from monai.data import MetaTensor

warnings.filterwarnings("ignore")

SPACINGS = ([1.3, 0.7, 1.1], [0.5, 2.2, 1.0])
CASES = [
    *(("Spacingd", {"pixdim": pixdim, "mode": order, "padding_mode": pad}, 3) for order in (0, 1, 3) for pad in ("border", "zeros", "reflection") for pixdim in SPACINGS),
    ("Spacingd", {"pixdim": [1.3, 0.7, 1.1], "mode": 3, "scale_extent": True}, 3),
    ("Spacingd", {"pixdim": [1.3, 0.7, 1.1], "mode": 3, "scale_extent": True, "padding_mode": "zeros"}, 3),
    ("Spacingd", {"pixdim": [1.3, 0.7], "mode": 3}, 2),
    *(("Spacingd", {"pixdim": [1.3, 0.7], "mode": "bicubic", "padding_mode": pad, "align_corners": False}, 2) for pad in ("border", "zeros", "reflection")),
    *((name, {**size, "mode": mode, "align_corners": aligned}, 2)
      for name, size in (("Resized", {"spatial_size": [4, 9]}), ("Zoomd", {"zoom": 1.4, "keep_size": False}), ("Zoomd", {"zoom": [0.6, 1.7]}))
      for mode in ("bicubic", 3) for aligned in (None, True)),
    ("Resized", {"spatial_size": [4, 9, 3], "mode": 0}, 3),
    ("Resized", {"spatial_size": [4, 9, 3], "mode": 1}, 3),
]


def listed(image):
    return {"shape": list(image.shape), "values": [float(f"{v:.6g}") for v in image.numpy().astype(np.float64).ravel()]}


def answer(name, args, axes):
    shape = (1, 7, 6, 5)[: axes + 1]
    image = (np.arange(int(np.prod(shape))) * 37 % 101).astype(np.float32).reshape(shape)
    affine = np.diag([0.8, 0.9, 1.5, 1.0])
    affine[:3, 3] = -30
    step = getattr(T, name)(keys="image", **args)
    made = step({"image": MetaTensor(torch.from_numpy(image), affine=torch.from_numpy(affine))})
    out = listed(made["image"])
    return {"name": name, "args": args, "shape": list(shape), "out": out, "back": listed(step.inverse(made)["image"])}


path = Path(__file__).with_suffix(".json")
path.write_text(json.dumps([answer(*case) for case in CASES]) + "\n")
