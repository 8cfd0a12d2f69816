import { encodeInferRequest, inlineTransport, readAnswer } from '../../gateway/triton/infer-message';
import { methodOf } from '../../gateway/triton/protocol';

const header = {
  model_name: 'm',
  inputs: [
    { name: 'A', datatype: 'UINT8', shape: [3] },
    { name: 'B', datatype: 'UINT8', shape: [0] },
    { name: 'C', datatype: 'UINT8', shape: [300] },
  ],
  outputs: [{ name: 'OUT' }],
};

test.each([0, 1, 127, 128, 16_383, 16_384, 2_097_152])(
  'a tensor of %d bytes appended by hand is what protobuf reads',
  (length) => {
    const raw = [new Uint8Array([1, 2, 3]), new Uint8Array(length).fill(7), new Uint8Array(300).fill(9)];
    const message = encodeInferRequest(header, raw);
    const decoded = methodOf('ModelInfer').requestDeserialize(message) as typeof header & {
      raw_input_contents: Buffer[];
    };
    expect(decoded.inputs.map(({ name, shape }) => ({ name, shape }))).toEqual(
      header.inputs.map(({ name, shape }) => ({ name, shape })),
    );
    expect(
      decoded.raw_input_contents.map((bytes) => Buffer.compare(bytes, raw[decoded.raw_input_contents.indexOf(bytes)])),
    ).toEqual([0, 0, 0]);
  },
);

const answer = {
  model_name: 'm',
  model_version: '1',
  outputs: [
    { name: 'B', datatype: 'UINT8', shape: [2] },
    { name: 'A', datatype: 'UINT8', shape: [1] },
  ],
  raw_output_contents: [Buffer.from([1, 2]), Buffer.from([3])],
};

test('outputs are found by name, not by place', () => {
  const outputs = readAnswer('m', answer, [{ name: 'A' }, { name: 'B' }]);
  expect([...outputs].map(([name, { raw }]) => [name, [...raw]])).toEqual([
    ['A', [3]],
    ['B', [1, 2]],
  ]);
});

test('a missing or different output is an error that names it', () => {
  expect(() => readAnswer('m', answer, [{ name: 'C' }])).toThrow(/"C" of model "m" .*did not return it/);
  const expected = { datatype: 'UINT8' as const, shape: [3] };
  expect(() => readAnswer('m', answer, [{ name: 'B', expected }])).toThrow('returned UINT8 [2] instead of UINT8 [3]');
});

test('more than one message can carry is refused before anything is allocated or sent', async () => {
  const length = 2 ** 31 - 1;
  const before = process.memoryUsage().rss;
  const data = new Uint8Array(new SharedArrayBuffer(length));
  const send = jest.fn();
  const inputs = [{ name: 'IN', datatype: 'UINT8' as const, shape: [length], data }];
  const request = { model: 'm', version: '', id: '', inputs, outputs: [] };
  await expect(inlineTransport.exchange(request, send)).rejects.toMatchObject({ code: 'BAD_TENSOR' });
  expect(send).not.toHaveBeenCalled();
  expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
});
