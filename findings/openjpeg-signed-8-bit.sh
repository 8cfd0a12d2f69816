#!/usr/bin/env bash
# Finding: negative samples of 8-bit JPEG 2000 come as 0, while negative samples of 16 bits survive.
# Guess before running: a lossless frame of signed 8-bit samples decodes to the same bytes that were encoded.
# Seen: -32 to 31 come as thirty-two zeros, then 0 to 31. The decoder's frame info says isSigned: true. 16-bit samples keep their sign bits.
# With: @cornerstonejs/codec-openjpeg 1.3.6, imagecodecs 2026.3.6 (writes and checks the frames), Node 20, Python 3.11.
# Who feels it: users of subtraction images, difference maps and signed parametric maps of 8 bits in web viewers: all that is below 0 is gone.
# What to do: refuse signed 8-bit JPEG 2000 with this decoder, or decode it elsewhere; nothing in the output tells what was lost.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 imagecodecs==2026.3.6
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @cornerstonejs/codec-openjpeg@1.3.6
venv/bin/python - <<'PY'
import imagecodecs
import numpy as np

for bits, kind in ((8, np.int8), (16, np.int16)):
    frame = np.arange(-32, 32, dtype=kind).reshape(8, 8)
    code = imagecodecs.jpeg2k_encode(frame, codecformat="j2k", reversible=True, level=0)
    back = imagecodecs.jpeg2k_decode(code)
    assert back.dtype == kind and (back == frame).all()
    with open(f"{bits}.j2k", "wb") as file:
        file.write(code)
print("imagecodecs", imagecodecs.__version__, "reads back -32 to 31 in both widths")
PY
cat >signed.js <<'JS'
const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const factory = require('@cornerstonejs/codec-openjpeg');
const ramp = Array.from({ length: 64 }, (_, index) => index - 32);
(async () => {
  const library = await (factory.default ?? factory)();
  const decode = (name) => {
    const decoder = new library.J2KDecoder();
    const code = readFileSync(name);
    decoder.getEncodedBuffer(code.length).set(code);
    decoder.decode();
    return { bytes: Uint8Array.from(decoder.getDecodedBuffer()), info: decoder.getFrameInfo() };
  };
  const narrow = decode('8.j2k');
  const wide = decode('16.j2k');
  const eight = Array.from(new Int8Array(narrow.bytes.buffer));
  const sixteen = Array.from(new Int16Array(wide.bytes.buffer));
  console.log('8 bits :', eight.join(' '), JSON.stringify(narrow.info));
  console.log('16 bits:', sixteen.join(' '));
  assert.equal(narrow.info.isSigned, true);
  assert.deepEqual(eight, ramp.map((value) => Math.max(value, 0)));
  assert.deepEqual(sixteen, ramp);
})();
JS
node signed.js | grep -v INFO
echo "as recorded"
