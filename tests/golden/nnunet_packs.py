"""Small networks of nnU-Net run and put together by TotalSegmentator's own functions: nnunet_packs.json. Weights are what their names stand for (nnunet_architectures.py)."""
import base64
import gzip
import json
import os
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
FOLDER = tempfile.TemporaryDirectory()
for key in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
    os.environ[key] = FOLDER.name
os.environ["TOTALSEG_HOME_DIR"] = FOLDER.name

import nibabel as nib  # noqa: E402
import torch  # noqa: E402

import totalsegmentator.nnunet as ts  # noqa: E402
from nnunet_architectures import K3, S1, S2, build, numbers, parameter, plain  # noqa: E402

RESAMPLING = dict(is_seg=False, order=3, order_z=0, force_separate_z=None)
# Name, foreground labels, spacing of the plans, reader. The last one is the rough model, which has all labels.
PARTS = [
    ("organs", ["spleen", "liver", "stomach"], [1.5, 1.5, 1.5], "SimpleITKIO"),
    ("bones", ["vertebrae_L1", "sacrum"], [1.5, 1.5, 1.5], "NibabelIO"),
    ("heart", ["heart", "aorta"], [2.0, 1.5, 1.5], "SimpleITKIO"),
    ("muscles", ["gluteus_maximus_left", "gluteus_maximus_right"], [1.5, 1.5, 1.5], "NibabelIOWithReorient"),
    ("ribs", ["rib_left_1", "rib_right_1", "sternum"], [1.5, 1.5, 1.5], "SimpleITKIO"),
]
LABELS = [name for _, names, _, _ in PARTS for name in names]
ROUGH = ("rough", LABELS, [6.0, 6.0, 6.0], "SimpleITKIO")
FIRST = 901


def model(number, name, labels, spacing, reader):
    """A results folder with one fold. @returns what the test needs to make the same"""
    kind, kwargs = plain(3, [3, 4], [K3, K3], [S1, S2], 1, 1)
    heads = len(labels) + 1
    net = build(kind, kwargs, 1, heads)
    state = net.state_dict()
    sizes = []
    with torch.no_grad():
        for key, value in state.items():
            if ".all_modules." in key or key.startswith("decoder.encoder."):
                continue
            value.copy_(parameter(f"{name} {key}", tuple(value.shape)))
            sizes.append([key, list(value.shape)])
        # Most voxels are background.
        state["decoder.seg_layers.0.bias"][0] += 1
    architecture = dict(network_class_name=f"dynamic_network_architectures.architectures.unet.{kind}", arch_kwargs=kwargs, _kw_requires_import=["conv_op", "norm_op", "dropout_op", "nonlin"])
    plans = dict(
        dataset_name=f"Dataset{number}_{name}", plans_name="nnUNetPlans", image_reader_writer=reader, transpose_forward=[0, 1, 2], transpose_backward=[0, 1, 2],
        label_manager="LabelManager",
        foreground_intensity_properties_per_channel={"0": dict(mean=60.0, std=180.0, min=-900.0, max=900.0, median=50.0, percentile_00_5=-500.0, percentile_99_5=700.0)},
        configurations={"3d_fullres": dict(
            preprocessor_name="DefaultPreprocessor", patch_size=[16, 16, 16], spacing=spacing, normalization_schemes=["CTNormalization"], use_mask_for_norm=[False],
            resampling_fn_data="resample_data_or_seg_to_shape", resampling_fn_data_kwargs=RESAMPLING,
            resampling_fn_seg="resample_data_or_seg_to_shape", resampling_fn_seg_kwargs=dict(RESAMPLING, is_seg=True, order=1),
            resampling_fn_probabilities="resample_data_or_seg_to_shape", resampling_fn_probabilities_kwargs=dict(RESAMPLING, order=1), architecture=architecture)})
    dataset = dict(channel_names={"0": "CT"}, labels={"background": 0, **{label: i + 1 for i, label in enumerate(labels)}}, numTraining=1, file_ending=".nii.gz")
    folder = Path(FOLDER.name) / plans["dataset_name"] / "nnUNetTrainer__nnUNetPlans__3d_fullres"
    (folder / "fold_0").mkdir(parents=True)
    (folder / "plans.json").write_text(json.dumps(plans))
    (folder / "dataset.json").write_text(json.dumps(dataset))
    init = dict(plans=plans, configuration="3d_fullres", fold=0, dataset_json=dataset)
    # A trainer that mirrors: the pack does not.
    torch.save(dict(network_weights=state, init_args=init, trainer_name="nnUNetTrainer", inference_allowed_mirroring_axes=(0, 1, 2), optimizer_state=None),
               folder / "fold_0" / "checkpoint_final.pth")
    return dict(name=name, plans=plans, dataset=dataset, sizes=sizes)


