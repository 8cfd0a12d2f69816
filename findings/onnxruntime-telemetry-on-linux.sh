#!/usr/bin/env bash
# Finding: onnxruntime from the package index reports to its maker on Linux as well, from the first session on, and keeps an id of the device in the home folder.
# Guess before running: telemetry is a matter of the Windows build; on Linux nothing is written and nobody is asked.
# Seen: making a session writes ~/.cache/Microsoft/DeveloperTools/.onnxruntime with a device id and a database of events to send; the first event holds
#   the path of the Python that runs, the operating system and a hash. (Under strace the process also looks up the address of a collector; not repeated here.)
#   With ORT_DISABLE_TELEMETRY=1 nothing is written. Where the home cannot be written, importing it prints a warning on standard error.
# With: onnxruntime 1.32.0, onnx 1.23.2, Python 3.11, manylinux x86_64.
# Who feels it: servers in hospitals, whose networks let nothing out and whose reviews ask what does; scripts that read what a Python program prints.
# What to do: set ORT_DISABLE_TELEMETRY=1 for every process that imports it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0
cat >session.py <<'PY'
import time

import onnxruntime
from onnx import TensorProto, helper

ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
model = helper.make_model(helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", ends[:1], ends[1:]), opset_imports=[helper.make_opsetid("", 17)])
model.ir_version = 8
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
print("onnxruntime", onnxruntime.__version__)
time.sleep(1)
PY
cat >events.py <<'PY'
import pathlib
import sqlite3

folder = pathlib.Path("told/.cache/Microsoft/DeveloperTools/.onnxruntime")
print("device id:", (folder / "deviceid").stat().st_size, "bytes")
rows = sqlite3.connect(folder / "onnxruntime.db").execute("select payload from events").fetchall()
first = bytes(rows[0][0])
print("events:", len(rows), "- the first is called ProcessInfo:", b"ProcessInfo" in first, "- holds the path of Python:", b"venv/bin/python" in first)
assert b"ProcessInfo" in first and b"venv/bin/python" in first
PY
mkdir told silent
# A proxy that nobody runs: nothing leaves this machine.
export https_proxy=http://127.0.0.1:9 http_proxy=http://127.0.0.1:9
HOME=$work/told venv/bin/python session.py
venv/bin/python events.py
HOME=$work/silent ORT_DISABLE_TELEMETRY=1 venv/bin/python session.py
[ -z "$(find silent -type f)" ]
echo "as recorded"
