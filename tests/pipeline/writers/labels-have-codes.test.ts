import { anatomy, findings, fluids, tissues } from '../../../gateway/pipeline/writers/label-terms/terms';
import { segmentNamer, termsOfName } from '../../../gateway/pipeline/writers/label-terms/terms-of-name';
import golden from '../../golden/label_terms.json';

const tables = { anatomy, tissues, fluids, findings };
const meanings = golden.meanings as Record<string, string[]>;

test.each(Object.entries(tables))('every code of %s means what DICOM says, and every name is there once', (_name, terms) => {
  for (const [code, meaning] of terms)
    expect({ code, means: meanings[code]?.map((text) => text.toLowerCase()) }).toEqual({ code, means: expect.arrayContaining([meaning.toLowerCase()]) });
  const names = terms.flatMap(([, , ...all]) => all);
  expect(names.length).toBe(new Set(names).size);
}); // prettier-ignore

/** Value of the type, of the side, of the region and of the category. */
const shown = (name: string) => {
  const { type, modifier, region, category } = termsOfName(name);
  return [type.value, modifier?.meaning, region?.meaning, category.meaning];
};
const ANATOMY = 'Anatomical Structure';
const ABNORMAL = 'Morphologically Abnormal Structure';

test.each([
  ['spleen', '78961009', undefined, undefined, ANATOMY],
  ['Left Kidney', '64033007', 'Left', undefined, ANATOMY],
  ['kidney_right', '64033007', 'Right', undefined, ANATOMY],
  ['KidneyRight', '64033007', 'Right', undefined, ANATOMY],
  ['Kidney_L', '64033007', 'Left', undefined, ANATOMY],
  ['kidneys', '64033007', undefined, undefined, ANATOMY],
  ['lung_upper_lobe_left', '45653009', 'Left', undefined, ANATOMY],
  ['lung_middle_lobe_right', '72481006', undefined, undefined, ANATOMY],
  ['heart_atrium_left', '82471001', undefined, undefined, ANATOMY],
  ['vertebrae_L5', '49668003', undefined, undefined, ANATOMY],
  ['vertebrae_T10', '7610001', undefined, undefined, ANATOMY],
  ['rib_left_7', '113197003', 'Left', undefined, ANATOMY],
  ['gluteus_maximus_left', '127954009', 'Left', undefined, 'Tissue'],
  ['liver tumor', '108369006', undefined, 'Liver', ABNORMAL],
  ['Lung nodule', '27925004', undefined, 'Lung', ABNORMAL],
  ['kidney_cyst_left', '367643001', 'Left', 'Kidney', ABNORMAL],
  ['edema', '79654002', undefined, undefined, ABNORMAL],
  ['CSF', '65216001', undefined, undefined, 'Body Substance'],
  ['T1', '85756007', undefined, undefined, 'Tissue'],
  ['class 7', '85756007', undefined, undefined, 'Tissue'],
  ['脾臓', '85756007', undefined, undefined, 'Tissue'],
  ['', '85756007', undefined, undefined, 'Tissue'],
])('%s', (name, ...expected) => {
  expect(shown(name)).toEqual(expected);
});

/** Names of the 117 classes of TotalSegmentator v2. */
const total = [
  'spleen kidney_right kidney_left gallbladder liver stomach pancreas adrenal_gland_right adrenal_gland_left lung_upper_lobe_left lung_lower_lobe_left',
  'lung_upper_lobe_right lung_middle_lobe_right lung_lower_lobe_right esophagus trachea thyroid_gland small_bowel duodenum colon urinary_bladder prostate',
  'kidney_cyst_left kidney_cyst_right sacrum vertebrae_S1 vertebrae_L5 vertebrae_L4 vertebrae_L3 vertebrae_L2 vertebrae_L1 vertebrae_T12 vertebrae_T11',
  'vertebrae_T10 vertebrae_T9 vertebrae_T8 vertebrae_T7 vertebrae_T6 vertebrae_T5 vertebrae_T4 vertebrae_T3 vertebrae_T2 vertebrae_T1 vertebrae_C7',
  'vertebrae_C6 vertebrae_C5 vertebrae_C4 vertebrae_C3 vertebrae_C2 vertebrae_C1 heart aorta pulmonary_vein brachiocephalic_trunk subclavian_artery_right',
  'subclavian_artery_left common_carotid_artery_right common_carotid_artery_left brachiocephalic_vein_left brachiocephalic_vein_right',
  'atrial_appendage_left superior_vena_cava inferior_vena_cava portal_vein_and_splenic_vein iliac_artery_left iliac_artery_right iliac_vena_left',
  'iliac_vena_right humerus_left humerus_right scapula_left scapula_right clavicula_left clavicula_right femur_left femur_right hip_left hip_right',
  'spinal_cord gluteus_maximus_left gluteus_maximus_right gluteus_medius_left gluteus_medius_right gluteus_minimus_left gluteus_minimus_right',
  'autochthon_left autochthon_right iliopsoas_left iliopsoas_right brain skull',
  ...['left', 'right'].map((side) => Array.from({ length: 12 }, (_, at) => `rib_${side}_${at + 1}`).join(' ')),
  'sternum costal_cartilages',
].flatMap((line) => line.split(' '));

test('all classes of TotalSegmentator have a code', () => {
  expect(total).toHaveLength(117);
  expect(total.filter((name) => termsOfName(name).type.meaning === 'Tissue')).toEqual([]);
});

test('codes and colour of the config win over those of the name; the background is not counted', () => {
  const liver = { value: '10200004', scheme: 'SCT', meaning: 'Liver' };
  const segmentOf = segmentNamer({
    labels: ['Background', 'spleen', 'organ two'],
    labelTerms: [null, { color: [1, 2, 3] }, { code: liver, category: { value: 'X1', scheme: '99MINE', meaning: 'Organ' } }],
  });
  expect(segmentOf(1)).toMatchObject({ value: 1, name: 'spleen', type: { meaning: 'Spleen' }, colour: [1, 2, 3] });
  expect(segmentOf(2)).toMatchObject({ name: 'organ two', type: liver, category: { scheme: '99MINE' } });
  expect(segmentOf(9)).toMatchObject({ value: 9, name: 'Segment 9', type: { meaning: 'Tissue' } });
}); // prettier-ignore
