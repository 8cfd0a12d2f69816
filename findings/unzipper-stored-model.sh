#!/usr/bin/env bash
# Finding: unzipper opens a zip with a comment only with a large tailSize, and with a large tailSize it lists entries without names of a zip that stores a TorchScript model.
# Guess before running: tailSize is how far from the end the directory is looked for, so that a larger one only finds longer comments.
# Seen: it takes the first end record within the tail, not the last. A TorchScript or PyTorch file is a zip itself; stored in a bundle without compression its own end
#   record lies in the tail: the bundle has as many entries as the model, without names (or opening fails, by the bytes that lie there). With the default of 80 bytes the bundle opens, but not a zip with a comment of 100 bytes.
# With: unzipper 0.12.5, Node 20, Python 3.11 (zipfile reads all of them).
# Who feels it: servers that take model bundles: the same bundle works compressed and fails stored, or works until somebody adds a comment.
# What to do: find the last end record oneself and give tailSize as its distance from the end.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund unzipper@0.12.5
python3 - <<'PY'
import io
import zipfile

model = io.BytesIO()
with zipfile.ZipFile(model, "w", zipfile.ZIP_STORED) as inner:
    inner.writestr("model/constants.pkl", b"c")
    inner.writestr("model/data/0", bytes(100))
for name, kind, comment in [("stored", zipfile.ZIP_STORED, b""), ("deflated", zipfile.ZIP_DEFLATED, b""), ("comment", zipfile.ZIP_DEFLATED, b"c" * 100)]:
    with zipfile.ZipFile(f"{name}.zip", "w", kind) as bundle:
        bundle.writestr("config/config_aiaa.json", "{}")
        bundle.writestr("models/model.ts", model.getvalue())
        bundle.comment = comment
    assert zipfile.ZipFile(f"{name}.zip").namelist() == ["config/config_aiaa.json", "models/model.ts"]
PY
cat >open.js <<'JS'
const assert = require('node:assert');
const { Open } = require('unzipper');
const { version } = require('unzipper/package.json');
const read = (name, options) =>
  Open.file(`${name}.zip`, options).then(
    ({ files }) => files.map(({ path }) => path).join(' '), // two entries without names are one blank
    ({ message }) => `error ${message}`,
  );
(async () => {
  const seen = {};
  for (const name of ['stored', 'deflated', 'comment']) {
    seen[name] = [await read(name), await read(name, { tailSize: 65557 })];
    console.log(`unzipper ${version}, ${name}: tail of 80 bytes: ${seen[name][0]}; of 65,557 bytes: ${seen[name][1]}`);
  }
  const right = 'config/config_aiaa.json models/model.ts';
  assert.deepStrictEqual(seen, {
    stored: [right, ' '],
    deflated: [right, right],
    comment: ['error FILE_ENDED', right],
  });
})();
JS
node open.js
