"""NIfTI files that nibabel wrote and zstandard compressed, in the ways that exist: imaging_zstd.json, base64.

    node tests/golden/make.mjs imaging_zstd

Each holds `((flat index in file order) * 37) % 101` as int16, 61 x 67 x 43 voxels: more than two blocks.
"""
import base64
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import zstandard

SHAPE = (61, 67, 43)


def pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def main():
    values = ((np.arange(np.prod(SHAPE)) * 37) % 101).astype(np.int16).reshape(SHAPE, order="F")
    file = nib.Nifti1Image(values, np.diag([0.8, 0.8, 2.5, 1])).to_bytes()
    streamed = zstandard.ZstdCompressor(level=3).compressobj()
    flushed = zstandard.ZstdCompressor(level=1).compressobj()
    head = flushed.compress(file[:100]) + flushed.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    ways = {
        "level 3": zstandard.ZstdCompressor(level=3).compress(file),
        "level 19 with a checksum": zstandard.ZstdCompressor(level=19, write_checksum=True).compress(file),
        "length not told": streamed.compress(file) + streamed.flush(),
        "a first block of 100 bytes": head + flushed.compress(file[100:]) + flushed.flush(),
        "several frames": b"".join(zstandard.ZstdCompressor(level=5).compress(part) for part in pieces(file, 100_000)),
        "a skippable frame in between": b"".join(
            zstandard.ZstdCompressor(level=5).compress(part) + b"\x50\x2a\x4d\x18\x05\x00\x00\x00hello" for part in pieces(file, 200_000)
        ),
    }
    lines = [f"{json.dumps(name)}: {json.dumps(base64.b64encode(data).decode())}" for name, data in ways.items()]
    (Path(__file__).parent / "imaging_zstd.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
