import { execFileSync } from 'node:child_process';
import path from 'node:path';

/** Makes a self-signed certificate for 127.0.0.1. */
export function selfSigned(folder: string): { cert: string; key: string } {
  const [cert, key] = [path.join(folder, 'server.crt'), path.join(folder, 'server.key')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...made, ...subject], { stdio: 'ignore' });
  return { cert, key };
}
