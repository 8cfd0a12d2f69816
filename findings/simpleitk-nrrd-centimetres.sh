#!/usr/bin/env bash
# Finding: SimpleITK converts the unit of length of a NIfTI file and ignores that of an NRRD file.
# Likely guess: "space units: "cm" "cm" "cm"" makes spacing and origin ten times as large, in millimetres.
# Seen: spacing (1, 2, 3) and origin (10, 20, 30) come as they are in the header, whether the units are mm or cm. The image carries no sign of it.
# With: SimpleITK 2.5.7, pynrrd 1.1.3 (writes the files), Python 3.11.
# Who feels it: users of NRRD from teem and of small-animal or microscopy data in "cm" or "um": lengths and volumes are wrong by powers of ten.
# What to do: read "space units" (and "units") from the header with pynrrd and refuse or convert what is not mm.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 pynrrd==1.1.3 SimpleITK==2.5.7
venv/bin/python - <<'PY'
import nrrd
import numpy as np
import SimpleITK as sitk

print("pynrrd 1.1.3, SimpleITK", sitk.Version().VersionString())
for unit in ("mm", "cm"):
    name = f"{unit}.nrrd"
    header = {
        "space": "left-posterior-superior",
        "space directions": np.diag([1.0, 2.0, 3.0]),
        "space origin": [10.0, 20.0, 30.0],
        "space units": [unit] * 3,
    }
    nrrd.write(name, np.zeros((4, 4, 4), np.uint8), header)
    image = sitk.ReadImage(name)
    print(nrrd.read_header(name)["space units"], image.GetSpacing(), image.GetOrigin())
    assert f'space units: "{unit}"'.encode() in open(name, "rb").read()
    assert image.GetSpacing() == (1, 2, 3) and image.GetOrigin() == (10, 20, 30)
    assert not any("unit" in key.lower() for key in image.GetMetaDataKeys())
PY
echo "as recorded"
