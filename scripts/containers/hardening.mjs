import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { compose, docker, idOf, inside, inspect, refused } from './engine.mjs';

const UNITS = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const bytesOf = (size) => {
  const [, number, unit] = /^(\d+)([bkmg]?)b?$/i.exec(size);
  return Number(number) * UNITS[unit.toLowerCase()];
};
const statusOf = (service) => inside(service, 'cat /proc/1/status');
const mountOf = (service, path) =>
  inside(service, 'cat /proc/mounts')
    .split('\n')
    .map((line) => line.split(' '))
    .findLast(([, at]) => at === path);
/** Of either version of control groups. */
const limitOf = (service, ...files) => inside(service, `cat ${files.join(' ')} 2>/dev/null | head -n 1`);
const mayWrite = (service, path) => inside(service, `touch ${path}/written && rm ${path}/written`);
const mayNotWrite = (service, path) => refused(service, `touch ${path}/written`);

/** Nothing of these is seen in a container. */
const ofCompose = () => {};

/** How each line of a service is seen from inside its container, or where the engine alone knows it, by the engine. */
const checks = {
  build: ofCompose,
  profiles: ofCompose,
  depends_on: ofCompose,
  image: (service, image) => assert.equal(inspect(idOf(service)).Config.Image, image),
  command: (service, command) =>
    assert.deepEqual(inspect(idOf(service)).Config.Cmd, command.map((word) => word.replaceAll('$$', '$'))), // prettier-ignore
  read_only(service, value) {
    assert.equal(value, true);
    assert.match(mountOf(service, '/')[3], /^ro\b/);
    for (const path of ['', '/etc', '/usr/local', '/var', '/home', '/opt']) mayNotWrite(service, path);
  },
  cap_drop(service, dropped) {
    assert.deepEqual(dropped, ['ALL']);
    for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb'])
      assert.match(statusOf(service), new RegExp(`^Cap${set}:\\s0+$`, 'm'));
  },
  security_opt(service, options) {
    assert.deepEqual(options, ['no-new-privileges:true']);
    assert.match(statusOf(service), /^NoNewPrivs:\s1$/m);
    assert.match(statusOf(service), /^Seccomp:\s2$/m);
  },
  user(service, user) {
    const [uid, gid] = user.split(':');
    const four = (id) => `(\\s${id}){4}$`;
    assert.match(statusOf(service), new RegExp(`^Uid:${four(uid)}`, 'm'));
    assert.match(statusOf(service), new RegExp(`^Gid:${four(gid)}`, 'm'));
    assert.match(statusOf(service), new RegExp(`^Groups:\\s*(${gid})?\\s*$`, 'm'));
  },
  pids_limit: (service, most) =>
    assert.equal(limitOf(service, '/sys/fs/cgroup/pids.max', '/sys/fs/cgroup/pids/pids.max'), String(most)),
  deploy(service, { resources: { limits } }) {
    const files = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];
    assert.equal(Number(limitOf(service, ...files)), bytesOf(limits.memory));
    assert.equal(inspect(idOf(service)).HostConfig.NanoCpus, 1e9 * Number(limits.cpus ?? 0));
  },
  tmpfs(service, entries) {
    for (const [path, options] of entries.map((entry) => entry.split(':'))) {
      const [, , type, flags] = mountOf(service, path);
      const kilobytes = bytesOf(/size=(\w+)/.exec(options)[1]) / 1024;
      assert.equal(type, 'tmpfs');
      for (const flag of ['nosuid', 'nodev', `size=${kilobytes}k`]) assert.ok(flags.split(',').includes(flag), flags);
      assert.equal(inside(service, `stat -c %a ${path}`), /mode=(\w+)/.exec(options)[1]);
      mayWrite(service, path);
    }
  },
  volumes(service, entries) {
    for (const entry of entries) {
      const [path, mode] =
        typeof entry === 'string'
          ? entry.split(':').slice(1)
          : [entry.target, entry.read_only ? 'ro' : entry.volume?.nocopy ? 'nocopy' : 'rw'];
      assert.match(mountOf(service, path)[3], mode === 'ro' ? /^ro\b/ : /^rw\b/);
      if (mode === 'ro') mayNotWrite(service, path);
      else mayWrite(service, path);
    }
  },
  ports(service, entries) {
    const published = Object.values(inspect(idOf(service)).NetworkSettings.Ports)
      .flat()
      .filter(Boolean);
    const expected = entries.map((entry) => String(entry.published ?? entry.split(':').at(-2)));
    assert.deepEqual([...new Set(published.map(({ HostPort: port }) => port))], expected);
  },
  networks(service, wanted) {
    const names = Object.keys(inspect(idOf(service)).NetworkSettings.Networks);
    // Older engines give a container of an inner network a default route and drop what takes it, so a route proves nothing.
    const isInner = Object.fromEntries(
      names.map((name) => [name.split('_').at(-1), JSON.parse(docker('network', 'inspect', name))[0].Internal]),
    );
    assert.deepEqual(isInner, Object.fromEntries(Object.keys(wanted).map((name) => [name, name === 'inference'])));
  },
  environment(service, wanted) {
    const set = new Map(inside(service, 'env').split('\n').map((line) => line.split(/=(.*)/s))); // prettier-ignore
    for (const [name, value] of Object.entries(wanted)) assert.equal(set.get(name), String(value), name);
    for (const name of set.keys()) assert.doesNotMatch(name, /PASSWORD|SECRET|TOKEN/);
  },
  ulimits(service, { memlock, stack }) {
    const limits = inside(service, 'cat /proc/1/limits');
    const shown = (value) => (value === -1 ? 'unlimited' : value);
    assert.match(limits, new RegExp(`^Max locked memory\\s+${shown(memlock)}\\s`, 'm'));
    assert.match(limits, new RegExp(`^Max stack size\\s+${shown(stack)}\\s`, 'm'));
  },
  logging: (service, { driver, options }) =>
    assert.deepEqual(inspect(idOf(service)).HostConfig.LogConfig, { Type: driver, Config: options }),
  restart: (service, name) => assert.equal(inspect(idOf(service)).HostConfig.RestartPolicy.Name, name),
  healthcheck: (service) => assert.equal(inspect(idOf(service)).State.Health.Status, 'healthy'),
  stop_grace_period: (service, time) =>
    assert.equal(inspect(idOf(service)).Config.StopTimeout, /^(\d+)m0?s?$/.test(time) ? 60 * parseInt(time) : parseInt(time)), // prettier-ignore
};

/** Every line of each service that runs; a line of a kind that nobody checks is a fault. @returns how many were checked */
export function everyLine(services) {
  const file = parse(compose('config'));
  let lines = 0;
  for (const service of services)
    for (const [key, value] of Object.entries(file.services[service])) {
      assert.ok(Object.hasOwn(checks, key), `${service} has a line "${key}" that nothing checks`);
      try {
        checks[key](service, value);
      } catch (error) {
        throw new Error(`${service}, ${key}: ${error.message}`, { cause: error });
      }
      lines++;
    }
  return lines;
}
