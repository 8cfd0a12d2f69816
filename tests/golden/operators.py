"""Writes gateway/packages/operators/*.json: the operators that an uploaded model may have, by format.

Each table begins as the whole registry of the framework that the local Triton runs (its version is in the table). What the patterns below match is
taken out, with the reason that clients are told. They were found by reading the names and the attributes and arguments that name files, addresses,
libraries or functions of Python; whoever raises a version reads the difference of the tables in the same way: `git diff` shows each new name.

    python operators.py [torch] [tensorflow] [onnx]     (default: all three)
"""
import json
import re
import sys
from importlib.metadata import version
from pathlib import Path

TABLES = Path(__file__).parents[2] / "gateway" / "packages" / "operators"
FILES, NETWORK, CODE, MACHINE = "reads or writes files", "uses the network or other machines", "runs other code", "reaches into the server's process"

#: Regular expressions for whole names `namespace::name`.
TORCH_REFUSED = {
    FILES: r"aten::(from_file|save|load)|image::(read_file|write_file)|debugprims::.*",
    NETWORK: r"(_?c10d\w*|symm_mem|_dtensor|rpc)::.*|prim::rpc_\w+",
    CODE: r"prim::(PythonOp|IgnoredPythonOp|\^.*)|(export|debug_mode_ops)::.*",
    MACHINE: r".*::(data_ptr|_get_mkldnn_serialized_md)|aten::(_?test_.*|_print|.*_unsafe|_unsafe_(index|masked_index).*)|(inductor|inductor_prims|_test|static_runtime)::.*",
}
#: Operators of libraries that NVIDIA's image of Triton loads beside libtorch, and what its own registry does not list.
TORCH_MORE = {
    "torchvision": "nms roi_align roi_pool ps_roi_align ps_roi_pool deform_conv2d",
    "image": "decode_image decode_jpeg decode_png encode_jpeg encode_png",
    "prepacked": "conv2d_clamp_prepack conv2d_clamp_run conv2d_transpose_clamp_prepack conv2d_transpose_clamp_run linear_clamp_prepack linear_clamp_run",
    "prim": "fork grad name tolist type",
}
#: Classes of C++ whose objects hold packed weights: `__torch__.torch.classes.NAMESPACE`.
TORCH_CLASSES = "mkldnn quantized rnn sparse xnnpack"

TENSORFLOW_REFUSED = {
    FILES: r"ReadFile|WriteFile|MatchingFiles|\w*Reader(V2)?|Reader[A-Z]\w*|RecordInput|Save(V2|Slices)?|Restore(V2|Slice)?|MergeV2Checkpoints|DTensorRestoreV2|DistributedSave"
    r"|LoadAndRemapMatrix|GenerateVocabRemapping|InitializeTableFrom\w+|\w*Dataset\w*|\w*Iterator\w*|\w*Snapshot\w*|Write\w*Summary|\w*Summary\w*Writer|ImportEvent|DumpTensor|Debug\w*|PrintV2"
    r"|FileSystem\w+|(En|De)codeProto(V2)?|FixedUnigramCandidateSampler|Skipgram|NegTrain|CalibrationStatisticsSaver|CustomAggregator|ImmutableConst|\w*MemoryCache|\w*StatsAggregator\w*|\w*ThreadPoolHandle",
    NETWORK: r"Rpc\w+|\w*RpcFuture\w*|RemoteCall|_?(Host)?(Send|Recv)|Collective\w+|_?Nccl\w+|AllToAll|CrossReplicaSum|(In|Out)feed\w+|\w*(TPU|Tpu)\w*|WorkerHeartbeat|\w*Mesh\w*"
    r"|\w*Dedup\w*Data\w*|\w*SparseCore\w*|\w*Minibatch\w*|ConvertToCooTensor|DTensor\w+|Relayout\w*|Xla\w*(Send|Recv|HostCompute)\w*|XlaAllReduce|XlaReduceScatter",
    CODE: r"PyFunc(Stateless)?|EagerPyFunc|MlirPassthroughOp|XlaCustomCall(V2)?|XlaCallModule|XlaLaunch(V2)?|XlaSparseDense\w+",
    MACHINE: r"Abort|ConstructionFails|Sleep\w*|Copy(Host)?|ResourceUsingOp|ResourceCreateOp|StubResourceHandleOp|_(?!Fused|Mkl|Quantized|SwitchN|UnaryOps|TensorToHash)\w+|__\w+",
}

