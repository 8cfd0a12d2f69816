import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describeWith, programNamed, readYaml, root, run } from './programs';
import { testThatNeeds } from '../needs';

interface Service {
  profiles?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  user?: string;
  pids_limit?: number;
  restart?: string;
  ports?: { published: number; target: number }[] | string[];
  volumes?: string[];
  networks: Record<string, unknown>;
  deploy?: { resources: { limits: { memory: string } } };
  healthcheck?: unknown;
}

const compose = (args: string[]) => {
  const [config] = readYaml(run('docker-compose', [...args, 'config']));
  return config as {
    services: Record<string, Service>;
    volumes: Record<string, { driver_opts?: { o: string } }>;
    networks: Record<string, { internal?: boolean }>;
  };
};

describeWith('docker-compose.yml', ['docker-compose'], () => {
  test.each([
    ['gpu', ['gateway', 'triton']],
    ['cpu', ['gateway', 'triton-cpu']],
    ['tensorflow', ['gateway', 'triton-tensorflow']],
    ['monitoring', ['gateway', 'grafana', 'prometheus']],
  ])('profile %s: %j, each without rights, memory without end, or a port that leads to Triton', (profile, names) => {
    const { services: all, volumes, networks } = compose(['--profile', profile]);
    // This version of it shows the services of every profile.
    const services = Object.fromEntries(
      Object.entries(all).filter(([, { profiles = [profile] }]) => profiles.includes(profile)),
    );
    expect(Object.keys(services).sort()).toEqual(names);
    for (const [name, service] of Object.entries(services)) {
      expect([name, service]).toEqual([
        name,
        expect.objectContaining({
          read_only: true,
          cap_drop: ['ALL'],
          security_opt: ['no-new-privileges:true'],
          restart: 'unless-stopped',
          pids_limit: /triton/.test(name) ? 32768 : 4096,
        }),
      ]);
      expect([name, service.user]).toEqual([name, expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
      expect([name, service.deploy?.resources.limits.memory]).toEqual([name, expect.stringMatching(/^\d+g$/)]);
      const published = JSON.stringify(service.ports ?? []);
      if (name === 'grafana') expect(published).toContain('127.0.0.1:3000');
      else expect([name, published]).toEqual([name, name === 'gateway' ? expect.stringContaining('5000') : '[]']);
      if (/triton|prometheus/.test(name)) expect(Object.keys(service.networks)).toEqual(['inference']);
    }
    expect(networks.inference.internal).toBe(true);
    expect(volumes.shm.driver_opts!.o).toMatch(/^size=8g,uid=1000,gid=1000/);
    for (const name of names.filter((one) => /gateway|triton/.test(one)))
      expect(services[name].volumes).toEqual(
        expect.arrayContaining([expect.stringMatching(/^shm:\/dev\/shm:(rw,)?nocopy$/)]),
      );
  });

  test('variables of the host are taken, and a password comes by a file', () => {
    const text = run(
      'docker-compose',
      ['-f', 'docker-compose.yml', '-f', 'deploy/docker/compose.secrets.yml', '--profile', 'cpu', 'config'],
      {
        TRITON_IMAGE: 'tritonserver:mine',
        SHM_SIZE: '2g',
        ADMIN_PASSWORD_FILE: '/etc/password',
        INFERENCE_SUBNET: '172.31.0.0/28',
      },
    );
    expect(text).toContain('image: tritonserver:mine');
    expect(text).toContain('size=2g');
    expect(text).toMatch(/AIAA_METRICS_HOSTS: '?172\.31\.0\.0\/28,/);
    expect(text).toContain('AIAA_ADMIN_PASSWORD_FILE: /run/secrets/admin_password');
    expect(text).toContain('file: /etc/password');
    expect(text).not.toMatch(/AIAA_ADMIN_PASSWORD:/);
  });
});

test('the Dockerfile copies what .dockerignore lets through, and both images check their health', () => {
  const dockerfile = readFileSync(path.join(root, 'Dockerfile'), 'utf8');
  const allowed = readFileSync(path.join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .flatMap((line) => /^!([^/*]+)/.exec(line)?.[1] ?? []);
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) => sources.split(' '));
  for (const source of copied) {
    expect(allowed).toContain(source.split('/')[0]);
    expect(readdirSync(path.join(root, path.dirname(source)))).toContain(path.basename(source));
  }
  expect(dockerfile.match(/^HEALTHCHECK/gm)).toHaveLength(2);
  expect(dockerfile).toMatch(/AS aiaa$[^]*AIAA_PORT=80\b[^]*CMD \["start_aas\.sh"\]/m);
});

const shellcheck = programNamed('shellcheck');
testThatNeeds('shellcheck', shellcheck)('the scripts of the image are clean', () => {
  const scripts = readdirSync(path.join(root, 'deploy/docker')).filter((name) => name.endsWith('.sh'));
  expect(
    run(
      shellcheck!,
      scripts.map((name) => path.join(root, 'deploy/docker', name)),
    ),
  ).toBe('');
});
