import path from 'node:path';
import type { MethodDefinition, ServiceDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';
import { Root, Writer, type Type } from 'protobufjs';
import type { TritonModelConfig } from './model-config';

const PROTOS = path.join(__dirname, '../../protos');

/** Fields that are zero, false or empty are absent, as on the wire; lists and maps are always there. */
type Empty = Record<string, never>;

export interface TensorMetadata {
  name: string;
  datatype: string;
  /** -1 is a free axis; the batch axis is included. */
  shape: number[];
}

export interface InferParameter {
  int64_param?: number;
  string_param?: string;
}

export interface InferRequestHeader {
  model_name: string;
  model_version?: string;
  id?: string;
  inputs: { name: string; datatype: string; shape: readonly number[]; parameters?: Record<string, InferParameter> }[];
  outputs: { name: string; parameters?: Record<string, InferParameter> }[];
}

export interface ModelInferResponse {
  model_name?: string;
  model_version?: string;
  outputs: { name: string; datatype: string; shape: number[] }[];
  raw_output_contents: Buffer[];
}

export interface ModelIndexEntry {
  name: string;
  version?: string;
  state?: string;
  reason?: string;
}

export interface StatisticDuration {
  count?: number;
  ns?: number;
}

export interface ModelStatistics {
  name: string;
  version: string;
  inference_count?: number;
  inference_stats: Record<'fail' | 'queue' | 'compute_input' | 'compute_infer' | 'compute_output', StatisticDuration>;
  memory_usage?: { byte_size?: number | string }[];
}

type NamedModel = { name: string; version?: string };
type ModelMetadata = { name: string; versions: string[]; inputs: TensorMetadata[]; outputs: TensorMetadata[] };

/** The calls the gateway makes: request and response of each. */
export interface Rpcs {
  ServerLive: [Empty, { live?: boolean }];
  ServerMetadata: [Empty, { name: string; version: string; extensions: string[] }];
  ModelReady: [NamedModel, { ready?: boolean }];
  ModelMetadata: [NamedModel, ModelMetadata];
  ModelConfig: [NamedModel, { config: TritonModelConfig }];
  ModelStatistics: [{ name?: string; version?: string }, { model_stats: ModelStatistics[] }];
  ModelInfer: [InferRequestHeader, ModelInferResponse];
  RepositoryIndex: [{ ready?: boolean }, { models: ModelIndexEntry[] }];
  RepositoryModelLoad: [{ model_name: string }, Empty];
  RepositoryModelUnload: [{ model_name: string }, Empty];
  SystemSharedMemoryStatus: [{ name?: string }, { regions: Record<string, { offset?: number }> }];
  SystemSharedMemoryRegister: [{ name: string; key: string; byte_size: number }, Empty];
  SystemSharedMemoryUnregister: [{ name: string }, Empty];
}

export type RpcName = keyof Rpcs;

let service: ServiceDefinition | undefined;

/** Triton's service as `protos/` defines it; read and parsed once per thread (about 40 ms). */
export function tritonService(): ServiceDefinition {
  service ??= loadSync('grpc_service.proto', {
    includeDirs: [PROTOS],
    keepCase: true,
    longs: Number,
    enums: String,
    arrays: true,
    objects: true,
  })['inference.GRPCInferenceService'] as ServiceDefinition;
  return service;
}

/** How one call goes over the wire. */
export function methodOf(rpc: RpcName): MethodDefinition<object, object> {
  return tritonService()[rpc];
}

const roots = new Map<string, Root>();

/** A message that a file of `protos/` defines, for protobufjs; names as in the file. */
export function messageType(file: string, name: string): Type {
  let root = roots.get(file);
  if (!root) roots.set(file, (root = new Root().loadSync(path.join(PROTOS, file), { keepCase: true })));
  return root.lookupType(name);
}

/** The head of a field with a length, as it stands before the content in an encoded message. */
export const fieldHead = (number: number, length: number): Uint8Array =>
  Writer.create()
    .uint32(((number << 3) | 2) >>> 0)
    .uint32(length)
    .finish();
