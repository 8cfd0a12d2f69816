"""Arrays as nninteractive-client packs them, with the SHA-256 of what is in them: writes nninteractive_arrays.json."""

import base64
import hashlib
import json
import os

import blosc2
import numpy as np
from nnInteractive.inference.remote.serialization import pack_array

rng = np.random.default_rng(7)


def contents(shape, dtype):
    count = int(np.prod(shape))
    yield "zeros", np.zeros(shape, dtype)
    yield "one value", np.full(shape, 3, dtype)
    yield "ramp", (np.arange(count) % 101).reshape(shape).astype(dtype)
    yield "noise", rng.integers(0, 100, shape).astype(dtype)
    mask = np.zeros(shape, dtype)
    mask[tuple(slice(n // 3, n // 2 + 1) for n in shape)] = 1
    yield "mask", mask


def main():
    out = []
    cases = [((1, 5, 6, 7), d) for d in ["bool", "uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "float16", "float32", "float64"]]
    cases += [((3, 4, 5), "uint8"), ((1, 20, 60, 70), "int16"), ((1, 20, 60, 70), "float32")]
    for shape, dtype in cases:
        for content, array in contents(shape, dtype):
            for codec in [blosc2.Codec.ZSTD, blosc2.Codec.LZ4]:
                for chosen in [blosc2.Filter.NOFILTER, blosc2.Filter.SHUFFLE]:
                    is_large = array.size > 1000
                    if is_large and content == "noise":
                        continue
                    if not is_large and codec == blosc2.Codec.LZ4 and dtype not in ("int16", "float32"):
                        continue
                    packed = pack_array(array, codec=codec, filters=[chosen])
                    out.append({
                        "name": f"{dtype} {'x'.join(map(str, shape))} {content} {codec.name.lower()} {chosen.name.lower()}",
                        "dtype": dtype,
                        "shape": shape,
                        "packed": base64.b64encode(packed).decode(),
                        "sum": float(array.astype(np.float64).sum()),
                        "sha256": hashlib.sha256(array.astype(np.float32 if dtype == "float16" else np.float64 if dtype == "int64" else array.dtype).tobytes()).hexdigest(),
                    })
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "nninteractive_arrays.json"), "w") as file:
        json.dump(out, file)


main()
