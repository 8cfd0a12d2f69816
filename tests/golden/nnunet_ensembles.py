"""Ensembles, cascades, postprocessing and rarer resampling and readers of small networks, as nnU-Net's own functions answer them: nnunet_ensembles.json."""
import base64
import copy
import gzip
import json
import os
import tempfile
from pathlib import Path

os.environ.update({name: tempfile.gettempdir() for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")}, nnUNet_def_n_proc="1", OMP_NUM_THREADS="1")

import numpy as np
import SimpleITK as sitk
import torch
from skimage import io
from nnunetv2.ensembling.ensemble import average_probabilities
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.postprocessing.remove_connected_components import apply_postprocessing, remove_all_but_largest_component_from_segmentation
from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

from nnunet_architectures import build, numbers, parameter, plain

HERE = Path(__file__).resolve().parent
K2, K3, S2, S3 = [[3, 3]] * 2, [[3, 3, 3]] * 2, [[1, 1], [2, 2]], [[1, 1, 1], [2, 2, 2]]
LABELS = {"background": 0, "liver": 1, "spleen": 2, "vessel": 3}
REGIONS = {"background": 0, "whole": [1, 2, 3], "core": [2, 3]}


def resampling(order):
    return dict(is_seg=False, order=order, order_z=0, force_separate_z=None)


def configuration(dim, patch, spacing, **more):
    kind, kwargs = plain(dim, [4, 6], K2 if dim == 2 else K3, S2 if dim == 2 else S3, 1, 1)
    fn = "resample_data_or_seg_to_shape"
    return dict(
        preprocessor_name="DefaultPreprocessor", patch_size=patch, spacing=spacing, normalization_schemes=["ZScoreNormalization"], use_mask_for_norm=[True],
        batch_size=2, batch_dice=False, data_identifier="x", median_image_size_in_voxels=patch,
        resampling_fn_data=fn, resampling_fn_data_kwargs=resampling(3), resampling_fn_seg=fn, resampling_fn_seg_kwargs={**resampling(1), "is_seg": True},
        resampling_fn_probabilities=fn, resampling_fn_probabilities_kwargs=resampling(1),
        architecture=dict(network_class_name=f"dynamic_network_architectures.architectures.unet.{kind}", arch_kwargs=kwargs, _kw_requires_import=["conv_op", "norm_op", "nonlin"]), **more)


def plans(transpose):
    return dict(
        dataset_name="Dataset001_test", plans_name="nnUNetPlans", image_reader_writer="SimpleITKIO", transpose_forward=transpose,
        transpose_backward=[transpose.index(i) for i in range(3)], label_manager="LabelManager", experiment_planner_used="x",
        original_median_spacing_after_transp=[1, 1, 1], original_median_shape_after_transp=[1, 1, 1], foreground_intensity_properties_per_channel={"0": dict(mean=0, std=1, min=0, max=1, median=0, percentile_00_5=0, percentile_99_5=1)},
        configurations={
            "2d": configuration(2, [16, 16], [1.1, 1.4]),
            "3d_lowres": configuration(3, [6, 8, 8], [2.5, 1.9, 2.1], next_stage="3d_cascade_fullres"),
            "3d_fullres": configuration(3, [6, 12, 12], [1.9, 1.1, 1.4]),
            "3d_cascade_fullres": {"inherits_from": "3d_fullres", "previous_stage": "3d_lowres"},
        })


CASES = [
    # name, labels, transposed axes, members, postprocessing
    ("an ensemble of slices and volumes", LABELS, [0, 1, 2], ["2d", "3d_fullres"], []),
    ("an ensemble with postprocessing", LABELS, [0, 1, 2], ["2d", "3d_fullres"], [[1, 2, 3], 2, 1]),
    ("an ensemble of regions", REGIONS, [1, 0, 2], ["2d", "3d_fullres"], []),
    ("a cascade", LABELS, [0, 1, 2], ["3d_cascade_fullres"], []),
    ("a cascade of regions, axes turned", REGIONS, [2, 0, 1], ["3d_cascade_fullres"], []),
    ("an ensemble with a cascade and its first stage", LABELS, [0, 1, 2], ["3d_lowres", "3d_cascade_fullres"], []),
    ("one network with postprocessing", REGIONS, [0, 1, 2], ["3d_fullres"], [[[1, 2, 3], [2, 3]], [2, 3]]),
    ("resampled by torch", LABELS, [0, 1, 2], ["3d_fullres"], []),
    ("regions resampled by torch, axes turned", REGIONS, [2, 0, 1], ["3d_lowres"], []),
    ("slices of a picture", LABELS, [0, 1, 2], ["2d"], []),
]


def changed(title, given):
    """The plans as other planners and readers write them."""
    if "torch" in title:
        for one in given["configurations"].values():
            for what in ("data", "probabilities"):
                if f"resampling_fn_{what}" in one:
                    one.update({f"resampling_fn_{what}": "resample_torch_fornnunet", f"resampling_fn_{what}_kwargs": dict(is_seg=False, force_separate_z=False, memefficient_seg_resampling=False)})
    if "picture" in title:
        given["image_reader_writer"] = "NaturalImage2DIO"
        given["configurations"]["2d"]["spacing"] = [1.0, 1.0]
    return given


def picture(path):
    data = sitk.GetArrayFromImage(image())[6].astype(float)
    io.imsave(path, np.clip((data + 700) / 5.5, 0, 255).astype(np.uint8), check_contrast=False)


def image():
    shape = (12, 22, 26)
    z, y, x = np.meshgrid(*[np.arange(n) / n for n in shape], indexing="ij")
    smooth = np.cos(7 * x + 3 * y) + np.cos(5 * y - 4 * z) + 1.5 * np.sin(6 * z + 2 * x)
    data = np.round(200 * smooth + 120 * numbers("image", x.size).reshape(shape)).astype(np.int16)
    data[data == 0] = 1
    # What nnU-Net cuts off, and a corner that stays outside of its mask.
    data[:, :3], data[:, :, 22:], data[:5, 3:12, :9] = 0, 0, 0
    made = sitk.GetImageFromArray(data)
    made.SetSpacing((1.25, 1.0, 2.0))
    return made


def folder(root, name, given, dataset, folds=(0,)):
    """A results folder with weights that their names stand for. @returns it, the shapes of the state dict, and the bias of the heads"""
    target = root / f"nnUNetTrainer__nnUNetPlans__{name}"
    manager = PlansManager(given)
    labels = manager.get_label_manager(dataset)
    config = manager.get_configuration(name)
    channels = 1 + (len(labels.foreground_labels) if config.previous_stage_name else 0)
    args = config.network_arch_init_kwargs
    net = build("PlainConvUNet", args, channels, labels.num_segmentation_heads)
    for fold in folds:
        state = net.state_dict()
        for key, value in state.items():
            value.copy_(parameter(f"{name}/{fold}/{key.replace('decoder.encoder.', 'encoder.').replace('all_modules.0', 'conv').replace('all_modules.1', 'norm')}", tuple(value.shape)))
        # Heads that are the highest somewhere: their mean over noise is taken away.
        noise = numbers("noise", channels * int(np.prod(config.patch_size))).reshape(1, channels, *config.patch_size)
        last = [key for key in state if "seg_layers" in key and key.endswith("bias")][0]
        with torch.no_grad():
            mean = net(torch.from_numpy(noise.astype(np.float32))).mean(dim=tuple(range(2, noise.ndim)))[0]
            bias = [round(float(b - m), 3) for b, m in zip(state[last], mean)]
            state[last].copy_(torch.tensor(bias))
        (target / f"fold_{fold}").mkdir(parents=True, exist_ok=True)
        torch.save(dict(network_weights=state, optimizer_state=None, grad_scaler_state=None, trainer_name="nnUNetTrainer",
                        init_args=dict(plans=given, configuration=name, fold=fold, dataset_json=dataset), inference_allowed_mirroring_axes=(0, 1)),
                   target / f"fold_{fold}" / "checkpoint_final.pth")
    (target / "plans.json").write_text(json.dumps(given))
    (target / "dataset.json").write_text(json.dumps(dataset))
    sizes = [[k, list(v.shape)] for k, v in net.state_dict().items() if ".all_modules." not in k and not k.startswith("decoder.encoder.")]
    return target, sizes, bias


def predict(trained, name, file, out, previous=None):
    predictor = nnUNetPredictor(device=torch.device("cpu"), perform_everything_on_device=False, allow_tqdm=False)
    predictor.initialize_from_trained_model_folder(str(trained), (0,), "checkpoint_final.pth")
    out.mkdir()
    predictor.predict_from_files_sequential([[str(file)]], [str(out / "image")], save_probabilities=True, folder_with_segs_from_prev_stage=previous and str(previous))
    return out


def packed(data):
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()


def main():
    out = []
    for title, labels, transpose, members, steps in CASES:
        with tempfile.TemporaryDirectory() as place:
            root = Path(place)
            is_picture = "picture" in title
            file = root / ("image_0000.png" if is_picture else "image_0000.nii.gz")
            picture(file) if is_picture else sitk.WriteImage(image(), str(file))
            given = changed(title, plans(transpose))
            dataset = dict(channel_names={"0": "MRI"}, labels=labels, numTraining=1, file_ending=".png" if is_picture else ".nii.gz")
            if labels is REGIONS:
                dataset["regions_class_order"] = [1, 2]
            names = sorted({one for m in members for one in ([m, "3d_lowres"] if "cascade" in m else [m])})
            trained = {name: folder(root, name, copy.deepcopy(given), dataset) for name in names}
            answers = {}
            for name in sorted(names, key=lambda one: "cascade" in one):
                previous = answers["3d_lowres"] if "cascade" in name else None
                answers[name] = predict(trained[name][0], name, file, root / f"out_{name}", previous)
            segmentation = sitk.GetArrayFromImage(sitk.ReadImage(str(answers[members[0]] / f"image{dataset['file_ending']}")))
            if len(members) > 1:
                mean = average_probabilities([str(answers[m] / "image.npz") for m in members])
                manager = PlansManager(given).get_label_manager(dataset)
                segmentation = manager.convert_probabilities_to_segmentation(mean).astype(np.uint8)
            before = segmentation
            regions = [[tuple(r) if isinstance(r, list) and labels is REGIONS else r for r in s] if isinstance(s, list) and isinstance(s[0], list) else tuple(s) if isinstance(s, list) and labels is REGIONS else s for s in steps]
            segmentation = apply_postprocessing(segmentation, [remove_all_but_largest_component_from_segmentation] * len(steps), [dict(labels_or_regions=r) for r in regions])
            counts = np.bincount(segmentation.ravel(), minlength=4).tolist()
            print(title, counts, int((before != segmentation).sum()), flush=True)
            out.append(dict(name=title, plans=given, dataset=dataset, members=members, postprocessing=steps,
                            networks=[dict(configuration=n, sizes=trained[n][1], bias=trained[n][2]) for n in names],
                            labels=packed(segmentation.astype(np.uint8).tobytes()), **(dict(image=packed(file.read_bytes())) if is_picture else {})))
    with tempfile.TemporaryDirectory() as place:
        sitk.WriteImage(image(), f"{place}/image.nii")
        data = packed(Path(f"{place}/image.nii").read_bytes())
    (HERE / "nnunet_ensembles.json").write_text(json.dumps(dict(image=data, cases=out)) + "\n")


if __name__ == "__main__":
    main()
