"""Where nibabel and SimpleITK see the voxels of generated images.

    node tests/golden/make.mjs placements

Writes placements.json: NIfTI headers (base64) of random geometry, and for each the affine (voxel -> RAS, in the header's unit) that nibabel has, and the
one (voxel -> RAS, mm) that SimpleITK has; null where the reader refuses the image.

    python placements.py make FOLDER SEED COUNT    makes images of all formats, and FOLDER/images.json with their names
    python placements.py compare FOLDER            reads FOLDER/pairs.json ([image, mask] each) with both readers and prints as JSON for each pair and
                                                   reader how far, in mm, a voxel of the mask lies at most off that of the image
"""
import base64
import json
import logging
import os
import sys

import nibabel as nib
import numpy as np
import SimpleITK as sitk

HERE = os.path.dirname(os.path.abspath(__file__))
logging.disable(logging.CRITICAL)
np.seterr(all='ignore')
sitk.ProcessObject.SetGlobalWarningDisplay(False)

UNIT = {1: 1000.0, 3: 0.001}


def rotation(rng, kind):
    """One of the 48 orientations, turned a little, a lot or not at all."""
    matrix = np.eye(3)[rng.permutation(3)] * rng.choice([-1, 1], 3)
    if kind != 'straight':
        angle = rng.uniform(-0.3, 0.3) if kind == 'oblique' else rng.uniform(-1e-3, 1e-3)
        axis = rng.normal(size=3)
        x, y, z = axis / np.linalg.norm(axis)
        cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
        matrix = (np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross) @ matrix
    return matrix


def affine_of(rng, scale=1.0):
    matrix = rotation(rng, rng.choice(['straight', 'oblique', 'little']))
    shear = rng.choice([0, 0, 0, 0, 3e-5, 5e-4, 0.05, 0.4])
    if shear:
        skew = np.eye(3)
        row, column = rng.permutation(3)[:2]
        skew[row, column] = shear
        matrix = matrix @ skew
    affine = np.eye(4)
    affine[:3, :3] = matrix @ np.diag(rng.uniform(0.3, 5, 3)) * scale
    affine[:3, 3] = rng.uniform(-300, 300, 3) * scale
    return affine


def nifti_header(rng, version=1):
    units = int(rng.choice([0, 1, 2, 2, 2, 3])) + int(rng.choice([0, 8, 16]))
    scale = 1 / UNIT.get(units & 7, 1.0)
    sform = affine_of(rng, scale)
    relation = rng.choice(['same', 'same', 'shifted', 'other'])
    qform = affine_of(rng, scale) if relation == 'other' else sform.copy()
    if relation == 'shifted':
        qform[:3, 3] += 10 * scale
    shape = [int(n) for n in rng.integers(2, 40, 3)]
    dimensions = rng.choice(['3', '3', '3', '2', '4', '1 slice'])
    shape = {'3': shape, '2': shape[:2], '4': shape + [2], '1 slice': shape[:2] + [1]}[dimensions]
    header = (nib.Nifti1Header if version == 1 else nib.Nifti2Header)()
    header.set_data_shape(shape)
    header.set_data_dtype(np.uint8)
    header.set_sform(sform, int(rng.integers(0, 5)))
    code = int(rng.integers(0, 5))
    header.set_qform(qform, code)
    if code == 0:
        # nibabel keeps zeros beside code 0; other writers do not.
        header.set_qform(qform, 1)
        header['qform_code'] = rng.choice([0, 0, -1])
    pixdim = rng.choice(['exact', 'exact', 'exact', 'rounded', 'negative', 'zero', 'qfac'])
    if pixdim == 'rounded':
        header['pixdim'][1:4] = np.round(header['pixdim'][1:4] / scale, 2) * scale
    if pixdim == 'negative':
        header['pixdim'][int(rng.integers(1, 4))] *= -1
    if pixdim == 'zero':
        header['pixdim'][int(rng.integers(1, 4))] = 0
    if pixdim == 'qfac':
        header['pixdim'][0] = rng.choice([0, 1, -1])
    header['xyzt_units'] = units
    header['magic'] = b'n+1' if version == 1 else b'n+2'
    header['vox_offset'] = 352 if version == 1 else 544
    return header


def write_nifti(path, header):
    voxels = np.arange(np.prod(header.get_data_shape()), dtype=np.int64).astype(np.uint8)
    with (nib.openers.Opener(path, 'wb') if path.endswith('gz') else open(path, 'wb')) as file:
        file.write(header.binaryblock + bytes(4) + voxels.tobytes())


def in_nibabel(path):
    """Voxel -> RAS in the header's unit, that unit in mm, and the shape; None when nibabel does not open it."""
    if not path.endswith(('.nii', '.nii.gz')):
        return None
    try:
        image = nib.load(path)
        affine = np.asarray(image.affine, dtype=float)
    except Exception:
        return None
    return affine, UNIT.get(int(image.header['xyzt_units']) & 7, 1.0), list(image.shape[:3]) + [1] * (3 - len(image.shape[:3]))


def in_itk(path):
    """Voxel -> RAS in mm, of 2 or 3 rows; None when SimpleITK does not open it."""
    reader = sitk.ImageSeriesReader() if os.path.isdir(path) else sitk.ImageFileReader()
    if os.path.isdir(path):
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(path))
    else:
        reader.SetFileName(path)
    try:
        image = reader.Execute()
    except RuntimeError:
        return None
    n, used = image.GetDimension(), min(3, image.GetDimension())
    affine = np.eye(4)
    direction = np.array(image.GetDirection()).reshape(n, n)[:used, :used]
    affine[:used, :used] = direction * np.array(image.GetSpacing())[:used]
    affine[:used, 3] = np.array(image.GetOrigin())[:used]
    affine[:2] *= -1
    return affine, used, list(image.GetSize()[:used]) + [1] * (3 - used)


