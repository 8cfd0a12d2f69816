import { status } from '@grpc/grpc-js';
import { type CallSubject, RpcFailure, asCatalogueError } from '../../gateway/triton/rpc-failure';

const subject = (kind: CallSubject['kind']): CallSubject => ({
  kind,
  url: 'grpc://host:1',
  deadlineMs: 2000,
  model: 'm',
  tensors: ['IN'],
});

test.each([
  ['infer', 'UNAVAILABLE', 'No connection established', 'TRITON_UNAVAILABLE'],
  ['infer', 'UNAVAILABLE', 'Server exiting', 'TRITON_UNAVAILABLE'],
  ['infer', 'INTERNAL', 'Received RST_STREAM with code 2 (Internal server error)', 'TRITON_UNAVAILABLE'],
  ['metadata', 'INTERNAL', 'Received RST_STREAM with code 0 (Call ended without gRPC status)', 'TRITON_UNAVAILABLE'],
  ['load', 'INTERNAL', 'Write error: write after end', 'TRITON_UNAVAILABLE'],
  ['infer', 'UNAVAILABLE', "Request for unknown model: 'm' is not at ready state", 'MODEL_NOT_READY'],
  ['infer', 'UNAVAILABLE', 'Exceeds maximum queue size', 'MODEL_BUSY'],
  ['infer', 'NOT_FOUND', "Request for unknown model: 'm' is not found", 'MODEL_NOT_READY'],
  ['infer', 'INVALID_ARGUMENT', "unexpected shape for input 'IN'", 'BAD_TENSOR'],
  ['infer', 'INTERNAL', "Failed to process the request(s) for model 'm_0_0'", 'INFERENCE_FAILED'],
  ['infer', 'DEADLINE_EXCEEDED', 'Deadline exceeded after 2s,remote_addr=1.2.3.4:5', 'TRITON_TIMEOUT'],
  ['load', 'DEADLINE_EXCEEDED', 'Deadline exceeded after 2s,remote_addr=1.2.3.4:5', 'TRITON_TIMEOUT'],
  ['metadata', 'DEADLINE_EXCEEDED', 'Deadline exceeded after 2s,remote_addr=1.2.3.4:5', 'TRITON_UNAVAILABLE'],
  ['load', 'INTERNAL', "failed to load 'm', failed to poll from model repository", 'MODEL_LOAD_FAILED'],
  ['load', 'UNAVAILABLE', 'explicit model load / unload is not allowed if polling is enabled', 'MODEL_LOAD_FAILED'],
  ['metadata', 'UNIMPLEMENTED', 'unknown method', 'TRITON_UNAVAILABLE'],
] as const)('%s %s "%s" is %s, with the words of Triton', (kind, code, details, expected) => {
  const failure = new RpcFailure('Call', status[code], details);
  const error = asCatalogueError(failure, subject(kind));
  expect(error.code).toBe(expected);
  expect(error.cause).toBe(failure);
  if (code !== 'DEADLINE_EXCEEDED') expect(error.message).toContain(details);
});

test('a refusal whose text was lost on the way still says something', () => {
  const error = asCatalogueError(new RpcFailure('ModelInfer', status.INVALID_ARGUMENT, ''), subject('infer'));
  expect(error.message).toBe(
    'The tensor "IN" of model "m" is not usable: Triton refused it without a reason, which it does when a shape differs from the one in the model config',
  );
});

test('time-outs name the setting to raise', () => {
  const late = new RpcFailure(
    'ModelInfer',
    status.DEADLINE_EXCEEDED,
    'Deadline exceeded after 2s,remote_addr=1.2.3.4:5',
  );
  expect(asCatalogueError(late, subject('infer')).message).toContain(
    'within 2 s. The operator can raise --inference_timeout',
  );
  expect(asCatalogueError(late, subject('load')).message).toContain('--load_timeout');
});

test('a load that fails without a reason points to the log', () => {
  const failure = new RpcFailure(
    'RepositoryModelLoad',
    status.INTERNAL,
    "failed to load 'm', failed to poll from model repository",
  );
  expect(asCatalogueError(failure, subject('load')).message).toMatch(/the reason is in the log of Triton$/);
});
