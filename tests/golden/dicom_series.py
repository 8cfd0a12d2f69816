"""Small DICOM series and objects of many frames, and what pydicom and SimpleITK read in them.

`values`: float64 of pydicom's `apply_modality_lut` on each frame, in the order of their places along the normal, as base64 of float32.
`affine`: voxel -> LPS mm, of SimpleITK's readers; computed from the header by this program (`by: header`) where SimpleITK is known to be wrong or knows
no such thing: three-digit cosines (GDCM makes them axial), the Slice Vector of NM objects, frames in any order.
"""

import base64
import json
import pathlib
import tempfile
import warnings
import zlib

import numpy
import pydicom
import SimpleITK
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_modality_lut

warnings.simplefilter('ignore')
SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
CLASS = '1.2.840.10008.5.1.4.1.1.'
IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN = ('1.2.840.10008.1.2' + end for end in ('', '.1', '.1.99', '.2'))
ROWS, COLUMNS = 4, 5
AXIAL = (1, 0, 0, 0, 1, 0)


def picture(slice_number):
    return 100 * slice_number + 10 * numpy.arange(ROWS)[:, None] + numpy.arange(COLUMNS)


def item(**elements):
    made = Dataset()
    for name, value in elements.items():
        setattr(made, name, value)
    return made


def text(values, digits=6):
    return [f'{value:.{digits}g}' for value in values]


def image(number, modality='CT', kind='2', pixels=None, bits=16, stored=16, signed=True, syntax=EXPLICIT):
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = syntax
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = CLASS + kind
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = f'1.2.3.4.5.{number + 1}'
    made.StudyInstanceUID, made.SeriesInstanceUID, made.FrameOfReferenceUID = '1.2.3', '1.2.3.4', '1.2.3.9'
    made.Modality, made.InstanceNumber, made.PatientID = modality, number + 1, 'P'
    made.Rows, made.Columns, made.SamplesPerPixel, made.PhotometricInterpretation = ROWS, COLUMNS, 1, 'MONOCHROME2'
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = bits, stored, stored - 1, int(signed)
    array = picture(number) if pixels is None else pixels
    order = '>' if syntax == BIG_ENDIAN else '<'
    made.PixelData = numpy.ascontiguousarray(array).astype(f'{order}{"i" if signed else "u"}{bits // 8}').tobytes()
    made['PixelData'].VR = 'OW' if bits > 8 else 'OB'
    return made


def series(count=4, change=lambda made, at: None, cosines=AXIAL, digits=6, gap=2.5, first=(-10, -20, 30), **how):
    normal = numpy.cross(cosines[:3], cosines[3:])
    normal = normal / numpy.linalg.norm(normal)
    slices = []
    for at in range(count):
        made = image(at, **how)
        made.ImagePositionPatient = text(numpy.array(first) + at * gap * normal, 8)
        made.ImageOrientationPatient = text(cosines, digits)
        made.PixelSpacing, made.SliceThickness = ['0.7', '0.5'], str(gap)
        change(made, at)
        slices.append(made)
    return slices


def rescaled(numbers):
    def change(made, at):
        made.RescaleSlope, made.RescaleIntercept = numbers[at % len(numbers)]

    return change


def enhanced(places, kind='4.1', modality='MR', rescale=None, shared_rescale=None):
    made = image(0, modality, kind, numpy.stack([picture(place) for place in places]))
    made.NumberOfFrames = len(places)
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=['0.7', '0.5'], SliceThickness='2.5')],
        PlaneOrientationSequence=[item(ImageOrientationPatient=text(AXIAL))],
    )
    if shared_rescale:
        shared.PixelValueTransformationSequence = [item(RescaleSlope=shared_rescale[0], RescaleIntercept=shared_rescale[1], RescaleType='US')]
    made.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for at, place in enumerate(places):
        frame = item(PlanePositionSequence=[item(ImagePositionPatient=text((-10, -20, 30 + 2.5 * place)))])
        if rescale:
            frame.PixelValueTransformationSequence = [item(RescaleSlope=rescale[at][0], RescaleIntercept=rescale[at][1], RescaleType='US')]
        frames.append(frame)
    made.PerFrameFunctionalGroupsSequence = frames
    return [made]


