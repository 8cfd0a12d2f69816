import type { Term } from './term';

/** What is not healthy tissue. "liver tumor" is a neoplasm whose region is the liver. Codes as in `organs.ts`. */
export const findings: readonly Term[] = [
  ['108369006', 'Neoplasm', 'tumor', 'tumour', 'neoplasm', 'cancer', 'whole tumor', 'tumor core', 'enhancing tumor', 'non enhancing tumor'],
  ['14799000', 'Neoplasm, Secondary', 'metastasis', 'metastases'],
  ['52988006', 'Lesion', 'lesion'],
  ['27925004', 'Nodule', 'nodule'],
  ['4147007', 'Mass', 'mass'],
  ['367643001', 'Cyst', 'cyst'],
  ['79654002', 'Edema', 'edema', 'oedema', 'peritumoral edema'],
  ['6574001', 'Necrosis', 'necrosis', 'necrotic core', 'necrotic tumor core'],
  ['50960005', 'Hemorrhage', 'hemorrhage', 'haemorrhage', 'bleed', 'bleeding'],
  ['35566002', 'Hematoma', 'hematoma', 'haematoma'],
]; // prettier-ignore
