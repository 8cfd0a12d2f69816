#!/usr/bin/env bash
# Finding: SimpleITK turns the values of MONOCHROME1 images upside down and keeps the tag that says MONOCHROME1.
# Guess before running: reading gives stored value x slope + intercept, as pydicom does; inversion is left to the display.
# Seen: each value v of 12 bits stored comes as 4095 - v, while the metadata of the image in memory still say MONOCHROME1.
# With: SimpleITK 2.5.7 (2.4.1 too), pydicom 3.0.2, Python 3.11.
# Who feels it: mammography, chest radiographs and CR: a network trained on pydicom's values sees negatives when it is served through
#   SimpleITK or itk-wasm, and code that inverts "because the tag says so" inverts a second time.
# What to do: invert in exactly one place; with SimpleITK, treat what was read as MONOCHROME2 whatever the tag says.
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
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

print("pydicom", pydicom.__version__, "SimpleITK", sitk.Version().VersionString())
stored = np.array([[0, 100], [1000, 4095]], np.uint16)
ds = Dataset()
ds.file_meta = FileMetaDataset()
ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
ds.SOPClassUID = DigitalXRayImageStorageForPresentation
ds.SOPInstanceUID, ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid(), generate_uid()
ds.Modality, ds.PatientName, ds.PatientID = "DX", "Phantom", "1"
ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PixelRepresentation = 2, 2, 1, 0
ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
ds.PhotometricInterpretation = "MONOCHROME1"
ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = 1, 0, "US"
ds.PixelData = stored.tobytes()
ds.save_as("dx.dcm", enforce_file_format=True)

plain = pydicom.dcmread("dx.dcm").pixel_array.tolist()
image = sitk.ReadImage("dx.dcm")
turned = sitk.GetArrayFromImage(image)[0].tolist()
tag = image.GetMetaData("0028|0004").strip()
print("pydicom  ", plain)
print("SimpleITK", turned, "metadata:", tag)
assert plain == stored.tolist()
assert turned == (4095 - stored).tolist()
assert tag == "MONOCHROME1"
PY
echo "as recorded"
