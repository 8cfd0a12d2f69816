import type { NextFunction, Request, Response } from 'express';
import { asGatewayError } from '../../errors';
import type { ConfigFinding } from '../../config/findings';
import type { Catalog } from '../../deployment/catalog';
import { sentConfig } from './admin';
import { uploadOf } from '../multipart/upload';

/** One thing that is wrong with a config. */
export type ConfigProblem = Pick<ConfigFinding, 'path' | 'message'> & Partial<ConfigFinding>;

/**
 * `PATCH /admin/model/<name>?check=true`: what the server thinks of a config, with nothing changed. The answer is 200 also for a bad one: its
 * `errors` say where (`path`, as in `pre_transforms[2].args.pixdim`) and what, all at once.
 */
export function checkConfig(models: Catalog) {
  return async function answerConfigCheck(request: Request, response: Response, next: NextFunction): Promise<void> {
    if (request.query.check !== 'true') return next();
    const upload = uploadOf(request);
    const name = String(request.params.name);
    try {
      const config = (await sentConfig(upload)) ?? '';
      const { warnings } = await models.checkConfig(name, config);
      response.json({ success: true, errors: [], warnings });
    } catch (error) {
      response.json({ success: false, errors: problemsOf(error), warnings: [] });
    }
  };
}

/** @throws what is no complaint about the config or its model file */
function problemsOf(error: unknown): ConfigProblem[] {
  const { code, message, details } = asGatewayError(error);
  if (code !== 'BAD_CONFIG' && code !== 'BAD_MODEL_FILE') throw error;
  return (details?.findings as ConfigFinding[] | undefined) ?? [{ path: '', message }];
}
