import { createHash, timingSafeEqual } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import { fail } from '../errors';

/**
 * Asks for user and password (HTTP basic authentication, RFC 7617); without a password to ask for it lets everybody pass.
 * The comparison takes the same time whatever was sent.
 */
export function adminPassword(user: string | undefined, password: string | undefined) {
  return function askAdminPassword(request: Request, response: Response, next: NextFunction): void {
    if (user === undefined || password === undefined) return next();
    const sent = /^basic\s+([\w+/=-]+)\s*$/i.exec(request.get('authorization') ?? '')?.[1] ?? '';
    if (timingSafeEqual(digest(Buffer.from(sent, 'base64')), digest(`${user}:${password}`))) return next();
    response.setHeader('WWW-Authenticate', 'Basic realm="admin", charset="UTF-8"');
    throw fail('ADMIN_UNAUTHORIZED');
  };
}

const digest = (content: Buffer | string) => createHash('sha256').update(content).digest();
