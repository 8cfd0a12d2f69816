"""Adds the number in the file weights.txt, read when the model is loaded: tells which files are served."""
import pathlib

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        self.weight = float((pathlib.Path(__file__).parent / "weights.txt").read_text())

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        values = pb_utils.get_input_tensor_by_name(request, "IN").as_numpy()
        return pb_utils.InferenceResponse([pb_utils.Tensor("OUT", (values + self.weight).astype(values.dtype))])
