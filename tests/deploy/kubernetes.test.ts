import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWith, readYaml, root, run } from './programs';
import { testThatNeeds } from '../needs';

const PINNED = 'kubernetes-validate==1.37.0';
const home = path.join(process.env.AIAA_CACHE || path.join(root, '.cache'), 'kubernetes-validate');
const validator = path.join(home, 'bin/kubernetes-validate');

// oxlint-disable-next-line typescript/no-explicit-any
type Document = Record<string, any>;

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
  let folder: string;
  let file: string;
  let documents: Document[];
  let pod: Document;
  const named = (kind: string, name: string) =>
    documents.find((one) => one.kind === kind && one.metadata.name === name)!;

  /** The example, with its line for TensorFlow models taken in. */
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'kubernetes-'));
    cpSync(path.join(root, 'deploy/kubernetes'), folder, { recursive: true });
    const example = path.join(folder, 'example/kustomization.yaml');
    const text = readFileSync(example, 'utf8');
    expect(run('kubectl', ['kustomize', path.dirname(example)])).not.toMatch(/AIAA_TENSORFLOW/);
    expect(text).toContain('\n# components: [../tensorflow]\n');
    writeFileSync(example, text.replace('# components:', 'components:'));
    const all = run('kubectl', ['kustomize', path.dirname(example)]);
    file = path.join(folder, 'all.yaml');
    writeFileSync(file, all);
    documents = readYaml(all);
    pod = named('StatefulSet', 'gateway').spec.template;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  testThatNeeds('kubernetes-validate', install())('every document fits the schemas of Kubernetes 1.28 and 1.37', () => {
    for (const version of ['1.28', '1.37']) {
      const output = execFileSync(validator, ['--strict', '-k', version, file], { encoding: 'utf8' });
      expect(output.match(/ passed /g)).toHaveLength(documents.length);
    }
  });

  test('the policies name pods and ports that are there; everything is closed unless one opens it', () => {
    expect(pod.metadata.labels).toMatchObject(named('NetworkPolicy', 'nothing').spec.podSelector.matchLabels);
    const ports = pod.spec.containers.flatMap((one: Document) => (one.ports ?? []).map(({ name }: Document) => name));
    const opened = named('NetworkPolicy', 'gateway').spec.ingress.flatMap((rule: Document) => rule.ports);
    expect(opened.map(({ port }: Document) => port)).toEqual(ports);
    // No model can be loaded from outside of the pod, even where the cluster enforces no policies.
    for (const { args } of pod.spec.containers.filter(({ name }: Document) => name !== 'gateway'))
      expect(args).toEqual(expect.arrayContaining(['--grpc-address=127.0.0.1', '--http-address=127.0.0.1']));
  });

  test('each container passes the restricted standard, and has probes, a memory limit and an order in which it ends', () => {
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const container of pod.spec.containers) {
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      const expected = { startupProbe: {}, livenessProbe: {}, lifecycle: { preStop: {} } };
      expect(container).toMatchObject(expected);
      expect(container.resources.limits.memory).toBeDefined();
    }
    const container = (name: string) => pod.spec.containers.find((one: Document) => one.name === name);
    const gateway = container('gateway');
    const tritons = ['triton', 'triton-tensorflow'].map(container);
    expect(gateway.readinessProbe.httpGet.path).toBe('/health/ready');
    for (const { securityContext, volumeMounts, livenessProbe } of tritons) {
      expect(securityContext.runAsUser).not.toBe(pod.spec.securityContext.runAsUser);
      expect(volumeMounts).not.toContainEqual(expect.objectContaining({ name: 'workspace' }));
      // Its preStop waits for the gateway, which is not ending when a probe fails.
      expect(livenessProbe.terminationGracePeriodSeconds).toBeLessThan(pod.spec.terminationGracePeriodSeconds);
    }
  });

  test('the containers of a pod share memory and a repository of their own, the pods a workspace', () => {
    for (const { volumeMounts } of pod.spec.containers)
      expect(volumeMounts).toEqual(
        expect.arrayContaining([
          { name: 'shm', mountPath: '/dev/shm' },
          expect.objectContaining({ name: 'models', mountPath: '/models' }),
        ]),
      );
    expect(pod.spec.volumes).toEqual(
      expect.arrayContaining([
        { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '8Gi' } },
        { name: 'models', emptyDir: expect.anything() },
        { name: 'workspace', persistentVolumeClaim: { claimName: 'aiaa-workspace' } },
      ]),
    );
    expect(named('PersistentVolumeClaim', 'aiaa-workspace').spec.accessModes).toEqual(['ReadWriteMany']);
    const variables = pod.spec.containers[0].env.map(({ name }: Document) => name);
    expect(variables).not.toContain('AIAA_SHARED_MEMORY');
    expect(named('HorizontalPodAutoscaler', 'gateway').spec).toMatchObject({
      scaleTargetRef: { kind: 'StatefulSet', name: 'gateway' },
      minReplicas: named('StatefulSet', 'gateway').spec.replicas,
      metrics: [{ external: { metric: { name: 'aiaa_triton_queue_seconds' } } }],
    });
    expect(named('Service', 'gateway').spec.sessionAffinity).toBe('ClientIP');
  });
});
