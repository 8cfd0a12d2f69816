import express, { type Express } from 'express';
import { join } from 'node:path';
import type { InferenceService } from './inference/service';
import type { Models } from './models/models';
import { deleteModel, getModel, listStoredModels, patchModel, putModel } from './routes/admin';
import { adminGuard } from './routes/admin-guard';
import { adminPassword } from './routes/admin-password';
import { cors } from './routes/cors';
import { errorHandler, notFound } from './routes/error-handler';
import { live, ready } from './routes/health';
import { runInference } from './routes/inference';
import { showLogs } from './routes/logs';
import { listModels } from './routes/models';
import { describeServer } from './routes/monailabel/info';
import { runMonaiLabelInference } from './routes/monailabel/infer';
import { runPolygons } from './routes/polygons';
import { requestContext } from './routes/request-context';
import { startPage } from './routes/start-page';
import { spoolUpload } from './routes/upload';
import { urlAliases } from './routes/url-aliases';
import { deleteSession, getSession, putSession } from './routes/sessions';
import { createFetchSeries } from './sessions/pacs/fetch-series';
import type { SessionStore } from './sessions/store';
import type { Settings } from './settings';
import type { Logger } from './telemetry/logger';

/** The parts that answer requests. */
export interface Parts {
  settings: Settings;
  logger: Logger;
  models: Models;
  service: InferenceService;
  sessions: SessionStore;
}

/** The map: which path is served by which route. */
export function createApp({ settings, logger, models, service, sessions }: Parts): Express {
  const upload = spoolUpload({
    directory: join(settings.workspace, 'uploads'),
    maxBytes: settings.max_upload_mb * 2 ** 20,
  });
  const options = { resampling: settings.resampling, claraWindows: settings.clara_windows };
  const inference = { models, service, sessions, options };
  const fetchSeries = createFetchSeries({
    aeTitle: settings.dicom_ae_title,
    movePort: settings.dicom_move_port,
    hosts: settings.pacs_hosts,
    timeoutMs: settings.pacs_timeout * 1000,
    maxBytes: settings.max_upload_mb * 2 ** 20,
  });
  const monitor = () => ({ ...service.load, rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20) });

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', settings.trust_proxy ?? false);
  app.use(requestContext(logger, settings.monitor ? monitor : undefined), urlAliases, cors(settings.cors_origins));

  app.get('/', startPage(models));
  app.get('/health/live', live);
  app.get('/health/ready', ready(models));
  app.get('/logs', showLogs(join(settings.workspace, 'logs')));

  app.get('/v1/models', listModels(models));
  app.post('/v1/segmentation', upload, runInference('segmentation', inference));
  app.post('/v1/inference', upload, runInference('inference', inference));
  app.post('/v1/dextr3d', upload, runInference('dextr3d', inference));
  app.post('/v1/deepgrow', upload, runInference('deepgrow', inference));
  app.post('/v1/mask2polygon', upload, runPolygons('mask-to-polygon', service));
  app.post('/v1/fixpolygon', upload, runPolygons('fix-polygon', service));

  // MONAI Label's form of the same; its sessions are the ones below.
  app.get('/info', describeServer(models));
  app.post('/infer/:model', upload, runMonaiLabelInference(inference));

  app.put('/session', upload, putSession({ sessions, fetchSeries }));
  app.get('/session/:id', getSession(sessions));
  app.delete('/session/:id', deleteSession(sessions));

  app.use('/admin', adminGuard(settings.admin_hosts), adminPassword(settings.admin_user, settings.admin_password));
  app.get('/admin/model', listStoredModels(models));
  app.put('/admin/model/:name', upload, putModel(models, settings.max_upload_mb * 2 ** 20));
  app.patch('/admin/model/:name', upload, patchModel(models));
  app.get('/admin/model/:name', getModel(models));
  app.delete('/admin/model/:name', deleteModel(models));

  app.use(notFound);
  app.use(errorHandler(logger, settings.debug));
  return app;
}