def image(shape, affine, kind="whole"):
    """Stripes, a bright box and noise; tests/system/totalsegmentator.test.ts makes the same."""
    x, y, z = np.indices(shape)
    values = (7 * x + 5 * y + 3 * z) % 40 * 20 - 400.0
    inside = np.ones(shape, bool)
    for index, n in zip((x, y, z), shape):
        inside &= (index >= n // 4) & (index < n // 2)
    values[inside] += 500
    values += np.trunc(numbers("image", x.size).reshape(shape, order="F") * 60)
    if kind == "whole":
        return nib.Nifti1Image(values.astype(np.int16), affine)
    # Of 0 to 1, or with a quarter behind the point.
    values = (values + 460) / 2048 if kind == "unit" else values + 0.25
    return nib.Nifti1Image(values.astype(np.float32), affine)


def affine(columns, offset=(-10.0, 20.0, 5.0)):
    out = np.eye(4)
    out[:3, :3] = np.array(columns, float).T
    out[:3, 3] = offset
    return out


def oblique(spacing, degrees):
    t = np.radians(degrees)
    turn = np.array([[np.cos(t), -np.sin(t), 0], [np.sin(t), np.cos(t), 0], [0, 0, 1]])
    return [list(turn[:, d] * mm) for d, mm in enumerate(spacing)]


STRAIGHT = [[-1.2, 0, 0], [0, -0.9, 0], [0, 0, 2.0]]
CASES = [
    # name, parts, shape, columns of the affine, kind of image, step, more
    ("two parts, left and posterior first", [0, 1], (26, 30, 17), STRAIGHT, "whole", {}),
    ("five parts, axes in another order", [0, 1, 2, 3, 4], (19, 27, 24), [[0, 0, -1.75], [1.1, 0, 0], [0, -1.3, 0]], "whole", {}),
    ("an oblique image", [0, 1], (24, 24, 20), oblique((1.1, 1.3, 1.9), 20), "whole", {}),
    ("the spacing of the models", [0, 1], (20, 22, 18), [[-1.5, 0, 0], [0, 1.5, 0], [0, 0, 1.5]], "fractions", {}),
    ("values from 0 to 1", [0, 1], (20, 22, 18), STRAIGHT, "unit", {}),
    ("a smaller patch than the image needs", [0, 2], (9, 11, 8), STRAIGHT, "whole", {}),
    ("small blobs removed", [0, 1, 2, 3, 4], (24, 26, 18), STRAIGHT, "whole", dict(remove_small_blobs=True)),
    ("a subset around a rough mask", [0, 1, 2, 3, 4], (44, 46, 30), STRAIGHT, "whole", dict(roi_subset=["sacrum", "rib_left_1"])),
    ("a crop to labels", [0, 1], (40, 42, 26), STRAIGHT, "whole", dict(crop=["aorta"])),
]


def predict(img, tasks, resample, **more):
    out, _, _ = ts.nnUNet_predict_image(img, None, tasks, model="3d_fullres", folds=[0], trainer="nnUNetTrainer", tta=False, multilabel_image=True,
                                        resample=resample, task_name="total", device="cpu", quiet=True, nr_threads_resampling=1, nr_threads_saving=1, **more)
    return out


def in_this_process(predictor, folder_in, folder_out, save_probabilities, overwrite, **_):
    # Its workers take half a minute to start, for images of a second.
    return predictor.predict_from_files_sequential(folder_in, folder_out, save_probabilities, overwrite)


def main():
    ts.nnUNetPredictor.predict_from_files = in_this_process
    models = [model(FIRST + i, *part) for i, part in enumerate([*PARTS, ROUGH])]
    ts.class_map["total"] = {i + 1: label for i, label in enumerate(LABELS)}
    ts.class_map_5_parts.clear()
    ts.class_map_5_parts.update({name: {i + 1: label for i, label in enumerate(labels)} for name, labels, _, _ in PARTS})
    ts.map_taskid_to_partname_ct.clear()
    ts.map_taskid_to_partname_ct.update({FIRST + i: name for i, (name, *_) in enumerate(PARTS)})
    cases = []
    for name, parts, shape, columns, kind, more in CASES:
        img = image(shape, affine(columns), kind)
        # As a file has it, where affines are float32.
        path = Path(FOLDER.name) / "image.nii.gz"
        nib.save(img, path)
        img = nib.load(path)
        crop = {}
        names = more.get("crop") or more.get("roi_subset")
        if names:
            seg = np.asarray(predict(img, FIRST + len(PARTS), 6.0).dataobj)
            mask = np.isin(seg, [LABELS.index(label) + 1 for label in names]).astype(np.uint8)
            crop = dict(crop=nib.Nifti1Image(mask, img.affine), crop_addon=[20, 20, 20] if "roi_subset" in more else [6, 6, 6])
        given = {key: value for key, value in more.items() if key != "crop"}
        labels = np.asarray(predict(img, [FIRST + i for i in parts], 1.5, **crop, **given).dataobj).astype(np.uint8)
        found, counts = np.unique(labels, return_counts=True)
        print(name, dict(zip(found.tolist(), counts.tolist())), *([np.argwhere(mask).min(0).tolist(), np.argwhere(mask).max(0).tolist()] if names else []), flush=True)
        packed = base64.b64encode(gzip.compress(labels.tobytes(order="F"), 9, mtime=0)).decode()
        cases.append(dict(name=name, parts=parts, shape=shape, affine=img.affine.ravel().tolist(), image=kind, params={k: v for k, v in given.items()}, crop=more.get("crop"), labels=packed))
    (HERE / 'nnunet_packs.json').write_text(json.dumps(dict(labels=LABELS, models=models, cases=cases)) + "\n")


if __name__ == "__main__":
    main()
