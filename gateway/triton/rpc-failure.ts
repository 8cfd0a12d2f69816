import { status } from '@grpc/grpc-js';
import { type GatewayError, fail } from '../errors';

/** A call that Triton refused or did not answer: gRPC status and Triton's own words. Kept as `cause` of the error that is thrown. */
export class RpcFailure extends Error {
  constructor(
    readonly rpc: string,
    /** gRPC status code. */
    readonly code: status,
    /** As Triton sent them; some of its messages get lost on the way and arrive empty. */
    readonly details: string,
  ) {
    super(`${rpc}: ${status[code] ?? code}${details ? `: ${details}` : ''}`);
    this.name = 'RpcFailure';
  }
}

/** The purpose of the call, so that its failure can be told in the terms of the gateway. */
export interface CallSubject {
  kind: 'metadata' | 'infer' | 'load';
  url: string;
  deadlineMs: number;
  model?: string;
  /** Names of the tensors sent. */
  tensors?: readonly string[];
}

/** The gRPC failure that caused an error of the catalogue, if one did. */
export function rpcFailureOf(error: unknown): RpcFailure | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof RpcFailure ? cause : undefined;
}

/** UNAVAILABLE is overloaded: these are words about the model, spoken by a server that is up. */
const modelUnavailable = /not at ready state|no available versions|unknown model|not found/i;
const modelBusy = /maximum queue size|Request timeout expired/i;
const loadForbidden = /explicit model load \/ unload is not allowed/i;

/** An error of the catalogue for a failed call; Triton's words stay in the message, the failure in `cause`. */
export function asCatalogueError(failure: RpcFailure, subject: CallSubject): GatewayError {
  const { url, model = '?' } = subject;
  const what = wordsOf(failure);
  const options = { cause: failure };
  switch (failure.code) {
    case status.DEADLINE_EXCEEDED:
      return asTimeout(failure, subject);
    case status.UNAVAILABLE:
      if (loadForbidden.test(what)) return fail('MODEL_LOAD_FAILED', { model, what }, options);
      if (modelBusy.test(what)) return fail('MODEL_BUSY', { model, what }, options);
      if (modelUnavailable.test(what)) return fail('MODEL_NOT_READY', { model, what }, options);
      return fail('TRITON_UNAVAILABLE', { url, what }, options);
  }
  if (connectionBroke(failure)) return fail('TRITON_UNAVAILABLE', { url, what }, options);
  if (subject.kind === 'load') return fail('MODEL_LOAD_FAILED', { model, what: withHint(what) }, options);
  if (failure.code === status.NOT_FOUND && subject.model) return fail('MODEL_NOT_READY', { model, what }, options);
  if (subject.kind === 'infer') {
    if (failure.code !== status.INVALID_ARGUMENT) return fail('INFERENCE_FAILED', { model, what }, options);
    return fail('BAD_TENSOR', { model, tensor: tensorIn(what) ?? subject.tensors?.join(', ') ?? '?', what }, options);
  }
  if (failure.code === status.UNIMPLEMENTED) {
    return fail('TRITON_UNAVAILABLE', { url, what: `the server there does not know ${failure.rpc}: ${what}` }, options);
  }
  return fail('INTERNAL', { what: `Triton refused ${failure.rpc}: ${what}` }, options);
}

/** Slow work has a setting that the operator can raise; a server that is slow to say its name is as good as gone. */
function asTimeout(failure: RpcFailure, { kind, url, deadlineMs }: CallSubject): GatewayError {
  const seconds = deadlineMs / 1000;
  if (neverConnected(failure))
    return fail('TRITON_UNAVAILABLE', { url, what: `no connection within ${seconds} s` }, { cause: failure });
  if (kind === 'metadata') {
    return fail(
      'TRITON_UNAVAILABLE',
      { url, what: `no answer to ${failure.rpc} within ${seconds} s` },
      { cause: failure },
    );
  }
  const setting = kind === 'infer' ? 'inference_timeout' : 'load_timeout';
  return fail('TRITON_TIMEOUT', { call: failure.rpc, seconds, setting }, { cause: failure });
}

/** Where a Python backend raised an error: a place in the server's files, which helps nobody who reads the answer. */
const PYTHON_TRACE = /\s*\n\s*At:\n[\s\S]*?(?=;|$)/g;

function wordsOf(failure: RpcFailure): string {
  const words = failure.details.replace(PYTHON_TRACE, '').trim();
  if (words) return words;
  return failure.code === status.INVALID_ARGUMENT
    ? 'Triton refused it without a reason, which it does when a shape differs from the one in the model config'
    : `Triton gave no reason (${status[failure.code] ?? failure.code})`;
}

/** The real reason of the second one is only in the server's log. */
function withHint(what: string): string {
  if (/unable to find backend library for backend 'tensorflow'/.test(what))
    return `this Triton has no TensorFlow backend: release 25.02 (2.55) was the last with one. Name a second Triton that has it with --tensorflow_triton_url, or convert the model to ONNX (tf2onnx). Triton says: ${what}`;
  return /failed to poll from model repository/.test(what)
    ? `${what}. Its config.pbtxt is missing or not valid, or the directory is not in the repository; the reason is in the log of Triton`
    : what;
}

function tensorIn(what: string): string | undefined {
  return /(?:input|output|tensor)s? '([^']+)'/.exec(what)?.[1];
}

/** grpc-js calls a connection that ends in the middle of a call INTERNAL, in words of its own (`subchannel-call`). */
function connectionBroke({ code, details }: RpcFailure): boolean {
  return code === status.INTERNAL && /^(?:Received RST_STREAM|Write error)/.test(details);
}

/** grpc-js tells in the details of its own time-outs how far the call came. */
function neverConnected(failure: RpcFailure): boolean {
  return (
    /Waiting for LB pick|name resolution|LB pick: [\d.]+s$/i.test(failure.details) &&
    !/remote_addr/.test(failure.details)
  );
}
