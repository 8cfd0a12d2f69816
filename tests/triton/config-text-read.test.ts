import { readFileSync } from 'node:fs';
import { readConfigText, writeConfigText } from '../../gateway/triton/config-text';
import golden from '../golden/config_text.json';
import { describeWithData } from '../shared-data';

/**
 * As protobuf renders JSON: 64-bit numbers as texts, values that are zero or empty left out. Both sides go through it, for a field that
 * was written with its default value is there in the text form only.
 */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, plain(inner)] as const);
  const isSilent = (inner: unknown) =>
    inner === '0' ||
    inner === '' ||
    inner === false ||
    (Array.isArray(inner) && inner.length === 0) ||
    isFirstOfEnum(inner);
  return Object.fromEntries(entries.filter(([, inner]) => !isSilent(inner)));
}

const isFirstOfEnum = (value: unknown) =>
  ['TYPE_INVALID', 'FORMAT_NONE', 'KIND_AUTO', 'REJECT'].includes(String(value));

describe.each(Object.entries(golden.read))('%s', (_what, { text, json }) => {
  test('means what protobuf reads in it', () => {
    expect(plain(readConfigText(text))).toEqual(plain(json));
  });

  test('is the same after it was written and read again', () => {
    const config = readConfigText(text);
    expect(readConfigText(writeConfigText(config))).toEqual(config);
  });
});

test.each(Object.entries(golden.refused))('%s is refused with its place', (_what, text) => {
  expect(() => readConfigText(text, 'my.pbtxt')).toThrow(/my\.pbtxt, line 1: /);
});

test.each([
  [
    '  data_type: FP32',
    /line 3: data_type: enum value expected \(one of TYPE_INVALID, TYPE_BOOL, .*it says "data_type: FP32"/,
  ],
  ['  dims: [ 1,\n "2" ]', /line 4: integer value expected; it says "\\"2\\" \]"/],
  [
    '  datatype: TYPE_FP32',
    /line 3: ModelInput: unknown field 'datatype' \(one of name, data_type, .*it says "datatype: TYPE_FP32"/,
  ],
  ['  name: "b"\n  name: "c"', /line 4: name: multiple values; it says "name: \\"c\\""/],
])('%j: the message says what was expected, and on which line', (line, message) => {
  expect(() => readConfigText(`name: "a"\ninput {\n${line}\n}\nmax_batch_size: 4\n`)).toThrow(message);
});

test('infinity, which protobuf takes, is refused with its path', () => {
  expect(() => readConfigText('sequence_batching { direct { minimum_slot_utilization: inf } }')).toThrow(
    /"sequence_batching.direct.minimum_slot_utilization" is Infinity, expected a number/,
  );
});

test('a text of ten thousand levels is answered', () => {
  expect(() => readConfigText('input { '.repeat(10_000))).toThrow(/line 1: ModelInput: unknown field 'input'/);
  const nested = `${'optimization { cuda { graph_spec { input { value { '.repeat(3000)}`;
  expect(() => readConfigText(nested)).toThrow(/line 1/);
});

test('a key called __proto__ is a key', () => {
  const { parameters } = readConfigText('parameters { key: "__proto__" value { string_value: "x" } }');
  expect(Object.getOwnPropertyNames(parameters)).toEqual(['__proto__']);
  expect(({} as Record<string, unknown>).string_value).toBeUndefined();
});

describeWithData("Triton's own example", ['data/models/triton_simple/config.pbtxt'], (path) => {
  test('means what protobuf reads in it, and survives a round trip', () => {
    const config = readConfigText(readFileSync(path, 'utf8'));
    expect(plain(config)).toEqual(plain(golden.example));
    expect(readConfigText(writeConfigText(config))).toEqual(config);
  });
});
