import type { DicomFrame } from '../image/frame';

const SHOWN = 4;

/** Why several images lie at one place, as far as their headers tell: half a sentence. */
export function differences(images: readonly DicomFrame[]): string {
  const [first] = images;
  const again = images.find(({ object, index }) => object !== first.object && index === first.index && object.sopInstance === first.object.sopInstance);
  if (again && first.object.sopInstance !== '') return `"${first.object.name}" and "${again.object.name}" are the same image, sent twice`;
  const names = new Set(images.flatMap(({ traits }) => [...traits.keys()]));
  for (const name of names) {
    const values = [...new Set(images.map(({ traits }) => traits.get(name) ?? 'none'))];
    if (values.length < 2) continue;
    const list = values.slice(0, SHOWN).map((value) => value.replaceAll('\\', ' ')).join(', ');
    return `they differ in ${name} (${list}${values.length > SHOWN ? ', ...' : ''}); send one volume of the series`;
  }
  return 'several acquisitions in one series, or files sent twice';
} // prettier-ignore
