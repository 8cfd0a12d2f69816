"""Small DICOM series with masks, and the Segmentation objects that highdicom makes of them; texts in every character set as pydicom decodes them; colours
as CIELab by littlecms. Writes dicom_segmentation.json."""

import base64
import io
import json
import os

import highdicom as hd
import numpy as np
import pydicom
from PIL import Image, ImageCms
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes

CT, ENHANCED_MR = '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.1.1.4.1'
ROOT = '1.2.826.0.1.3680043.10.999.14.'


def head(kind, number):
    d = Dataset()
    d.file_meta = FileMetaDataset()
    d.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    d.SpecificCharacterSet = 'ISO_IR 100'
    d.SOPClassUID = d.file_meta.MediaStorageSOPClassUID = kind
    d.SOPInstanceUID = d.file_meta.MediaStorageSOPInstanceUID = f'{ROOT}3.{number}'
    d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID = ROOT + '1', ROOT + '2', ROOT + '4'
    d.PatientName, d.PatientID, d.PatientBirthDate, d.PatientSex = 'Müller^Jürgen', 'P-7', '19700102', 'M'
    d.PatientIdentityRemoved, d.DeidentificationMethod = 'YES', 'Größe'
    d.StudyDate, d.StudyTime, d.StudyID, d.AccessionNumber = '20200304', '101112', 'S1', 'A1'
    d.StudyDescription, d.ReferringPhysicianName = 'Übersicht', 'Åberg^A'
    d.TimezoneOffsetFromUTC, d.SeriesNumber, d.PositionReferenceIndicator = '+0530', 7, ''
    d.Modality, d.PatientPosition, d.Manufacturer = 'CT' if kind == CT else 'MR', 'HFS', 'X'
    d.ImageType, d.AcquisitionNumber, d.InstanceNumber = ['ORIGINAL', 'PRIMARY', 'AXIAL'], 1, number + 1
    return d


def pixels(d, frames, rows, columns):
    d.Rows, d.Columns, d.SamplesPerPixel, d.PhotometricInterpretation = rows, columns, 1, 'MONOCHROME2'
    d.BitsAllocated, d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 16, 15, 0
    d.RescaleSlope, d.RescaleIntercept = 1, 0
    data = np.zeros((frames, rows, columns), '<u2').tobytes()
    d.PixelData = data
    d['PixelData'].VR = 'OW'


def item(**values):
    d = Dataset()
    for name, value in values.items():
        setattr(d, name, value)
    return d


TILT = np.deg2rad(20)
ORIENTATION = [1, 0, 0, 0, round(float(np.cos(TILT)), 6), round(float(np.sin(TILT)), 6)]
NORMAL = np.cross(ORIENTATION[:3], ORIENTATION[3:])


def position(place, gap=2.5):
    return [f'{v:.8g}' for v in np.array([-10.5, -20.25, 30]) + place * gap * NORMAL]


def series(order, rows, columns):
    """One file per slice; file k is the slice at place order[k]."""
    files = []
    for number, place in enumerate(order):
        d = head(CT, number)
        d.ImagePositionPatient, d.ImageOrientationPatient = position(place), ORIENTATION
        d.PixelSpacing, d.SliceThickness = ['0.7', '0.5'], '3'
        pixels(d, 1, rows, columns)
        files.append(d)
    return files


def enhanced(order, rows, columns):
    d = head(ENHANCED_MR, 0)
    d.NumberOfFrames = len(order)
    organization = ROOT + '9'
    d.DimensionOrganizationSequence = [item(DimensionOrganizationUID=organization)]
    d.DimensionIndexSequence = [item(DimensionOrganizationUID=organization, DimensionIndexPointer=0x00209057, FunctionalGroupPointer=0x00209111)]
    d.SharedFunctionalGroupsSequence = [item(
        PixelMeasuresSequence=[item(PixelSpacing=['0.7', '0.5'], SliceThickness='3')],
        PlaneOrientationSequence=[item(ImageOrientationPatient=ORIENTATION)])]
    d.PerFrameFunctionalGroupsSequence = [item(
        FrameContentSequence=[item(StackID='1', InStackPositionNumber=place + 1, DimensionIndexValues=[place + 1])],
        PlanePositionSequence=[item(ImagePositionPatient=position(place))]) for place in order]
    pixels(d, len(order), rows, columns)
    return [d]


def file_of(d):
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, d, enforce_file_format=True)
    return base64.b64encode(buffer.getvalue()).decode()