ONNX_REFUSED = {
    FILES: r"com\.microsoft::EPContext",
    CODE: r"com\.microsoft::(Snpe|ATen)|\w[\w.]*::PyOp|org\.pytorch\.aten::.*",
    MACHINE: r"::Memcpy(From|To)Host",
}


def torch_table():
    import torch

    schemas = torch._C._jit_get_all_schemas()
    names = {schema.name for schema in schemas}
    names |= {f"{namespace}::{name}" for namespace, more in TORCH_MORE.items() for name in more.split()}
    # Read before it is known whether the server has it: the registry of this build has not.
    names |= {"image::read_file", "image::write_file", "aten::load"}
    table = tables(f"PyTorch {torch.__version__.split('+')[0]}", names, TORCH_REFUSED)
    of_values = {schema.name for schema in schemas if any(argument.name == "self" for argument in schema.arguments)}
    refused = {name for full in table["refused"].values() for line in full for name in line.split()}
    methods = sorted(name.removeprefix("aten::") for name in refused & of_values if name.startswith("aten::"))
    return {**table, "methods": lines(methods), "classes": [TORCH_CLASSES]}


def tensorflow_table():
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session as session

    registry = op_def_pb2.OpList()
    registry.ParseFromString(session.TF_GetBuffer(session.TF_GetAllOpList()))
    refused = {reason: f"::({pattern})" for reason, pattern in TENSORFLOW_REFUSED.items()}
    table = tables(f"TensorFlow {version('tensorflow-cpu')}", {f"::{op.name}" for op in registry.op}, refused)
    out = {name.removeprefix("::") for full in table["refused"].values() for line in full for name in line.split()}
    # A handle (variant, reference) has no value that a shape could depend on.
    early = sorted(op.name for op in registry.op if op.name in out and not op.is_stateful and op.output_arg and not any(arg.is_ref or arg.type == 21 for arg in op.output_arg))
    return {**table, "early": lines(early)}


def onnx_table():
    import onnxruntime.capi.onnxruntime_pybind11_state as runtime

    names = {f"{'' if schema.domain == 'ai.onnx' else schema.domain}::{schema.name}" for schema in runtime.get_all_operator_schema()}
    return tables(f"ONNX Runtime {version('onnxruntime')}", names | {"com.microsoft::ATen"}, ONNX_REFUSED)


def tables(framework, names, refused):
    reason_of = {name: next((reason for reason, pattern in refused.items() if re.fullmatch(pattern, name)), None) for name in names}
    allowed = {}
    for name in sorted(name for name, reason in reason_of.items() if reason is None):
        namespace, plain = name.split("::")
        allowed.setdefault(namespace, []).append(plain)
    reasons = {reason: sorted(name for name, found in reason_of.items() if found == reason) for reason in refused}
    return {
        "framework": framework,
        "operators": {namespace: lines(plain) for namespace, plain in allowed.items()},
        "refused": {reason: lines(full) for reason, full in reasons.items()},
    }


def lines(names, width=140):
    """Names with spaces between them, in lines that a difference shows well: a new one for each first letter."""
    out = []
    for name in names:
        if out and out[-1].split()[0].split("::")[-1][0] == name.split("::")[-1][0] and len(out[-1]) + len(name) < width:
            out[-1] += f" {name}"
        else:
            out.append(name)
    return out


MAKERS = {"torch": torch_table, "tensorflow": tensorflow_table, "onnx": onnx_table}
for name in sys.argv[1:] or MAKERS:
    (TABLES / f"{name}.json").write_text(json.dumps(MAKERS[name](), indent=2) + "\n")
