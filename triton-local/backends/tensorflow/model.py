"""Serves frozen graphs and SavedModels like Triton's tensorflow backend (up to 25.02), with tensorflow-cpu."""
from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent  # not the backend directory, which only holds a link to this folder
sys.path[:0] = [str(HERE), str(HERE.parent / "shared")]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # no remarks about missing GPUs in Triton's log
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import graphs
import triton_python_backend_utils as pb_utils
from stand_in import checks, completion, frameworks
from stand_in.config import Config, ModelProblem, TensorSpec
from stand_in.model import StandIn, readable


class TritonPythonModel(StandIn):
    """One session on a graph. A frozen graph needs its tensors in the configuration, a SavedModel describes itself."""

    @staticmethod
    def auto_complete_config(auto_complete_model_config):
        """Reads the default signature of a SavedModel, unless inputs and outputs are both given."""
        config = Config(auto_complete_model_config.as_dict())
        if config.is_complete or not graphs.is_saved_model(config):
            return auto_complete_model_config
        try:
            tensorflow = frameworks.load("tensorflow", "tensorflow")
            loaded = graphs.open_graph(tensorflow, config, pb_utils.get_model_dir())
            return completion.complete(auto_complete_model_config, specs(loaded.inputs), specs(loaded.outputs))
        except Exception as error:
            raise pb_utils.TritonModelException(readable(error)) from None

    def load(self, config: Config, version_directory: str) -> None:
        if not config.is_complete:
            raise ModelProblem(f"model '{config.name}': a frozen TensorFlow graph needs its inputs and outputs in config.pbtxt")
        tensorflow = frameworks.load("tensorflow", "tensorflow")
        self.graph = graphs.open_graph(tensorflow, config, version_directory)
        checks.check_config(config, specs(self.graph.inputs), specs(self.graph.outputs))

    def run(self, inputs: dict, output_names: list[str]) -> dict:
        feeds = {self.graph.inputs[name]: array for name, array in inputs.items()}
        values = self.graph.session.run([self.graph.outputs[name] for name in output_names], feeds)
        return dict(zip(output_names, values))

    def finalize(self) -> None:
        self.graph.session.close()


def specs(tensors: dict) -> list[TensorSpec]:
    """Configuration names with the graph's datatypes and shapes."""
    return [TensorSpec(name, graphs.datatype(tensor), graphs.shape(tensor)) for name, tensor in tensors.items()]
