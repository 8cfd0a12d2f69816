"""The part of a Triton Python model that is the same for every framework."""
from __future__ import annotations

import json

import numpy as np
import triton_python_backend_utils as pb_utils

from . import batching
from .config import Config, ModelProblem

#: An error text beyond about 100 000 characters makes Triton's answer hang.
LONGEST_ERROR = 3900


class StandIn:
    """Base of the three `TritonPythonModel` classes.

    A backend implements `load(config, version_directory)` and `run(inputs, output_names) -> {name: array}`.
    """

    def initialize(self, args: dict) -> None:
        self.config = Config(json.loads(args["model_config"]))
        self.input_names = [spec.name for spec in self.config.inputs]
        self.output_names = [spec.name for spec in self.config.outputs]
        try:
            self.load(self.config, pb_utils.get_model_dir())
        except Exception as error:
            raise pb_utils.TritonModelException(readable(error)) from None

    def execute(self, requests: list) -> list:
        """One response per request, in their order; a failure concerns only the requests of one call."""
        inputs = [self.read(request) for request in requests]
        responses: list = [None] * len(requests)
        for indices in batching.group(inputs, self.config.max_batch_size > 0):
            wanted = [self.wanted_outputs(requests[index]) for index in indices]
            try:
                results = self.run_together([inputs[index] for index in indices], wanted)
                answers = [respond(outputs, names) for outputs, names in zip(results, wanted)]
            except Exception as error:
                answers = [failure(error) for _ in indices]
            for index, answer in zip(indices, answers):
                responses[index] = answer
        return responses

    def run_together(self, requests: list[dict], wanted: list[list[str]]) -> list[dict]:
        """Runs requests of equal shapes in one call and divides the outputs."""
        names = list(dict.fromkeys(name for names in wanted for name in names))
        sizes = [batching.batch_size(arrays) for arrays in requests] if self.config.max_batch_size > 0 else [1]
        if self.config.max_batch_size > 0 and sum(sizes) > self.config.max_batch_size:
            raise ModelProblem(f"model '{self.config.name}': a batch of {sum(sizes)} exceeds max_batch_size {self.config.max_batch_size}")
        outputs = self.run(batching.concatenate(requests), names)
        return batching.split(outputs, sizes) if self.config.max_batch_size > 0 else [outputs]

    def read(self, request) -> dict:
        """The request's inputs by name, without a copy. Optional ones may be absent."""
        tensors = {name: pb_utils.get_input_tensor_by_name(request, name) for name in self.input_names}
        return {name: tensor.as_numpy() for name, tensor in tensors.items() if tensor is not None}

    def wanted_outputs(self, request) -> list[str]:
        requested = set(request.requested_output_names())
        return [name for name in self.output_names if name in requested] or self.output_names


def respond(outputs: dict, names: list[str]):
    """A successful response with the requested outputs."""
    tensors = [pb_utils.Tensor(name, np.asarray(outputs[name], order="C")) for name in names]
    return pb_utils.InferenceResponse(output_tensors=tensors)


def failure(error: Exception):
    return pb_utils.InferenceResponse(error=pb_utils.TritonError(readable(error)))


def readable(error: Exception) -> str:
    """Our own problems as they are, foreign ones with their kind; never longer than Triton can carry."""
    text = str(error) if isinstance(error, ModelProblem) else f"{type(error).__name__}: {error}"
    return text if len(text) <= LONGEST_ERROR else text[:LONGEST_ERROR] + " …"
