import { unreadable, unsupported } from '../../../image-error';
import type { DataSet } from '../file/data-set';
import type { OpenDicom } from '../file/open-dicom';
import { DOUBLE_PIXELS, FLOAT_PIXELS, tags } from '../file/tags';
import type { Palette, PixelFormat } from '../frames/frame';
import { lookupTable } from './meaning';

/**
 * How the pixels of an object are written. What is missing has the value that follows from the rest.
 *
 * @throws ImageError when the object has no rows or columns, or its palette is damaged
 * @see DICOM PS3.3 C.7.6.3
 */
export function pixelFormatOf({ dataSet, pixelData, transferSyntax }: OpenDicom): PixelFormat {
  const number = (tag: number) => dataSet.u16(tag);
  const [rows = 0, columns = 0] = [number(tags.rows), number(tags.columns)];
  if (rows === 0 || columns === 0) throw unreadable(`it has pixel data, but ${rows} rows and ${columns} columns`);
  if (transferSyntax === '')
    throw unreadable('its pixel data is compressed, and it has no file meta information that says how');
  const { tag, vr } = pixelData!;
  const float = tag === FLOAT_PIXELS || tag === DOUBLE_PIXELS;
  const bitsAllocated = float ? (tag === DOUBLE_PIXELS ? 64 : 32) : (number(tags.bitsAllocated) ?? 16);
  const bitsStored = number(tags.bitsStored) ?? bitsAllocated;
  const signed = number(tags.pixelRepresentation) === 1;
  const samplesPerPixel = number(tags.samplesPerPixel) ?? 1;
  const photometricInterpretation =
    dataSet.text(tags.photometric).toUpperCase() || (samplesPerPixel === 3 ? 'RGB' : 'MONOCHROME2');
  return {
    ...{ transferSyntax, rows, columns, samplesPerPixel, photometricInterpretation, bitsAllocated, bitsStored, signed },
    planarConfiguration: number(tags.planarConfiguration) === 1 ? 1 : 0,
    highBit: number(tags.highBit) ?? bitsStored - 1,
    ...(float ? { float } : {}),
    ...(vr === 'OB' || vr === 'OW' ? { pixelVr: vr } : {}),
    ...(photometricInterpretation === 'PALETTE COLOR' ? { palette: paletteOf(dataSet, signed) } : {}),
  };
}

function paletteOf(dataSet: DataSet, signed: boolean): Palette {
  if (tags.segmentedPalettes.some((tag) => dataSet.has(tag)))
    throw unsupported('its palette is a segmented one; palettes with one entry for each value are read');
  const [red, green, blue] = tags.paletteDescriptors.map((descriptor, at) =>
    lookupTable(dataSet, descriptor, tags.palettes[at], signed),
  );
  const bits = red.bits <= 8 ? 8 : 16;
  return { firstMapped: red.first, bits, red: red.entries, green: green.entries, blue: blue.entries };
}
