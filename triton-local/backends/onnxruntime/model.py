"""Serves `model.onnx` like Triton's onnxruntime backend, with the onnxruntime package."""
from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent  # not the backend directory, which only holds a link to this folder
sys.path.insert(0, str(HERE.parent / "shared"))

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils
from stand_in import checks, completion
from stand_in.config import Config, ModelProblem, TensorSpec
from stand_in.frameworks import cores
from stand_in.model import StandIn, readable

#: onnxruntime's names of tensor types.
DATATYPES = {
    "tensor(float)": "TYPE_FP32",
    "tensor(double)": "TYPE_FP64",
    "tensor(float16)": "TYPE_FP16",
    "tensor(bfloat16)": "TYPE_BF16",
    "tensor(bool)": "TYPE_BOOL",
    "tensor(string)": "TYPE_STRING",
    **{f"tensor({sign}int{bits})": f"TYPE_{sign.upper()}INT{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}

#: `optimization { graph { level } }`; any other level means all optimisations.
OPTIMISATION = {
    -1: onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    1: onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
}


class TritonPythonModel(StandIn):
    """One instance of an ONNX model."""

    @staticmethod
    def auto_complete_config(auto_complete_model_config):
        """Reads the tensors from the file, unless inputs and outputs are both given."""
        config = Config(auto_complete_model_config.as_dict())
        if config.is_complete:
            return auto_complete_model_config
        try:
            session = open_session(config, pb_utils.get_model_dir(), for_metadata=True)
            return completion.complete(auto_complete_model_config, *tensors(session))
        except Exception as error:
            raise pb_utils.TritonModelException(readable(error)) from None

    def load(self, config: Config, version_directory: str) -> None:
        self.session = open_session(config, version_directory)
        checks.check_config(config, *tensors(self.session))

    def run(self, inputs: dict, output_names: list[str]) -> dict:
        feeds = {name: as_text(array) if array.dtype == object else array for name, array in inputs.items()}
        return dict(zip(output_names, self.session.run(output_names, feeds)))


def as_text(array: np.ndarray) -> np.ndarray:
    """Triton hands over strings as bytes, onnxruntime takes str."""
    return np.array([item.decode("utf-8") for item in array.ravel()], dtype=object).reshape(array.shape)


def open_session(config: Config, version_directory: str, for_metadata: bool = False) -> onnxruntime.InferenceSession:
    """Loads the model file, or the file of that name inside a folder with external weights."""
    path = config.model_path(version_directory, "model.onnx")
    file = path / path.name if path.is_dir() else path
    return onnxruntime.InferenceSession(str(file), session_options(config, for_metadata), providers=["CPUExecutionProvider"])


def session_options(config: Config, for_metadata: bool) -> onnxruntime.SessionOptions:
    """The native backend's parameters. Threads do not spin: they share few cores with the gateway."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1 if for_metadata else config.integer("intra_op_thread_count", 0) or cores()
    options.inter_op_num_threads = config.integer("inter_op_thread_count", 0)
    options.execution_mode = onnxruntime.ExecutionMode(config.integer("execution_mode", 0))
    options.enable_cpu_mem_arena = config.flag("enable_mem_arena", True)
    options.enable_mem_pattern = config.flag("enable_mem_pattern", True)
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    level = int(config.raw.get("optimization", {}).get("graph", {}).get("level", 0))
    options.graph_optimization_level = OPTIMISATION.get(level, onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL)
    if for_metadata:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return options


def tensors(session: onnxruntime.InferenceSession) -> tuple[list[TensorSpec], list[TensorSpec]]:
    """Inputs and outputs of the file; named and unknown dimensions are -1."""
    return [spec(node) for node in session.get_inputs()], [spec(node) for node in session.get_outputs()]


def spec(node) -> TensorSpec:
    if node.type not in DATATYPES:
        raise ModelProblem(f"tensor '{node.name}' of the model file has type {node.type}, which Triton cannot serve")
    return TensorSpec(node.name, DATATYPES[node.type], tuple(size if isinstance(size, int) else -1 for size in node.shape))
