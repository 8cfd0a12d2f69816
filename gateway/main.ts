import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { makeFirstUser, Users } from './access/users';
import { createApp } from './app';
import { Catalog } from './deployment/catalog';
import { Repository } from './deployment/repository';
import { Servers, TritonServer } from './deployment/servers';
import { Store } from './deployment/store';
import { messageOf } from './errors';
import { answerClientError } from './http/middleware/error-handler';
import { listen } from './http/servers';
import { JobRegistry } from './jobs/job-registry';
import { JobQueue } from './jobs/job-queue';
import { defaultBudget } from './jobs/memory-budget';
import { ReadingThread } from './packages/reading/reading-thread';
import { LeaseStore } from './sessions/leases/lease-store';
import { sayWhyNot } from './preflight';
import { SessionStore } from './sessions/store';
import { helpText, readSettings, type Settings } from './settings';
import { History } from './telemetry/history/history';
import { keepLogsPruned } from './telemetry/log-files';
import { closeLogger, createLogger, logFile, type Logger } from './telemetry/logger';
import { Tracing } from './telemetry/tracing';
import { surviveRejections } from './telemetry/unhandled';
import { TransformLibrary } from './transforms/own/library';
import { createTriton, type TritonOptions } from './triton/triton';
import { Gateways, ownedName, removeUnfinished } from './workspace/gateways';
import { nameWorkspace } from './workspace/folders';
import { SharedLocks } from './workspace/locks';
import { closeToOthers, OWN_ONLY } from './workspace/modes';
import { writeRunFile } from './workspace/run-file';
import { tellOfDamage } from './workspace/set-aside';

const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string };

const DRAIN_WITHIN_MS = 30_000;

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(helpText());
    return;
  }
  const settings = readSettings(argv);
  process.umask(OWN_ONLY);
  const { workspace, auto_reload: shared, port } = settings;
  nameWorkspace(workspace);
  const logs = join(workspace, 'logs');
  // A folder each where gateways share the workspace: two that put one file away would lose lines.
  const own = shared ? `${hostname()}-${port || process.pid}` : undefined;
  const directory = join(logs, own ?? '');
  const logger = createLogger({
    directory,
    gateway: own,
    level: settings.debug ? 'debug' : settings.log_level,
    fileBytes: settings.log_file_mb * 2 ** 20,
    files: settings.log_files,
  });
  surviveRejections(logger);
  tellOfDamage((message, facts) => logger.warn(message, facts));
  keepLogsPruned(logs, own, settings.log_days);
  await serve(settings, logger);
  logger.info('log file', { path: logFile(directory) });
}

