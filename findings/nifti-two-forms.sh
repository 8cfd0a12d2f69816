#!/usr/bin/env bash
# Finding: readers take three different rules for a NIfTI file whose sform and qform differ, so that one file lies in two places.
# Guess before running: every reader takes the sform whenever its code is above 0.
# Seen: nibabel takes the sform whenever its code is above 0; SimpleITK takes it only when its code is 1 (or the qform has no code);
#   nifti-reader-js and NiiVue take the qform when its code is higher. Codes (sform, qform) and the form taken:
#   (1, 4) nibabel s, SimpleITK s, NiiVue q;  (4, 1) s, q, s;  (2, 1) s, q, s;  (2, 4) s, q, q;  (1, 1) s, s, s.
# With: nibabel 5.4.2, SimpleITK 2.5.7, nifti-reader-js 0.8.0, @niivue/niivue 0.69.0, Python 3.11, Node 20.
# Who feels it: users of registered images (code 2 or 4 in the sform, the scanner's place with code 1 in the qform): a mask made with
#   nibabel or MONAI lies elsewhere in an ITK program, and a web viewer may agree with the one or the other.
# What to do: write both forms equal, with equal codes; a mask copies both forms and both codes of its image.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 nibabel==5.4.2 SimpleITK==2.5.7
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund nifti-reader-js@0.8.0 @niivue/niivue@0.69.0
venv/bin/python - <<'PY'
import nibabel
import numpy as np
import SimpleITK as sitk

print("nibabel", nibabel.__version__, "SimpleITK", sitk.Version().VersionString())
sform, qform = np.eye(4), np.eye(4)
sform[:3, 3] = [10, 20, 30]
qform[:3, 3] = [-40, -50, -60]
for s_code, q_code, expected in ((1, 4, "ss"), (4, 1, "sq"), (2, 1, "sq"), (2, 4, "sq"), (1, 1, "ss")):
    image = nibabel.Nifti1Image(np.ones((4, 4, 4), np.uint8), sform)
    image.set_sform(sform, s_code)
    image.set_qform(qform, q_code)
    image.header.set_xyzt_units("mm")
    name = f"s{s_code}q{q_code}.nii"
    nibabel.save(image, name)
    x, y, z = sitk.ReadImage(name).GetOrigin()  # LPS
    taken = ["s" if place == [10, 20, 30] else "q" for place in (nibabel.load(name).affine[:3, 3].tolist(), [-x, -y, z])]
    print(f"sform code {s_code}, qform code {q_code}: nibabel {taken[0]}, SimpleITK {taken[1]}")
    assert "".join(taken) == expected
PY
cat >forms.mjs <<'JS'
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { readHeader } from 'nifti-reader-js';
import { NVImage } from '@niivue/niivue';
const origin = (affine) => affine.slice(0, 3).map((row) => row[3]);
const form = (affine) => (String(origin(affine)) === '10,20,30' ? 's' : 'q');
for (const [name, expected] of Object.entries({ s1q4: 'q', s4q1: 's', s2q1: 's', s2q4: 'q', s1q1: 's' })) {
  const bytes = new Uint8Array(readFileSync(`${name}.nii`)).buffer;
  const reader = form(readHeader(bytes).affine);
  const viewer = form((await NVImage.new(bytes, `${name}.nii`)).hdr.affine);
  console.log(name, 'nifti-reader-js', reader, 'NiiVue', viewer);
  assert.equal(reader + viewer, expected + expected);
}
JS
node forms.mjs
echo "as recorded"
