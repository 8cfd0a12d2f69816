"""Reference voxels, affines and headers of the image formats, from nibabel, SimpleITK and pillow.

    node tests/golden/make.mjs imaging_formats

Writes imaging_formats.json: per file the shape, a SHA-256 over the voxels with the first axis fastest (little endian, in the
file's own type and as float32 in real values), the affine, and the same for the closest canonical axes.
Writes imaging_written.json: whole NIfTI files as nibabel writes them, base64.
"""
import base64
import glob
import hashlib
import io
import json
import os
import sys

import nibabel as nib
import numpy as np
import SimpleITK as sitk
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, '..', '..', '..', 'shared', 'data')


def sha(array):
    array = np.asarray(array)
    return hashlib.sha256(array.astype(array.dtype.newbyteorder('<')).tobytes(order='F')).hexdigest()


def numbers(affine):
    return [float(v) for v in np.asarray(affine, dtype=np.float64).ravel()]


def drop_trailing(array):
    while array.ndim > 3 and array.shape[-1] == 1:
        array = array[..., 0]
    return array


def nifti(path):
    image = nib.load(path)
    raw = np.asanyarray(image.dataobj.get_unscaled())
    if raw.dtype.names:
        raw = np.stack([raw[name] for name in raw.dtype.names], axis=-1)
        return {'reader': 'nibabel', 'shape': list(raw.shape), 'raw': sha(raw), 'affine': numbers(image.affine)}
    real = drop_trailing(image.get_fdata(dtype=np.float32))
    canonical = nib.as_closest_canonical(image)
    turned = drop_trailing(canonical.get_fdata(dtype=np.float32))
    if raw.dtype.kind in 'iu' and raw.dtype.itemsize == 8:
        raw = raw.astype(np.float64)
    entry = {'reader': 'nibabel', 'shape': list(real.shape), 'raw': sha(drop_trailing(raw)), 'float32': sha(real)}
    entry['affine'] = numbers(image.affine)
    entry['canonical'] = {'shape': list(turned.shape), 'float32': sha(turned), 'affine': numbers(canonical.affine)}
    return entry


def picture(path):
    image = Image.open(path)
    array = np.asarray(image if image.mode in ('L', 'I;16', 'RGB') else image.convert('RGB'))
    return {'reader': 'pillow', 'shape': list(array.shape), 'raw': sha(array), 'float32': sha(array.astype(np.float32))}


def scan(path):
    image = sitk.ReadImage(path)
    array = sitk.GetArrayFromImage(image).T
    n = image.GetDimension()
    affine = np.eye(4)
    affine[:n, :n] = np.array(image.GetDirection()).reshape(n, n) * np.array(image.GetSpacing())
    affine[:n, 3] = image.GetOrigin()
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    if n == 2:
        affine[:2, 2] = affine[2, :2] = 0
    return {'reader': 'SimpleITK', 'shape': list(array.shape), 'raw': sha(array), 'float32': sha(array.astype(np.float32)),
            'affine': numbers(affine)}


def reader_for(path):
    with open(path, 'rb') as file:
        start = file.read(132)
    if start[:4] == b'\x89PNG' or start[:2] == b'\xff\xd8':
        return picture
    return nifti if path.endswith(('.nii', '.nii.gz', '.hdr')) else scan


def read_all():
    patterns = ['odd/*.nii*', 'odd/*.hdr', 'odd/*.mha', 'ct/*.nii.gz', 'mr/*.nii.gz', 'mr/*.nrrd', 'cxr/*', 'cardiac2d/*', 'aiaa/*.png',
                'aiaa/*.nii.gz', 'ct/ct_abdomen_dicom/*574']
    goldens = {}
    for path in sorted(path for pattern in patterns for path in glob.glob(os.path.join(DATA, pattern))):
        if 'complex' in path:
            continue
        goldens[os.path.relpath(path, DATA).replace(os.sep, '/')] = reader_for(path)(path)
    return goldens


def written():
    """Small volumes written by nibabel without a source header, both forms of the scanner, in millimetres."""
    turn = np.array([[0.9, -0.3, 0.2], [0.25, 0.93, 0.1], [-0.22, -0.05, 0.97]])
    affines = {
        'canonical': np.array([[0.8, 0, 0, -10], [0, 0.9, 0, 20.5], [0, 0, 2.5, -30], [0, 0, 0, 1]]),
        'LPS': np.array([[-0.8, 0, 0, 100], [0, -0.8, 0, 120], [0, 0, 2.5, -50], [0, 0, 0, 1]]),
        'permuted': np.array([[0, 0, 3, 1], [-1, 0, 0, 2], [0, 2, 0, 3], [0, 0, 0, 1]]),
        'oblique with shear': np.block([[turn * [0.7, 0.7, 3], np.array([[-5.0], [6], [7]])], [np.zeros((1, 3)), np.ones((1, 1))]]),
        'oblique, left handed': np.block([[turn * [-0.7, 0.7, 3], np.array([[5.0], [6], [7]])], [np.zeros((1, 3)), np.ones((1, 1))]]),
    }
    cases = []
    for name, affine in affines.items():
        for dtype in ('uint8', 'int16', 'float32'):
            data = np.arange(24).reshape((2, 3, 4), order='F').astype(dtype)
            file = io.BytesIO()
            image = nib.Nifti1Image(data, affine)
            image.set_sform(affine, 1)
            image.set_qform(affine, 1)
            image.header.set_xyzt_units('mm')
            image.file_map['image'].fileobj = file
            image.to_file_map()
            cases.append({'name': name, 'dtype': dtype, 'affine': numbers(affine), 'file': base64.b64encode(file.getvalue()).decode()})
    return cases


def save(name, lines, brackets):
    """One entry per line: differences stay readable."""
    with open(os.path.join(HERE, name), 'w') as file:
        file.write(brackets[0] + '\n' + ',\n'.join(lines) + '\n' + brackets[1] + '\n')


if __name__ == '__main__':
    save('imaging_formats.json', [f'{json.dumps(path)}: {json.dumps(entry)}' for path, entry in read_all().items()], '{}')
    save('imaging_written.json', [json.dumps(case) for case in written()], '[]')
