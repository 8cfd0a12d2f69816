"""Small NRRD and MetaImage files of every kind, and what SimpleITK reads in them.

    node tests/golden/make.mjs text_headers

Writes text_headers.json: per file its content in base64, shape (x, y, z, channels), affine (voxel -> RAS mm), and the voxels with x fastest and
channels slowest. Where ITK is known to be wrong, or refuses what the format allows, the numbers are those that the file was made from, and `by`
says so: ITK before 5.4.3 mirrors the space left-anterior-superior; MetaIO reads other memory for voxels compressed without CompressedDataSize.
"""
import base64
import gzip
import json
import os
import tempfile
import zlib

import numpy as np
import SimpleITK as sitk

HERE = os.path.dirname(os.path.abspath(__file__))
VOXELS = (np.arange(24, dtype='<i2') * 10 - 5).reshape((4, 3, 2), order='F')
RAW = VOXELS.tobytes(order='F')
STEPS = np.array([[0.5, 0, 0], [0, 0.6, 0], [0, 0, 2]])
TURNED = np.array([[0, 0.4, 0.3], [-0.6, 0, 0], [0, -1.2, 1.6]])
ORIGIN = np.array([1, 2, 3])
TYPES = {
    'signed char': 'i1', 'int8_t': 'i1', 'uchar': 'u1', 'unsigned char': 'u1', 'uint8': 'u1', 'short int': '<i2', 'signed short': '<i2',
    'int16': '<i2', 'ushort': '<u2', 'unsigned short int': '<u2', 'int': '<i4', 'int32_t': '<i4', 'uint': '<u4', 'unsigned int': '<u4',
    'longlong': '<i8', 'long long int': '<i8', 'int64': '<i8', 'ulonglong': '<u8', 'uint64_t': '<u8', 'float': '<f4', 'double': '<f8',
}
META_TYPES = {
    'MET_CHAR': 'i1', 'MET_UCHAR': 'u1', 'MET_SHORT': '<i2', 'MET_USHORT': '<u2', 'MET_INT': '<i4', 'MET_UINT': '<u4', 'MET_LONG': '<i4',
    'MET_ULONG': '<u4', 'MET_LONG_LONG': '<i8', 'MET_ULONG_LONG': '<u8', 'MET_FLOAT': '<f4', 'MET_DOUBLE': '<f8', 'MET_ASCII_CHAR': 'i1',
}
cases = []


def vector(v):
    return '(' + ','.join(repr(float(x)) for x in v) + ')'


def nrrd(*lines, sizes='4 3 2', kind='short', place=True, encoding='raw', endian='little', body=RAW, magic='NRRD0005', end='\n\n', steps=STEPS):
    dimension = len(sizes.split())
    head = [magic, f'type: {kind}', f'dimension: {dimension}']
    if place:
        space, directions = ('left-posterior-superior' if place is True else place), ' '.join(map(vector, steps))
        head += [f'space: {space}', f'space directions: {directions}', f'space origin: {vector(ORIGIN)}']
    head += [f'sizes: {sizes}', *([f'endian: {endian}'] if endian else []), f'encoding: {encoding}', *lines]
    return ('\n'.join(head) + end).encode() + body


def mha(body=RAW, first=(), without=(), last='LOCAL', **changed):
    head = {
        'ObjectType': 'Image', 'NDims': 3, 'BinaryData': True, 'BinaryDataByteOrderMSB': False, 'CompressedData': False,
        'TransformMatrix': '1 0 0 0 1 0 0 0 1', 'Offset': '1 2 3', 'CenterOfRotation': '0 0 0', 'ElementSpacing': '0.5 0.6 2', 'DimSize': '4 3 2',
        'ElementType': 'MET_SHORT',
    }
    head.update(changed)
    lines = [*first, *(f'{key} = {value}' for key, value in head.items() if key not in without), f'ElementDataFile = {last}']
    return ('\n'.join(lines) + '\n').encode() + body


def affine_of(signs=(-1, -1, 1), steps=STEPS, origin=ORIGIN):
    affine = np.eye(4)
    affine[:3, :3] = np.array(steps).T
    affine[:3, 3] = origin
    return np.diag([*signs, 1.0]) @ affine


