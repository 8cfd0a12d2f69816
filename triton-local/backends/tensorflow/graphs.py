"""Opens a graph in a session and finds its tensors by the names a configuration uses."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stand_in.config import Config, ModelProblem
from stand_in.frameworks import cores

DATATYPES = {
    "bool": "TYPE_BOOL",
    "float16": "TYPE_FP16",
    "bfloat16": "TYPE_BF16",
    "float32": "TYPE_FP32",
    "float64": "TYPE_FP64",
    "string": "TYPE_STRING",
    **{f"{sign}int{bits}": f"TYPE_{sign.upper()}INT{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
}


@dataclass
class Graph:
    """An open session and its tensors by configuration name."""

    session: Any
    inputs: dict
    outputs: dict


def is_saved_model(config: Config) -> bool:
    return config.platform == "tensorflow_savedmodel"


def open_graph(tensorflow, config: Config, version_directory: str) -> Graph:
    """Loads `model.graphdef` or `model.savedmodel/` into a session of its own."""
    v1 = tensorflow.compat.v1
    tensorflow.get_logger().setLevel("ERROR")  # v1 is what these files need; its deprecation is no news
    session = v1.Session(graph=tensorflow.Graph(), config=session_config(v1, config))
    if is_saved_model(config):
        inputs, outputs = load_saved_model(v1, session, config, config.model_path(version_directory, "model.savedmodel"))
    else:
        load_frozen_graph(v1, session, config, config.model_path(version_directory, "model.graphdef"))
        inputs = {spec.name: find(session.graph, config, "input", spec.name) for spec in config.inputs}
        outputs = {spec.name: find(session.graph, config, "output", spec.name) for spec in config.outputs}
    return Graph(session, inputs, outputs)


def session_config(v1, config: Config):
    return v1.ConfigProto(
        intra_op_parallelism_threads=config.integer("TF_NUM_INTRA_THREADS", 0) or cores(),
        inter_op_parallelism_threads=config.integer("TF_NUM_INTER_THREADS", 0) or 1,
        use_per_session_threads=config.flag("TF_USE_PER_SESSION_THREADS", False),
    )


def load_frozen_graph(v1, session, config: Config, path: Path) -> None:
    definition = v1.GraphDef()
    try:
        definition.ParseFromString(path.read_bytes())
    except Exception as error:
        raise ModelProblem(f"model '{config.name}': {path.name} is not a frozen TensorFlow graph: {error}") from None
    if any(node.op == "TRTEngineOp" for node in definition.node):
        raise ModelProblem(f"model '{config.name}': {path.name} holds a TensorRT engine, which needs the GPU it was built for; publish the original graph")
    with session.graph.as_default():
        v1.import_graph_def(definition, name="")


def load_saved_model(v1, session, config: Config, path: Path) -> tuple[dict, dict]:
    """Restores the variables; the signature maps configuration names to tensors."""
    tag = config.parameter("TF_GRAPH_TAG") or "serve"
    wanted = config.parameter("TF_SIGNATURE_DEF") or "serving_default"
    with session.graph.as_default():
        meta = v1.saved_model.load(session, [tag], str(path))
    if wanted not in meta.signature_def:
        raise ModelProblem(f"model '{config.name}': {path.name} has no signature '{wanted}'; it has {sorted(meta.signature_def)}")
    signature = meta.signature_def[wanted]
    tensor = session.graph.get_tensor_by_name
    return tuple({name: tensor(info.name) for name, info in side.items()} for side in (signature.inputs, signature.outputs))


def find(graph, config: Config, kind: str, name: str):
    """The tensor of an operation's first output, or of the output that the name tells (`op:1`)."""
    try:
        return graph.get_tensor_by_name(name if ":" in name else f"{name}:0")
    except (KeyError, ValueError):
        names = [op.name for op in graph.get_operations() if op.type.startswith("Placeholder")] if kind == "input" else []
        known = f"; its placeholders are {', '.join(sorted(names)[:20])}" if names else ""
        raise ModelProblem(f"model '{config.name}': the graph has no {kind} '{name}'{known}") from None


def datatype(tensor) -> str:
    if tensor.dtype.base_dtype.name not in DATATYPES:
        raise ModelProblem(f"tensor '{tensor.name}' of the graph has type {tensor.dtype.name}, which Triton cannot serve")
    return DATATYPES[tensor.dtype.base_dtype.name]


def shape(tensor) -> tuple[int, ...] | None:
    """Unknown sizes are -1, an unknown rank is None."""
    return None if tensor.shape.rank is None else tuple(-1 if size is None else size for size in tensor.shape.as_list())
