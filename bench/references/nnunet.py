"""nnU-Net's own predictor on the CPU, what its network takes aside.

    nnunet.py make FOLDER HEADS               a results folder with random weights, packed as FOLDER/model.zip
    nnunet.py run FOLDER IMAGE MASK MIRROR    its mask of a file; a line of JSON: seconds of each part, of all calls of the network, both also of processors, peak memory in MB

The network is so small that it hardly counts: three stages of 4 to 8 features, patches of 96 x 128 x 128 voxels of 1.5 mm.
"""
from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

os.environ.update({name: tempfile.gettempdir() for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")})

import torch
from nnunetv2.inference.export_prediction import convert_predicted_logits_to_segmentation_with_correct_shape
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

CONFIGURATION = "3d_fullres"
FOLDER = f"Dataset001_bench/nnUNetTrainer__nnUNetPlans__{CONFIGURATION}"
CONV, NORM = "torch.nn.modules.conv.Conv3d", "torch.nn.modules.instancenorm.InstanceNorm3d"
RESAMPLING = {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None}


def plans() -> dict:
    kwargs = {
        "n_stages": 3, "features_per_stage": [4, 8, 8], "kernel_sizes": [[3, 3, 3]] * 3, "strides": [[1, 1, 1], [2, 2, 2], [2, 2, 2]], "n_conv_per_stage": [1, 1, 1],
        "n_conv_per_stage_decoder": [1, 1], "conv_op": CONV, "conv_bias": True, "norm_op": NORM, "norm_op_kwargs": {"eps": 1e-5, "affine": True}, "dropout_op": None,
        "dropout_op_kwargs": None, "nonlin": "torch.nn.LeakyReLU", "nonlin_kwargs": {"inplace": True},
    }
    architecture = {"network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet", "arch_kwargs": kwargs, "_kw_requires_import": ["conv_op", "norm_op", "nonlin"]}
    resampler = "resample_data_or_seg_to_shape"
    configuration = {
        "data_identifier": "bench", "preprocessor_name": "DefaultPreprocessor", "batch_size": 2, "batch_dice": False, "patch_size": [96, 128, 128], "spacing": [1.5, 1.5, 1.5],
        "median_image_size_in_voxels": [333, 333, 333], "normalization_schemes": ["CTNormalization"], "use_mask_for_norm": [False], "architecture": architecture,
        "resampling_fn_data": resampler, "resampling_fn_data_kwargs": RESAMPLING, "resampling_fn_seg": resampler, "resampling_fn_seg_kwargs": {**RESAMPLING, "is_seg": True, "order": 1},
        "resampling_fn_probabilities": resampler, "resampling_fn_probabilities_kwargs": {**RESAMPLING, "order": 1},
    }
    intensities = {"mean": 70.0, "std": 120.0, "median": 87.0, "min": -1021.0, "max": 1500.0, "percentile_00_5": -958.0, "percentile_99_5": 300.0}
    return {
        "dataset_name": "Dataset001_bench", "plans_name": "nnUNetPlans", "image_reader_writer": "SimpleITKIO", "label_manager": "LabelManager", "transpose_forward": [0, 1, 2],
        "transpose_backward": [0, 1, 2], "original_median_spacing_after_transp": [2, 1, 1], "original_median_shape_after_transp": [200, 512, 512],
        "experiment_planner_used": "ExperimentPlanner", "foreground_intensity_properties_per_channel": {"0": intensities}, "configurations": {CONFIGURATION: configuration},
    }


def make(folder: str, heads: str) -> None:
    given = plans()
    dataset = {"channel_names": {"0": "CT"}, "labels": {"background": 0, **{f"organ{n}": n for n in range(1, int(heads))}}, "numTraining": 1, "file_ending": ".nii.gz"}
    target = Path(folder) / "results" / FOLDER
    (target / "fold_0").mkdir(parents=True)
    (target / "plans.json").write_text(json.dumps(given))
    (target / "dataset.json").write_text(json.dumps(dataset))
    architecture = given["configurations"][CONFIGURATION]["architecture"]
    torch.manual_seed(0)
    network = get_network_from_plans(architecture["network_class_name"], architecture["arch_kwargs"], architecture["_kw_requires_import"], 1, int(heads), deep_supervision=True)
    init = {"plans": given, "configuration": CONFIGURATION, "fold": 0, "dataset_json": dataset}
    checkpoint = {"network_weights": network.state_dict(), "optimizer_state": None, "grad_scaler_state": None, "trainer_name": "nnUNetTrainer", "init_args": init, "inference_allowed_mirroring_axes": (0, 1, 2)}
    torch.save(checkpoint, target / "fold_0" / "checkpoint_final.pth")
    shutil.make_archive(str(Path(folder) / "model"), "zip", Path(folder) / "results")


def run(folder: str, image: str, mask: str, mirror: str) -> None:
    predictor = nnUNetPredictor(use_mirroring=mirror == "on", device=torch.device("cpu"), perform_everything_on_device=False, allow_tqdm=False)
    predictor.initialize_from_trained_model_folder(str(Path(folder) / "results" / FOLDER), (0,))
    clocks = (time.perf_counter, time.process_time)
    begun, of_network = [0.0, 0.0], [0.0, 0.0]
    predictor.network.register_forward_pre_hook(lambda *_: begun.__setitem__(slice(2), [clock() for clock in clocks]))
    predictor.network.register_forward_hook(lambda *_: of_network.__setitem__(slice(2), [sum + clock() - begin for sum, clock, begin in zip(of_network, clocks, begun)]))
    times, processor = [time.perf_counter()], time.process_time()
    step = lambda: times.append(time.perf_counter())
    plan, config = predictor.plans_manager, predictor.configuration_manager
    reader = plan.image_reader_writer_class()
    data, properties = reader.read_images([image])
    step()
    data, _, properties = config.preprocessor_class(verbose=False).run_case_npy(data, None, properties, plan, config, predictor.dataset_json)
    step()
    logits = predictor.predict_logits_from_preprocessed_data(torch.from_numpy(data))
    step()
    labels = convert_predicted_logits_to_segmentation_with_correct_shape(logits, plan, config, predictor.label_manager, properties)
    step()
    reader.write_seg(labels, mask, properties)
    step()
    names = ("read", "preprocess", "windows", "export", "write")
    seconds = {name: end - begin for name, begin, end in zip(names, times, times[1:])}
    print(json.dumps({"seconds": seconds, "total": times[-1] - times[0], "network": of_network[0], "processor": time.process_time() - processor, "networkProcessor": of_network[1], "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)


if __name__ == "__main__":
    {"make": make, "run": run}[sys.argv[1]](*sys.argv[2:])
