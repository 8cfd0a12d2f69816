#!/usr/bin/env bash
# Finding: itk-wasm rescales a whole DICOM series with the slope of its last file.
# Guess before running: each slice is rescaled by its own slope, as SimpleITK's series reader does on the same files.
# Seen: three slices of stored value 100 with slopes 1.5, 2.5 and 0.25 come as 25, 25, 25 in place of 150, 250, 25. No warning.
# With: @itk-wasm/dicom 7.6.4, SimpleITK 2.5.7, pydicom 3.0.2, Node 20, Python 3.11.
# Who feels it: PET in web applications: scanners write one slope per slice, so activity and SUV are wrong in all slices but one.
# What to do: read each slice as an image of its own, or rescale the stored values with the slope of each file; compare the slopes first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 pydicom==3.0.2 SimpleITK==2.5.7
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @itk-wasm/dicom@7.6.4
venv/bin/python - <<'PY'
import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, PositronEmissionTomographyImageStorage, generate_uid

study, series = generate_uid(), generate_uid()
names = []
for index, slope in enumerate(["1.5", "2.5", "0.25"]):
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = PositronEmissionTomographyImageStorage, generate_uid()
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.InstanceNumber = study, series, index + 1
    ds.Modality, ds.PatientName, ds.PatientID = "PT", "Phantom", "1"
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PixelRepresentation = 4, 4, 1, 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.PixelSpacing, ds.SliceThickness, ds.ImageOrientationPatient = [2, 2], 3, [1, 0, 0, 0, 1, 0]
    ds.ImagePositionPatient = [0, 0, 3 * index]
    ds.RescaleSlope, ds.RescaleIntercept = slope, "0"
    ds.PixelData = np.full((4, 4), 100, np.uint16).tobytes()
    names.append(f"{index}.dcm")
    ds.save_as(names[-1], enforce_file_format=True)
values = sitk.GetArrayFromImage(sitk.ReadImage(names))[:, 0, 0].tolist()
print("SimpleITK", sitk.Version().VersionString(), values)
assert values == [150, 250, 25]
PY
cat >series.mjs <<'JS'
import assert from 'node:assert';
import { resolve } from 'node:path';
import { readImageDicomFileSeriesNode } from '@itk-wasm/dicom';
const answer = await readImageDicomFileSeriesNode({ inputImages: ['0.dcm', '1.dcm', '2.dcm'].map((name) => resolve(name)), singleSortedSeries: false });
const { data } = answer.outputImage;
const values = [data[0], data[16], data[32]];
console.log('@itk-wasm/dicom 7.6.4', values);
assert.deepEqual(values, [25, 25, 25]);
JS
node series.mjs
echo "as recorded"
