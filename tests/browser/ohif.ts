import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { readObject } from '../imaging/formats/dicom/segmentation/read-object';

/** The built viewer of `@ohif/app` (npm), which `npm test` puts there in CI. */
export const ohifFolder = path.join(process.env.AIAA_CACHE || path.join(__dirname, '../../.cache'), 'ohif', 'dist');
export const hasOhif = existsSync(path.join(ohifFolder, 'index.html'));

const types: Record<string, string> = { '.css': 'text/css', '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' }; // prettier-ignore

const config = `window.config = {
  routerBasename: '/', extensions: [], modes: [], showStudyList: true, maxNumberOfWebWorkers: 2, showWarningMessageForCrossOrigin: false,
  disableConfirmationPrompts: true, investigationalUseDialog: { option: 'never' }, defaultDataSourceName: 'dicomweb',
  dataSources: [{ namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'dicomweb', configuration: {
    friendlyName: 'orthanc', name: 'orthanc', wadoUriRoot: '/wado', qidoRoot: location.origin + '/dicom-web', wadoRoot: location.origin + '/dicom-web',
    imageRendering: 'wadors', thumbnailRendering: 'wadors', enableStudyLazyLoad: true, supportsWildcard: true, bulkDataURI: { enabled: false } } }],
};`;

/** Serves OHIF with the images of an Orthanc, and the frames of a segmentation, which Orthanc 1.10 refuses unless columns are a multiple of 8. */
export async function serveOhif(orthanc: string, segmentation: string): Promise<{ url: string; stop(): void }> {
  const frames = framesOf(segmentation);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    const [, instance, frame] = /instances\/([\d.]+)\/frames\/(\d+)/.exec(pathname) ?? [];
    if (instance === frames.instance) sendFrame(frames.frame(Number(frame)), response);
    else if (pathname.startsWith('/dicom-web')) forward(orthanc, request, response);
    else if (pathname === '/app-config.js') response.setHeader('Content-Type', types['.js']).end(config);
    else sendFile(pathname, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Frames as WADO-RS sends them: each from a byte of its own. */
function framesOf(file: string) {
  const { Rows: rows, Columns: columns, BitsAllocated: bits, PixelData: pixels, SOPInstanceUID: instance } = readObject(file);
  const [stored, count] = [new Uint8Array(pixels[0]), rows * columns];
  const frame = (number: number): Uint8Array => {
    const first = (number - 1) * count;
    if (bits === 8) return stored.subarray(first, first + count);
    const packed = new Uint8Array(Math.ceil(count / 8));
    for (let i = 0, bit = first; i < count; i++, bit++) packed[i >> 3] |= ((stored[bit >> 3] >> (bit & 7)) & 1) << (i & 7);
    return packed;
  };
  return { instance: instance as string, frame };
} // prettier-ignore

function sendFrame(bytes: Uint8Array, response: ServerResponse): void {
  response.setHeader('Content-Type', 'multipart/related; type="application/octet-stream"; boundary=frame');
  response.write('--frame\r\nContent-Type: application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1\r\n\r\n');
  response.write(bytes);
  response.end('\r\n--frame--\r\n');
}

function forward(to: string, request: IncomingMessage, response: ServerResponse): void {
  const { host } = new URL(to);
  const onward = ask(to + request.url, { method: request.method, headers: { ...request.headers, host } }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

function sendFile(pathname: string, response: ServerResponse): void {
  const wanted = path.join(ohifFolder, path.normalize(pathname));
  const file = existsSync(wanted) && statSync(wanted).isFile() ? wanted : path.join(ohifFolder, 'index.html');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin').setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  response.setHeader('Content-Type', types[path.extname(file)] ?? 'application/octet-stream').end(readFileSync(file));
} // prettier-ignore