def add(name, content, made=None):
    """`made`: affine and voxels (x fastest, channels slowest) by construction, in place of what ITK reads."""
    if made:
        affine, values = made
        entry = {'by': 'construction', 'shape': list(values.shape), 'affine': affine, 'values': values}
    else:
        entry = {'by': 'SimpleITK', **read(name, content)}
    entry['affine'] = [float(v) for v in np.asarray(entry['affine']).ravel()]
    entry['values'] = np.asarray(entry['values']).ravel(order='F').tolist()
    cases.append({'name': name, **entry, 'file': base64.b64encode(content).decode()})


def read(name, content):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'image' + name[name.rindex('.'):])
        with open(path, 'wb') as file:
            file.write(content)
        image = sitk.ReadImage(path)
    dims = image.GetDimension()
    space = min(dims, 3)
    array = sitk.GetArrayFromImage(image)
    is_vector = 'vector' in image.GetPixelIDTypeAsString()
    values = array.T if not is_vector else np.moveaxis(array, -1, 0).T
    steps = (np.array(image.GetDirection()).reshape(dims, dims) * np.array(image.GetSpacing()))[:space, :space]
    affine = np.eye(4)
    affine[:space, :space] = steps
    affine[:space, 3] = image.GetOrigin()[:space]
    return {'shape': [n for n in values.shape if n > 1], 'affine': np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine, 'values': values}