def corners(shape):
    return np.array([[x, y, z, 1] for x in (0, shape[0] - 1) for y in (0, shape[1] - 1) for z in (0, shape[2] - 1)], dtype=float)


def apart(image, mask):
    found = {}
    first, second = in_nibabel(image), in_nibabel(mask)
    if first and second:
        at = corners(second[2])
        both = [(affine @ at.T)[:3] * unit for affine, unit, _ in (first, second)]
        found['nibabel'] = float(np.linalg.norm(both[0] - both[1], axis=0).max())
    first, second = in_itk(image), in_itk(mask)
    if first and second:
        at, rows = corners(second[2]), min(first[1], second[1])
        found['SimpleITK'] = float(np.linalg.norm(((first[0] - second[0]) @ at.T)[:rows], axis=0).max())
    elif first:
        found['SimpleITK'] = None
    return found


def write_dicom(folder, rng):
    """A series of cosines with 6 or 12 digits: of 3 digits, SimpleITK does not bring them to length 1."""
    import pydicom
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid
    os.makedirs(folder)
    matrix = rotation(rng, rng.choice(['straight', 'oblique']))
    digits = int(rng.choice([6, 12]))
    cosines = np.round(matrix[:, :2].T.ravel(), digits)
    normal = np.cross(cosines[:3], cosines[3:])
    normal /= np.linalg.norm(normal)
    origin, gap = rng.uniform(-200, 200, 3), rng.uniform(1, 5)
    spacing = [f'{v:.5g}' for v in rng.uniform(0.4, 2, 2)]
    series, frame, study = generate_uid(), generate_uid(), generate_uid()
    rows, columns = (int(n) for n in rng.integers(4, 20, 2))
    for k in range(int(rng.integers(2, 6))):
        d = Dataset()
        d.file_meta = FileMetaDataset()
        d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID = '1.2.840.10008.5.1.4.1.1.2'
        d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID = study, series, frame
        d.PatientID, d.PatientName, d.Modality, d.InstanceNumber = 'P', 'P', 'CT', k + 1
        d.Rows, d.Columns, d.SamplesPerPixel, d.PhotometricInterpretation = rows, columns, 1, 'MONOCHROME2'
        d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 16, 15, 1
        d.RescaleSlope, d.RescaleIntercept = '1', '0'
        d.PixelSpacing, d.SliceThickness = spacing, f'{gap:.8g}'
        d.ImageOrientationPatient = [f'{v:.{digits}f}'[:16] for v in cosines]
        d.ImagePositionPatient = [f'{v:.10g}' for v in origin + k * gap * normal]
        d.PixelData = np.arange(rows * columns, dtype='<i2').tobytes()
        d['PixelData'].VR = 'OW'
        pydicom.dcmwrite(f'{folder}/{k}.dcm', d, enforce_file_format=True)


def make(folder, seed, count):
    rng = np.random.default_rng(seed)
    names = []
    for at in range(count):
        kind = rng.choice(['nii', 'nii', 'nii.gz', 'nifti2', 'nrrd', 'mha', 'dicom'])
        name = f'{at}.{kind}'
        if kind == 'nifti2':
            name = f'{at}.2.nii'
            write_nifti(f'{folder}/{name}', nifti_header(rng, 2))
        elif kind.startswith('nii'):
            write_nifti(f'{folder}/{name}', nifti_header(rng))
        elif kind == 'dicom':
            write_dicom(f'{folder}/{name}', rng)
        else:
            affine = affine_of(rng)
            affine[:2] *= -1
            image = sitk.Image([int(n) for n in rng.integers(2, 40, 3)], sitk.sitkUInt8)
            spacing = np.linalg.norm(affine[:3, :3], axis=0)
            image.SetSpacing(spacing.tolist())
            image.SetOrigin(affine[:3, 3].tolist())
            image.SetDirection((affine[:3, :3] / spacing).ravel().tolist())
            sitk.WriteImage(image, f'{folder}/{name}')
        names.append(name)
    with open(f'{folder}/images.json', 'w') as file:
        json.dump(names, file)


def compare(folder):
    with open(f'{folder}/pairs.json') as file:
        print(json.dumps([apart(*pair) for pair in json.load(file)]))


def goldens():
    rng = np.random.default_rng(14)
    entries = []
    for _ in range(110):
        header = nifti_header(rng)
        path = os.path.join(HERE, 'golden.nii')
        write_nifti(path, header)
        nibabel, itk = in_nibabel(path), in_itk(path)
        os.remove(path)
        numbers = lambda read: read and [float(f'{v:.9g}') for v in read[0].ravel()]
        entries.append({'header': base64.b64encode(header.binaryblock).decode(), 'nibabel': numbers(nibabel), 'itk': numbers(itk)})
    with open(os.path.join(HERE, 'placements.json'), 'w') as file:
        file.write('[\n' + ',\n'.join(json.dumps(entry) for entry in entries) + '\n]\n')


if __name__ == '__main__':
    if sys.argv[1:2] == ['make']:
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    elif sys.argv[1:2] == ['compare']:
        compare(sys.argv[2])
    else:
        goldens()
