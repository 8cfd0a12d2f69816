import { join } from 'node:path';
import type { Users } from '../access/users';
import type { Catalog } from '../deployment/catalog';
import { statusOf } from '../deployment/model';
import { Ngc } from '../deployment/ngc/ngc';
import type { JobRegistry } from '../jobs/job-registry';
import type { JobQueue } from '../jobs/job-queue';
import type { OpenOptions } from '../packages/open-upload';
import type { Reading } from '../packages/reading/reading';
import type { Job } from '../pipeline/job';
import { createFetchSeries, type FetchSeries } from '../sessions/pacs/fetch-series';
import { SeriesArchive } from '../sessions/series-archive';
import type { LeaseStore } from '../sessions/leases/lease-store';
import type { SessionStore } from '../sessions/store';
import type { Settings } from '../settings';
import type { History } from '../telemetry/history/history';
import type { Logger } from '../telemetry/logger';
import { Metrics, RecentCalls } from '../telemetry/metrics';
import type { Tracing } from '../telemetry/tracing';
import type { ServerName } from '../deployment/servers';
import { TritonMetrics } from '../telemetry/triton-metrics';
import type { SharedLocks } from '../workspace/locks';
import type { Endpoint } from './endpoint';
import { LiveState } from './handlers/live-state';

/** The parts that answer requests, as `main.ts` makes them. */
export interface Parts {
  settings: Settings;
  logger: Logger;
  models: Catalog;
  queue: JobQueue;
  jobs: JobRegistry;
  sessions: SessionStore;
  leases: LeaseStore;
  users: Users;
  history: History;
  /** Sends spans to a collector; undefined when none is named. */
  tracing?: Tracing;
  /** Reads what authors of models send. */
  reading: Reading;
  /** Of the gateway. */
  version: string;
  /** Compiled pages and their assets: `dist/web`. */
  webFolder: string;
  /** Among the gateways of the workspace. */
  locks: SharedLocks;
  /** Begins the names of what this gateway has unfinished in the workspace. */
  gateway: string;
}

/** The parts that handlers work with, and what is made of them for HTTP. */
export interface Services extends Parts {
  endpoints: readonly Endpoint[];
  /** Where uploads and images that are decoded for a download lie. */
  uploads: string;
  /** Of every job. */
  options: Job['options'];
  /** Of every uploaded model. */
  opening: OpenOptions;
  ngc: Ngc;
  fetchSeries: FetchSeries;
  /** The operator's DICOMweb archive. */
  archive?: SeriesArchive;
  metrics: Metrics;
  recent: RecentCalls;
  tritonMetrics: Record<ServerName, TritonMetrics>;
  live: LiveState;
}

/** Of the operator's archive, without its password. */
function addressOf(archive: string): string {
  const { protocol, host, pathname } = new URL(archive);
  return `${protocol}//${host}${pathname}`;
}

export function createServices(parts: Parts, endpoints: readonly Endpoint[]): Services {
  const { settings, models, queue, sessions, locks } = parts;
  const { resampling, nifti_units: niftiUnits, clara_windows: claraWindows, fusion } = settings;
  const maxBytes = settings.max_upload_mb * 2 ** 20;
  const pacs = {
    aeTitle: settings.dicom_ae_title,
    movePort: settings.dicom_move_port,
    hosts: settings.pacs_hosts,
    timeoutMs: settings.pacs_timeout * 1000,
    maxBytes,
    onFailure: (server: string, what: string) => parts.logger.warn('a PACS did not deliver a series', { server, what }),
  };
  const made = {
    ...parts,
    endpoints,
    uploads: join(settings.workspace, 'uploads'),
    options: { resampling, niftiUnits, claraWindows, fusion },
    opening: {
      limits: { totalBytes: settings.max_unpacked_mb * 2 ** 20, entries: settings.max_archive_entries },
      allowCode: settings.allow_code_models,
    },
    ngc: new Ngc(
      {
        baseUrl: settings.ngc_url,
        apiKey: settings.ngc_api_key,
        directory: join(settings.workspace, 'downloads'),
        maxBytes,
        timeoutMs: settings.ngc_timeout * 1000,
        idleMs: Math.min(60, settings.ngc_timeout) * 1000,
      },
      locks,
    ),
    fetchSeries: createFetchSeries(pacs),
    // The operator named it: --pacs_hosts is about the hosts that clients name.
    archive:
      settings.dicomweb_url === undefined
        ? undefined
        : new SeriesArchive(
            settings.dicomweb_url,
            sessions,
            createFetchSeries({ ...pacs, hosts: addressOf(settings.dicomweb_url) }),
          ),
    metrics: new Metrics({
      load: () => queue.load,
      classes: () => queue.classes,
      memory: () => queue.memory,
      workers: settings.workers,
      queueSize: settings.queue_size,
      cache: () => queue.cache,
      sessions: () => sessions.totals,
      tensorBytes: () => queue.tensorBytes,
      models: () => models.list().map((model) => ({ name: model.name, ...statusOf(model) })),
      tritons: () =>
        Promise.all(models.servers.all.map(async (one) => ({ server: one.name, live: (await one.state()).live }))),
    }),
    recent: new RecentCalls(),
    tritonMetrics: {
      triton: new TritonMetrics(settings.triton_metrics_url),
      tensorflow: new TritonMetrics(
        settings.tensorflow_triton_url && settings.tensorflow_triton_metrics_url,
        'tensorflow_triton_metrics_url',
      ),
    },
  };
  return { ...made, live: new LiveState(made) };
}
