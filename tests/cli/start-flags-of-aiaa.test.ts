import { translateStartFlags } from '../../gateway/cli/verbs/start';

test.each([
  ['--workspace /aiaa --monitor true', ['--workspace=/aiaa', '--monitor=true'], 0],
  [
    '-w /aiaa --debug 1 --ssl true --ssl_cert_file a --ssl_pkey_file b',
    ['--workspace=/aiaa', '--debug=1', '--ssl=true', '--ssl_cert_file=a', '--ssl_pkey_file=b'],
    0,
  ],
  ['--admin-hosts=10.0.0.1', ['--admin_hosts=10.0.0.1'], 0],
  ['--engine TRITON --triton_ip tritonserver', ['--triton_url=grpc://tritonserver:8001'], 1],
  [
    '--triton_ip t --triton_port 9001 --triton_proto http --triton_model_path /m',
    ['--model_repository=/m', '--triton_url=grpc://t:9001'],
    1,
  ],
  ['--triton_proto grpc --triton_start_timeout 120 --fork --client_id me', [], 3],
])('%s', (line, flags, notes) => {
  const known = translateStartFlags(line.split(' '));
  expect(known.flags).toEqual(flags);
  expect(known.notes).toHaveLength(notes);
});

test.each([
  ['--wrkspace x', /unknown flag --wrkspace/],
  ['--triton_ip', /--triton_ip needs a value/],
  ['--workspace', /--workspace needs a value/],
  ['workspace', /"workspace" is not a flag/],
])('%s is refused', (line, message) => {
  expect(() => translateStartFlags(line.split(' '))).toThrow(message);
});
