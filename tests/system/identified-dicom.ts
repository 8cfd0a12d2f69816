import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The identifiers that the shared series lacks: it was anonymised by emptying them, and no PACS takes it so. */
export const identity = {
  patient: 'TEST-1',
  study: '1.2.826.0.1.3680043.10.999.1',
  series: '1.2.826.0.1.3680043.10.999.1.1',
};

const CT = '1.2.840.10008.5.1.4.1.1.2';

/** The files of a folder (explicit little endian) with patient, study, series, class and instance identifiers put in. */
export function identifiedSeries(folder: string): Buffer[] {
  return readdirSync(folder)
    .sort()
    .map((name, at) =>
      withValues(readFileSync(path.join(folder, name)), [
        [0x0008, 0x0016, 'UI', CT],
        [0x0008, 0x0018, 'UI', `${identity.series}.${at + 1}`],
        [0x0010, 0x0020, 'LO', identity.patient],
        [0x0020, 0x000d, 'UI', identity.study],
        [0x0020, 0x000e, 'UI', identity.series],
      ]),
    );
}

/** Each of these elements stands in the file with an empty value, which is replaced. */
function withValues(file: Buffer, values: [group: number, element: number, vr: string, value: string][]): Buffer {
  for (const [group, element, vr, value] of values) {
    const head = Buffer.alloc(8);
    head.writeUInt16LE(group, 0);
    head.writeUInt16LE(element, 2);
    head.write(vr, 4, 'latin1');
    const at = file.indexOf(head);
    if (at < 0) throw new Error(`(${group.toString(16)},${element.toString(16)}) is not there with an empty value`);
    const text = Buffer.from(value.length % 2 ? value + (vr === 'UI' ? '\0' : ' ') : value, 'latin1');
    head.writeUInt16LE(text.length, 6);
    file = Buffer.concat([file.subarray(0, at), head, text, file.subarray(at + 8)]);
  }
  return file;
}
