"""Its process dies when IN[0] is negative, else it gives IN back. With IN[0] = -1 it dies only once for each length of IN."""
import os
import pathlib

import triton_python_backend_utils as pb_utils

HERE = pathlib.Path(__file__).parent


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        values = pb_utils.get_input_tensor_by_name(request, "IN").as_numpy()
        died = HERE / f"died-{values.size}"
        if values.flat[0] < -1 or (values.flat[0] == -1 and not died.exists()):
            died.touch()
            os._exit(1)
        return pb_utils.InferenceResponse([pb_utils.Tensor("OUT", values)])
