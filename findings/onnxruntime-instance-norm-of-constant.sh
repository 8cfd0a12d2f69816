#!/usr/bin/env bash
# Finding: InstanceNormalization of a constant volume is not 0 in ONNX Runtime: the value depends on the constant and on the size.
# Guess before running: (x - mean) is 0 for a constant, so the output is the bias, here 0, whatever the constant.
# Seen on the CPU provider: -3.1 over 64 x 64 x 64 becomes about 0.29, over 96 x 96 x 96 about -0.74; -1000.3 over 64 x 64 x 64 about -1.0.
#   -1 and -2.5, whose sums are exact in float32, become 0, which fits a mean that
#   is off by the rounding of a float32 sum, and a division by sqrt(epsilon) that magnifies it.
# With: onnxruntime 1.32.0, onnx 1.23.2, Python 3.11. The exact figures may depend on the processor.
# Who feels it: nnU-Net, SegResNet and U-Net models with instance norm: patches of a sliding window that hold only air or padding
#   reach the next layer as if they had contrast, and false positives appear outside the body that the training framework does not show.
# What to do: skip patches that are constant, or pad with a value exact in binary (0 after normalising); compare with the framework on an empty patch.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0
venv/bin/python - <<'PY'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

print("onnxruntime", onnxruntime.__version__)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1


def normalised(size, value):
    shape = [1, 1, size, size, size]
    node = helper.make_node("InstanceNormalization", ["x", "scale", "bias"], ["y"], epsilon=1e-5)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy"]
    weights = [helper.make_tensor("scale", TensorProto.FLOAT, [1], [1.0]), helper.make_tensor("bias", TensorProto.FLOAT, [1], [0.0])]
    graph = helper.make_graph([node], "norm", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    result = session.run(None, {"x": np.full(shape, value, np.float32)})[0]
    print(f"constant {value} over {size}^3 -> {result.min():.5f} to {result.max():.5f}")
    return result


assert np.abs(normalised(64, -3.1)).min() > 0.1
assert np.abs(normalised(96, -3.1)).min() > 0.1
assert np.abs(normalised(64, -1000.3)).min() > 0.1
assert not normalised(64, -1.0).any()
assert not normalised(64, -2.5).any()
PY
echo "as recorded"
