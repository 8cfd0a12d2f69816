#!/usr/bin/env bash
# Finding: one NIfTI file lies in two places, a factor 1000 (or 1/1000) apart.
# Guess before running: both readers honour the unit of length in xyzt_units and give the same millimetres.
# Seen: SimpleITK converts metres and micrometres to millimetres; nibabel's affine and zooms are the bare numbers of the header.
# With: nibabel 5.4.2, SimpleITK 2.5.7, Python 3.11.
# Who feels it: users of micro-CT, histology and small-animal images, where micrometres are common: spacing, volumes and resampling
#   to "1 mm" differ between a pipeline on nibabel and one on ITK, and neither gives a warning.
# What to do: with nibabel, read header.get_xyzt_units() and scale the affine; write NIfTI in millimetres.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 nibabel==5.4.2 SimpleITK==2.5.7
venv/bin/python - <<'PY'
import nibabel
import numpy as np
import SimpleITK as sitk

print("nibabel", nibabel.__version__, "SimpleITK", sitk.Version().VersionString())
affine = np.diag([2.0, 2.0, 4.0, 1.0])
for unit, factor in (("mm", 1), ("meter", 1000), ("micron", 0.001)):
    image = nibabel.Nifti1Image(np.zeros((4, 4, 4), np.uint8), affine)
    image.set_sform(affine, 1)
    image.set_qform(affine, 1)
    image.header.set_xyzt_units(unit)
    name = f"{unit}.nii"
    nibabel.save(image, name)
    bare = [float(v) for v in np.abs(np.diag(nibabel.load(name).affine))[:3]]
    scaled = sitk.ReadImage(name).GetSpacing()
    print(f"{unit:7} nibabel {bare}  SimpleITK {scaled}")
    assert bare == [2, 2, 4], bare
    assert np.allclose(scaled, np.array(bare) * factor, rtol=1e-6), scaled
PY
echo "as recorded"
