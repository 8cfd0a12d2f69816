"""What the SNOMED CT codes of the table of labels mean in DICOM, as pydicom's dictionary of coded concepts lists them. Writes label_terms.json."""

import glob
import json
import os
import re

import pydicom
from pydicom.sr._concepts_dict import concepts

here = os.path.dirname(os.path.abspath(__file__))
table = os.path.join(here, '..', '..', 'gateway', 'inference', 'writers', 'label-terms', '*.ts')
codes = sorted({code for path in glob.glob(table) for code in re.findall(r"'(\d{6,})'", open(path).read())})

meanings = {code: set() for code in codes}
for known in concepts['SCT'].values():
    for code, (meaning, _) in known.items():
        if code in meanings:
            meanings[code].add(meaning.replace(' (body structure)', ''))

with open(os.path.join(here, 'label_terms.json'), 'w') as file:
    json.dump({'pydicom': pydicom.__version__, 'meanings': {code: sorted(found) for code, found in meanings.items()}}, file, indent=1)
