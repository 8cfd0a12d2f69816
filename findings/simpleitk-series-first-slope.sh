#!/usr/bin/env bash
# Finding: the first slice decides the type of a whole series in SimpleITK, so that the fractions of all other slices are lost.
# Likely guess: a series whose slices have different rescale slopes comes as floating point, each slice by its own slope.
# Seen: each slice is rescaled by its own slope; but when the first slice has slope 1 and intercept 0, the volume is of 16-bit integers
#   and every other slice is cut to whole numbers. With slopes of 0.004 they become 0. No warning. The same files in another order are right.
# With: SimpleITK 2.5.7 (2.4.1 too), pydicom 3.0.2, Python 3.11.
# Who feels it: PET (one slope per slice; a first slice without activity may well have slope 1), and MR with slopes per slice.
# What to do: set the reader's output type before it runs: ImageSeriesReader.SetOutputPixelType(sitk.sitkFloat32).
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
from pydicom.uid import ExplicitVRLittleEndian, PositronEmissionTomographyImageStorage, generate_uid

print("pydicom", pydicom.__version__, "SimpleITK", sitk.Version().VersionString())
study, series = generate_uid(), generate_uid()
slopes = ["1", "0.004", "0.025"]
names = []
for index, slope in enumerate(slopes):
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = PositronEmissionTomographyImageStorage, generate_uid()
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.InstanceNumber = study, series, index + 1
    ds.Modality, ds.PatientName, ds.PatientID = "PT", "Phantom", "1"
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PixelRepresentation = 2, 2, 1, 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.PixelSpacing, ds.SliceThickness, ds.ImageOrientationPatient = [2, 2], 3, [1, 0, 0, 0, 1, 0]
    ds.ImagePositionPatient = [0, 0, 3 * index]
    ds.RescaleSlope, ds.RescaleIntercept = slope, "0"
    ds.PixelData = np.full((2, 2), 0 if index == 0 else 110, np.uint16).tobytes()
    names.append(f"{index}.dcm")
    ds.save_as(names[-1], enforce_file_format=True)


def read(files, pixel_type=None):
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(files)
    if pixel_type is not None:
        reader.SetOutputPixelType(pixel_type)
    image = reader.Execute()
    return image.GetPixelIDTypeAsString(), [round(float(v), 5) for v in sitk.GetArrayFromImage(image)[:, 0, 0]]


as_is, turned, typed = read(names), read(names[::-1]), read(names, sitk.sitkFloat32)
print("slopes", slopes, "stored 0, 110, 110")
print("in order   ", as_is)
print("from behind", turned)
print("float asked", typed)
assert as_is == ("16-bit unsigned integer", [0, 0, 2])
assert turned == ("64-bit float", [2.75, 0.44, 0])
assert typed == ("32-bit float", [0, 0.44, 2.75])
PY
echo "as recorded"
