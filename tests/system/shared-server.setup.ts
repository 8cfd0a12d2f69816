import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { putModel } from './client';
import { ORIGIN } from './clients/forms';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import type { PackedModel, SharedServer } from './shared-server';

let broker: Server;
let started: Promise<{ triton: RealTriton; gateway: RunningGateway }> | undefined;
/** Models by name: what they are, and when they are loaded. */
const models = new Map<string, { digest: string; loaded: Promise<void> }>();

/** In the process that runs the test files: a broker that they ask for the server of all. The first one that does starts it. */
export default async function listen(): Promise<void> {
  broker = createServer((request, response) => {
    serve(request).then(
      (server) => response.end(JSON.stringify(server)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
  // Does not keep the process alive where nobody stops it.
  broker.unref();
  process.env.AIAA_SHARED_SERVER = `http://127.0.0.1:${(broker.address() as AddressInfo).port}`;
  (globalThis as { stopSharedServer?: () => Promise<void> }).stopSharedServer = stop;
}

async function serve(request: IncomingMessage): Promise<SharedServer> {
  const wanted = (await new Response(request as never).json()) as Record<string, PackedModel>;
  const { triton, gateway } = await (started ??= start());
  for (const [name, model] of Object.entries(wanted)) {
    const digest = createHash('sha256').update(JSON.stringify(model)).digest('hex');
    if (!models.has(name)) models.set(name, { digest, loaded: load(gateway, name, model) });
    const known = models.get(name)!;
    if (known.digest !== digest) throw new Error(`"${name}" is another model for another test file`);
    await known.loaded;
  }
  return { url: gateway.url, workspace: gateway.workspace, repository: triton.repository };
}

async function start() {
  const triton = await startRealTriton();
  const gateway = await startGateway({
    tritonUrl: triton.grpcUrl,
    repository: triton.repository,
    // Where the viewers of the tests come from, and the PACS they name.
    flags: { cors_origins: ORIGIN, pacs_hosts: '127.0.0.1' },
  });
  return { triton, gateway };
}

async function load({ url }: RunningGateway, name: string, { config, data, fileName }: PackedModel): Promise<void> {
  const { status, json } = await putModel(
    url,
    name,
    config,
    data === undefined ? undefined : Buffer.from(data, 'base64'),
    fileName,
  );
  if (status !== 200) throw new Error(`"${name}" was refused: ${JSON.stringify(json)}`);
}

async function stop(): Promise<void> {
  broker.close();
  const running = await started?.catch(() => undefined);
  await running?.gateway.stop();
  await running?.triton.stop();
}
