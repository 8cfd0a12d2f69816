#!/usr/bin/env bash
# Finding: pydicom's RLE encoder drops half the bytes of 8-bit samples kept in 16, and neither pydicom nor SimpleITK reads the file.
# Guess before running: Dataset.compress(RLELossless) followed by pixel_array gives the same values, as for 12 bits in 16.
# Seen: with Bits Allocated 16 and Bits Stored 8 compressing raises nothing, and reading the file back raises "32 vs. 64 bytes" (pydicom)
#   or fails (SimpleITK). With Bits Stored 12 the values come back in both.
# With: pydicom 3.0.2, SimpleITK 2.5.7, Python 3.11.
# Who feels it: archives that compress on arrival: 8 bits stored in 16 allocated is valid, and
#   the fault shows only when somebody opens the image later.
# What to do: set Bits Allocated to 8 before compressing, or use another encoder; read each compressed object back before the original goes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 pydicom==3.0.2 SimpleITK==2.5.7
venv/bin/python - <<'PY'
import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, SecondaryCaptureImageStorage, generate_uid

print("pydicom", pydicom.__version__, "SimpleITK", sitk.Version().VersionString())
values = np.arange(64, dtype=np.uint16).reshape(8, 8)
answers, reasons = {}, []
for stored in (12, 8):
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
    ds.PatientName, ds.PatientID = "Phantom", "1"
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PixelRepresentation = 8, 8, 1, 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, stored, stored - 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.PixelData = values.tobytes()
    ds.compress(RLELossless, encoding_plugin="pydicom")
    name = f"{stored}.dcm"
    ds.save_as(name, enforce_file_format=True)
    answers[stored] = []
    for read in (lambda: pydicom.dcmread(name).pixel_array, lambda: sitk.GetArrayFromImage(sitk.ReadImage(name))[0]):
        try:
            answers[stored].append("right" if (read() == values).all() else "wrong values")
        except RuntimeError as error:
            answers[stored].append("error")
            reasons.append(str(error).strip().splitlines()[-1])
    print(f"{stored} bits in {ds.BitsAllocated}: pydicom, SimpleITK: {answers[stored]}")
print(*reasons, sep="\n")
assert answers == {12: ["right", "right"], 8: ["error", "error"]}
assert "32 vs. 64 bytes" in reasons[0]
PY
echo "as recorded"
