"""Fails with an exception when IN[0] is negative, else gives IN back."""
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        values = pb_utils.get_input_tensor_by_name(request, "IN").as_numpy()
        if values.flat[0] < 0:
            raise ValueError(f"IN[0] is {values.flat[0]:.0f}, which the model cannot take")
        return pb_utils.InferenceResponse([pb_utils.Tensor("OUT", values)])
