#!/usr/bin/env bash
# Finding: TotalSegmentator's change_spacing casts to `dtype` only where it resamples: at exactly the wanted spacing the values stay as they are.
# Likely guess: an output of the data type that was asked for, whatever the spacing of the input.
# Seen: values 0, 0.25, 0.5 and 0.75 to 1.5 mm with dtype=int32: from 3 mm all become 0; from 1.5 mm they stay fractions, as floats.
# With: TotalSegmentator 2.18.0, nibabel 5.4.2, numpy 2.4.6, scipy 1.17.1, Python 3.11.
# Who feels it: who segments images that were normalised to 0…1: TotalSegmentator casts to int32 at its model's spacing, so such an image is empty for
#   the network, unless somebody resampled it to 1.5 mm before; then it is not, and the same pipeline "works".
# What to do: send Hounsfield units; a program that must agree with it casts only where the spacing differs.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet numpy==2.4.6 scipy==1.17.1 nibabel==5.4.2 joblib
venv/bin/pip install --quiet --no-deps TotalSegmentator==2.18.0
venv/bin/python -W ignore - <<'PY'
from importlib.metadata import version

import nibabel as nib
import numpy as np
from totalsegmentator.resampling import change_spacing

print("TotalSegmentator", version("TotalSegmentator"), "numpy", np.__version__)
values = (np.arange(8 * 8 * 8).reshape(8, 8, 8) % 4 / 4).astype(np.float32)
seen = {}
for spacing in (3.0, 1.5):
    image = nib.Nifti1Image(values, np.diag([spacing, spacing, spacing, 1]))
    result = np.asanyarray(change_spacing(image, 1.5, order=1, dtype=np.int32, nr_cpus=1).dataobj)
    seen[spacing] = result
    print(f"from {spacing} mm: {result.dtype}, shape {result.shape}, values {np.unique(result).tolist()}")
assert seen[3.0].dtype == np.int32 and seen[3.0].shape == (16, 16, 16) and not seen[3.0].any()
assert seen[1.5].dtype == np.float32 and (seen[1.5] == values).all()
PY
echo "as recorded"
