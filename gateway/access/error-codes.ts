import { codes } from '../errors';
import type { Rule } from './gate';

/** Codes that come before an endpoint's own, whatever it is. */
export const hostErrors = codes('UNKNOWN_HOST');
const originErrors = codes('ORIGIN_FORBIDDEN');
const clientErrors = codes('CLIENT_FORBIDDEN');
const tokenErrors = codes('TOKEN_UNAUTHORIZED');
const adminErrors = codes('ADMIN_FORBIDDEN', 'ADMIN_UNAUTHORIZED', 'TOO_MANY_ATTEMPTS');
const operatorErrors = codes('DASHBOARD_UNAUTHORIZED', 'TOO_MANY_ATTEMPTS');

/** Codes of those who may not call an endpoint. */
export function accessErrors(rule: Rule) {
  return [
    ...hostErrors,
    ...(rule.origins === 'any' ? [] : originErrors),
    ...(rule.access === 'clients' ? clientErrors : []),
    ...(rule.access === 'clients' && rule.token ? tokenErrors : []),
    ...(rule.access === 'operators' ? (rule.realm === 'admin' ? adminErrors : operatorErrors) : []),
  ];
}
