"""Serves a TorchScript `model.pt` like Triton's pytorch backend, with the torch package on the CPU."""
from __future__ import annotations

import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent  # not the backend directory, which only holds a link to this folder
sys.path[:0] = [str(HERE), str(HERE.parent / "shared")]

import naming
from stand_in import frameworks
from stand_in.config import Config, ModelProblem
from stand_in.model import StandIn


class TritonPythonModel(StandIn):
    """One instance of a TorchScript model. There is no auto-completion: the file does not tell shapes."""

    def load(self, config: Config, version_directory: str) -> None:
        if not config.is_complete:
            raise ModelProblem(f"model '{config.name}': a TorchScript model needs its inputs and outputs in config.pbtxt")
        naming.check_datatypes(config)
        self.torch = frameworks.load("pytorch", "torch")
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        self.set_threads(config)
        self.module = self.open_module(config, version_directory)
        self.prepare_arguments(config)
        self.output_order = naming.output_order(self.output_names)
        self.datatypes = {spec.name: getattr(self.torch, naming.DATATYPES[spec.datatype]) for spec in config.outputs}

    def set_threads(self, config: Config) -> None:
        self.torch.set_num_threads(config.integer("INTRA_OP_THREAD_COUNT", 0) or frameworks.cores())
        if config.integer("INTER_OP_THREAD_COUNT", 0):
            self.torch.set_num_interop_threads(config.integer("INTER_OP_THREAD_COUNT", 0))

    def open_module(self, config: Config, version_directory: str):
        path = config.model_path(version_directory, "model.pt")
        try:
            return self.torch.jit.load(str(path), map_location="cpu").eval()
        except RuntimeError as error:
            raise ModelProblem(
                f"model '{config.name}': {path.name} cannot be read as TorchScript (was it saved with torch.save? "
                f"Export it with torch.jit.trace or torch.jit.script): {error}"
            ) from None

    def prepare_arguments(self, config: Config) -> None:
        """Learns forward's arguments; a single dict argument takes every input by name."""
        arguments = self.module.forward.schema.arguments[1:]  # without self
        self.takes_dict = len(arguments) == 1 and str(arguments[0].type).startswith("Dict[str, Tensor]")
        self.input_order = list(self.input_names)
        if self.takes_dict:
            return
        names = [argument.name for argument in arguments]
        required = sum(1 for argument in arguments if not argument.has_default_value())
        if not required <= len(self.input_names) <= len(names):
            raise ModelProblem(f"model '{config.name}': the configuration has {len(self.input_names)} inputs, forward takes {len(names)}: {', '.join(names)}")
        self.input_order = naming.input_order(self.input_names, names)

    def run(self, inputs: dict, output_names: list[str]) -> dict:
        inference_mode = self.config.flag("INFERENCE_MODE", True)
        optimised = not self.config.flag("DISABLE_OPTIMIZED_EXECUTION", False)
        with self.torch.inference_mode(inference_mode), self.torch.no_grad(), self.torch.jit.optimized_execution(optimised):
            tensors = {name: self.torch.from_numpy(inputs[name]) for name in self.input_order if name in inputs}
            result = self.module(tensors) if self.takes_dict else self.module(*tensors.values())
            return {name: self.output(name, tensor) for name, tensor in self.by_name(result).items() if name in output_names}

    def by_name(self, result) -> dict:
        """Names the tensors forward returned."""
        tensors = list(result) if isinstance(result, (tuple, list)) else [result]
        if len(tensors) < len(self.output_order):
            raise ModelProblem(f"forward returned {len(tensors)} tensors, the configuration has {len(self.output_order)} outputs")
        return dict(zip(self.output_order, tensors))

    def output(self, name: str, tensor):
        if not isinstance(tensor, self.torch.Tensor):
            raise ModelProblem(f"output '{name}': forward returned {type(tensor).__name__}, expected a tensor, or a tuple or list of tensors")
        if tensor.dtype != self.datatypes[name]:
            raise ModelProblem(f"output '{name}': the configuration says {self.datatypes[name]}, the model returned {tensor.dtype}")
        return tensor.cpu().numpy()