def nuclear(step, slices=(1, 2, 3, 4)):
    made = image(0, 'NM', '20', numpy.stack([picture(slice_number - 1) for slice_number in slices]), signed=False)
    made.ImageType = ['ORIGINAL', 'PRIMARY', 'RECON TOMO', 'EMISSION']
    made.NumberOfFrames = made.NumberOfSlices = len(slices)
    made.SliceVector, made.FrameIncrementPointer = list(slices), 0x00540080
    made.PixelSpacing, made.SpacingBetweenSlices, made.SliceThickness = ['0.7', '0.5'], step, '2.5'
    made.DetectorInformationSequence = [item(ImagePositionPatient=text((-10, -20, 30)), ImageOrientationPatient=text(AXIAL))]
    return [made]


def dose(offsets):
    made = image(0, 'RTDOSE', '481.2', numpy.stack([picture(at) for at in range(len(offsets))]), bits=32, stored=32, signed=False)
    made.NumberOfFrames, made.GridFrameOffsetVector, made.FrameIncrementPointer = len(offsets), offsets, 0x3004000C
    made.PixelSpacing, made.ImagePositionPatient, made.ImageOrientationPatient = ['0.7', '0.5'], text((-10, -20, 30)), text(AXIAL)
    made.DoseGridScaling, made.DoseUnits = '0.001', 'GY'
    return [made]


def modality_lut(first, entries, vr='SS', bits=16):
    def change(made, at):
        table = item(ModalityLUTType='US')
        table.LUTDescriptor = [len(entries), first, bits]
        table['LUTDescriptor'].VR = vr
        table.LUTData = [entry + at for entry in entries]
        table['LUTData'].VR = 'US'
        made.ModalityLUTSequence = [table]

    return change


def overlay_bits(made, at):
    """Unused bits that are set, and a negative value in twelve bits."""
    words = numpy.array([(0xF000 if (i + at) % 2 else 0x3000) | (0xFFB if i == 3 else i) for i in range(ROWS * COLUMNS)], '<u2')
    made.PixelData = words.tobytes()


def spacing_of_one(made, at):
    if at == 1:
        made.PixelSpacing = ['0.70000001', '0.5']


def jitter(made, at):
    made.ImagePositionPatient = text((-10, -20, round(30 + 0.625 * at, 1)))


def between(made, at):
    made.SpacingBetweenSlices = '3.3'


def monochrome1(made, at):
    made.PhotometricInterpretation = 'MONOCHROME1'


def sequences(made, at):
    """What stands in the way: private elements, values of unknown representation, sequences in sequences."""
    made.add_new(0x00090010, 'LO', 'SOMEBODY')
    made.add_new(0x00091001, 'OB', bytes(3000))
    made.add_new(0x00091002, 'UN', b'123456')
    made.add_new(0x00091003, 'SQ', [item(ReferencedSOPClassUID='1.2', ReferencedImageSequence=[item(ReferencedSOPInstanceUID='1.2.3')])])
    made.ReferencedImageSequence = [item(ReferencedSOPClassUID='1.2', PurposeOfReferenceCodeSequence=[item(CodeValue='1')])]
    made['ReferencedImageSequence'].is_undefined_length = bool(at % 2)


