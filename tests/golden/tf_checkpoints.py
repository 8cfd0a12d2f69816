"""What TensorFlow's own freezing makes of checkpoints: outputs on input that a formula gives.

    python tf_checkpoints.py ../../../shared/data

Writes tf_checkpoints.json: samples of the output of the public MSNet checkpoint, and a small checkpoint of its own (files gzipped, as base64),
with two shards, variables of both kinds, a resource variable read in a loop, dropout and a `training` placeholder; and a SavedModel.
"""
import base64
import gzip
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf.control_flow_pb2 import CondContextDef, WhileContextDef
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef

v1 = tf.compat.v1
v1.disable_eager_execution()
v1.disable_control_flow_v2()  # what TensorFlow 1 wrote: Switch and Merge, no functions
tf.get_logger().setLevel("ERROR")


def ramp(shape):
    """x[i] = (i * 2654435761 mod 2^32) / 2^32, the same in any language."""
    index = np.arange(int(np.prod(shape)), dtype=np.uint64)
    return ((index * np.uint64(2654435761)) % np.uint64(2**32)).astype(np.float64).__truediv__(2**32).astype(np.float32).reshape(shape)


def freeze(prefix, output, feeds):
    with tf.Graph().as_default(), v1.Session() as session:
        saver = v1.train.import_meta_graph(prefix + ".meta", clear_devices=True)
        saver.restore(session, prefix)
        frozen = v1.graph_util.convert_variables_to_constants(session, session.graph_def, [output])
    with tf.Graph().as_default(), v1.Session() as session:
        tf.import_graph_def(frozen, name="")
        return session.run(output + ":0", feeds), len(frozen.node)


def in_order(graph):
    """The same .meta file with the entries of maps in the same order each time."""
    meta = MetaGraphDef.FromString(graph)
    for name, kind in (("cond_context", CondContextDef), ("while_context", WhileContextDef)):
        contexts = meta.collection_def[name].bytes_list.value
        contexts[:] = [kind.FromString(context).SerializeToString(deterministic=True) for context in contexts]
    return meta.SerializeToString(deterministic=True)


def msnet(data):
    shape = [5, 19, 144, 144, 4]
    result, nodes = freeze(str(data / "models/tf1_msnet_wt32/model.ckpt"), "Softmax", {"Placeholder:0": ramp(shape)})
    step = 9973
    return {
        "input": shape,
        "shape": list(result.shape),
        "nodes": nodes,
        "mean": result.mean(axis=0, dtype=np.float64).tolist(),
        "step": step,
        "samples": result.reshape(-1)[::step].astype(float).tolist(),
    }


def small():
    folder = Path(tempfile.mkdtemp())
    v1.set_random_seed(3)
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, [None, 6, 6, 2], name="NV_MODEL_INPUT")
        training = v1.placeholder(tf.bool, [], name="training")
        keep = v1.placeholder(tf.float32, [], name="keep_prob")
        fast = v1.placeholder_with_default(tf.constant(True), [], name="is_training_2")
        ramp_init = v1.initializers.random_normal(stddev=0.5, seed=5)
        with tf.device("/cpu:0"):
            old = v1.get_variable("old/kernel", [3, 3, 2, 4], initializer=ramp_init, use_resource=False)
            mean = v1.get_variable("bn/moving_mean", [4], initializer=ramp_init, use_resource=True)
        with tf.device("/cpu:1"):
            new = v1.get_variable("new/kernel", [4, 3], initializer=ramp_init, use_resource=True)
            table = v1.get_variable("table", [5, 3], initializer=ramp_init, use_resource=True)
            half = v1.get_variable("half", [3], dtype=tf.float16, initializer=v1.initializers.ones(), use_resource=True)
            step = v1.get_variable("global_step", [], dtype=tf.int64, initializer=v1.initializers.constant(7), trainable=False)
        y = tf.nn.relu(tf.nn.conv2d(x, old, 1, "SAME"))
        update = v1.assign(mean, mean * 0.9)
        with tf.control_dependencies([update, v1.assert_greater(tf.reduce_sum(tf.abs(x)), -1.0)]):
            y = y - tf.cond(training, lambda: tf.reduce_mean(y, [0, 1, 2]), lambda: mean)
        y = tf.cond(fast, lambda: y * 100.0, lambda: y)
        y = v1.nn.dropout(y, keep_prob=keep)
        _, y = v1.while_loop(lambda i, _: i < 3, lambda i, t: (i + 1, t + 0.1 * tf.tensordot(t, tf.matmul(new, new, transpose_b=True), 1)), [tf.constant(0), y])
        y = tf.tensordot(y, new, 1) + tf.gather(table, tf.constant(2)) + tf.cast(half, tf.float32) * tf.cast(step, tf.float32)
        tf.identity(y, name="NV_MODEL_OUTPUT")
        loss = tf.reduce_mean(tf.square(y))
        v1.train.AdamOptimizer(0.1).minimize(loss, global_step=step)
        saver = v1.train.Saver(sharded=True)
        with v1.Session(config=v1.ConfigProto(device_count={"CPU": 2})) as session:
            session.run(v1.global_variables_initializer())
            saver.save(session, str(folder / "model.ckpt"))
            graph = folder / "model.ckpt.meta"
            graph.write_bytes(in_order(graph.read_bytes()))
            files = {path.name: base64.b64encode(gzip.compress(path.read_bytes(), mtime=0)).decode() for path in sorted(folder.iterdir()) if path.name.startswith("model")}
    shape = [1, 6, 6, 2]
    # The state of before the update: what the checkpoint holds is what must be baked in.
    feeds = {"NV_MODEL_INPUT:0": ramp(shape), "training:0": False, "keep_prob:0": 1.0, "is_training_2:0": False}
    with tf.Graph().as_default() as graph:
        v1.train.import_meta_graph(str(folder / "model.ckpt.meta"), clear_devices=True)
        definition = graph.as_graph_def()
    for node in (node for node in definition.node if not node.name.startswith("save/")):
        kept = [name for name in node.input if not (name.startswith("^") and ("Assign" in name or "assert" in name.lower()))]
        del node.input[:]
        node.input.extend(kept)
    with tf.Graph().as_default(), v1.Session() as session:
        tf.import_graph_def(definition, name="")
        session.run("save/restore_all", {"save/Const:0": str(folder / "model.ckpt")})
        result = session.run("NV_MODEL_OUTPUT:0", feeds)
    return {"files": files, "input": shape, "shape": list(result.shape), "output": result.reshape(-1).astype(float).tolist()}


def saved_model():
    """What is brighter than 50 of a volume: a SavedModel with a variable, as TensorFlow 1 exports it."""
    folder = Path(tempfile.mkdtemp()) / "model"
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 1, None, None, None], name="x")
        scale = v1.get_variable("scale", [1], initializer=v1.initializers.ones(), use_resource=False)
        y = tf.multiply(x, scale, name="y")
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(folder), {"INPUT": x}, {"OUTPUT": y})
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {"files": {str(path.relative_to(folder)): base64.b64encode(gzip.compress(path.read_bytes(), mtime=0)).decode() for path in paths}}


if __name__ == "__main__":
    answer = {"small": small(), "saved_model": saved_model(), "msnet": msnet(Path(sys.argv[1]))}
    Path(__file__).with_suffix(".json").write_text(json.dumps(answer, indent=None) + "\n")
    print({name: {key: value for key, value in part.items() if key not in ("files", "samples", "output")} for name, part in answer.items()})
    print({name: len(text) for name, text in answer["small"]["files"].items()})
