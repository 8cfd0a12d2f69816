import express, { type Express } from 'express';
import { join } from 'node:path';
import type { Users } from './access/users';
import type { JobBoard } from './jobs/job-board';
import type { InferenceService } from './jobs/service';
import type { Catalog } from './deployment/catalog';
import { Ngc } from './deployment/ngc/ngc';
import { deleteModel, getModel, listStoredModels, patchModel, putModel } from './http/handlers/admin';
import { adminGuard } from './http/middleware/admin-guard';
import { passwordDoors } from './http/middleware/ask-password';
import { checkConfig } from './http/handlers/config-check';
import { cors } from './http/middleware/cors';
import { dashboardPage, showAccess } from './http/handlers/dashboard-page';
import { docsPage, showOpenApi } from './http/handlers/docs';
import { errorHandler, notFound } from './http/middleware/error-handler';
import { dashboardData, dashboardEvents } from './http/handlers/dashboard/data';
import { LiveState } from './http/handlers/dashboard/live-state';
import { live, ready } from './http/handlers/health';
import { runInference } from './http/handlers/inference';
import { cancelJob, getJob, listJobs } from './http/handlers/jobs';
import { showLogs } from './http/handlers/logs';
import { showMetrics, showTritonMetrics } from './http/handlers/metrics';
import { listModels } from './http/handlers/models';
import { describeServer } from './http/handlers/monai-label/info';
import { runMonaiLabelInference } from './http/handlers/monai-label/infer';
import { modelsPage } from './http/handlers/models-page';
import { runPolygons } from './http/handlers/polygons';
import { requestContext } from './http/middleware/request-context';
import { answered, tracedRequest } from './http/middleware/request-record';
import { startPage } from './http/handlers/start-page';
import { trackJob } from './http/middleware/track-job';
import { spoolUpload } from './http/multipart/upload';
import { urlAliases } from './http/middleware/url-aliases';
import { getSample, listSamples } from './http/handlers/samples';
import { deleteSession, getSession, getSessionImage, putSession } from './http/handlers/sessions';
import { tryPage } from './http/handlers/try-page';
import { createFetchSeries } from './sessions/pacs/fetch-series';
import { webAssets } from './http/handlers/web-assets';
import { SeriesArchive } from './sessions/series-archive';
import type { SessionStore } from './sessions/store';
import type { Settings } from './settings';
import type { History } from './telemetry/history/history';
import type { SharedLocks } from './workspace/locks';
import type { Logger } from './telemetry/logger';
import { Metrics } from './telemetry/metrics';
import { RecentCalls } from './telemetry/recent-calls';
import type { Tracing } from './telemetry/tracing';
import { TritonMetrics } from './telemetry/triton-metrics';

/** The parts that answer requests. */
export interface Parts {
  settings: Settings;
  logger: Logger;
  models: Catalog;
  service: InferenceService;
  jobs: JobBoard;
  sessions: SessionStore;
  users: Users;
  history: History;
  /** Sends spans to a collector; undefined when none is named. */
  tracing?: Tracing;
  /** Of the gateway. */
  version: string;
  /** Compiled pages and their assets: `dist/web`. */
  webFolder: string;
  /** Among the gateways of the workspace. */
  locks: SharedLocks;
  /** Begins the names of what this gateway has unfinished in the workspace. */
  gateway: string;
}