OBLIQUE = (0.8112394, -0.5331574, 0.2400708, 0.4058828, 0.8090173, 0.4251471)
DIAGONAL = (0.7071068, 0.7071068, 0, 0, 0, -1)
KINDS = {
    'one rescale': dict(made=series(change=rescaled([('1', '-1024')]))),
    'PET, each slice its own slope': dict(made=series(change=rescaled([('0.51', '0'), ('1.1', '0'), ('2.25', '0'), ('1.02e-8', '0')]), modality='PT', kind='128')),
    'PET, the first slope is 1': dict(made=series(change=rescaled([('1', '0'), ('0.5', '0'), ('0.001', '0'), ('300', '0')]), modality='PT', kind='128')),
    'intercepts that differ': dict(made=series(change=rescaled([('1', '-1024'), ('1', '-1024'), ('1', '-2047'), ('1', '-1024')]))),
    'one slope with a fraction': dict(made=series(change=rescaled([('0.51', '-3.25')]))),
    'beyond 16 bits': dict(made=series(change=rescaled([('1', '32768')])), by='header'),
    '12 bits with a sign and overlays': dict(made=series(change=overlay_bits, stored=12)),
    '12 bits without a sign, and overlays': dict(made=series(change=overlay_bits, stored=12, signed=False)),
    '8 bits': dict(made=series(2, bits=8, stored=8, signed=False)),
    '8 bits with a sign': dict(made=series(2, pixels=picture(0) - 20, bits=8, stored=8)),
    '32 bits': dict(made=series(2, bits=32, stored=32, signed=False, pixels=picture(0) * 70000)),
    'a table of its own for each slice': dict(made=series(change=modality_lut(-2, list(range(1000, 2500, 3))))),
    'a table for pixels without a sign': dict(made=series(2, change=modality_lut(5, list(range(7, 900)), 'US'), signed=False)),
    'reversed': dict(made=series(gap=-2.5)),
    'oblique': dict(made=series(cosines=OBLIQUE)),
    'oblique, five digits': dict(made=series(cosines=OBLIQUE, digits=5)),
    'oblique, three digits': dict(made=series(cosines=(0.811, -0.533, 0.24, 0.405, 0.81, 0.425), digits=3), by='header'),
    'at 45 degrees, three digits': dict(made=series(cosines=(0.707, 0.707, 0, 0, 0, -1), digits=3)),
    'sagittal': dict(made=series(cosines=(0, 1, 0, 0, 0, -1))),
    'pixel spacing of one slice in the eighth digit': dict(made=series(change=spacing_of_one)),
    'positions of one digit': dict(made=series(9, change=jitter)),
    'another spacing between slices': dict(made=series(change=between)),
    'one image': dict(made=series(1)),
    'one image with a spacing between slices': dict(made=series(1, change=between)),
    'MONOCHROME1': dict(made=series(change=monochrome1), values='itk'),
    'MONOCHROME1 of 12 bits, rescaled': dict(made=series(change=lambda m, at: (monochrome1(m, at), rescaled([('2', '-7')])(m, at)), stored=12, signed=False), values='itk'),
    'implicit': dict(made=series(2, syntax=IMPLICIT)),
    'deflated': dict(made=series(2, syntax=DEFLATED)),
    'big endian': dict(made=series(2, syntax=BIG_ENDIAN)),
    'no preamble': dict(made=series(2), cut=128),
    'no preamble and no mark': dict(made=series(2), cut=132),
    'no meta information': dict(made=series(2, syntax=IMPLICIT), bare=True),
    'private elements and sequences': dict(made=series(4, change=sequences)),
    'private elements, implicit': dict(made=series(4, change=sequences, syntax=IMPLICIT)),
    'frames': dict(made=enhanced((0, 1, 2, 3))),
    'frames in any order': dict(made=enhanced((2, 0, 3, 1)), by='header'),
    'frames, each its own slope': dict(made=enhanced((0, 1, 2, 3), rescale=[('2', '0'), ('3', '0'), ('2', '5'), ('0.1', '-1')])),
    'frames in any order, each its own slope': dict(made=enhanced((3, 1, 0, 2), '130', 'PT', rescale=[('2', '0'), ('3', '0'), ('2', '5'), ('0.1', '-1')]), by='header'),
    'frames, one slope': dict(made=enhanced((0, 1, 2), '2.1', 'CT', shared_rescale=('1', '-1024'))),
    'NM': dict(made=nuclear('2.5')),
    'NM against the normal': dict(made=nuclear('-2.5')),
    'NM in the order of its slice vector': dict(made=nuclear('2.5', (3, 1, 4, 2)), by='header'),
    'dose': dict(made=dose(['0', '2.5', '5'])),
    'dose of positions': dict(made=dose(['30', '32.5', '35'])),
    'dose downwards': dict(made=dose(['0', '-2.5', '-5'])),
}


def write(kind, folder):
    paths = []
    for at, made in enumerate(kind['made']):
        path = folder / f'{at:03d}.dcm'
        if kind.get('bare'):
            bare = Dataset()
            for element in made:
                bare.add(element)
            pydicom.dcmwrite(path, bare, implicit_vr=True, little_endian=True, enforce_file_format=False)
        else:
            pydicom.dcmwrite(path, made, enforce_file_format=True)
        paths.append(path)
    return paths


