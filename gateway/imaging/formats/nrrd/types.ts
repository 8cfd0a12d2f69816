import type { ValueType } from '../value-types';

const names: Record<ValueType, string[]> = {
  int8: ['signed char', 'int8', 'int8_t'],
  uint8: ['uchar', 'unsigned char', 'uint8', 'uint8_t'],
  int16: ['short', 'short int', 'signed short', 'signed short int', 'int16', 'int16_t'],
  uint16: ['ushort', 'unsigned short', 'unsigned short int', 'uint16', 'uint16_t'],
  int32: ['int', 'signed int', 'int32', 'int32_t'],
  uint32: ['uint', 'unsigned int', 'uint32', 'uint32_t'],
  int64: ['longlong', 'long long', 'long long int', 'signed long long', 'signed long long int', 'int64', 'int64_t'],
  uint64: ['ulonglong', 'unsigned long long', 'unsigned long long int', 'uint64', 'uint64_t'],
  float32: ['float'],
  float64: ['double'],
};

const types = new Map(Object.entries(names).flatMap(([type, all]) => all.map((name) => [name, type as ValueType])));

/** The type of a name of the format, in any case; undefined for `block` and names that are none. */
export function nrrdType(name: string): ValueType | undefined {
  return types.get(name.toLowerCase().replace(/\s+/g, ' '));
}
