// npm start [-- flags]: the gateway until Ctrl-C; without --triton_url also a Triton: the program that AIAA_TRITONSERVER names, else the local one.
import { appendFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchSampleCt, sampleCtPath } from '../samples/fetch-ct.mjs';
import { ExitError, startGateway } from './gateway-process.mjs';
import { startTriton as startLocalTriton } from './local-triton.mjs';
import { SAMPLE_MODEL, uploadSampleModel } from './sample-model.mjs';
import { whenNpmEnds } from './npm-ends.mjs';
import { cache, exitWith, pythonOfTriton, root, setUp } from './setup.mjs';
import { startTritonServer } from './tritonserver.mjs';
import { asUser, openRepository, usersFor } from './users.mjs';

const RESTART_AFTER_MS = 1000;
/** The gateway: the longest pause before it is started again, and the time after which it counts as steady. */
const LONGEST_PAUSE_MS = 60_000;
const STEADY_AFTER_MS = 60_000;
const READY_WITHIN_MS = 10_000;
const flags = process.argv.slice(2);

async function main() {
  setUp({ triton: false });
  const load = (name) => createRequire(import.meta.url)(join(root, 'dist', name));
  const { readSettings, helpText, settingFlags } = load('settings.js');
  const { parseFlagsOnly, UsageError } = load('flags.js');
  const { preflight, sayWhyNot } = load('preflight.js');
  if (flags.includes('--help') || flags.includes('-h')) return void process.stdout.write(helpText());
  let settings;
  let given;
  try {
    given = parseFlagsOnly(flags, settingFlags);
    settings = readSettings(flags);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exit(error.exitCode);
  }

  const firstStart = isEmpty(join(settings.workspace, 'models'));
  const ownTriton = !process.env.AIAA_TRITON_URL && !given.has('triton_url');
  const isLocal = ownTriton && !process.env.AIAA_TRITONSERVER;
  if (isLocal) setUp({ triton: true });
  const users = usersFor(settings, isLocal ? [pythonOfTriton(), join(root, 'triton-local', 'backends')] : []);
  if (ownTriton && users.why) console.log(users.why);
  // Before Triton starts, which writes into the workspace's log.
  try {
    await asUser(users.gateway, () =>
      preflight(settings, (who) => console.log(`waiting until ${who} is certain to be gone …`)),
    );
  } catch (error) {
    process.exit(sayWhyNot(error));
  }
  const triton = ownTriton ? await keepTriton(settings, users) : undefined;
  const gateway = await keepGateway([...(triton?.flags ?? []), ...flags, ...sampleFlags(given)], users.gateway);
  const scheme = settings.ssl && settings.ssl_port === undefined ? 'https' : 'http';
  const here = `${scheme}://127.0.0.1:${gateway.port}${settings.root_path}`;

  const stopping = new AbortController();
  const stop = async () => {
    stopping.abort();
    await gateway.stop();
    await triton?.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop());
  whenNpmEnds(() => void stop());
  void gateway.ended.then(async (code) => {
    await triton?.stop();
    process.exit(code);
  });

  const { admin_user: user, admin_password: password } = settings;
  if (firstStart && existsSync(join(root, 'samples', SAMPLE_MODEL)))
    await loadSample(here, user && `${user}:${password}`);
  printWelcome(here, settings.host);
  if (isLocal && sampleFlags(given).includes(sampleCtPath(cache))) void offerSampleCt(stopping.signal);
  await tellSharedMemory(here);
}

/** Tensors that go the slow way show in nothing but time. */
async function tellSharedMemory(server) {
  const answer = await fetch(`${server}/health/ready`, { signal: AbortSignal.timeout(READY_WITHIN_MS) }).catch(
    () => undefined,
  );
  const {
    expected,
    used,
    reason,
    remedy = '',
  } = (await answer?.json().catch(() => undefined))?.triton?.shared_memory ?? {};
  if (expected && used === false)
    console.log(`  Shared memory is not used, tensors go through gRPC: ${reason}\n  ${remedy}\n`);
}

/** The CT of the demo, where nothing else is to be offered; it may come later. */
const sampleFlags = (flags) =>
  process.env.AIAA_SAMPLES || flags.has('samples') ? [] : ['--samples', sampleCtPath(cache)];

/** Fetches that CT beside everything else. */
async function offerSampleCt(signal) {
  if (existsSync(sampleCtPath(cache))) return;
  try {
    await fetchSampleCt({ cache, python: pythonOfTriton(), signal, log: (line) => console.log(`  ${line}`) });
    console.log('  The pages offer a sample CT now.\n');
  } catch (error) {
    if (!signal.aborted) console.log(`  The pages offer no sample CT: ${error.message}\n`);
  }
}