/** The map: which path is served by which route. */
export function createApp(parts: Parts): Express {
  const {
    settings,
    logger,
    models,
    service,
    jobs,
    sessions,
    users,
    history,
    tracing,
    version,
    webFolder,
    locks,
    gateway,
  } = parts;
  const uploads = join(settings.workspace, 'uploads');
  const upload = spoolUpload({
    directory: uploads,
    maxBytes: settings.max_upload_mb * 2 ** 20,
    stallSeconds: settings.stall_timeout,
    gateway,
  });
  const track = trackJob(jobs);
  const { resampling, nifti_units: niftiUnits, clara_windows: claraWindows, fusion } = settings;
  const options = { resampling, niftiUnits, claraWindows, fusion };
  const inference = { models, service, sessions, options };
  const pacs = {
    aeTitle: settings.dicom_ae_title,
    movePort: settings.dicom_move_port,
    hosts: settings.pacs_hosts,
    timeoutMs: settings.pacs_timeout * 1000,
    maxBytes: settings.max_upload_mb * 2 ** 20,
  };
  const fetchSeries = createFetchSeries(pacs);
  // The operator named it: --pacs_hosts is about what clients name.
  const archive =
    settings.dicomweb_url === undefined
      ? undefined
      : new SeriesArchive(settings.dicomweb_url, sessions, createFetchSeries({ ...pacs, hosts: '*' }));
  const ngc = new Ngc(
    {
      baseUrl: settings.ngc_url,
      apiKey: settings.ngc_api_key,
      directory: join(settings.workspace, 'downloads'),
      maxBytes: settings.max_upload_mb * 2 ** 20,
      timeoutMs: settings.ngc_timeout * 1000,
      idleMs: Math.min(60, settings.ngc_timeout) * 1000,
    },
    locks,
  );
  const opening = {
    limits: { totalBytes: settings.max_unpacked_mb * 2 ** 20, entries: settings.max_archive_entries },
    allowCode: settings.allow_code_models,
  };
  const monitor = () => ({ ...service.load, rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20) });

  const metrics = new Metrics({
    load: () => service.load,
    workers: settings.workers,
    queueSize: settings.queue_size,
    cache: () => service.cache,
    sessions: () => sessions.totals,
    tensorBytes: () => service.tensorBytes,
    models: () => models.list(),
    tritonLive: async () => (await models.tritonState()).live,
  });
  const recent = new RecentCalls();
  const tritonMetrics = new TritonMetrics(settings.triton_metrics_url);
  const { workspace } = settings;
  const state = new LiveState({ models, service, sessions, history, recent, tritonMetrics, workspace, version });
  const dashboard = { history, live: state, jobs };

  const { root_path: rootPath } = settings;
  const askPassword = passwordDoors(users);

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', settings.trust_proxy ?? false);
  app.use(
    requestContext(
      logger,
      settings.monitor ? monitor : undefined,
      (...request) => {
        const row = answered(...request);
        metrics.observe(row);
        if (row.trace && !row.isPolled) tracing?.record(tracedRequest(row, row.trace));
        if (row.isJob) recent.add(row.ms, row.code !== null && row.code !== 'CANCELLED');
        if (!row.isPolled) history.record(row);
      },
      tracing !== undefined,
    ),
  );
  app.use(urlAliases(rootPath), cors(settings.cors_origins));

  app.get('/', startPage(models, rootPath, webFolder));
  app.get('/try', tryPage(webFolder));
  app.get('/models', modelsPage(webFolder));
  app.get('/docs', docsPage(webFolder));
  app.get('/docs/openapi.json', showOpenApi(rootPath));
  app.get('/web/*file', webAssets(webFolder));
  app.get('/health/live', live);
  app.get('/health/ready', ready(models));
  app.get('/metrics', showMetrics(metrics));
  app.get('/metrics/triton', showTritonMetrics(tritonMetrics));
  app.get('/logs', showLogs(join(settings.workspace, 'logs'), webFolder));

  app.get('/samples', listSamples(settings.samples ?? []));
  app.get('/samples/:name', getSample(settings.samples ?? []));

  app.get('/v1/models', listModels(models));
  app.post('/v1/segmentation', track, upload, runInference('segmentation', inference));
  app.post('/v1/inference', track, upload, runInference('inference', inference));
  app.post('/v1/dextr3d', track, upload, runInference('dextr3d', inference));
  app.post('/v1/deepgrow', track, upload, runInference('deepgrow', inference));
  app.post('/v1/mask2polygon', track, upload, runPolygons('mask-to-polygon', service));
  app.post('/v1/fixpolygon', track, upload, runPolygons('fix-polygon', service));

  // Other people's requests.
  app.get('/v1/jobs', askPassword('dashboard'), listJobs(jobs));
  app.get('/v1/jobs/:job', getJob(jobs));
  app.delete('/v1/jobs/:job', cancelJob(jobs));

  app.use('/v1/dashboard', askPassword('dashboard'));
  app.get('/v1/dashboard', dashboardPage(webFolder));
  app.get('/v1/dashboard/access', showAccess(users));
  app.get('/v1/dashboard/data', dashboardData(dashboard));
  app.get('/v1/dashboard/events', dashboardEvents(dashboard));

  // MONAI Label's form of the same; its sessions are the ones below.
  app.get('/info', describeServer(models));
  app.post('/infer/:model', track, upload, runMonaiLabelInference({ ...inference, archive }));

  app.put('/session', upload, putSession({ sessions, fetchSeries }));
  app.get('/session/:id', getSession(sessions));
  app.get('/session/:id/image', getSessionImage(sessions, uploads, gateway));
  app.delete('/session/:id', deleteSession(sessions));

  app.use('/admin', adminGuard(settings.admin_hosts));
  if (settings.admin_password !== undefined) app.use('/admin', askPassword('admin'));
  app.get('/admin/model', listStoredModels(models, ngc));
  app.put('/admin/model/:name', upload, putModel(models, ngc, opening));
  app.patch('/admin/model/:name', upload, checkConfig(models), patchModel(models));
  app.get('/admin/model/:name', getModel(models));
  app.delete('/admin/model/:name', deleteModel(models));

  app.use(notFound(rootPath));
  app.use(errorHandler(logger, settings.debug));
  return app;
}
