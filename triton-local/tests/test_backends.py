"""Pure parts of the backends. Run with the installed environment (they need numpy):

    .cache/triton-local/venv/bin/python3 -m unittest discover -s triton-local/tests
"""
import doctest
import sys
import unittest
from pathlib import Path

import numpy as np

BACKENDS = Path(__file__).resolve().parents[1] / "backends"
sys.path[:0] = [str(BACKENDS / "shared"), str(BACKENDS / "pytorch")]

import naming
from stand_in import batching, checks
from stand_in.config import Config, ModelProblem, TensorSpec


def config(**fields):
    """A configuration with one FP32 input `x` and one FP32 output `y`, both of dims [1, -1]."""
    tensor = {"data_type": "TYPE_FP32", "dims": ["1", "-1"]}
    return Config({"name": "m", "input": [{"name": "x", **tensor}], "output": [{"name": "y", **tensor}], **fields})


class ConfigMeetsFile(unittest.TestCase):
    OUTPUT = [TensorSpec("y", "TYPE_FP32", (1, -1))]

    def check(self, spec, outputs=OUTPUT, **fields):
        checks.check_config(config(**fields), [spec], outputs)

    def test_what_fits_passes(self):
        self.check(TensorSpec("x", "TYPE_FP32", (1, -1)))
        self.check(TensorSpec("x", "TYPE_FP32", (-1, 1, -1)), [TensorSpec("y", "TYPE_FP32", (-1, 1, -1))], max_batch_size=2)

    def test_the_message_names_the_tensor(self):
        cases = [
            (TensorSpec("image", "TYPE_FP32", (1, -1)), "no input 'x'; it has 'image'"),
            (TensorSpec("x", "TYPE_INT16", (1, -1)), "input 'x': the configuration says TYPE_FP32, the model file has TYPE_INT16"),
            (TensorSpec("x", "TYPE_FP32", (3, -1)), r"input 'x': the configuration's shape is \[1, -1\], the model file has \[3, -1\]"),
            (TensorSpec("x", "TYPE_FP32", (1, 1, 96)), r"input 'x': .* has \[1, 1, 96\]"),
        ]
        for spec, message in cases:
            with self.assertRaisesRegex(ModelProblem, message):
                self.check(spec)

    def test_batching_needs_a_variable_first_dimension(self):
        with self.assertRaisesRegex(ModelProblem, "input 'x': max_batch_size is 2"):
            self.check(TensorSpec("x", "TYPE_FP32", (1, 1, -1)), max_batch_size=2)


class Batching(unittest.TestCase):
    def test_only_equal_shapes_are_grouped(self):
        requests = [{"x": np.zeros((1, 2))}, {"x": np.zeros((1, 3))}, {"x": np.zeros((4, 2))}]
        self.assertEqual(batching.group(requests, batched=True), [[0, 2], [1]])
        self.assertEqual(batching.group(requests, batched=False), [[0], [1], [2]])

    def test_concatenate_and_split_are_inverse(self):
        requests = [{"x": np.array([[1], [2]])}, {"x": np.array([[3]])}]
        pieces = batching.split(batching.concatenate(requests), [batching.batch_size(arrays) for arrays in requests])
        self.assertEqual([piece["x"].tolist() for piece in pieces], [[[1], [2]], [[3]]])

    def test_an_output_without_the_batch_axis_is_refused(self):
        with self.assertRaisesRegex(ModelProblem, r"output 'y' has shape \[1\], expected a first dimension of 3"):
            batching.split({"y": np.zeros(1)}, [2, 1])


class TorchNames(unittest.TestCase):
    def test_examples_in_the_documentation(self):
        self.assertEqual(doctest.testmod(naming).failed + doctest.testmod(checks).failed, 0)

    def test_a_gap_in_the_indices_is_refused(self):
        with self.assertRaisesRegex(ModelProblem, "'INPUT__2' has index 2, expected 1"):
            naming.input_order(["INPUT__0", "INPUT__2"], ["a", "b"])

    def test_datatypes_that_torchscript_lacks_are_refused(self):
        for datatype in ("TYPE_UINT16", "TYPE_UINT32", "TYPE_UINT64", "TYPE_BF16", "TYPE_STRING"):
            with self.assertRaisesRegex(ModelProblem, f"input 'x': the pytorch backend does not support {datatype}"):
                naming.check_datatypes(config(input=[{"name": "x", "data_type": datatype, "dims": [1]}]))


if __name__ == "__main__":
    unittest.main()