/** Builds the parts, listens, and drains on SIGTERM or SIGINT. */
async function serve(settings: Settings, logger: Logger): Promise<void> {
  const { workspace, admin_user: user, admin_password: password } = settings;
  const { triton_group: group, tensorflow_triton_url: tensorflowUrl } = settings;
  const tensorBytes = Math.floor(
    (settings.shared_memory_mb * 2 ** 20) / settings.workers / (tensorflowUrl === undefined ? 1 : 2),
  );
  const tritonOptions = {
    url: settings.triton_url,
    proxy: settings.triton_proxy,
    deadlines: { infer: settings.inference_timeout * 1000, load: settings.load_timeout * 1000 },
    sharedMemory: settings.shared_memory,
    regions: { maxBytes: tensorBytes, group },
  };
  const tensorflowOptions = tensorflowUrl === undefined ? undefined : { ...tritonOptions, url: tensorflowUrl };
  const log: TritonOptions['log'] = (level, message, facts) => logger.log(level, message, facts);
  const triton = createTriton({ ...tritonOptions, log });
  const tensorflow = tensorflowOptions && createTriton({ ...tensorflowOptions, log });
  const repositories = [settings.model_repository, settings.tensorflow_model_repository];
  const parts = await closeToOthers(workspace, { repositories, group });
  if (parts.length) logger.warn('parts of the workspace belong to another user and stay open to others', { parts });
  const onWaiting = (who: string) =>
    logger.warn('the workspace was used by a gateway that may be gone; waiting until that is certain', { who });
  const gateways = await Gateways.join({ workspace, shared: settings.auto_reload, onWaiting });
  await gateways.removeDead();
  const locks = new SharedLocks(gateways.locks, settings.load_timeout * 1000);
  const uploads = join(workspace, 'uploads');
  await mkdir(uploads, { recursive: true });

  const lib = join(workspace, 'lib');
  const readers = group === undefined ? undefined : { group, closed: workspace };
  const reading = new ReadingThread(lib);
  const repositoryAt = (folder: string) => new Repository(folder, gateways.id, locks, readers);
  const servers = new Servers(
    new TritonServer('triton', triton, repositoryAt(settings.model_repository)),
    tensorflow && new TritonServer('tensorflow', tensorflow, repositoryAt(settings.tensorflow_model_repository)),
  );
  const removed = await servers.sweepSharedMemory();
  if (removed.length) logger.info('removed shared memory of a gateway that was killed', { regions: removed });
  const models = new Catalog({
    store: new Store(join(workspace, 'models'), settings.keep_versions, gateways.id, locks),
    servers,
    logger,
    reading,
    library: new TransformLibrary(lib),
    locks,
    options: {
      allowCode: settings.allow_code_models,
      dryRunMs: settings.dry_run * 1000,
      tensorBytes,
      shared: gateways.shared,
    },
  });
  const clearUp = async () => {
    const alive = await gateways.alive();
    await removeUnfinished(uploads, alive);
    await models.reconciler.removeDeadGateways(alive);
  };
  await clearUp();
  await models.reconciler.read();
  const queue = new JobQueue({
    workers: settings.workers,
    queueSize: settings.queue_size,
    triton: tritonOptions,
    tensorflowTriton: tensorflowOptions,
    maxVoxels: settings.max_volume_mvoxels * 1e6,
    lib,
    // On the disk of the workspace, removed with what is unfinished there.
    scratch: join(uploads, `${ownedName(gateways.id)}-itk-`),
    memoryBytes: settings.memory_budget === undefined ? defaultBudget : () => settings.memory_budget! * 2 ** 20,
    preparedCacheBytes: settings.prepared_cache_mb * 2 ** 20,
    logger,
    onThreadEnd: (threadId) => void servers.sweepSharedMemory(threadId),
  });
  const sessions = await SessionStore.open({
    directory: join(workspace, 'sessions'),
    gateway: { id: gateways.id, alive: await gateways.alive() },
    expirySeconds: settings.session_expiry,
    quotaBytes: settings.session_quota_mb * 2 ** 20,
    onGone: (id) => queue.forgetSession(id),
    toNifti: (...given) => queue.toNifti(...given),
    warn: (message, facts) => logger.warn(message, facts),
  });
  const leases = await LeaseStore.open({
    directory: join(workspace, 'leases'),
    gateway: { id: gateways.id, alive: await gateways.alive() },
    most: settings.interactive_sessions,
    idleSeconds: settings.interactive_idle,
    livenessSeconds: settings.interactive_liveness,
    onEnd: ({ image }) => void (image && sessions.delete(image.session).catch(() => undefined)),
    warn: (message, facts) => logger.warn(message, facts),
  });
  const { aiaa_defaults: aiaaDefaults } = settings;
  if (aiaaDefaults)
    logger.warn(
      'everybody may change models and read logs, as in AIAA (--aiaa_defaults): leave the flag out on a network that is not yours alone',
    );
  const onDamage = (reason: string) => logger.error('nobody of users.json gets in', { reason });
  const users = new Users({ workspace, user, password, aiaaDefaults, onDamage });
  if (await users.isDefault())
    logger.warn('the dashboard has the password that everybody knows (admin/admin): change it with npm run password');
  const firstPassword = aiaaDefaults || password !== undefined ? undefined : await makeFirstUser(workspace);
  const history = new History(
    {
      // One file per host where gateways share the workspace: the database may not be written from two machines over a network file system.
      path: join(workspace, gateways.shared ? `telemetry-${hostname()}.db` : 'telemetry.db'),
      retention: { days: settings.history_days, rows: settings.history_rows },
    },
    logger,
  );
  const { otlp_url: url } = settings;
  const tracing = url === undefined ? undefined : new Tracing({ url, version, logger });
  const app = createApp({
    settings,
    logger,
    models,
    queue,
    jobs: new JobRegistry(),
    sessions,
    leases,
    users,
    history,
    tracing,
    reading,
    version,
    webFolder: join(__dirname, 'web'),
    locks,
    gateway: gateways.id,
  });
  const listening = await listen(settings, app, answerClientError);
  const stopReconciling = models.reconciler.watchTriton();
  const stopLooking = models.reconciler.watchDisk();
  const stopFollowing = gateways.shared ? models.reconciler.watchGateways(gateways, clearUp) : undefined;

  const { ports, urls } = listening;
  for (const url of urls) logger.info('listening', { url, triton: settings.triton_url });
  if (firstPassword !== undefined) process.stdout.write(firstPasswordText(firstPassword));
  const removeRunFile = tryTo(() => writeRunFile(workspace, urls), logger);
  process.send?.({ kind: 'listening', port: ports[0], sslPort: ports[1] });

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info('stopping: running jobs finish first', { signal });
    setTimeout(() => process.exit(1), DRAIN_WITHIN_MS).unref();
    stopReconciling();
    stopLooking();
    stopFollowing?.();
    sessions.close();
    leases.close();
    listening.stop();
    await queue.close();
    await servers.close();
    listening.cut();
    await history.close();
    await tracing?.close();
    removeRunFile();
    await gateways.leave();
    await closeLogger(logger);
    process.exit(0);
  };
  // The script that started the gateway is gone.
  process.on('disconnect', () => void stop('disconnect'));
  process.on('SIGTERM', (signal) => void stop(signal));
  process.on('SIGINT', (signal) => void stop(signal));
}

/** The run file is for the command line only. */
function tryTo(write: () => () => void, logger: Logger): () => void {
  try {
    return write();
  } catch (error) {
    logger.warn('the command line will not find this gateway: its run file cannot be written', {
      reason: messageOf(error),
    });
    return () => undefined;
  }
}

/** Not in the log, which is kept. */
const firstPasswordText = (password: string) =>
  `\n  Password of the operators, shown this once: user admin, password ${password}\n  Other machines need it for models, log, metrics and dashboard (curl -u admin:${password} …). Set another one: npm run password\n\n`;

main().catch((error: unknown) => process.exit(sayWhyNot(error)));
