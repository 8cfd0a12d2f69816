import { putModel } from '../client';
import { startRealTriton, type RealTriton } from '../real-triton';
import { startGateway, type GatewayOptions, type RunningGateway } from '../running-gateway';

/** A gateway with models on a real Triton: what one file of tests shares. */
export interface ClientServer {
  url: string;
  gateway: RunningGateway;
  triton: RealTriton;
  stop(): Promise<void>;
}

/** Config, model file and its name; a pipeline has no file. */
export type ServedModel = [config: unknown, model?: Buffer, fileName?: string];

/** Starts both and loads `models`, by name. */
export async function startServer(
  models: Record<string, ServedModel>,
  flags: GatewayOptions['flags'] = {},
): Promise<ClientServer> {
  const triton = await startRealTriton();
  let gateway: RunningGateway | undefined;
  const stop = async () => {
    await gateway?.stop();
    await triton.stop();
  };
  try {
    gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository, flags });
    for (const [name, model] of Object.entries(models)) {
      const { status, json } = await putModel(gateway.url, name, ...model);
      if (status !== 200) throw new Error(`"${name}" was refused: ${JSON.stringify(json)}`);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: gateway.url, gateway, triton, stop };
}