/** The gateway, started again on the same port when it dies, after ever longer pauses; one that ends as it was asked to stays away. */
async function keepGateway(gatewayFlags, user) {
  let current = await startGateway(gatewayFlags, { user });
  const { port } = current;
  const stopping = new AbortController();
  const { signal } = stopping;
  let pause = RESTART_AFTER_MS;
  const startAgain = async () => {
    while (!signal.aborted) {
      console.error(`The gateway is started again in ${pause / 1000} s; Triton goes on`);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      if (signal.aborted) return;
      try {
        current = await startGateway([...gatewayFlags, '--port', String(port)], { user });
        if (signal.aborted) await current.stop();
        return;
      } catch (error) {
        console.error(error.message);
      }
    }
  };
  const watch = async () => {
    for (;;) {
      const since = performance.now();
      const [code, killedBy] = await exitOf(current.process);
      if (signal.aborted || code === 0) return code ?? 1;
      console.error(`The gateway ended (${killedBy ?? `exit code ${code}`})`);
      if (performance.now() - since > STEADY_AFTER_MS) pause = RESTART_AFTER_MS;
      await startAgain();
    }
  };
  const stop = () => {
    stopping.abort();
    return current.stop();
  };
  return { port, stop, ended: watch() };
}

/** How a process ended, or will. */
const exitOf = (child) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve([child.exitCode, child.signalCode])
    : once(child, 'exit');

/** Triton, started again on the same ports when it dies. */
async function keepTriton(settings, { gateway, triton: user }) {
  const startTriton = process.env.AIAA_TRITONSERVER ? startTritonServer : startLocalTriton;
  const logs = join(settings.workspace, 'logs');
  const options = {
    repository: settings.model_repository,
    logFile: join(logs, 'triton.log'),
    readyFile: join(logs, 'triton.ready.json'),
    user,
  };
  await asUser(gateway, async () => {
    mkdirSync(logs, { recursive: true });
    appendFileSync(options.logFile, '');
    if (user) await openRepository(settings, user);
  });
  let stopping = false;
  let current = await startTriton(options);
  let starting;
  const { url, ports } = current;
  const metrics = `http://127.0.0.1:${ports.metrics}/metrics`;
  const watch = () =>
    current.process.once('exit', async (code) => {
      if (stopping) return;
      console.error(`Triton ended (exit code ${code}); it is started again. Its log: ${options.logFile}`);
      while (!stopping) {
        await sleep(RESTART_AFTER_MS);
        try {
          starting = startTriton({ ...options, ports });
          current = await starting;
          if (stopping) return;
          return watch();
        } catch (error) {
          console.error(error.message);
        }
      }
    });
  watch();
  const stop = async () => {
    stopping = true;
    // One that is being started would be left behind.
    await starting?.catch(() => undefined);
    await current.stop();
  };
  // An address of the user's own comes later and wins.
  const group = user ? ['--triton_group', String(user.gid)] : [];
  return { flags: ['--triton_restarts', 'true', '--triton_url', url, '--triton_metrics_url', metrics, ...group], stop };
}

async function loadSample(server, credentials) {
  try {
    await uploadSampleModel(server, credentials);
  } catch (error) {
    console.error(`The sample model is not loaded: ${error.message}`);
  }
}

function printWelcome(here, host) {
  // A container does not know which port of its host leads to it.
  const inContainer = process.env.AIAA_CONTAINER === 'true';
  const { protocol, port } = new URL(here);
  const shown = inContainer ? here.replace(/(?<=:\/\/)[^/]+/, 'HOST:PORT') : here;
  const inner = port || (protocol === 'https:' ? 443 : 80);
  const where = `  HOST is the machine, PORT what leads to ${inner} of this container: docker run -p PORT:${inner}`;
  const everywhere = host === '0.0.0.0' || host === '::';
  const addresses = everywhere ? externalAddresses().map((address) => here.replace('127.0.0.1', address)) : [];
  const others = addresses.map((url) => `  From other machines:                                   ${url}`);
  console.log(
    [
      '',
      `  Server URL for 3D Slicer, MITK and the Python client:  ${shown}`,
      ...(inContainer ? [where] : others),
      ...(host === '127.0.0.1'
        ? ['  This machine alone reaches it; start it with --host 0.0.0.0 to let others in.']
        : []),
      `  Try it:  curl -F params={} -F image=@ct.nii.gz "${shown}/v1/segmentation?model=${SAMPLE_MODEL}&output=image" -o mask.nii.gz`,
      `  Pages:   ${shown}/ (start), ${shown}/try/ (try a model), ${shown}/models/ (upload), ${shown}/docs/ (API), ${shown}/v1/models (model list), ${shown}/health/ready (state)`,
      '  Stop with Ctrl-C.',
      '',
    ].join('\n'),
  );
}

function externalAddresses() {
  return Object.values(networkInterfaces())
    .flat()
    .filter((network) => network.family === 'IPv4' && !network.internal)
    .map((network) => network.address);
}

function isEmpty(folder) {
  return !existsSync(folder) || readdirSync(folder).length === 0;
}

main().catch((error) => (error instanceof ExitError ? process.exit(error.code) : exitWith(error)));
