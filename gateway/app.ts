import express, { type Express } from 'express';
import { endpoints } from './http/endpoints';
import { handlersOf } from './http/middleware/answer';
import { checkHost, keepSecure } from './http/middleware/access';
import { cors } from './http/middleware/cors';
import { errorHandler, notFound } from './http/middleware/error-handler';
import { beginRun } from './http/middleware/request-run';
import { urlAliases } from './http/middleware/url-aliases';
import { createServices, type Parts } from './http/services';

export type { Parts };

/** The server as Express runs it: every endpoint of the table, with what surrounds them all. */
export function createApp(parts: Parts): Express {
  const { settings, logger, models, queue, history, tracing } = parts;
  const { root_path: rootPath } = settings;
  const services = createServices(parts, endpoints);
  const { metrics, recent } = services;
  const monitor = () => ({ ...queue.load, rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20) });

  const words = new Set(
    [rootPath, ...endpoints.map(({ path }) => path)].flatMap((path) => path.toLowerCase().split('/')),
  );

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', settings.trust_proxy ?? false);
  app.use(
    beginRun(
      logger,
      settings.monitor ? monitor : undefined,
      (row) => {
        metrics.observe(row);
        tracing?.record(row);
        if (row.isJob) recent.add(row.ms, row.code !== null && row.code !== 'CANCELLED');
        if (!row.isPolled) history.record(row);
      },
      tracing !== undefined,
      (segment) => words.has(segment.toLowerCase()) || models.find(segment) !== undefined,
    ),
    keepSecure,
    checkHost(settings.hosts),
    urlAliases(endpoints, rootPath),
    cors(endpoints, settings.cors_origins),
  );
  const handlers = handlersOf(services);
  for (const endpoint of endpoints) app[endpoint.method](endpoint.path, ...handlers(endpoint));
  app.use(
    notFound(endpoints, rootPath),
    errorHandler(logger, { debug: settings.debug, stallSeconds: settings.stall_timeout }),
  );
  return app;
}
