import { closestCanonical } from '../../../gateway/imaging/affine';
import { decodeImage, toFloat32 } from '../../../gateway/imaging/formats/decode';
import goldens from '../../golden/imaging_formats.json';
import { describeWithData } from '../../shared-data';
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

for (const [path, golden] of Object.entries(goldens as Record<string, Golden>)) {
  describeWithData(`${path} against ${golden.reader}`, [`data/${path}`], (file) => {
    test('shape, voxels and affine', async () => {
      const { volume } = await decodeImage(file, path);
      expect(volume.shape).toEqual(golden.shape);
      expect(voxelHash(volume)).toBe(golden.raw);
      if (golden.affine) expect(largestDifference(volume.affine!, golden.affine)).toBeLessThanOrEqual(tolerances[golden.reader]);
      else expect(volume.affine).toBeUndefined();
    });

    if (golden.float32) {
      test('real values as float32', async () => {
        expect(voxelHash(toFloat32(await decodeImage(file, path)))).toBe(golden.float32);
      });
    }

    if (golden.canonical) {
      test('closest canonical axes', async () => {
        const turned = closestCanonical(toFloat32(await decodeImage(file, path)));
        expect(turned.shape).toEqual(golden.canonical!.shape);
        expect(voxelHash(turned)).toBe(golden.canonical!.float32);
        expect(largestDifference(turned.affine!, golden.canonical!.affine)).toBeLessThan(1e-12);
      });
    }
  });
}
