"""Runs the reference of a kernel when asked to, and says how long it took.

    python bench/kernels/references FOLDER

Questions and answers are lines of JSON. `{"reference": NAME, "threads": N}` runs it once: {"ms": ..., "processorMs": ...}. `{"save": PATH}` writes its last result as raw
numbers: {"dtype": ..., "length": ...}. All arrays have z first and x last, so that x is the fastest in memory, as in the gateway's.
"""
from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

import channels
import intensities
import labels
import layout
import resampling
import windows

SHAPE = (200, 512, 512)


def read_inputs(folder: Path) -> dict:
    """The arrays that the other side wrote, and those that both derive from them."""
    image = np.fromfile(folder / "image.raw", "<i2").reshape(SHAPE)
    label_map = np.fromfile(folder / "labels.raw", "u1").reshape(SHAPE)
    return {
        "image": image,
        "float": image.astype(np.float32),
        "labels": label_map,
        "mask": (image > 150).astype(np.uint8),
        "logits": np.fromfile(folder / "logits.raw", "<f4").reshape(4, SHAPE[0] // 4, *SHAPE[1:]),
    }


def as_array(result) -> np.ndarray:
    if isinstance(result, torch.Tensor):
        result = result.numpy()
    array = np.ascontiguousarray(result)
    return array.astype(np.uint8) if array.dtype == bool else array


def main() -> None:
    inputs = read_inputs(Path(sys.argv[1]))
    prepared = name = result = None
    for line in sys.stdin:
        question = json.loads(line)
        if "save" in question:
            array = as_array(result)
            array.tofile(question["save"])
            answer = {"dtype": array.dtype.name, "length": array.size}
        else:
            if question["reference"] != name:
                name, result = question["reference"], None
                group = next(group for group in (resampling, intensities, channels, labels, layout, windows) if hasattr(group, name))
                prepared = getattr(group, name)(inputs)
            torch.set_num_threads(question["threads"])
            result = None
            begin, busy = time.perf_counter(), time.process_time()
            result = prepared()
            answer = {"ms": (time.perf_counter() - begin) * 1000, "processorMs": (time.process_time() - busy) * 1000}
        print(json.dumps(answer), flush=True)


main()