def frames_of(path, kind):
    """(position, orientation, real values) of each frame."""
    read = pydicom.dcmread(path, force=True)
    if not hasattr(read.file_meta, 'TransferSyntaxUID'):
        read.file_meta.TransferSyntaxUID = IMPLICIT
    stored = read.pixel_array.reshape(-1, ROWS, COLUMNS)
    if read.Modality == 'NM':
        plane = read.DetectorInformationSequence[0]
        places = [(plane.ImagePositionPatient, plane.ImageOrientationPatient, (number - 1) * float(read.SpacingBetweenSlices)) for number in read.SliceVector]
        scales = [(1.0, 0.0)] * len(stored)
    elif read.Modality == 'RTDOSE':
        offsets = [float(offset) for offset in read.GridFrameOffsetVector]
        places = [(read.ImagePositionPatient, read.ImageOrientationPatient, offset - offsets[0]) for offset in offsets]
        scales = [(float(read.DoseGridScaling), 0.0)] * len(stored)
    elif 'PerFrameFunctionalGroupsSequence' in read:
        shared = read.SharedFunctionalGroupsSequence[0]
        groups = read.PerFrameFunctionalGroupsSequence
        places = [(group.PlanePositionSequence[0].ImagePositionPatient, shared.PlaneOrientationSequence[0].ImageOrientationPatient, 0) for group in groups]
        scales = []
        for group in groups:
            holder = next((some for some in (group, shared) if 'PixelValueTransformationSequence' in some), None)
            rescale = holder and holder.PixelValueTransformationSequence[0]
            scales.append((float(rescale.RescaleSlope), float(rescale.RescaleIntercept)) if rescale else (1.0, 0.0))
    else:
        return [(numpy.array(read.ImagePositionPatient, float), numpy.array(read.ImageOrientationPatient, float), apply_modality_lut(stored[0], read).astype(float))]
    made = []
    for (position, orientation, offset), (slope, intercept), values in zip(places, scales, stored):
        orientation = numpy.array(orientation, float)
        place = numpy.array(position, float) + offset * numpy.cross(orientation[:3], orientation[3:])
        made.append((place, orientation, values * slope + intercept))
    return made


def affine_of_header(frames, gap):
    """The column kept, the row and the normal at right angles with it."""
    position, orientation, _ = frames[0]
    column = orientation[3:] / numpy.linalg.norm(orientation[3:])
    normal = numpy.cross(orientation[:3], column)
    normal = normal / numpy.linalg.norm(normal)
    row = numpy.cross(column, normal)
    affine = numpy.eye(4)
    affine[:3] = numpy.stack([row * 0.5, column * 0.7, normal * gap, position], axis=1)
    return affine


def affine_of_itk(paths, kind):
    """Voxels, and voxel -> LPS; slices along the normal, as the gateway orders them."""
    if len(paths) == 1:
        read = SimpleITK.ReadImage(str(paths[0]))
    else:
        reader = SimpleITK.ImageSeriesReader()
        reader.SetFileNames([str(path) for path in paths])
        read = reader.Execute()
    direction, spacing = numpy.array(read.GetDirection()).reshape(3, 3), numpy.array(read.GetSpacing())
    affine = numpy.eye(4)
    affine[:3, :3], affine[:3, 3] = direction * spacing, read.GetOrigin()
    values = SimpleITK.GetArrayFromImage(read)
    if numpy.linalg.det(direction) < 0:
        affine[:3, 3] += affine[:3, 2] * (read.GetDepth() - 1)
        affine[:3, 2] *= -1
        values = values[::-1]
    return affine, values


def reference(kind, paths):
    frames = [frame for path in paths for frame in frames_of(path, kind)]
    normal = numpy.cross(frames[0][1][:3], frames[0][1][3:])
    frames.sort(key=lambda frame: float(frame[0] @ normal))
    values = numpy.stack([real for _, _, real in frames])
    if kind.get('by') == 'header':
        unit = normal / numpy.linalg.norm(normal)
        affine = affine_of_header(frames, float((frames[-1][0] - frames[0][0]) @ unit) / (len(frames) - 1))
    else:
        in_order = sorted(paths, key=lambda path: float(frames_of(path, kind)[0][0] @ normal)) if len(paths) > 1 else paths
        affine, read = affine_of_itk(in_order, kind)
        if kind.get('values') == 'itk':
            values = read.astype(float)
    return values, affine


def main():
    goldens = {}
    for name, kind in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            paths = write(kind, pathlib.Path(folder))
            values, affine = reference(kind, paths)
            files = zlib.compress(json.dumps([base64.b64encode(path.read_bytes()[kind.get('cut', 0) :]).decode() for path in paths]).encode(), 9)
        goldens[name] = {
            'files': base64.b64encode(files).decode(),
            'shape': list(values.shape[::-1]),
            'values': base64.b64encode(zlib.compress(values.astype('<f4').tobytes(), 9)).decode(),
            'affine': [float(f'{value:.9g}') for value in affine[:3].ravel()],
        }
    pathlib.Path(__file__).with_suffix('.json').write_text(json.dumps(goldens))


main()
