import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWith, readYaml, root, run } from './programs';
import { testThatNeeds } from '../needs';

const PINNED = 'kubernetes-validate==1.37.0';
const home = path.join(process.env.AIAA_CACHE ?? path.join(root, '.cache'), 'kubernetes-validate');
const validator = path.join(home, 'bin/kubernetes-validate');

/** The validator with the schemas of every Kubernetes in it, in an environment of its own. */
function install(): boolean {
  if (existsSync(validator)) return true;
  try {
    execFileSync('python3', ['-m', 'venv', home], { stdio: 'pipe' });
    execFileSync(path.join(home, 'bin/pip'), ['install', '--quiet', PINNED], { stdio: 'pipe' });
  } catch {
    return false;
  }
  return existsSync(validator);
}

describeWith('deploy/kubernetes', ['kubectl', 'python3'], () => {
  const text = run('kubectl', ['kustomize', 'deploy/kubernetes/example']);
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  const documents = readYaml(text) as Record<string, any>[];
  const named = (kind: string, name: string) =>
    documents.find((one) => one.kind === kind && one.metadata.name === name)!;

  testThatNeeds('kubernetes-validate', install())('every document fits the schemas of Kubernetes 1.28 and 1.37', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kubernetes-'));
    const file = path.join(folder, 'all.yaml');
    writeFileSync(file, text);
    try {
      for (const version of ['1.28', '1.37']) {
        const output = execFileSync(validator, ['--strict', '-k', version, file], {
          encoding: 'utf8',
        });
        expect(output.match(/ passed /g)).toHaveLength(documents.length);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('the policies name pods and ports that are there; everything is closed unless one opens it', () => {
    const pods = ['gateway', 'triton'].map((name) => named('StatefulSet', name).spec.template);
    for (const { metadata } of pods)
      expect(metadata.labels).toMatchObject(named('NetworkPolicy', 'nothing').spec.podSelector.matchLabels);
    const ports = (name: string) =>
      named('StatefulSet', name).spec.template.spec.containers[0].ports.map((port: { name: string }) => port.name);
    for (const name of ['gateway', 'triton'])
      for (const rule of named('NetworkPolicy', name).spec.ingress)
        for (const { port } of rule.ports) expect(ports(name)).toContain(port);
  });

  test('pods pass the restricted standard, have probes, a memory limit, and pairs of their own', () => {
    for (const name of ['gateway', 'triton']) {
      const { spec } = named('StatefulSet', name).spec.template;
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const container of spec.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container).toMatchObject({
          startupProbe: expect.anything(),
          livenessProbe: expect.anything(),
          readinessProbe: expect.anything(),
        });
        expect(container.resources.limits.memory).toBeDefined();
        const models = container.volumeMounts.find((mount: { name: string }) => mount.name === 'models');
        expect(models.subPathExpr).toBe('pair-$(PAIR)');
      }
      const scaler = named('HorizontalPodAutoscaler', name).spec;
      expect(scaler).toMatchObject({ scaleTargetRef: { name }, minReplicas: named('StatefulSet', name).spec.replicas });
      expect(scaler.metrics).toEqual(named('HorizontalPodAutoscaler', 'triton').spec.metrics);
    }
    expect(named('Service', 'gateway').spec.sessionAffinity).toBe('ClientIP');
  });
});
