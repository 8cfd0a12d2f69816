import type { ServedModel } from './clients/server';

/** A gateway on a real Triton that many test files use at a time. */
export interface SharedServer {
  url: string;
  workspace: string;
  /** The model repository of its Triton. */
  repository: string;
}

/** A model as it is sent between processes. */
export interface PackedModel {
  config: unknown;
  /** Base64. */
  data?: string;
  fileName?: string;
}

/**
 * The gateway that all test files share, with default settings but for the viewers' origin and PACS, once it has `models`. For files that only call it: it has models and sessions of
 * others too. What starts, stops, floods or configures a gateway, or looks at all that there is, has one of its own.
 */
export async function sharedServer(models: Record<string, ServedModel>): Promise<SharedServer> {
  const packed = Object.entries(models).map(([name, [config, data, fileName]]): [string, PackedModel] => [
    name,
    { config, data: data?.toString('base64'), fileName },
  ]);
  const body = JSON.stringify(Object.fromEntries(packed));
  const response = await fetch(process.env.AIAA_SHARED_SERVER!, { method: 'POST', body });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as SharedServer;
}
