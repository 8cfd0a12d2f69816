"""Small frames of DICOM in every transfer syntax that pydicom, its plugins, imagecodecs and DCMTK write, and the values in them.

Lossless: the values that went in, which pydicom's decoders give back (checked here). Lossy: what pydicom's decoders give, or
imagecodecs' and DCMTK's where pydicom has none. DCMTK's programs (Debian: dcmtk) must be on the path.
"""

import base64
import json
import pathlib
import struct
import subprocess
import tempfile
import warnings

import imagecodecs
import numpy
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.encoders.native import _encode_segment
from pydicom.pixels import pixel_array
from pydicom.pixels.processing import apply_color_lut, convert_color_space

warnings.simplefilter('ignore')
NATIVE = '1.2.840.10008.1.2.1'
OPENED = {
    'baseline': '1.2.840.10008.1.2.4.50', 'extended': '1.2.840.10008.1.2.4.51', 'spectral': '1.2.840.10008.1.2.4.53',
    'progressive': '1.2.840.10008.1.2.4.55', 'lossless': '1.2.840.10008.1.2.4.57', 'sv1': '1.2.840.10008.1.2.4.70',
    'jpegls': '1.2.840.10008.1.2.4.80', 'near': '1.2.840.10008.1.2.4.81', 'j2k': '1.2.840.10008.1.2.4.90',
    'j2k-lossy': '1.2.840.10008.1.2.4.91', 'htj2k': '1.2.840.10008.1.2.4.201', 'htj2k-rpcl': '1.2.840.10008.1.2.4.202',
    'htj2k-lossy': '1.2.840.10008.1.2.4.203', 'rle': '1.2.840.10008.1.2.5',
}

random = numpy.random.default_rng(14)


