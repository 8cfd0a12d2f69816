import { closestCanonical } from '../../../gateway/imaging/geometry';
import { withoutScaling } from '../../../gateway/imaging/formats/real-values';
import { decodeImage, toFloat32, type DecodedImage } from '../../../gateway/imaging/formats/decode';
import { joinPair } from '../../../gateway/imaging/formats/nifti/read-nifti';
import goldens from '../../golden/imaging_formats.json';
import { describeWithData } from '../../shared-data';
import { temporaryFile } from './temporary-file';
import { largestDifference, voxelHash } from './voxels';

interface Golden {
  reader: string;
  shape: number[];
  raw: string;
  float32?: string;
  affine?: number[];
  canonical?: { shape: number[]; float32: string; affine: number[] };
}

// The affine comes from float32 fields for NIfTI (exact), from decimal text through ITK's own arithmetic otherwise.
const tolerances: Record<string, number> = { nibabel: 0, SimpleITK: 1e-6 };

/** A pair is read as the one file it is made into. */
async function joined(header: string): Promise<string> {
  const target = temporaryFile('pair.nii', '');
  const voxels = header.replace(/hdr$/, 'img');
  await joinPair({ path: header, name: 'pair.hdr' }, { path: voxels, name: 'pair.img' }, target, { maxBytes: 1 << 30 });
  return target;
}

for (const [path, golden] of Object.entries(goldens as Record<string, Golden>)) {
  describeWithData(`${path} against ${golden.reader}`, [`data/${path}`], (file) => {
    let image: DecodedImage;
    beforeAll(async () => {
      image = await decodeImage(path.endsWith('.hdr') ? await joined(file) : file, path);
    });

    test('shape, voxels and affine', () => {
      const { volume } = image;
      expect(volume.shape).toEqual(golden.shape);
      // The references rescale DICOM in whole numbers.
      expect(voxelHash(image.format === 'dicom' ? withoutScaling(image)! : volume)).toBe(golden.raw);
      if (golden.affine)
        expect(largestDifference(volume.affine!, golden.affine)).toBeLessThanOrEqual(tolerances[golden.reader]);
      else expect(volume.affine).toBeUndefined();
    });

    if (!golden.float32) return;
    test('real values as float32, as they lie and in the closest canonical axes', () => {
      const real = toFloat32(image);
      expect(voxelHash(real)).toBe(golden.float32);
      if (!golden.canonical) return;
      const turned = closestCanonical(real);
      expect(turned.shape).toEqual(golden.canonical.shape);
      expect(voxelHash(turned)).toBe(golden.canonical.float32);
      expect(largestDifference(turned.affine!, golden.canonical.affine)).toBeLessThan(1e-12);
    });
  });
}
