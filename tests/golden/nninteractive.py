"""Prompts on a small volume, as nnInteractive's own session answers them with a network that is one formula: nninteractive.json."""
import hashlib
import itertools
import json
import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

os.environ.update({name: tempfile.gettempdir() for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")})

import numpy as np
import torch
from nnInteractive.inference.inference_session import nnInteractiveInferenceSession
from nnInteractive.interaction.point import PointInteraction_stub
from nnInteractive.utils import bboxes

HERE = Path(__file__).resolve().parent
SHAPE, PATCH = [90, 110, 100], [80, 84, 78]


def image():
    x, y, z = np.meshgrid(*[np.arange(n) for n in SHAPE], indexing="ij")
    inside = lambda c, r: sum(((a - m) * s) ** 2 for a, m, s in zip((x, y, z), c, r)) < 3600 * 36
    values = 20 + (x * 7 + y * 13 + z * 29) % 11
    values[inside((30, 30, 30), (30, 24, 36))] += 70
    values[inside((50, 62, 60), (7, 6, 8))] += 90
    values[:3] = values[:, -4:] = 0
    return values.astype(np.int16)


def checksum(values):
    """Of the bits of float32 numbers, each by its place."""
    bits = values.view(np.uint32).ravel()
    return int(np.sum(bits * (2 * np.arange(bits.size, dtype=np.uint32) + 1), dtype=np.uint32))


class Formula(torch.nn.Module):
    """Score of a voxel: the image, plus what prompts say there."""

    def __init__(self):
        super().__init__()
        self.seen, self.nearest = [], np.inf

    def forward(self, given):
        i, previous, *prompts = given[0].to(torch.float32)
        box, no_box, point, no_point, scribble, no_scribble = prompts
        score = i - 0.6875 + previous * 0.25 + box * 0.75 - no_box * 4 + point * 2 - no_point * 4 + scribble * 1.5 - no_scribble * 4
        self.nearest = min(self.nearest, score.abs().min().item())
        self.seen.append(dict(
            prompts=checksum(given[0, 1:].to(torch.float32).contiguous().numpy()),
            image=float(i.double().sum()), squares=float((i.double() ** 2).sum())))
        return torch.stack([torch.zeros_like(score), score])[None]


def mask(box, of):
    """Voxels of a box for which `of` holds, as numbers."""
    size = [b - a for a, b in box]
    x, y, z = np.meshgrid(*[np.arange(a, b) for a, b in box], indexing="ij")
    return of(x, y, z).astype(np.uint8).reshape(size)


SCRIPTS = {
    "points": dict(autozoom=False, steps=[
        ["point", [30, 30, 30], True], ["point", [34, 28, 40], False], ["point", [1, 105, 2], True], ["undo"], ["undo"], ["point", [89, 0, 99], True]]),
    "a far object": dict(autozoom=True, steps=[["point", [50, 62, 60], True], ["undo"], ["point", [20, 60, 60], True]]),
    "the same without zoom": dict(autozoom=False, steps=[["point", [50, 62, 60], True], ["point", [50, 90, 60], False]]),
    "boxes": dict(autozoom=False, steps=[
        ["box", [[30, 31], [20, 43], [18, 40]], True], ["box", [[20, 80], [62, 63], [10, 95]], True], ["box", [[-5, 12], [100, 130], [96, 97]], False],
        ["box", [[40, 41], [0, 110], [0, 100]], False]]),
    "a large box with zoom": dict(autozoom=True, steps=[["box", [[50, 51], [2, 108], [2, 98]], True]]),
    "masks": dict(autozoom=False, steps=[
        ["scribble", [[28, 32], [20, 50], [25, 35]], [1, 1, 0], True], ["lasso", [[50, 51], [40, 90], [40, 90]], [0, 0, 1], True], ["scribble", None, [3, 2, 1], False],
        ["lasso", [[10, 11], [5, 9], [0, 5]], [0, 0, 0], True], ["undo"], ["undo"]]),
    "a scribble from afar": dict(autozoom=True, steps=[["scribble", [[10, 80], [60, 62], [20, 90]], [1, 0, 1], True], ["point", [88, 62, 60], True]]),
    "an initial mask": dict(autozoom=True, steps=[
        ["initial", [[20, 45], [15, 50], [12, 48]], False], ["point", [30, 30, 30], True], ["undo"], ["undo"],
        ["initial", [[20, 70], [30, 90], [30, 90]], True], ["point", [30, 62, 60], True]]),
    "prompts that wait": dict(autozoom=False, steps=[
        ["point", [30, 30, 30], True, False], ["scribble", [[50, 52], [60, 70], [55, 70]], [1, 1, 1], True, False], ["predict", False], ["predict", True], ["reset"], ["point", [30, 30, 30], True]]),
    "fading": dict(autozoom=False, decay=0.5, steps=[["point", [30, 30, 30 + n], n % 2 == 0, n > 16] for n in range(19)]),
    "without fading": dict(autozoom=False, decay=None, steps=[["point", [30, 30, 30], True], ["point", [30, 38, 30], False], ["point", [30, 34, 30], True]]),
}


def line(box, step):
    """A line through a box, from its first voxel on; nothing for a step of zeros."""
    return lambda x, y, z: (np.zeros_like(x) == 1) if not any(step) else sum((a - b[0]) * (4 - s) for a, b, s in zip((x, y, z), box, step)) % 9 < 2


def session(autozoom, decay=0.9):
    made = nnInteractiveInferenceSession(device=torch.device("cpu"), do_autozoom=autozoom, torch_n_threads=2)
    made._apply_capability({})
    made.point_interaction, made.interaction_decay, made.pad_mode_data = PointInteraction_stub(4, True), decay, "constant"
    made.configuration_manager = SimpleNamespace(patch_size=PATCH)
    made.network = Formula()
    made.set_image(image()[None])
    made.set_target_buffer(np.zeros(SHAPE, np.uint8))
    return made


def apply(made, kind, *args):
    """What the server answers: whether there was a prediction, and the box."""
    made._last_paste_bbox = None
    if kind == "point":
        at, include, *run = args
        return made.add_point_interaction(at, include, run_prediction=run != [False])
    if kind == "box":
        return made.add_bbox_interaction(*args)
    if kind == "initial":
        box, run = args
        given = np.zeros(SHAPE, np.uint8)
        given[tuple(slice(*b) for b in box)] = 1
        return made.add_initial_seg_interaction(given, run_prediction=run)
    if kind == "predict":
        return made._predict(force_full_refine=args[0])
    if kind == "reset":
        return made.reset_interactions()
    if kind == "undo":
        return [made.undo(), made._clipped_last_paste_bbox()]
    box, step, include, *run = args
    add = made.add_scribble_interaction if kind == "scribble" else made.add_lasso_interaction
    whole = box or [[0, n] for n in SHAPE]
    return add(mask(whole, line(whole, step)), include, run_prediction=run != [False], interaction_bbox=box)


def spread(mask, bbox_size, margin, n_samples):
    """nnInteractive's random centres, drawn evenly spread over the voxels."""
    drawn = itertools.count()

    def choice(n):
        at, count = next(drawn) % n_samples, min(n_samples, n)
        return int((min(at, count - 1) + 0.5) * n / count)

    np.random.choice = choice
    return fallback(mask, bbox_size, margin, n_samples)


fallback = bboxes.random_sampling_fallback


def main():
    bboxes.random_sampling_fallback = spread
    scripts = []
    for name, script in SCRIPTS.items():
        made = session(script["autozoom"], script.get("decay", 0.9))
        steps = []
        for step in script["steps"]:
            made.network.seen = []
            answer = apply(made, *step)
            voxels = made.target_buffer
            assert (voxels == made.interactions[0].numpy()).all()
            steps.append(dict(step=step, answer=answer, voxels=int(voxels.sum()), sha256=hashlib.sha256(voxels.tobytes()).hexdigest()[:16], network=made.network.seen))
        # A tie would go as the last bit of the image's mean does.
        assert made.network.nearest > 0, name
        scripts.append(dict(name=name, autozoom=script["autozoom"], decay=script.get("decay", 0.9), steps=steps))
    (HERE / "nninteractive.json").write_text(json.dumps(dict(shape=SHAPE, patch=PATCH, image=hashlib.sha256(image().tobytes()).hexdigest()[:16], scripts=scripts)))


if __name__ == "__main__":
    main()