def picture(rows, columns, low, high, dtype, samples=1):
    """A slope with noise: both ends of the range are in it."""
    shape = (rows, columns) if samples == 1 else (rows, columns, samples)
    slope = numpy.linspace(low, high, rows * columns).reshape(rows, columns)
    slope = slope if samples == 1 else numpy.stack([slope, slope[::-1], slope[:, ::-1]], axis=-1)
    noise = random.integers(-(high - low) // 40 - 1, (high - low) // 40 + 2, shape)
    made = numpy.clip(numpy.rint(slope + noise), low, high)
    made.flat[0], made.flat[-1] = low, high
    return made.astype(dtype)


# name: pixels, Bits Allocated, Bits Stored
KINDS = {
    '8u': (picture(5, 7, 0, 255, 'u1'), 8, 8),
    '8s': (picture(5, 7, -128, 127, 'i1'), 8, 8),
    '8u-in-16': (picture(6, 9, 0, 255, 'u2'), 16, 8),
    '12u': (picture(5, 7, 0, 4095, 'u2'), 16, 12),
    '12s': (picture(5, 7, -2048, 2047, 'i2'), 16, 12),
    '16u': (picture(5, 7, 0, 65535, 'u2'), 16, 16),
    '16s': (picture(12, 16, -32768, 32767, 'i2'), 16, 16),
    'rgb': (picture(6, 8, 0, 255, 'u1', 3), 8, 8),
    'rgb-odd': (picture(5, 7, 0, 255, 'u1', 3), 8, 8),
    'rgb-16': (picture(5, 7, 0, 65535, 'u2', 3), 16, 16),
    '12s of 34 x 35': (picture(34, 35, -2048, 2047, 'i2'), 16, 12),
    '12u of 20 x 21': (picture(20, 21, 0, 4095, 'u2'), 16, 12),
    '32u': (picture(5, 7, 0, 2**32 - 1, 'u4'), 32, 32),
}


def dataset(kind):
    pixels, allocated, stored = KINDS[kind]
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = NATIVE
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = '1.2.840.10008.5.1.4.1.1.7'
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = '1.2.3.4'
    data.StudyInstanceUID, data.SeriesInstanceUID = '1.2.3', '1.2.3.1'
    data.PatientID = data.PatientName = 'a'
    data.Modality = 'OT'
    data.Rows, data.Columns = pixels.shape[:2]
    data.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    data.PhotometricInterpretation = 'RGB' if pixels.ndim == 3 else 'MONOCHROME2'
    if pixels.ndim == 3:
        data.PlanarConfiguration = 0
    data.BitsAllocated, data.BitsStored, data.HighBit = allocated, stored, stored - 1
    data.PixelRepresentation = int(pixels.dtype.kind == 'i')
    raw = pixels.astype(pixels.dtype.newbyteorder('<')).tobytes()
    data.PixelData = raw + b'\0' * (len(raw) % 2)
    data['PixelData'].VR = 'OB' if allocated == 8 else 'OW'
    return data


def text(raw):
    return base64.b64encode(raw).decode()


cases = []


def add(name, data, frame, values, within=0):
    """`values`: rows x columns x channels, of the type they are to be decoded to."""
    cases.append({
        'name': name,
        'format': {
            'transferSyntax': str(data.file_meta.TransferSyntaxUID),
            'rows': data.Rows, 'columns': data.Columns, 'samplesPerPixel': data.SamplesPerPixel,
            'photometricInterpretation': data.PhotometricInterpretation,
            'planarConfiguration': int(data.get('PlanarConfiguration', 0)),
            'bitsAllocated': data.BitsAllocated, 'bitsStored': data.BitsStored, 'highBit': data.HighBit,
            'signed': bool(data.PixelRepresentation),
        },
        'frame': text(frame),
        'values': text(numpy.ascontiguousarray(values).tobytes()),
        'within': within,
    })  # fmt: skip


def add_encoded(name, kind, data, lossy=False, values=None):
    frame = next(generate_frames(data.PixelData, number_of_frames=1))
    right = KINDS[kind][0]
    if values is None:
        try:
            # Colours as RGB, by libjpeg (pillow): rounding between YCbCr and RGB makes two where decoders differ by one.
            by_libjpeg = kind.startswith('rgb') and data.file_meta.TransferSyntaxUID in (OPENED['baseline'], OPENED['extended'])
            values = pixel_array(data, decoding_plugin='pillow' if by_libjpeg else '')
        except Exception as error:
            if lossy:
                raise
            print(f'{name}: pydicom refuses ({str(error).strip().splitlines()[-1][:100]}); the pixels that went in are right')
            values = right
    if not lossy and not numpy.array_equal(values, right):
        print(f'{name}: pydicom reads other values than those that went in, which are right')
        values = right
    add(name, data, frame, values.astype(f'{right.dtype.kind}{data.BitsAllocated // 8}'), int(lossy))


def by_pydicom(name, kind, syntax, **options):
    data = dataset(kind)
    data.compress(syntax, generate_instance_uid=False, **options)
    add_encoded(name, kind, data, lossy=syntax == OPENED['near'] or syntax == OPENED['j2k-lossy'])


def by_dcmtk(name, kind, program, *options, lossy=False, read=True):
    with tempfile.TemporaryDirectory() as folder:
        source, target = f'{folder}/a.dcm', f'{folder}/b.dcm'
        dataset(kind).save_as(source, enforce_file_format=True)
        subprocess.run([program, '--uid-never', *options, source, target], check=True)
        data = pydicom.dcmread(target)
        values = None
        if not read:
            subprocess.run(['dcmdjpeg', target, source], check=True)
            values = pydicom.dcmread(source).pixel_array
        add_encoded(name, kind, data, lossy, values)


def by_imagecodecs(name, kind, syntax, encode, photometric=None, values=None, lossy=False):
    data = dataset(kind)
    data.file_meta.TransferSyntaxUID = syntax
    data.PhotometricInterpretation = photometric or data.PhotometricInterpretation
    frame = bytes(encode(KINDS[kind][0]))
    data.PixelData = encapsulate([frame + b'\0' * (len(frame) % 2)])
    data['PixelData'].is_undefined_length = True
    add_encoded(name, kind, data, lossy, values)


def rle_of_words(pixels):
    """pydicom encodes segments of any kind, whole frames of 32 bits it does not."""
    planes = pixels.astype('>u4').view('u1').reshape(*pixels.shape, 4)
    segments = [bytes(_encode_segment(planes[..., plane].tobytes(), pixels.shape[1])) for plane in range(4)]
    starts = [64 + sum(map(len, segments[:plane])) for plane in range(4)]
    return struct.pack('<16I', 4, *starts, *[0] * 11) + b''.join(segments)


GREY = ['8u', '8s', '8u-in-16', '12u', '12s', '16u', '16s']
COLOUR = ['rgb', 'rgb-odd']
for kind in [*GREY, *COLOUR, 'rgb-16']:
    if kind != '8u-in-16':  # pydicom writes half of the bytes of these
        by_pydicom(f'rle {kind}', kind, OPENED['rle'], encoding_plugin='pydicom')
by_imagecodecs('rle 32u', '32u', OPENED['rle'], rle_of_words)
for kind in ['8u-in-16', '12s', '16u', 'rgb-odd']:
    by_dcmtk(f'rle {kind} dcmtk', kind, 'dcmcrle')

for kind in [*GREY, *COLOUR]:
    by_dcmtk(f'jpeg-lossless-sv1 {kind} dcmtk', kind, 'dcmcjpeg', '+e1')
for selection in range(1, 8):
    for kind in ['16s', 'rgb-odd']:
        by_dcmtk(f'jpeg-lossless {kind} predictor {selection} dcmtk', kind, 'dcmcjpeg', '+el', '+sv', str(selection))
for kind in ['8u', '8u-in-16', *COLOUR]:
    by_dcmtk(f'jpeg-baseline {kind} dcmtk', kind, 'dcmcjpeg', '+eb', lossy=True)
by_dcmtk('jpeg-baseline rgb of RGB dcmtk', 'rgb', 'dcmcjpeg', '+eb', '+cr', lossy=True)
by_dcmtk('jpeg-baseline rgb 4:4:4 dcmtk', 'rgb', 'dcmcjpeg', '+eb', '+s4', lossy=True)
by_dcmtk('jpeg-extended 8u dcmtk', '8u', 'dcmcjpeg', '+ee', lossy=True)
by_dcmtk('jpeg-extended rgb dcmtk', 'rgb', 'dcmcjpeg', '+ee', lossy=True)
by_dcmtk('jpeg-extended 12u dcmtk', '12u', 'dcmcjpeg', '+ee', lossy=True)
by_dcmtk('jpeg-extended 12u of 20 x 21 dcmtk', '12u of 20 x 21', 'dcmcjpeg', '+ee', lossy=True)
for kind in ['8u', 'rgb', '12u']:
    by_dcmtk(f'jpeg-spectral {kind} dcmtk', kind, 'dcmcjpeg', '+es', lossy=True, read=False)
    by_dcmtk(f'jpeg-progressive {kind} dcmtk', kind, 'dcmcjpeg', '+ep', lossy=True, read=False)

for kind in [*GREY, *COLOUR]:
    by_pydicom(f'jpeg-ls {kind}', kind, OPENED['jpegls'])
    by_dcmtk(f'jpeg-ls {kind} dcmtk', kind, 'dcmcjpls', '+el')
for mode in ['+il', '+is', '+in']:
    by_dcmtk(f'jpeg-ls rgb {mode} dcmtk', 'rgb', 'dcmcjpls', '+el', mode)
for kind in ['8u', '12u', '16u', 'rgb']:
    by_pydicom(f'jpeg-ls-near {kind}', kind, OPENED['near'], jls_error=2)
    by_dcmtk(f'jpeg-ls-near {kind} dcmtk', kind, 'dcmcjpls', '+en', lossy=True)

def j2k(pixels, **options):
    return imagecodecs.jpeg2k_encode(pixels, **{'level': 0, 'codecformat': 'j2k', 'resolutions': 2, 'reversible': True, 'mct': False} | options)


for kind in [*GREY, *COLOUR, 'rgb-16']:
    stored = KINDS[kind][2]
    by_imagecodecs(f'jpeg-2000 {kind}', kind, OPENED['j2k'], lambda a: j2k(a, bitspersample=stored))
by_pydicom('jpeg-2000 12s of 34 x 35', '12s of 34 x 35', OPENED['j2k'])
by_pydicom('jpeg-2000-lossy 12s of 34 x 35', '12s of 34 x 35', OPENED['j2k-lossy'], j2k_cr=[4])
for kind in ['8u', '12u', '16s', 'rgb']:
    by_imagecodecs(f'jpeg-2000-lossy {kind}', kind, OPENED['j2k-lossy'], lambda a: j2k(a, level=60, reversible=False), lossy=True)
by_imagecodecs('jpeg-2000 rgb with a component transform', 'rgb', OPENED['j2k'], lambda a: j2k(a, mct=True), 'YBR_RCT')
by_imagecodecs('jpeg-2000-lossy rgb with a component transform', 'rgb', OPENED['j2k-lossy'], lambda a: j2k(a, mct=True, level=60, reversible=False), 'YBR_ICT', lossy=True)
by_imagecodecs('jpeg-2000 8u in a JP2 file', '8u', OPENED['j2k'], lambda a: j2k(a, codecformat='jp2'))
by_imagecodecs('jpeg-2000 12s written as unsigned', '12s', OPENED['j2k'], lambda a: j2k((a & 0xFFF).astype('u2'), bitspersample=12))

for kind in [*GREY, *COLOUR, 'rgb-16']:
    for syntax in ['htj2k', 'htj2k-rpcl']:
        by_imagecodecs(f'{syntax} {kind}', kind, OPENED[syntax], lambda a: imagecodecs.htj2k_encode(a, reversible=True, rgb=a.ndim == 3))
by_imagecodecs('htj2k 16s of tiles', '16s', OPENED['htj2k'], lambda a: imagecodecs.htj2k_encode(a, reversible=True, tile=(8, 8)))
for kind in ['8u', '12u', '16s', 'rgb']:
    by_imagecodecs(f'htj2k-lossy {kind}', kind, OPENED['htj2k-lossy'], lambda a: imagecodecs.htj2k_encode(a, level=0.01, reversible=False, rgb=a.ndim == 3), lossy=True)

# Without Adobe marker, components 1, 2, 3: what the colours are, only the header says.
rgb = KINDS['rgb'][0]
marked = bytes(imagecodecs.jpeg8_encode(rgb, level=95, colorspace='RGB', outcolorspace='RGB', subsampling='444'))
adobe = marked.index(b'\xff\xee')
unmarked = (marked[:adobe] + marked[adobe + 16 :]).replace(b'R\x11\x00G\x11\x00B\x11\x00', b'\x01\x11\x00\x02\x11\x00\x03\x11\x00')
unmarked = unmarked.replace(b'\x03R\x00G\x00B\x00', b'\x03\x01\x00\x02\x00\x03\x00')
assert b'Adobe' not in unmarked and unmarked.count(b'\x01\x11\x00\x02\x11\x00\x03\x11\x00') == 1
by_imagecodecs('jpeg-baseline rgb without Adobe marker', 'rgb', OPENED['baseline'], lambda _: unmarked, values=imagecodecs.jpeg8_decode(marked), lossy=True)
by_imagecodecs('jpeg-baseline rgb as YBR without Adobe marker', 'rgb', OPENED['baseline'], lambda a: imagecodecs.jpeg8_encode(a, level=95, colorspace='RGB', outcolorspace='YCBCR', subsampling='444'), 'YBR_FULL', lossy=True)


def native(name, samples, photometric, right, **attributes):
    """Uncompressed colours, and what pydicom makes of them."""
    data = dataset('rgb')
    data.PhotometricInterpretation = photometric
    data.BitsAllocated = data.BitsStored = 8 * samples.dtype.itemsize
    data.HighBit = data.BitsStored - 1
    for keyword, value in attributes.items():
        setattr(data, keyword, value)
    add(name, data, samples.tobytes(), right)


native('native YBR_FULL', rgb, 'YBR_FULL', convert_color_space(rgb, 'YBR_FULL', 'RGB'))
native('native YBR_FULL in planes', numpy.ascontiguousarray(rgb.transpose(2, 0, 1)), 'YBR_FULL', convert_color_space(rgb, 'YBR_FULL', 'RGB'), PlanarConfiguration=1)
native('native RGB in planes', numpy.ascontiguousarray(rgb.transpose(2, 0, 1)), 'RGB', rgb, PlanarConfiguration=1)
pairs = rgb.reshape(-1, 6)[:, [0, 3, 1, 2]]
full = pairs[:, [0, 2, 3, 1, 2, 3]].reshape(rgb.shape)
native('native YBR_FULL_422', pairs, 'YBR_FULL_422', convert_color_space(full, 'YBR_FULL', 'RGB'))
for bits, first in [(8, 0), (16, 0), (16, 20)]:
    data = Dataset()
    data.PhotometricInterpretation, data.PixelRepresentation = 'PALETTE COLOR', 0
    data.BitsStored = 8
    tables = []
    for colour in ['Red', 'Green', 'Blue']:
        entries = random.integers(0, 2**bits, 200).astype(f'<u{bits // 8}')
        tables.append([int(entry) for entry in entries])
        setattr(data, f'{colour}PaletteColorLookupTableDescriptor', [200, first, bits])
        setattr(data, f'{colour}PaletteColorLookupTableData', entries.tobytes())
    grey = KINDS['8u'][0]
    native(f'native palette of {bits} bits from {first}', grey, 'PALETTE COLOR', apply_color_lut(grey, data), Rows=5, Columns=7, SamplesPerPixel=1, PlanarConfiguration=0)
    cases[-1]['palette'] = {'firstMapped': first, 'bits': bits, 'red': tables[0], 'green': tables[1], 'blue': tables[2]}

path = pathlib.Path(__file__).with_suffix('.json')
path.write_text(json.dumps(cases))
print(len(cases), 'frames,', path.stat().st_size, 'bytes')
