#!/usr/bin/env bash
# Finding: dcmjs reads text inside sequences as Latin-1, whatever Specific Character Set the object has.
# Guess before running: the character set of the object holds for the items of its sequences too, as PS3.5 section 7.5.3 says.
# Seen: with ISO_IR 192 (UTF-8) the patient name is right, and Code Meaning in an item comes as two characters for each letter outside ASCII.
#   pydicom reads both right.
# With: dcmjs 0.52.2, pydicom 3.0.2, Node 20, Python 3.11.
# Who feels it: users of OHIF-like viewers outside the English-speaking world: names of segments, regions and codes are unreadable.
# What to do: turn text of items back into bytes (Latin-1) and decode it by the object's Specific Character Set, unless the item has its own.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 pydicom==3.0.2
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund dcmjs@0.52.2
venv/bin/python - <<'PY'
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

ds = Dataset()
ds.file_meta = FileMetaDataset()
ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
ds.SpecificCharacterSet = "ISO_IR 192"
ds.SOPClassUID, ds.SOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
ds.PatientName, ds.PatientID = "Ph\u00e4ntom", "1"
code = Dataset()
code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "99TEST", "Sch\u00e4del"
ds.AnatomicRegionSequence = [code]
ds.save_as("text.dcm", enforce_file_format=True)
back = pydicom.dcmread("text.dcm")
print("pydicom", pydicom.__version__, back.PatientName, back.AnatomicRegionSequence[0].CodeMeaning)
assert back.PatientName == "Ph\u00e4ntom" and back.AnatomicRegionSequence[0].CodeMeaning == "Sch\u00e4del"
PY
cat >text.js <<'JS'
const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const { DicomMessage, DicomMetaDictionary } = require('dcmjs').data;
const object = DicomMetaDictionary.naturalizeDataset(DicomMessage.readFile(new Uint8Array(readFileSync('text.dcm')).buffer).dict);
const name = object.PatientName[0].Alphabetic;
const meaning = object.AnatomicRegionSequence[0].CodeMeaning;
console.log('dcmjs 0.52.2', name, meaning);
assert.equal(name, 'Ph\u00e4ntom');
assert.equal(meaning, 'Sch\u00c3\u00a4del');
JS
node text.js
echo "as recorded"
