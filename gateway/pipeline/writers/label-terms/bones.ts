import type { Term } from './term';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** Codes of the vertebrae, from the first of each part of the spine. */
const vertebrae = {
  C: ['14806007', '39976000', '113205007', '5329002', '36978003', '36054005', '87391001'],
  T: ['64864005', '53733008', '1626008', '73071006', '56401006', '45296009', '62487009', '11068009', '82687006', '7610001', '12989004', '23215003'], // prettier-ignore
  L: ['66794005', '14293000', '36470004', '11994002', '49668003'],
};

/** Bones. Codes as in `organs.ts`. */
export const bones: readonly Term[] = [
  ['89546000', 'Skull', 'skull'],
  ['91609006', 'Mandible', 'mandible'],
  ['421060004', 'Spine', 'spine', 'vertebral column'],
  ['51282000', 'Vertebra', 'vertebra', 'vertebrae'],
  ...Object.entries(vertebrae).flatMap(([part, codes]) =>
    codes.map((code, at): Term => {
      const name = `${part}${at + 1}`;
      return [code, `${name} vertebra`, `vertebrae ${name}`, `vertebra ${name}`, `${name} vertebra`];
    }),
  ),
  ['54735007', 'Sacrum', 'sacrum', 'vertebrae s1', 'vertebra s1'],
  ['64688005', 'Coccyx', 'coccyx'],
  ['113197003', 'Rib', 'rib', ...range(1, 12).map((number) => `rib ${number}`)],
  ['56873002', 'Sternum', 'sternum'],
  ['50016007', 'Costal Cartilage', 'costal cartilage'],
  ['51299004', 'Clavicle', 'clavicle', 'clavicula'],
  ['79601000', 'Scapula', 'scapula'],
  ['85050009', 'Humerus', 'humerus'],
  ['23416004', 'Ulna', 'ulna'],
  ['22356005', 'Ilium', 'ilium'],
  ['71341001', 'Femur', 'femur'],
  ['64234005', 'Patella', 'patella'],
  ['12611008', 'Tibia', 'tibia'],
  ['87342007', 'Fibula', 'fibula'],
  ['67453005', 'Talus', 'talus'],
  ['80144004', 'Calcaneus', 'calcaneus'],
];