def add_nrrd():
    for space in ('left-posterior-superior', 'LPS', 'lps', 'leftposteriorsuperior', 'right-anterior-superior', 'right anterior superior', 'RAS'):
        add(f'space {space}.nrrd', nrrd(place=space, steps=TURNED))
    for space in ('left-anterior-superior', 'left anterior superior', 'LAS', 'Las'):
        add(f'space {space}.nrrd', nrrd(place=space, steps=TURNED), (affine_of((-1, 1, 1), TURNED), VOXELS))
    for space in ('scanner-xyz', '3D-right-handed', '3D-left-handed'):
        add(f'space {space}.nrrd', nrrd(place=space, steps=TURNED))
    directions = ' '.join(map(vector, TURNED))
    add('space dimension.nrrd', nrrd('space dimension: 3', f'space directions: {directions}', f'space origin: {vector(ORIGIN)}', place=False))
    add('sheared.nrrd', nrrd(steps=[[0.5, 0, 0], [0.1, 0.6, 0], [0, 0.3, 2]]))
    add('without place.nrrd', nrrd(place=False))
    add('spacings.nrrd', nrrd('spacings: 0.5 0.6 2', place=False))
    add('spacings below 0.nrrd', nrrd('spacings: 0.5 -0.6 2', place=False))
    add('axis mins.nrrd', nrrd('spacings: 0.5 0.6 2', 'axis mins: 10 20 30', place=False))
    add('axis mins of centres.nrrd', nrrd('spacings: 0.5 0.6 2', 'axismins: 10 20 30', 'centers: node node node', place=False))
    add('no origin.nrrd', nrrd().replace(f'space origin: {vector(ORIGIN)}\n'.encode(), b''))
    add('two axes.nrrd', nrrd('space dimension: 2', 'space directions: (0.5,0.1) (0,0.6)', 'space origin: (1,2)', place=False, sizes='4 6'))
    add('spacings of nan.nrrd', nrrd('spacings: nan nan nan'))

    place = lambda *at: [*(vector(v) if v is not None else 'none' for v in at)]
    x, y, z = STEPS
    vectors = lambda *at: ['space: LPS', 'space directions: ' + ' '.join(place(*at)), f'space origin: {vector(ORIGIN)}']
    add('list last.nrrd', nrrd(*vectors(x, y, z, None), 'kinds: domain domain domain list', place=False, sizes='2 3 2 2'))
    add('vector first.nrrd', nrrd(*vectors(None, x, y, z), 'kinds: vector space space space', place=False, sizes='2 3 2 2'))
    add('list second.nrrd', nrrd(*vectors(x, None, y, z), 'kinds: domain list domain domain', place=False, sizes='2 2 3 2'))
    add('rgb first.nrrd', nrrd(*vectors(None, x, y, z), 'kinds: RGB-color domain domain domain', place=False, sizes='3 2 2 2'))
    add('rgba first.nrrd', nrrd(*vectors(None, x, y, z), 'kinds: 4-color domain domain domain', place=False, sizes='4 3 2 1'))
    add('scalar last.nrrd', nrrd(*vectors(x, y, z, None), 'kinds: domain domain domain scalar', place=False, sizes='4 3 2 1'))
    add('four axes.nrrd', nrrd('spacings: 0.5 0.6 2 9', place=False, sizes='2 3 2 2'))
    times = [[*v, 0] for v in STEPS] + [[0, 0, 0, 7]]
    add('time.nrrd', nrrd('space: LPST', 'space directions: ' + ' '.join(map(vector, times)), 'space origin: (1,2,3,0)', place=False, sizes='2 3 2 2'))
    # ITK refuses an axis without direction that no kind tells of.
    made = VOXELS.ravel(order='F').reshape((2, 3, 2, 2), order='F')
    add('none without kinds.nrrd', nrrd(*vectors(x, y, z, None), place=False, sizes='2 3 2 2'), (affine_of(), made))

    for kind, dtype in TYPES.items():
        add(f'type {kind}.nrrd', nrrd(kind=kind, body=(np.arange(24) * 3).astype(dtype).tobytes()))
    add('big endian.nrrd', nrrd(endian='big', body=VOXELS.astype('>i2').tobytes(order='F')))
    add('keys.nrrd', nrrd('# a comment', 'patient name:=A\\nB: C', 'type:=other', 'content: a:=b', 'sample units: HU', 'number: 24', 'min: 0', 'max: 9',
                          'thicknesses: 1 1 1', 'labels: "a" "b" "c"', 'measurement frame: (1,0,0) (0,1,0) (0,0,1)', 'space units: "mm" "mm" "mm"'))
    add('long header.nrrd', nrrd(*[f'key {i}:={"x" * 90}' for i in range(20)], body=RAW))
    add('capitals.nrrd', nrrd().replace(b'type: short', b'TYPE: Short').replace(b'encoding: raw', b'Encoding: RAW').replace(b'sizes', b'Sizes'))
    add('windows.nrrd', nrrd(body=b'').replace(b'\n', b'\r\n') + RAW)
    add('first version.nrrd', nrrd(magic='NRRD00.01'))
    add('blanks.nrrd', nrrd().replace(b'(0.5,0.0,0.0)', b' ( 0.5 , 0.0,0.0 ) ').replace(b'4 3 2', b'4\t3  2'))
    for name, compressed in {'gzip': gzip.compress(RAW, mtime=0), 'members': gzip.compress(RAW[:7], mtime=0) + gzip.compress(RAW[7:], mtime=0), 'note': gzip.compress(RAW, mtime=0) + b'a note'}.items():
        add(f'{name}.nrrd', nrrd(encoding='gzip', body=compressed))
    add('gzip skip.nrrd', nrrd('line skip: 1', 'byte skip: 3', encoding='gz', body=b'hello\n' + gzip.compress(b'xyz' + RAW, mtime=0)))
    add('gzip from the end.nrrd', nrrd('byte skip: -1', encoding='gzip', body=gzip.compress(b'xyz' + RAW, mtime=0)))
    add('raw skip.nrrd', nrrd('line skip: 2', 'byte skip: 3', body=b'a\nbc\nxyz' + RAW))
    add('raw from the end.nrrd', nrrd('byteskip: -3', body=b'xyz' + RAW + b'ab'))
    add('ascii.nrrd', nrrd(encoding='ascii', endian=None, body=(' '.join(map(str, VOXELS.ravel(order='F'))) + '\n').encode()))
    add('ascii float.nrrd', nrrd(encoding='txt', kind='float', endian=None, body=b'1e3 .5 -2. +7 ' + b'0.25\n' * 20))
    add('hex.nrrd', nrrd(encoding='hex', body=b'\n'.join(RAW.hex().upper()[i:i + 7].encode() for i in range(0, 96, 7))))


