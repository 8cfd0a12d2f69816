import path from 'node:path';
import type { MessageTypeDefinition, MethodDefinition, ServiceDefinition } from '@grpc/proto-loader';
import { loadSync } from '@grpc/proto-loader';
import type { TritonModelConfig } from './model-config';

/** Fields that are zero, false or empty are absent, as on the wire; lists and maps are always there. */
type Empty = Record<string, never>;

export interface TensorMetadata {
  name: string;
  datatype: string;
  /** -1 is a free axis; the batch axis is included. */
  shape: number[];
}

export interface ModelMetadata {
  name: string;
  versions: string[];
  platform?: string;
  inputs: TensorMetadata[];
  outputs: TensorMetadata[];
}

export interface InferParameter {
  bool_param?: boolean;
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
  model_name: string;
  model_version: string;
  outputs: { name: string; datatype: string; shape: number[] }[];
  raw_output_contents: Buffer[];
}

export interface ModelIndexEntry {
  name: string;
  version?: string;
  state?: string;
  reason?: string;
}

export interface RepositoryParameter {
  bool_param?: boolean;
  string_param?: string;
  bytes_param?: Uint8Array;
}

export interface StatisticDuration {
  count?: number;
  ns?: number;
}

export interface ModelStatistics {
  name: string;
  version: string;
  last_inference?: number;
  inference_count?: number;
  execution_count?: number;
  inference_stats: Record<
    'success' | 'fail' | 'queue' | 'compute_input' | 'compute_infer' | 'compute_output',
    StatisticDuration
  >;
  memory_usage?: { type?: string; byte_size?: number | string }[];
}

export interface RegionStatus {
  name: string;
  key: string;
  offset?: number;
  byte_size: number;
}

type NamedModel = { name: string; version?: string };
type RepositoryRequest = { model_name: string; parameters?: Record<string, RepositoryParameter> };

/** The calls the gateway makes: request and response of each. */
export interface Rpcs {
  ServerLive: [Empty, { live?: boolean }];
  ServerReady: [Empty, { ready?: boolean }];
  ServerMetadata: [Empty, { name: string; version: string; extensions: string[] }];
  ModelReady: [NamedModel, { ready?: boolean }];
  ModelMetadata: [NamedModel, ModelMetadata];
  ModelConfig: [NamedModel, { config: TritonModelConfig }];
  ModelStatistics: [{ name?: string; version?: string }, { model_stats: ModelStatistics[] }];
  ModelInfer: [InferRequestHeader, ModelInferResponse];
  RepositoryIndex: [{ ready?: boolean }, { models: ModelIndexEntry[] }];
  RepositoryModelLoad: [RepositoryRequest, Empty];
  RepositoryModelUnload: [RepositoryRequest, Empty];
  SystemSharedMemoryStatus: [{ name?: string }, { regions: Record<string, RegionStatus> }];
  SystemSharedMemoryRegister: [{ name: string; key: string; byte_size: number }, Empty];
  SystemSharedMemoryUnregister: [{ name: string }, Empty];
}

export type RpcName = keyof Rpcs;

type MessageDescriptor = MessageTypeDefinition<object, object>['type'];

interface Protocol {
  service: ServiceDefinition;
  /** Definition of ModelConfig and of the messages and enums beside it, by name without the package. */
  types: Map<string, MessageDescriptor>;
}

let loaded: Protocol | undefined;

/** The protocol as `protos/` defines it; read and parsed once per thread (about 40 ms). */
export function protocol(): Protocol {
  loaded ??= load();
  return loaded;
}

/** How one call goes over the wire. */
export function methodOf(rpc: RpcName): MethodDefinition<object, object> {
  return protocol().service[rpc];
}

function load(): Protocol {
  const definition = loadSync('grpc_service.proto', {
    includeDirs: [path.join(__dirname, '../../protos')],
    keepCase: true,
    longs: Number,
    enums: String,
    arrays: true,
    objects: true,
  });
  const types = new Map<string, MessageDescriptor>();
  for (const [name, entry] of Object.entries(definition)) {
    if ('type' in entry) types.set(name.replace(/^inference\./, ''), entry.type);
  }
  return { service: definition['inference.GRPCInferenceService'] as ServiceDefinition, types };
}
