#!/usr/bin/env bash
# Finding: highdicom computes the CIELab colour of a segment for white D65, where DICOM's CIELab values are for D50.
# Guess before running: from_rgb gives what an ICC conversion from sRGB to the profile connection space gives, as PS3.3 C.10.7.1.1 asks (D50).
# Seen: pure blue is L 32.3, a 79.2, b -107.9 (D65); LittleCMS gives about L 30, a 68, b -112 (D50): a distance of more than 10. White and grey agree.
# With: highdicom 0.28.2, Pillow 13.0.0 (LittleCMS), Python 3.11.
# Who feels it: who compares colours of segments between programs: saturated colours shift in a viewer that reads them as D50,
#   though the way there and back through highdicom alone is exact.
# What to do: convert with the white that the reader uses; test colours of segments with saturated blue, not with grey.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 highdicom==0.28.2 pillow==13.0.0
venv/bin/python - <<'PY'
import highdicom
from highdicom.color import CIELabColor
from PIL import Image, ImageCms

print("highdicom", highdicom.__version__)
srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
to_lab = ImageCms.buildTransform(srgb, lab, "RGB", "LAB", renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC)
distance = {}
for name, rgb in (("white", (255, 255, 255)), ("grey", (128, 128, 128)), ("blue", (0, 0, 255))):
    colour = CIELabColor.from_rgb(*rgb)
    seen = [colour.l_star, colour.a_star, colour.b_star]
    pixel = ImageCms.applyTransform(Image.new("RGB", (1, 1), rgb), to_lab).tobytes()
    icc = [pixel[0] * 100 / 255] + [v - 256 if v > 127 else v for v in pixel[1:]]
    distance[name] = sum((a - b) ** 2 for a, b in zip(seen, icc)) ** 0.5
    print(name, "highdicom", [round(v, 1) for v in seen], "ICC, D50", [round(v, 1) for v in icc], "distance", round(distance[name], 1))
    if name == "blue":
        assert [round(v, 1) for v in seen] == [32.3, 79.2, -107.9]
assert distance["white"] < 1 and distance["grey"] < 1 and distance["blue"] > 10
PY
echo "as recorded"
