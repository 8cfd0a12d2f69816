#!/usr/bin/env bash
# Finding: dcmjs and dcmjs-dimse show private elements and leave them out when they write the same object.
# Likely guess: an object that is read and written again keeps every element, also those that no dictionary names.
# Seen: (7053,0010) and (7053,1000) are in the dataset in memory; the file written from it has neither. Only a line on the console.
# With: dcmjs 0.52.2, dcmjs-dimse 0.3.3, pydicom 3.0.2, Node 20, Python 3.11.
# Who feels it: PET (a vendor's SUV factor sits in a private element), diffusion MR (b-values), any router or anonymiser built on them.
# What to do: edit the bytes or the tag dictionary (DicomMessage.readFile, then write of the same DicomDict), not the naturalised dataset,
#   where private elements matter; compare the lists of tags before and after.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 pydicom==3.0.2
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund dcmjs@0.52.2 dcmjs-dimse@0.3.3
venv/bin/python - <<'PY'
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, PositronEmissionTomographyImageStorage, generate_uid

ds = Dataset()
ds.file_meta = FileMetaDataset()
ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
ds.SOPClassUID, ds.SOPInstanceUID = PositronEmissionTomographyImageStorage, generate_uid()
ds.PatientName, ds.PatientID = "Phantom", "1"
ds.private_block(0x7053, "Philips PET Private Group", create=True).add_new(0x00, "DS", "0.0003")
ds.save_as("in.dcm", enforce_file_format=True)
PY
cat >write.js <<'JS'
const assert = require('node:assert');
const { readFileSync, writeFileSync } = require('node:fs');
const { Dataset } = require('dcmjs-dimse');
const { DicomMessage, DicomMetaDictionary, datasetToBuffer } = require('dcmjs').data;
const { warn } = console;
console.warn = () => undefined;
const bytes = new Uint8Array(readFileSync('in.dcm')).buffer;
const privates = (object) => Object.keys(object).filter((key) => key.startsWith('7053'));

const dimse = Dataset.fromFile('in.dcm');
dimse.toFile('dimse.dcm');
const read = DicomMessage.readFile(bytes);
writeFileSync('dict.dcm', Buffer.from(read.write()));
const natural = DicomMetaDictionary.naturalizeDataset(read.dict);
natural._meta = DicomMetaDictionary.namifyDataset(read.meta);
writeFileSync('natural.dcm', Buffer.from(datasetToBuffer(natural)));
console.warn = warn;
console.log('in memory: dcmjs', privates(natural), 'dcmjs-dimse', privates(dimse.getElements()));
assert.deepEqual(privates(natural), ['70530010', '70531000']);
assert.deepEqual(privates(dimse.getElements()), ['70530010', '70531000']);
JS
node write.js
venv/bin/python - <<'PY'
import pydicom

seen = {name: [str(e.tag) for e in pydicom.dcmread(f"{name}.dcm") if e.tag.is_private] for name in ("in", "dict", "natural", "dimse")}
print(seen)
both = ["(7053,0010)", "(7053,1000)"]
assert seen == {"in": both, "dict": both, "natural": [], "dimse": []}
PY
echo "as recorded"
