#!/usr/bin/env bash
# Finding: a Blosc2 chunk of data that does not get smaller holds them as they are, and its header still names the byte shuffle and a codec.
# Likely guess: a reader undoes the filters that the header names, in every chunk.
# Seen: 400 random int16 values packed with shuffle and zstd: the flag "plain copy" is set, the first filter code is 1 (byte shuffle), and the 800 bytes
#   after the header of 32 are the values in their own order. The same number of zeros is a chunk of 32 bytes.
# With: blosc2 4.14.1, numpy 2.4.6, Python 3.11.
# Who feels it: who reads images of interactive clients (nninteractive-client packs its arrays so) without the C library: small noisy images come out
#   with their low and high bytes apart, which looks like noise, too; smooth ones are right, so tests with ramps and masks pass.
# What to do: look at the flag for a plain copy first, and leave the filters alone then.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 blosc2==4.14.1
venv/bin/python -W ignore - <<'PY'
import blosc2
import numpy as np

print("blosc2", blosc2.__version__, "numpy", np.__version__)
how = dict(typesize=2, codec=blosc2.Codec.ZSTD, clevel=5, filters=[blosc2.Filter.SHUFFLE], filters_meta=[0])


def chunk_of(values):
    chunk = blosc2.compress2(values, **how)
    copied, first = bool(chunk[2] & 2), chunk[16:22].hex(" ")
    print(f"{values.nbytes} bytes to {len(chunk)}: plain copy {copied}, filter codes {first}, special value {chunk[31] >> 4 & 7}")
    return chunk, copied


noise = np.random.default_rng(7).integers(-32768, 32768, 400).astype(np.int16)
chunk, copied = chunk_of(noise)
assert copied and 1 in chunk[16:22]
assert chunk[32:] == noise.tobytes()
assert (np.frombuffer(blosc2.decompress2(chunk), np.int16) == noise).all()
ramp, copied = chunk_of(np.arange(4000, dtype=np.int16))
assert not copied and 1 in ramp[16:22]
zeros, _ = chunk_of(np.zeros(400, np.int16))
assert len(zeros) == 32
PY
echo "as recorded"
