"""Sleeps for IN[0] seconds, then gives IN back. Notes in executions.txt when it begins and ends. Loads as slowly as load-seconds.txt says."""
import pathlib
import time

import triton_python_backend_utils as pb_utils

HERE = pathlib.Path(__file__).parent


class TritonPythonModel:
    def initialize(self, args):
        slow = HERE / "load-seconds.txt"
        time.sleep(float(slow.read_text()) if slow.exists() else 0)

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        values = pb_utils.get_input_tensor_by_name(request, "IN").as_numpy()
        self.note("begin")
        time.sleep(float(values.flat[0]))
        self.note("end")
        return pb_utils.InferenceResponse([pb_utils.Tensor("OUT", values)])

    @staticmethod
    def note(line):
        with (HERE / "executions.txt").open("a") as log:
            log.write(line + "\n")
