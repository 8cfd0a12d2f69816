"""Sleeps as long as a GPU would compute, which costs the processor nothing, then gives two classes apart at a half."""
import time

import numpy as np
import triton_python_backend_utils as pb_utils

SECONDS = 0.5


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        values = pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy()
        time.sleep(SECONDS)
        logits = np.concatenate([0.5 - values, values - 0.5], axis=1)
        return pb_utils.InferenceResponse([pb_utils.Tensor("LOGITS", logits)])
