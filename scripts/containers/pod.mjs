import { spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { root } from '../setup.mjs';
import { docker, environment, execIn, folder, inspect, quietly, run } from './engine.mjs';

// A pod of deploy/kubernetes as a kubelet makes it, as far as an engine can: one network, volumes of the pod's group, each container with the user, limits
// and rights of the file. What needs a cluster (scaling, policies, claims of several nodes, GPUs) is not in it.

const PREFIX = 'aiaa-containers-test-pod';
const NAMESPACE = 'aiaa';
/** As a kubelet makes volumes of a group. */
const GROUP_MAY_WRITE = 0o2777;

/** The example with its line for TensorFlow models taken in. @returns the pod's spec */
function podSpec() {
  const copy = join(folder, 'kubernetes');
  cpSync(join(root, 'deploy/kubernetes'), copy, { recursive: true });
  const example = join(copy, 'example/kustomization.yaml');
  writeFileSync(example, readFileSync(example, 'utf8').replace('\n# components:', '\ncomponents:'));
  const documents = parseAllDocuments(run('kubectl', ['kustomize', join(copy, 'example')]));
  return documents.map((one) => one.toJS()).find(({ kind }) => kind === 'StatefulSet').spec.template.spec;
}

const bytesOf = (size) => size?.replace('i', '').toLowerCase();
const nameOf = (container) => `${PREFIX}-${container}`;

/** A tmpfs of the engine for a volume in memory, else a folder of this machine, which outlives the containers. Claims have the pod's group, too. */
function makeVolume({ name, emptyDir, secret }, { fsGroup }, password) {
  if (emptyDir?.medium === 'Memory') {
    const options = `size=${bytesOf(emptyDir.sizeLimit)},gid=${fsGroup},mode=${GROUP_MAY_WRITE.toString(8)}`;
    const tmpfs = ['type=tmpfs', 'device=tmpfs', `o=${options}`].flatMap((option) => ['--opt', option]);
    return docker('volume', 'create', '--driver', 'local', ...tmpfs, nameOf(name));
  }
  const at = join(folder, name);
  mkdirSync(at);
  chownSync(at, 0, fsGroup);
  chmodSync(at, GROUP_MAY_WRITE);
  if (secret) {
    writeFileSync(join(at, 'admin_password'), password, { mode: secret.defaultMode });
    chownSync(join(at, 'admin_password'), 0, fsGroup);
  }
  return at;
}

/** Values of variables, with $(NAME) of those before them. */
function valuesOf(variables) {
  const values = {};
  for (const { name, value, valueFrom } of variables)
    values[name] = valueFrom ? NAMESPACE : value.replace(/\$\((\w+)\)/g, (text, other) => values[other] ?? text);
  return Object.entries(values).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
}

function begin(container, image, { securityContext: pod }, volumes) {
  const { command = [], args = [], env, securityContext: own, resources, volumeMounts } = container;
  const [entry, ...words] = command;
  const denied = [
    ...(own.readOnlyRootFilesystem ? ['--read-only'] : []),
    ...own.capabilities.drop.flatMap((name) => ['--cap-drop', name]),
    ...(own.allowPrivilegeEscalation ? [] : ['--security-opt', 'no-new-privileges']),
  ];
  const mounts = volumeMounts.flatMap(({ name, mountPath, readOnly }) => [
    '--volume',
    `${volumes[name]}:${mountPath}${readOnly ? ':ro' : ''}${volumes[name].startsWith('/') ? '' : readOnly ? ',nocopy' : ':nocopy'}`,
  ]);
  docker('run', '--detach', '--name', nameOf(container.name), '--network', `container:${PREFIX}`, '--restart', 'always',
    '--user', `${own.runAsUser ?? pod.runAsUser}:${pod.runAsGroup}`, '--group-add', String(pod.fsGroup), ...denied,
    '--memory', bytesOf(resources.limits.memory), ...valuesOf(env), ...mounts,
    ...(entry ? ['--entrypoint', entry] : []), image, ...words, ...args); // prettier-ignore
}

/**
 * @param {Record<string, string>} images of each container
 * @returns {{ inside, pidOf, probe, end }} until {@link removePod}
 */
export function startPod(images, port, password) {
  removePod();
  const spec = podSpec();
  docker('run', '--detach', '--name', PREFIX, '--publish', `127.0.0.1:${port}:5000`, '--entrypoint', 'sleep', images.gateway, 'infinity'); // prettier-ignore
  const volumes = Object.fromEntries(
    spec.volumes.map((volume) => [volume.name, makeVolume(volume, spec.securityContext, password)]),
  );
  for (const container of spec.containers) begin(container, images[container.name], spec, volumes);

  const end = async ({ name, lifecycle }) => {
    await started('exec', nameOf(name), ...lifecycle.preStop.exec.command);
    const told = Date.now();
    await started('stop', '--time', String(spec.terminationGracePeriodSeconds), nameOf(name));
    const { ExitCode: code, FinishedAt: at } = inspect(nameOf(name)).State;
    return [name, { told, ended: Date.parse(at), code }];
  };
  return {
    inside: (name, script) => execIn(nameOf(name), script),
    pidOf: (name) => inspect(nameOf(name)).State.Pid,
    /** Runs the probes that are commands once. @throws where one fails */
    probe() {
      for (const { name, livenessProbe, startupProbe } of spec.containers)
        for (const { exec } of [startupProbe, livenessProbe]) if (exec) docker('exec', nameOf(name), ...exec.command);
    },
    /** As the kubelet ends a pod: all containers at once, each after its preStop. @returns times of each in ms */
    end: async () => Object.fromEntries(await Promise.all(spec.containers.map(end))),
  };
}

export function removePod() {
  const names = docker('ps', '--all', '--quiet', '--filter', `name=${PREFIX}`).split('\n').filter(Boolean);
  if (names.length) quietly('rm', '--force', '--volumes', ...names);
  const volumes = docker('volume', 'ls', '--quiet', '--filter', `name=${PREFIX}`).split('\n').filter(Boolean);
  if (volumes.length) quietly('volume', 'rm', ...volumes);
}

/** A command of the engine beside others. @throws with what it complains of */
async function started(...args) {
  const child = spawn('docker', args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text) => (complaint += text));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${code}: ${complaint.slice(-2000)}`);
}
