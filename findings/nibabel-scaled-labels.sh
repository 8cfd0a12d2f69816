#!/usr/bin/env bash
# Finding: labels saved by nibabel as uint8 from a float array come back as 1.00000004, and "== 1" finds none.
# Likely guess: set_data_dtype(uint8) on an array of the whole numbers 0, 1, 2, 5 stores 0, 1, 2, 5.
# Seen: the file stores 0, 51, 102, 255 with the slope 5/255; get_fdata() gives 0, 1.00000004, 2.00000007, 5.00000018, so (data == 1) is empty.
#   SimpleITK reads exactly 1, 2, 5, but as 32-bit float. An array that is uint8 itself is stored as it is.
# With: nibabel 5.4.2, SimpleITK 2.5.7, Python 3.11.
# Who feels it: writers of masks that go through get_fdata() (float64): volumes and Dice per label by "==" are 0 in nibabel, and
#   ITK programs get a float image where they expect a label map of integers.
# What to do: cast the array (data.astype(numpy.uint8)), not only the header; round when reading masks of others.
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
labels = np.array([[[0.0, 1.0, 2.0, 5.0]]])
image = nibabel.Nifti1Image(labels, np.eye(4))
image.set_data_dtype(np.uint8)
nibabel.save(image, "header.nii")
nibabel.save(nibabel.Nifti1Image(labels.astype(np.uint8), np.eye(4)), "array.nii")
for name in ("header.nii", "array.nii"):
    read = nibabel.load(name)
    stored, data = np.asarray(read.dataobj.get_unscaled()).ravel().tolist(), read.get_fdata().ravel()
    other = sitk.ReadImage(name)
    values = sitk.GetArrayFromImage(other).ravel().tolist()
    print(name, "stored", stored, "nibabel", [f"{v:.8f}" for v in data], "SimpleITK", other.GetPixelIDTypeAsString(), values)
    if name == "header.nii":
        assert stored == [0, 51, 102, 255] and not (data == 1).any() and np.allclose(data, [0, 1, 2, 5], atol=1e-6)
        assert other.GetPixelID() == sitk.sitkFloat32 and values == [0, 1, 2, 5]
    else:
        assert stored == [0, 1, 2, 5] and (data == [0, 1, 2, 5]).all() and other.GetPixelID() == sitk.sitkUInt8
PY
echo "as recorded"
