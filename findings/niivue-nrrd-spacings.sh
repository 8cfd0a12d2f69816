#!/usr/bin/env bash
# Finding: NiiVue shows an NRRD that has "spacings" as cubes of 1 mm.
# Guess before running: "spacings: 0.7 0.7 5" gives voxels of 0.7 x 0.7 x 5 mm, as in ITK programs.
# Seen: pixDims hold 0.7, 0.7, 5, yet the affine that places the image is the identity. With "space directions" the affine is right.
# With: @niivue/niivue 0.69.0, SimpleITK 2.5.7, Node 20, Python 3.11.
# Who feels it: users of NRRD files without a space (teem, older Slicer and Python exports): proportions and lengths in the viewer are wrong,
#   and a mask drawn there does not fit.
# What to do: write "space" and "space directions" (SimpleITK and Slicer do); turn files that have only "spacings" first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet SimpleITK==2.5.7
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund @niivue/niivue@0.69.0
cat >nrrd.mjs <<'JS'
import assert from 'node:assert';
import { writeFileSync } from 'node:fs';
import { NVImage } from '@niivue/niivue';
const forms = {
  spacings: 'spacings: 0.7 0.7 5',
  directions: 'space: left-posterior-superior\nspace directions: (0.7,0,0) (0,0.7,0) (0,0,5)\nspace origin: (0,0,0)',
};
const seen = {};
for (const [name, lines] of Object.entries(forms)) {
  const header = `NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 3 4\nencoding: raw\n${lines}\n\n`;
  const bytes = Uint8Array.from([...Buffer.from(header), ...Array(24).keys()]);
  writeFileSync(`${name}.nrrd`, bytes);
  const image = await NVImage.new(bytes.buffer, `${name}.nrrd`);
  seen[name] = [0, 1, 2].map((axis) => Math.abs(Number(image.hdr.affine[axis][axis].toFixed(4))));
  console.log(`NiiVue 0.69.0 ${name}: pixDims`, image.hdr.pixDims.slice(1, 4), 'affine diagonal', seen[name]);
}
assert.deepEqual(seen, { spacings: [1, 1, 1], directions: [0.7, 0.7, 5] });
JS
node nrrd.mjs
venv/bin/python - <<'PY'
import SimpleITK as sitk

for name in ("spacings", "directions"):
    spacing = sitk.ReadImage(f"{name}.nrrd").GetSpacing()
    print("SimpleITK", sitk.Version().VersionString(), name, spacing)
    assert spacing == (0.7, 0.7, 5.0)
PY
echo "as recorded"
