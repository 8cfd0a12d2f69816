#!/usr/bin/env bash
# Finding: frames decoded from HTJ2K share one memory, so frames that are kept change when the next one is decoded.
# Guess before running: dicom-codec gives each frame an array of its own, for HTJ2K as for JPEG 2000.
# Seen: three frames of constants 1000, 2000, 3000, decoded one after another and kept, are 3000, 3000, 3000 for HTJ2K
#   and 1000, 2000, 3000 for JPEG 2000, through the same function.
# With: @cornerstonejs/dicom-codec 1.0.9, imagecodecs 2026.3.6 (writes the frames), Node 20, Python 3.11.
# Who feels it: who builds a volume of CT or MR slices from HTJ2K: every slice shows the last one, while each looked right when it came.
# What to do: copy the frame (slice()) before the next decode.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 imagecodecs==2026.3.6
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @cornerstonejs/dicom-codec@1.0.9
venv/bin/python - <<'PY'
import imagecodecs
import numpy as np

for value in (1000, 2000, 3000):
    frame = np.full((8, 8), value, np.uint16)
    for ending, code in (
        ("jph", imagecodecs.htj2k_encode(frame)),
        ("j2k", imagecodecs.jpeg2k_encode(frame, codecformat="j2k", reversible=True, level=0)),
    ):
        with open(f"{value}.{ending}", "wb") as file:
            file.write(code)
PY
cat >frames.js <<'JS'
const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const codec = require('@cornerstonejs/dicom-codec');
const info = { rows: 8, columns: 8, bitsAllocated: 16, bitsStored: 16, samplesPerPixel: 1, pixelRepresentation: 0, signed: false };
const first = (bytes) => bytes[0] + 256 * bytes[1];
async function keep(ending, syntax) {
  const kept = [];
  const at = [];
  for (const value of [1000, 2000, 3000]) {
    const { imageFrame } = await codec.decode(new Uint8Array(readFileSync(`${value}.${ending}`)), info, syntax);
    at.push(first(imageFrame));
    kept.push(imageFrame);
  }
  return { at, later: kept.map(first) };
}
(async () => {
  const htj2k = await keep('jph', '1.2.840.10008.1.2.4.201');
  const jpeg2000 = await keep('j2k', '1.2.840.10008.1.2.4.90');
  console.log('HTJ2K    ', htj2k);
  console.log('JPEG 2000', jpeg2000);
  assert.deepEqual(htj2k, { at: [1000, 2000, 3000], later: [3000, 3000, 3000] });
  assert.deepEqual(jpeg2000, { at: [1000, 2000, 3000], later: [1000, 2000, 3000] });
})();
JS
node frames.js | grep -v INFO
echo "as recorded"
