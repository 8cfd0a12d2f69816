"""Small PNG and JPEG files of every kind pillow writes, and what pillow reads in them: imaging_pictures.json.

    node tests/golden/make.mjs imaging_pictures

Alpha is left out, palettes and CMYK are turned into RGB, EXIF orientation is not applied: what NVIDIA's and MONAI's loaders do.
"""
import base64
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

ROWS, COLUMNS = 7, 13


def values(channels, high=256):
    shape = (ROWS, COLUMNS, channels) if channels > 1 else (ROWS, COLUMNS)
    return ((np.arange(np.prod(shape)) * 37) % high).reshape(shape)


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def smooth(channels):
    """JPEG decoders differ where they round: slopes keep that within one."""
    i, j = np.indices((16, 24))
    planes = [(i * 5 + j * 3 + 40 * c).clip(0, 255).astype(np.uint8) for c in range(channels)]
    return planes[0] if channels == 1 else np.stack(planes, axis=-1)


def files():
    gray, rgb = values(1).astype(np.uint8), values(3).astype(np.uint8)
    yield "8 bit", "PNG", saved(Image.fromarray(gray), "PNG")
    yield "16 bit", "PNG", saved(Image.fromarray((values(1, 60000) * 7).astype(np.uint16)), "PNG")
    yield "1 bit", "PNG", saved(Image.fromarray(gray > 100), "PNG")
    yield "palette", "PNG", saved(Image.fromarray(rgb).quantize(8), "PNG")
    yield "gray and alpha", "PNG", saved(Image.merge("LA", [Image.fromarray(values(2).astype(np.uint8)[..., c]) for c in range(2)]), "PNG")
    yield "RGB", "PNG", saved(Image.fromarray(rgb), "PNG")
    yield "RGBA", "PNG", saved(Image.fromarray(values(4).astype(np.uint8)), "PNG")
    yield "gray", "JPEG", saved(Image.fromarray(smooth(1)), "JPEG", quality=95)
    yield "RGB", "JPEG", saved(Image.fromarray(smooth(3)), "JPEG", quality=95, subsampling=0)
    yield "progressive", "JPEG", saved(Image.fromarray(smooth(3)), "JPEG", quality=95, subsampling=0, progressive=True)
    inks = Image.merge("CMYK", [Image.fromarray(plane) for plane in np.moveaxis(smooth(4), -1, 0)])
    yield "CMYK", "JPEG", saved(inks, "JPEG", quality=95)
    exif = Image.Exif()
    exif[0x0112] = 6
    yield "turned by EXIF", "JPEG", saved(Image.fromarray(smooth(1)), "JPEG", quality=95, exif=exif)


def read(data):
    image = Image.open(io.BytesIO(data))
    if image.mode in ("P", "RGBA", "CMYK"):
        image = image.convert("RGB")
    if image.mode in ("LA", "1"):
        image = image.convert("L")
    return np.asarray(image)


def main():
    lines = []
    for name, kind, data in files():
        array = read(data)
        lines.append(json.dumps({"name": f"{kind} {name}", "file": base64.b64encode(data).decode(), "shape": list(array.shape), "values": array.ravel().tolist()}))
    (Path(__file__).parent / "imaging_pictures.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")


main()