def case(name, files, order, rows, columns, labels):
    """The mask (slices by place) holds `labels`; the slice at place 2 is empty."""
    random = np.random.default_rng(rows * 100 + columns)
    mask = np.array([0, *labels], 'u2')[random.integers(0, len(labels) + 1, (len(order), rows, columns))]
    mask[2] = 0
    by_source = mask[np.array(order)]  # highdicom takes the frames in the order of the source
    algorithm = hd.AlgorithmIdentificationSequence(name='m', version='1', family=codes.cid7162.ArtificialIntelligence)
    answers = {}
    for kind in ('BINARY', 'LABELMAP'):
        numbers = labels if kind == 'LABELMAP' else range(1, len(labels) + 1)
        stored = by_source.copy()
        if kind == 'BINARY':
            for number, label in enumerate(labels, 1):
                stored[by_source == label] = number
        described = [hd.seg.SegmentDescription(n, f's{n}', codes.SCT.Tissue, codes.SCT.Tissue, 'AUTOMATIC', algorithm) for n in numbers]
        made = hd.seg.Segmentation(files, stored, kind, described, ROOT + '5', 1, ROOT + '6', 1, 'm', 'm', '1', '0')
        frames = []
        for group in made.PerFrameFunctionalGroupsSequence:
            source = group.DerivationImageSequence[0].SourceImageSequence[0]
            segment = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber if kind == 'BINARY' else None
            frames.append({
                'segment': segment,
                'position': [float(v) for v in group.PlanePositionSequence[0].ImagePositionPatient],
                'instance': source.ReferencedSOPInstanceUID,
                'frame': source.get('ReferencedFrameNumber'),
            })
        pixels = made.pixel_array.reshape(-1, rows, columns)
        # In the order that our objects have: segments, then places.
        along = [np.dot(frame['position'], NORMAL) for frame in frames]
        sorting = sorted(range(len(frames)), key=lambda i: (frames[i]['segment'] or 0, along[i]))
        pixels = pixels[sorting]
        if kind == 'BINARY':
            data = np.packbits(pixels.reshape(-1).astype(bool), bitorder='little').tobytes()
        else:
            data = pixels.astype('<u2' if made.BitsAllocated == 16 else 'u1').tobytes()
        data += bytes(len(data) % 2)
        answers[kind.lower()] = {'bits': made.BitsAllocated, 'frames': [frames[i] for i in sorting], 'pixels': data.hex()}
    return {
        'name': name, 'rows': rows, 'columns': columns, 'slices': len(order), 'labels': labels,
        'files': [file_of(d) for d in files],
        'mask': base64.b64encode(mask.astype('<u2').tobytes()).decode(),
        **answers,
    }


TEXTS = [
    (['ISO_IR 100'], 'Müller^Jürgen'),
    (['ISO_IR 101'], 'Wałęsa^Zbigniew'),
    (['ISO_IR 144'], 'Люкceмбypг'),
    (['ISO_IR 126'], 'Διονυσιος'),
    (['ISO_IR 138'], 'שרון^דבורה'),
    (['ISO_IR 127'], 'قباني^لنزار'),
    (['ISO_IR 148'], 'Çavuşoğlu'),
    (['ISO_IR 166'], 'นามสกุล'),
    (['ISO_IR 13'], 'ﾔﾏﾀﾞ^ﾀﾛｳ'),
    (['ISO_IR 192'], 'Wang^XiaoDong=王^小東'),
    (['GB18030'], 'Wang^XiaoDong=王^小东'),
    (['GBK'], '脾臓'),
    (['', 'ISO 2022 IR 87'], 'Yamada^Tarou=山田^太郎=やまだ^たろう'),
    (['ISO 2022 IR 13', 'ISO 2022 IR 87'], 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう'),
    (['', 'ISO 2022 IR 149'], 'Hong^Gildong=洪^吉洞=홍^길동'),
    (['ISO 2022 IR 100', 'ISO 2022 IR 144'], 'Dvořák'.replace('ř', 'r') + '^Äé=Люк'),
]


def encoded(sets, text):
    """As pydicom writes it; and read back by pydicom, so that the pair is its own."""
    encodings = pydicom.charset.convert_encodings(sets if len(sets) > 1 else sets[0])
    raw = b'='.join(b'^'.join(pydicom.charset.encode_string(part, encodings) for part in group.split('^')) for group in text.split('='))
    person = pydicom.valuerep.PersonName(raw, encodings)
    return {'sets': '\\'.join(sets), 'bytes': raw.hex(), 'text': str(person)}


def cie_lab(rgb):
    """L*, a*, b* under D50 as littlecms converts sRGB, whole numbers."""
    to_lab = ImageCms.buildTransform(ImageCms.createProfile('sRGB'), ImageCms.createProfile('LAB'), 'RGB', 'LAB', renderingIntent=1)
    lightness, a, b = ImageCms.applyTransform(Image.new('RGB', (1, 1), rgb), to_lab).getpixel((0, 0))
    return [round(lightness / 255 * 100, 3), a - 128, b - 128]


COLOURS = [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (220, 60, 50), (10, 20, 30)]

CT_FILES = series([2, 0, 4, 1, 3], 5, 7)
MR_FILES = enhanced([4, 3, 2, 1, 0], 6, 3)
result = {
    'cases': [
        case('files in any order, 5 x 7 pixels', CT_FILES, [2, 0, 4, 1, 3], 5, 7, [1, 5, 117]),
        case('an enhanced object, frames from the head down', MR_FILES, [4, 3, 2, 1, 0], 6, 3, [2, 300]),
    ],
    'texts': [encoded(*text) for text in TEXTS],
    'colours': [{'rgb': rgb, 'lab': cie_lab(rgb)} for rgb in COLOURS],
}
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, 'dicom_segmentation.json'), 'w') as file:
    json.dump(result, file, ensure_ascii=False, indent=1)
