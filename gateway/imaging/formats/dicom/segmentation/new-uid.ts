import { randomUUID } from 'node:crypto';

/** A UID that nobody else has: 2.25 and a random UUID as a decimal number. @see DICOM PS3.5 annex B.2 */
export const newUid = (): string => `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`)}`;
