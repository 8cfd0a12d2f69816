"""Gives every input back: IN as OUT, IN2 as OUT2, ..."""
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [pb_utils.InferenceResponse([self.copied(tensor) for tensor in request.inputs()]) for request in requests]

    @staticmethod
    def copied(tensor):
        return pb_utils.Tensor("OUT" + tensor.name()[2:], tensor.as_numpy())
