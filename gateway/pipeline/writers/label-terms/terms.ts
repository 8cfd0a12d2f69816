/** SNOMED CT code, its meaning, and the names by which labels mean it: small letters, one space between words, singular. */
export type Term = readonly [code: string, meaning: string, ...names: readonly string[]];

/** Organs, glands and airways. Codes of SNOMED CT, as DICOM PS3.16 (2025) and pydicom 3.0.2 list them. */
export const organs: readonly Term[] = [
  ['78961009', 'Spleen', 'spleen'],
  ['64033007', 'Kidney', 'kidney'],
  ['28231008', 'Gallbladder', 'gallbladder', 'gall bladder'],
  ['10200004', 'Liver', 'liver'],
  ['69695003', 'Stomach', 'stomach'],
  ['15776009', 'Pancreas', 'pancreas'],
  ['23451007', 'Adrenal gland', 'adrenal gland', 'adrenal', 'suprarenal gland'],
  ['39607008', 'Lung', 'lung'],
  ['45653009', 'Upper lobe of lung', 'lung upper lobe', 'upper lobe', 'upper lobe of lung'],
  ['90572001', 'Lower lobe of lung', 'lung lower lobe', 'lower lobe', 'lower lobe of lung'],
  ['72481006', 'Middle lobe of right lung', 'right lung middle lobe', 'right middle lobe'],
  ['32849002', 'Esophagus', 'esophagus', 'oesophagus'],
  ['44567001', 'Trachea', 'trachea'],
  ['955009', 'Bronchus', 'bronchus', 'bronchi'],
  ['89187006', 'Airway structure', 'airway'],
  ['69748006', 'Thyroid', 'thyroid gland', 'thyroid'],
  ['9875009', 'Thymus', 'thymus'],
  ['30315005', 'Small intestine', 'small bowel', 'small intestine'],
  ['38848004', 'Duodenum', 'duodenum'],
  ['71854001', 'Colon', 'colon', 'large bowel', 'large intestine'],
  ['9040008', 'Ascending colon', 'ascending colon'],
  ['485005', 'Transverse colon', 'transverse colon'],
  ['32622004', 'Descending colon', 'descending colon'],
  ['60184004', 'Sigmoid colon', 'sigmoid colon', 'sigmoid'],
  ['34402009', 'Rectum', 'rectum'],
  ['89837001', 'Bladder', 'urinary bladder', 'bladder'],
  ['41216001', 'Prostate', 'prostate', 'prostate gland'],
  ['279706003', 'Peripheral zone of the prostate', 'peripheral zone', 'prostate peripheral zone'],
  ['399384005', 'Transition zone of the prostate', 'transition zone', 'prostate transition zone'],
  ['35039007', 'Uterus', 'uterus'],
  ['15497006', 'Ovary', 'ovary', 'ovaries'],
  ['40689003', 'Testis', 'testis', 'testes', 'testicle'],
  ['76752008', 'Breast', 'breast'],
  ['28273000', 'Bile duct', 'bile duct'],
  ['79741001', 'Common bile duct', 'common bile duct'],
  ['45289007', 'Parotid gland', 'parotid gland', 'parotid'],
  ['54019009', 'Submandibular gland', 'submandibular gland'],
  ['21974007', 'Tongue', 'tongue'],
  ['4596009', 'Larynx', 'larynx'],
  ['54066008', 'Pharynx', 'pharynx'],
  ['3120008', 'Pleura', 'pleura'],
  ['5798000', 'Diaphragm', 'diaphragm'],
  ['59441001', 'Lymph Node', 'lymph node'],
  ['39937001', 'Skin', 'skin'],
  ['44947003', 'Erector spinae muscle', 'erector spinae'],
]; // prettier-ignore

/** The heart and the great vessels. */
export const heartAndVessels: readonly Term[] = [
  ['80891009', 'Heart', 'heart'],
  ['82471001', 'Left atrium', 'left atrium', 'left heart atrium'],
  ['73829009', 'Right atrium', 'right atrium', 'right heart atrium'],
  ['87878005', 'Left ventricle', 'left ventricle', 'left heart ventricle'],
  ['53085002', 'Right ventricle', 'right ventricle', 'right heart ventricle'],
  ['49848007', 'Left Ventricle Myocardium', 'left ventricle myocardium', 'left ventricular myocardium', 'left myocardium'],
  ['33626005', 'Left auricular appendage', 'left atrial appendage'],
  ['68300000', 'Right auricular appendage', 'right atrial appendage'],
  ['76848001', 'Pericardium', 'pericardium'],
  ['34202007', 'Aortic Valve', 'aortic valve'],
  ['91134007', 'Mitral Valve', 'mitral valve'],
  ['46030003', 'Tricuspid valve', 'tricuspid valve'],
  ['39057004', 'Pulmonary valve', 'pulmonary valve'],
  ['41801008', 'Coronary artery', 'coronary artery', 'coronary arteries'],
  ['15825003', 'Aorta', 'aorta'],
  ['54247002', 'Ascending aorta', 'ascending aorta'],
  ['57034009', 'Aortic arch', 'aortic arch'],
  ['281130003', 'Descending aorta', 'descending aorta'],
  ['7832008', 'Abdominal aorta', 'abdominal aorta'],
  ['81040000', 'Pulmonary artery', 'pulmonary artery'],
  ['122972007', 'Pulmonary vein', 'pulmonary vein'],
  ['48345005', 'Superior vena cava', 'superior vena cava', 'svc'],
  ['64131007', 'Inferior vena cava', 'inferior vena cava', 'postcava', 'ivc'],
  ['12691009', 'Brachiocephalic trunk', 'brachiocephalic trunk', 'innominate artery'],
  ['8887007', 'Brachiocephalic vein', 'brachiocephalic vein'],
  ['36765005', 'Subclavian artery', 'subclavian artery'],
  ['85235006', 'Left Subclavian Artery', 'left subclavian artery'],
  ['29700009', 'Right Subclavian Artery', 'right subclavian artery'],
  ['32062004', 'Common carotid artery', 'common carotid artery'],
  ['113263003', 'Left Common Carotid Artery', 'left common carotid artery'],
  ['65355003', 'Right Common Carotid Artery', 'right common carotid artery'],
  ['32764006', 'Portal vein', 'portal vein', 'portal vein and splenic vein'],
  ['35819009', 'Splenic vein', 'splenic vein'],
  ['8993003', 'Hepatic vein', 'hepatic vein'],
  ['76015000', 'Hepatic artery', 'hepatic artery'],
  ['10293006', 'Iliac artery', 'iliac artery'],
  ['244411005', 'Iliac vein', 'iliac vein', 'iliac vena'],
  ['59820001', 'Blood Vessel', 'vessel', 'blood vessel', 'hepatic vessel', 'lung vessel'],
  ['51114001', 'Artery', 'artery', 'arteries'],
  ['29092000', 'Vein', 'vein'],
]; // prettier-ignore

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** Codes of the vertebrae, from the first of each part of the spine. */
const vertebrae = {
  C: ['14806007', '39976000', '113205007', '5329002', '36978003', '36054005', '87391001'],
  T: ['64864005', '53733008', '1626008', '73071006', '56401006', '45296009', '62487009', '11068009', '82687006', '7610001', '12989004', '23215003'], // prettier-ignore
  L: ['66794005', '14293000', '36470004', '11994002', '49668003'],
};

