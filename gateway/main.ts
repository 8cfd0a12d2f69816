import { mkdir, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createApp } from './app';
import { messageOf } from './errors';
import { InferenceService } from './inference/service';
import { Models } from './models/models';
import { keepReconciled } from './models/reconcile';
import { RepositoryFolder } from './models/repository-folder';
import { ModelStore } from './models/store';
import { ownerOfPort } from './port-owner';
import { answerClientError } from './routes/client-error';
import { SessionStore } from './sessions/store';
import { helpText, readSettings, SettingsError, type Settings } from './settings';
import { createLogger, logFile, type Logger } from './telemetry/logger';
import { TransformLibrary } from './transforms/own/library';
import { createTriton, type Triton, type TritonOptions } from './triton/triton';

const BAD_USAGE = 2;
const DRAIN_WITHIN_MS = 30_000;

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(helpText());
    return;
  }
  const settings = readSettings(argv);
  const logs = join(settings.workspace, 'logs');
  const logger = createLogger({ directory: logs, level: settings.debug ? 'debug' : settings.log_level });
  await serve(settings, logger);
  logger.info('log file', { path: logFile(logs) });
}

/** Builds the parts, listens, and drains on SIGTERM or SIGINT. */
async function serve(settings: Settings, logger: Logger): Promise<void> {
  const tritonOptions = optionsForTriton(settings);
  const triton = createTriton({ ...tritonOptions, log: (level, message, facts) => logger.log(level, message, facts) });
  await sweepSharedMemory(triton, logger);
  const uploads = join(settings.workspace, 'uploads');
  await rm(uploads, { recursive: true, force: true });
  await mkdir(uploads, { recursive: true });

  const lib = join(settings.workspace, 'lib');
  const models = new Models(
    new ModelStore(join(settings.workspace, 'models')),
    new RepositoryFolder(settings.model_repository),
    triton,
    logger,
    new TransformLibrary(lib),
  );
  await models.recover();
  const service = new InferenceService({
    workers: settings.workers,
    queueSize: settings.queue_size,
    triton: tritonOptions,
    lib,
    preparedCacheBytes: settings.prepared_cache_mb * 2 ** 20,
    logger,
    onThreadEnd: (threadId) => void triton.sweepSharedMemory(threadId),
  });
  const sessions = await SessionStore.open({
    directory: join(settings.workspace, 'sessions'),
    expirySeconds: settings.session_expiry,
    quotaBytes: settings.session_quota_mb * 2 ** 20,
    onGone: (id) => service.forgetSession(id),
  });
  const server = await listen(settings, createApp({ settings, logger, models, service, sessions }));
  const stopReconciling = keepReconciled(models, triton, logger);

  const { port } = server.address() as AddressInfo;
  logger.info('listening', {
    url: `${settings.ssl ? 'https' : 'http'}://${settings.host}:${port}`,
    triton: settings.triton_url,
  });
  process.send?.({ kind: 'listening', port });

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info('stopping: running jobs finish first', { signal });
    setTimeout(() => process.exit(1), DRAIN_WITHIN_MS).unref();
    stopReconciling();
    sessions.close();
    server.close();
    server.closeIdleConnections();
    await service.close();
    await triton.close();
    server.closeAllConnections();
    logger.on('finish', () => process.exit(0));
    logger.end();
  };
  // The script that started the gateway is gone.
  process.on('disconnect', () => void stop('disconnect'));
  process.on('SIGTERM', (signal) => void stop(signal));
  process.on('SIGINT', (signal) => void stop(signal));
}

function optionsForTriton(settings: Settings): TritonOptions {
  return {
    url: settings.triton_url,
    deadlines: { infer: settings.inference_timeout * 1000, load: settings.load_timeout * 1000 },
    sharedMemory: settings.shared_memory,
    regions: { maxBytes: Math.floor((settings.shared_memory_mb * 2 ** 20) / settings.workers) },
  };
}

async function sweepSharedMemory(triton: Triton, logger: Logger): Promise<void> {
  const removed = await triton.sweepSharedMemory();
  if (removed.length) logger.info('removed shared memory of a gateway that was killed', { regions: removed });
}

function listen(settings: Settings, app: ReturnType<typeof createApp>): Promise<Server> {
  const server = settings.ssl
    ? createHttpsServer(
        { cert: readFileSync(settings.ssl_cert_file!), key: readFileSync(settings.ssl_pkey_file!) },
        app,
      )
    : createHttpServer(app);
  server.on('clientError', answerClientError);
  // Nothing is expected but 100-continue, which Node answers; other expectations may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', app);
  // A volume over a slow line takes longer than Node's five minutes for a whole request.
  server.requestTimeout = 0;
  // Longer than proxies and clients keep an idle connection: whoever closes first must not be us, or their next request is lost.
  server.keepAliveTimeout = 75_000;
  return new Promise((resolve, reject) => {
    server.once('error', (error) => void listenError(error, settings).then(reject));
    server.listen(settings.port, settings.host, () => resolve(server));
  });
}

async function listenError(error: NodeJS.ErrnoException, { host, port }: Settings): Promise<Error> {
  if (error.code === 'EADDRINUSE') {
    const airplay = process.platform === 'darwin' && port === 5000;
    const owner = airplay
      ? 'probably AirPlay Receiver (System Settings > General > AirDrop & Handoff)'
      : await ownerOfPort(port);
    return new SettingsError(
      `port ${port} is taken by ${owner ?? 'another program'}; choose another one with --port, for example --port ${port + 1}`,
    );
  }
  if (error.code === 'EACCES') {
    return new SettingsError(`port ${port} needs more rights than this user has; choose one above 1023 with --port`);
  }
  if (error.code === 'EADDRNOTAVAIL') {
    return new SettingsError(`${host} is not an address of this machine; choose one with --host`);
  }
  return error;
}

main().catch((error: unknown) => {
  process.stderr.write(`aiaa-triton-gateway: ${messageOf(error)}\n`);
  if (!(error instanceof SettingsError) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exit(error instanceof SettingsError ? BAD_USAGE : 1);
});
