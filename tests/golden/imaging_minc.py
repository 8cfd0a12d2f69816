"""MINC 2 images that h5py wrote, as libminc lays them out: imaging_minc.json, base64 of gzip.

    node tests/golden/make.mjs imaging_minc

Each has 4 x 3 x 2 voxels 0, 1, …, 23 by its dimensions. "one large chunk" keeps them in a data set of 64 million voxels, all of it one chunk that was deflated twice.
`values` are those that nibabel reads.
"""
import base64
import gzip
import io
import json
import tempfile
from pathlib import Path

import h5py
import nibabel as nib
import numpy as np

SHAPE = (2, 3, 4)
DIMENSIONS = ("zspace", "yspace", "xspace")
LARGE = (400, 400, 400)


def image(shape, prepare=lambda properties: None):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=("earliest", "v108")) as file:
        root = file.create_group("minc-2.0")
        dimensions, place = root.create_group("dimensions"), root.create_group("image/0")
        root.create_group("info")
        for axis, (name, length) in enumerate(zip(DIMENSIONS, SHAPE)):
            attributes = dimensions.create_dataset(name, shape=(), dtype="i4").attrs
            attributes["length"] = np.int32(length)
            attributes["start"], attributes["step"] = 0.0, 1.0
            attributes["direction_cosines"] = np.eye(3)[2 - axis]
            texts = {"units": "mm", "spacetype": "native____", "spacing": "regular__", "alignment": "centre", "varid": "MINC standard variable"}
            for key, value in {**texts, "vartype": "dimension____", "version": "MINC Version    1.0"}.items():
                attributes[key] = np.bytes_(value)
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        prepare(properties)
        space = h5py.h5s.create_simple(shape)
        voxels = h5py.Dataset(h5py.h5d.create(place.id, b"image", h5py.h5t.STD_I16LE, space, properties))
        texts = {"dimorder": ",".join(DIMENSIONS), "signtype": "signed__", "varid": "MINC standard variable", "vartype": "group________"}
        for key, value in {**texts, "complete": "true_", "version": "MINC Version    1.0"}.items():
            voxels.attrs[key] = np.bytes_(value)
        # Stored numbers and real ones are the same.
        voxels.attrs["valid_range"] = np.array([0.0, 100.0])
        voxels[tuple(slice(length) for length in SHAPE)] = np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE)
        for name, value in (("image-max", 100.0), ("image-min", 0.0)):
            place.create_dataset(name, data=np.float64(value))
    return buffer.getvalue()


def one_large_chunk(properties):
    properties.set_chunk(LARGE)
    properties.set_deflate(9)
    properties.set_deflate(9)


def main():
    small = image(SHAPE)
    with tempfile.NamedTemporaryFile(suffix=".mnc") as file:
        file.write(small)
        file.flush()
        values = np.asarray(nib.load(file.name).dataobj).ravel().astype(int).tolist()
    packed = lambda data: base64.b64encode(gzip.compress(data, mtime=0)).decode()
    files = {"small": packed(small), "one large chunk": packed(image(LARGE, one_large_chunk))}
    (Path(__file__).parent / "imaging_minc.json").write_text(json.dumps({"files": files, "values": values}) + "\n")


main()