/** Bones. */
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

/** Brain, spinal cord and eyes. */
export const brain: readonly Term[] = [
  ['12738006', 'Brain', 'brain'],
  ['119238007', 'Brain Stem', 'brainstem', 'brain stem'],
  ['61962009', 'Midbrain', 'midbrain'],
  ['113305005', 'Cerebellum', 'cerebellum'],
  ['25991003', 'Cerebellar Cortex', 'cerebellar cortex', 'cerebellum cortex'],
  ['33060004', 'Cerebellar White Matter', 'cerebellar white matter', 'cerebellum white matter'],
  ['40146001', 'Cerebral Cortex', 'cerebral cortex'],
  ['68523003', 'Cerebral White Matter', 'cerebral white matter'],
  ['372073000', 'Cerebral hemisphere', 'cerebral hemisphere'],
  ['389080008', 'White Matter', 'white matter'],
  ['389081007', 'Gray Matter', 'gray matter', 'grey matter'],
  ['5366008', 'Hippocampus', 'hippocampus'],
  ['42695009', 'Thalamus', 'thalamus', 'thalamus proper'],
  ['11000004', 'Caudate Nucleus', 'caudate', 'caudate nucleus'],
  ['89278009', 'Putamen', 'putamen'],
  ['14738005', 'Globus Pallidus', 'globus pallidus', 'pallidum'],
  ['4958002', 'Amygdala', 'amygdala'],
  ['427667007', 'Nucleus Accumbens', 'nucleus accumbens', 'accumbens', 'accumbens area'],
  ['70007007', 'Substantia nigra', 'substantia nigra'],
  ['88442005', 'Corpus callosum', 'corpus callosum'],
  ['36169008', 'Insula', 'insula'],
  ['83251001', 'Frontal lobe', 'frontal lobe'],
  ['78277001', 'Temporal lobe', 'temporal lobe'],
  ['16630005', 'Parietal lobe', 'parietal lobe'],
  ['31065004', 'Occipital lobe', 'occipital lobe'],
  ['35764002', 'Brain ventricle', 'brain ventricle'],
  ['66720007', 'Lateral Ventricle', 'lateral ventricle'],
  ['49841001', 'Third Ventricle', '3rd ventricle', 'third ventricle'],
  ['35918002', 'Fourth Ventricle', '4th ventricle', 'fourth ventricle'],
  ['56329008', 'Pituitary', 'pituitary', 'pituitary gland'],
  ['244453006', 'Optic chiasm', 'optic chiasm', 'chiasm'],
  ['18234004', 'Optic nerve', 'optic nerve'],
  ['53238003', 'Optic tract', 'optic tract'],
  ['81745001', 'Eye', 'eye'],
  ['79652003', 'Eyeball', 'eyeball', 'eye globe'],
  ['78076003', 'Lens', 'lens', 'eye lens'],
  ['22945000', 'Inner ear', 'inner ear'],
  ['2748008', 'Spinal cord', 'spinal cord'],
];

/** Kinds of tissue, also what stands for muscles and bones whose own codes DICOM does not list. */
export const tissues: readonly Term[] = [
  ['55603005', 'Fat', 'fat', 'adipose tissue'],
  ['71966008', 'Subcutaneous tissue', 'subcutaneous tissue', 'subcutaneous fat'],
  ['127954009', 'Skeletal muscle', 'muscle', 'skeletal muscle', 'gluteus maximus', 'gluteus medius', 'gluteus minimus', 'autochthon', 'iliopsoas', 'psoas'],
  ['272673000', 'Bone', 'bone', 'hip', 'hip bone'],
]; // prettier-ignore

/** Fluids of the body. */
export const fluids: readonly Term[] = [
  ['65216001', 'Cerebrospinal fluid', 'csf', 'cerebrospinal fluid'],
  ['87612001', 'Blood', 'blood', 'blood pool'],
];

/** Abnormal structures. "liver tumor" is a neoplasm whose region is the liver. */
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