def add_meta():
    add('plain.mha', mha())
    add('comment first.mha', mha(first=('Comment = made by hand: 1 = 2',)))
    add('no object type.mha', mha(without=('ObjectType',)))
    add('no binary data.mha', mha(without=('BinaryData', 'BinaryDataByteOrderMSB', 'CompressedData')))
    for word in ('Local', 'local'):
        add(f'{word}.mha', mha(last=word))
    for kind, dtype in META_TYPES.items():
        add(f'{kind}.mha', mha(ElementType=kind, body=(np.arange(24) * 3).astype(dtype).tobytes()))
    add('array.mha', mha(ElementType='MET_SHORT_ARRAY', ElementNumberOfChannels=2, DimSize='2 3 2'))
    add('channels.mha', mha(ElementNumberOfChannels=3, DimSize='2 2 2'))
    add('big endian.mha', mha(BinaryDataByteOrderMSB='1', body=VOXELS.astype('>i2').tobytes(order='F')))
    add('element byte order.mha', mha(without=('BinaryDataByteOrderMSB',), ElementByteOrderMSB='True', body=VOXELS.astype('>i2').tobytes(order='F')))
    packed = zlib.compress(RAW)
    add('compressed.mha', mha(packed, CompressedData='T', CompressedDataSize=len(packed)))
    add('compressed and a note.mha', mha(packed + b'a note', CompressedData=True, CompressedDataSize=len(packed)))
    add('gzip.mha', mha(gzip.compress(RAW, mtime=0), CompressedData=True, CompressedDataSize=len(gzip.compress(RAW, mtime=0))))
    add('compressed without size.mha', mha(packed, CompressedData=True), (affine_of(), VOXELS))
    add('header size.mha', mha(b'.' * (500 - len(mha(b'', HeaderSize=500))) + RAW, HeaderSize=500))
    add('header size from the end.mha', mha(b'what comes before' + RAW, HeaderSize=-1))
    add('ascii.mha', mha((' '.join(map(str, VOXELS.ravel(order='F'))) + '\n').encode(), BinaryData=False))
    for key in ('Position', 'Origin', 'ImagePosition'):
        add(f'{key}.mha', mha(without=('Offset',), **{key: '7 8 9'}))
    for key in ('TransformMatrix', 'Rotation', 'Orientation'):
        changed = {'TransformMatrix': '1 0 0 0 1 0 0 0 1', key: '0 0.6 0.8 1 0 0 0 0.8 -0.6'}
        add(f'{key}.mha', mha(without=() if key == 'TransformMatrix' else ('TransformMatrix',), **changed))
    add('directions of other lengths.mha', mha(TransformMatrix='2 0 0 0 1 0 0 0.1 1'))
    add('numbers in lines.mha', mha(TransformMatrix='0 1 0\n0 0 1\n1 0 0'))
    add('element size.mha', mha(without=('ElementSpacing',), ElementSize='3 4 5'))
    add('spacing and size.mha', mha(ElementSize='3 4 5'))
    add('no spacing.mha', mha(without=('ElementSpacing',)))
    add('spacing below 0.mha', mha(ElementSpacing='0.5 -0.6 2'))
    add('rest.mha', mha(AnatomicalOrientation='LPS', ElementToIntensityFunctionSlope=2, ElementToIntensityFunctionOffset=-5, CenterOfRotation='5 6 7',
                        Modality='MET_MOD_CT', ElementMin=0, ElementMax=9, DistanceUnits='mm', **{'0008|0060': 'CT', 'Mine': 'a = b'}))
    add('four axes.mha', mha(NDims=4, DimSize='2 3 2 2', TransformMatrix=' '.join(map(str, np.eye(4, dtype=int).ravel())), Offset='1 2 3 4',
                             ElementSpacing='0.5 0.6 2 7', CenterOfRotation='0 0 0 0'))
    add('two axes.mha', mha(NDims=2, DimSize='4 6', TransformMatrix='0 1 1 0', Offset='1 2', ElementSpacing='0.5 0.6', CenterOfRotation='0 0'))
    add('no blanks.mha', mha(b'').replace(b' = ', b'=') + RAW)
    add('colons.mha', mha(b'').replace(b' = ', b': ') + RAW)
    add('windows.mha', mha(b'').replace(b'\n', b'\r\n') + RAW)
    # ITK wants NDims before the fields that need it, and knows one spelling of each.
    late = mha(without=('NDims',), body=b'').replace(b'ElementType', b'NDims = 3\nElementType') + RAW
    add('dimensions late.mha', late, (affine_of(), VOXELS))
    add('small letters.mha', mha(body=b'').lower().replace(b'met_short', b'MET_SHORT') + RAW, (affine_of(), VOXELS))


if __name__ == '__main__':
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    add_nrrd()
    add_meta()
    with open(os.path.join(HERE, 'text_headers.json'), 'w') as file:
        file.write('[\n' + ',\n'.join(json.dumps(case) for case in cases) + '\n]\n')
