#!/usr/bin/env bash
# Finding: negative values of signed 12-bit JPEG-LS come as positive ones from a decoder that was told that they are signed.
# Likely guess: with signed: true and bitsStored: 12, dicom-codec gives -5 and -1000 back, or says that the sign is left to do.
# Seen: getPixelData answers a Uint16Array with 4091 and 3096; the sign bit is bit 11 of the 12, so that an Int16Array over it is wrong too.
#   pydicom and SimpleITK give -5 and -1000 for the same file.
# With: @cornerstonejs/dicom-codec 1.0.9, pydicom 3.0.2, pyjpegls 1.5.1, SimpleITK 2.5.7, Node 20, Python 3.11.
# Who feels it: users of CT archives with signed 12-bit pixels: air (-1000) looks denser than bone.
# What to do: cut to Bits Stored and extend the sign from Bits Stored and Pixel Representation after decoding.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 pydicom==3.0.2 pyjpegls==1.5.1 SimpleITK==2.5.7
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @cornerstonejs/dicom-codec@1.0.9
venv/bin/python - <<'PY'
import numpy as np
import pydicom
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import generate_frames
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, JPEGLSLossless, generate_uid

values = np.tile(np.array([[-5, -1000], [0, 2047]], np.int16), (4, 4))
ds = Dataset()
ds.file_meta = FileMetaDataset()
ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, generate_uid()
ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
ds.Modality, ds.PatientName, ds.PatientID = "CT", "Phantom", "1"
ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PixelRepresentation = 8, 8, 1, 1
ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 12, 11
ds.PhotometricInterpretation = "MONOCHROME2"
ds.RescaleSlope, ds.RescaleIntercept = 1, 0
ds.PixelData = values.tobytes()
ds.compress(JPEGLSLossless, encoding_plugin="pyjpegls")
ds.save_as("ct.dcm", enforce_file_format=True)
with open("frame.jls", "wb") as file:
    file.write(next(generate_frames(ds.PixelData, number_of_frames=1)))
for reader, read in (
    (f"pydicom {pydicom.__version__}", pydicom.dcmread("ct.dcm").pixel_array),
    (f"SimpleITK {sitk.Version().VersionString()}", sitk.GetArrayFromImage(sitk.ReadImage("ct.dcm"))[0]),
):
    print(reader, read[:2, :2].tolist())
    assert (read == values).all()
PY
cat >sign.js <<'JS'
const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const codec = require('@cornerstonejs/dicom-codec');
const syntax = '1.2.840.10008.1.2.4.80';
const info = { rows: 8, columns: 8, bitsAllocated: 16, bitsStored: 12, samplesPerPixel: 1, pixelRepresentation: 1, signed: true };
codec.decode(new Uint8Array(readFileSync('frame.jls')), info, syntax).then(({ imageFrame, imageInfo }) => {
  const pixels = codec.getPixelData(imageFrame, imageInfo, syntax);
  const seen = [pixels[0], pixels[1], pixels[8], pixels[9]];
  console.log('dicom-codec 1.0.9', pixels.constructor.name, seen);
  assert.equal(pixels.constructor, Uint16Array);
  assert.deepEqual(seen, [4091, 3096, 0, 2047]);
});
JS
node sign.js
echo "as recorded"
