import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { makeNifti1 } from '../imaging/formats/nifti/make-nifti';
import { multipartBody, type Part } from './raw-http';

/** A request as it goes over the wire. */
export interface MutatedRequest {
  method: string;
  path: string;
  headers: string[];
  body: Buffer;
  /** The client goes away after the body and wants no answer. */
  hangsUp?: boolean;
}

/** What an endpoint is asked with when nothing is wrong; the mutations start there. */
export interface Endpoint {
  method: string;
  path: string;
  query: Record<string, string>;
  params?: Record<string, unknown>;
  /** Good files for its parts; each request takes one. */
  files?: readonly Buffer[];
  fields?: readonly string[];
  /** Bodies that are no form. */
  texts?: readonly string[];
}

/** From start (0) to end (1), every place as likely. */
const place = fc.noBias(fc.integer({ min: 0, max: 1000 })).map((permille) => permille / 1000);

/** Once in so many times. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>, times: number) =>
  fc.oneof({ weight: times - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

const nested = (depth: number, inside = ''): string => '['.repeat(depth) + inside + ']'.repeat(depth);

const huge = fc.constantFrom(
  ...[0, -1, 1, 0.5, -0, 255, 65_536, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 1e17, 1e308, -1e308, 5e-324],
);
const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    '',
    ' ',
    'null',
    '[[1,2,3]]',
    '[',
    'NaN',
    '1e999',
    '../../etc/passwd',
    '.nii',
    '.nrrd',
    'uint8',
    '\0',
  ),
  fc.constantFrom('__proto__', 'constructor', 'ü€😀', '\ud800', '\r\nX-Injected: 1', '%00', '%ff', 'x'.repeat(5000)),
);
const point = fc.array(fc.oneof(fc.integer({ min: -5, max: 12 }), huge), { maxLength: 4 });
const plausible = fc.oneof(
  fc.array(fc.array(fc.integer({ min: -1, max: 8 }), { minLength: 3, maxLength: 3 }), { maxLength: 8 }),
  fc.array(fc.array(fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 2, maxLength: 2 }), { maxLength: 5 }), {
    maxLength: 4,
  }),
  fc.array(point, { maxLength: 8 }),
);
const oddValue = fc.oneof(
  { weight: 3, arbitrary: plausible },
  { weight: 2, arbitrary: huge },
  { weight: 2, arbitrary: oddText },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, true, [], {}, [null], [[]], [[[]]], [[[[]]]]) },
);
const PARAMS =
  'points foreground background current_point spatial_size result_extension result_dtype result_compress more_points poly prev_poly vertex_offset dimension polygon_index vertex_index slice_index propagate_neighbor propagate_neighbor_3d dicom sigma output'.split(
    ' ',
  );

/** JSON text: of the right shape with wrong values, or not JSON at all. */
export function oddJson(good: Record<string, unknown>): fc.Arbitrary<string | Buffer> {
  const names = fc.constantFrom(...PARAMS, ...Object.keys(good), '__proto__', 'constructor');
  const changed = fc
    .tuple(fc.dictionary(names, oddValue, { maxKeys: 4 }), fc.subarray(Object.keys(good)))
    .map(([odd, kept]) => JSON.stringify({ ...Object.fromEntries(kept.map((name) => [name, good[name]])), ...odd }));
  const key = Object.keys(good)[0] ?? 'points';
  return fc.oneof(
    { weight: 6, arbitrary: changed },
    { weight: 2, arbitrary: fc.constant(JSON.stringify(good)) },
    { weight: 1, arbitrary: changed.chain((text) => fc.nat(text.length).map((end) => text.slice(0, end))) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: changed.map((text) => text.replace(/\d+/, '1e999')) },
    {
      weight: 2,
      arbitrary: fc.constantFrom<(string | Buffer)[]>(
        ...[nested(50_000), nested(5000, '1'), `{"${key}":${nested(20_000)}}`, `{"${key}":${nested(2000, '1')}}`],
        ...['\ufeff{}', 'null', '[]', '"text"', '12', '{} {}', `{"${key}":null,"${key}":[[1,2,3]]}`],
        ...[Buffer.from('{}', 'utf16le'), Buffer.from([0xff, 0xfe, 0x80]), `{"${key}":${'9'.repeat(400)}}`],
        `{"${key}":[${Array(20_000).fill('[1,2,3]').join()}]}`,
      ),
    },
  );
}

/** A small NIfTI with hostile numbers in its header. */
const oddNifti = fc
  .tuple(
    fc.array(fc.tuple(fc.integer({ min: 40, max: 54 }), fc.constantFrom(-1, 0, 1, 2, 7, 8, 300, 32_767, -32_768))),
    fc.array(
      fc.tuple(
        fc.constantFrom(...Array.from({ length: 11 }, (_, at) => 76 + 4 * at), ...[256, 260, 264, 268, 280, 284, 300]),
        fc.constantFrom(NaN, Infinity, -Infinity, 0, -1, 1e30, 1e-30, 3.4e38, 352, 1000),
      ),
      { maxLength: 3 },
    ),
    fc.constantFrom(2, 4, 8, 16, 64, 128, 256, 512, 768, 1024, 1792, 0, 1, 1536, 999),
    fc.constantFrom(0, 1, 2, 99, -1),
    fc.boolean(),
  )
  .map(([shorts, floats, datatype, code, packed]) => {
    const file = smallNifti([4, 4, 4], datatype);
    for (const [at, value] of shorts.slice(0, 2)) file.writeInt16LE(value, at & ~1);
    for (const [at, value] of floats) file.writeFloatLE(value, at);
    file.writeInt16LE(code, 252);
    file.writeInt16LE(code, 254);
    return packed ? gzipSync(file) : file;
  });

/** A ramp of some voxels. */
export function smallNifti(dim: number[], datatype = 2): Buffer {
  const voxels = Uint8Array.from({ length: 1024 }, (_, at) => (at * 37) % 101);
  const rows = [-1, 0, 0, 5, 0, 1, 0, -5, 0, 0, 2, 3];
  return makeNifti1({ dim, datatype, voxels, sform: { code: 1, rows }, pixdim: [1, 1, 1, 2] });
}

/** Bytes changed, cut off, doubled or put before a good file. */
function damaged(files: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const change = fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 4 }));
  return fc
    .tuple(fc.constantFrom(...files), fc.array(change, { maxLength: 4 }), place, fc.nat(9))
    .map(([file, changes, end, kind]) => {
      const copy = Buffer.from(file);
      for (const [at, bytes] of changes) copy.set(bytes, Math.floor(at * Math.max(0, copy.length - bytes.length)));
      const cut = Math.floor(end * copy.length);
      if (kind === 0) return copy.subarray(0, cut);
      if (kind === 1) return Buffer.concat([copy, copy]);
      if (kind === 2) return Buffer.concat([copy.subarray(cut), copy]);
      return copy;
    });
}

const fileName = fc.oneof(
  fc.constantFrom('image.nii.gz', 'image.nii', 'x.png', 'x.dcm', 'x.nrrd', 'x.mha', 'x', '', '.', '..', '.nii.gz'),
  fc.constantFrom(
    '../../../x.nii',
    'C:\\a\\b.nii',
    'ä"b\\c;d.nii.gz',
    'x\0.nii',
    'a'.repeat(3000),
    '%n%s',
    '\u202egz.iin',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replace(/[\r\n]/g, '')),
);

const oddType = fc.constantFrom(
  ...['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary="b', 'multipart/mixed'],
  ...['multipart/form-data; boundary=other', 'multipart/form-data; boundary=x; boundary=b', 'application/json'],
  ...['application/x-www-form-urlencoded', 'text/plain; charset=utf-16', 'application/octet-stream', ';;;', 'ä'],
);

const oddHeader = fc.oneof(
  fc.constantFrom(
    ...['X-Request-Id: ä', 'X-Request-Id: a b', `X-Request-Id: ${'x'.repeat(300)}`, 'Accept: ;;q=x', 'Accept: */*;q=0'],
    ...[
      'Accept: application/json',
      'Origin: null',
      'Origin: http://\xff',
      'Content-Encoding: gzip',
      'Expect: miracles',
    ],
    ...['Authorization: Basic ====', 'X-Forwarded-For: ::::', 'Range: bytes=5-1', 'Connection: keep-alive, close'],
    ...['If-None-Match: *', 'no colon here', 'Bad Name: 1', ': nothing', `X-Long: ${'y'.repeat(20_000)}`, 'X: \x01'],
    ...['Content-Length: 5', 'Transfer-Encoding: identity', 'Upgrade: h2c', 'TE: trailers', 'Cookie: =;=;'],
  ),
  fc.string({ maxLength: 12 }).map((text) => `X-Odd: ${text}`),
);

const oddQueryValue = fc.oneof(
  oddText.map((text) => encodeURIComponent(text.replace(/[\ud800-\udfff]/g, '?'))),
  fc.constantFrom(
    '%',
    '%ff',
    '%00',
    '%E0%A4%A',
    '..%2f..',
    '[]',
    '-1',
    '1e308',
    'Infinity',
    'true',
    "'",
    'a&b=c',
    'json',
    'image',
  ),
);

/** The query as it should be, sometimes with another value, twice or with more. */
function oddQuery(good: Record<string, string>): fc.Arbitrary<string> {
  const names = [...Object.keys(good), 'model', 'output', 'session_id', 'expiry', 'save_as', 'lines', 'label', 'type'];
  const pair = ([name, value]: readonly [string, string]) => `${name}=${value}`;
  return fc
    .tuple(
      fc.constantFrom('keep', 'keep', 'keep', 'keep', 'drop', 'more', 'more'),
      fc.array(fc.tuple(fc.constantFrom(...names, 'model[]', 'model[a]', '__proto__', ''), oddQueryValue), {
        maxLength: 2,
      }),
      fc.nat(9),
    )
    .map(([kind, odd, number]) => {
      const kept = kind === 'drop' ? [] : Object.entries(good).map(pair);
      const added = kind === 'keep' ? [] : odd.map(pair);
      return [...kept, ...added, ...(number === 0 ? [`x=${'z'.repeat(9000)}`] : [])].join('&');
    });
}

/** A multipart body whose parts are odd, repeated, empty or without headers. */
function oddForm({ params, files = [], fields = ['image'] }: Endpoint): fc.Arbitrary<Buffer> {
  const content = fc.oneof(fc.constantFrom(...files), oddNifti, damaged(files));
  const filePart = fc
    .tuple(fc.constantFrom(...fields, ...fields, 'image0', 'params', '', '__proto__'), fileName, content)
    .map(([field, name, bytes]): Part => [
      [`Content-Disposition: form-data; name="${field}"; filename="${name}"`, 'Content-Type: application/octet-stream'],
      bytes,
    ]);
  const header = fc.constantFrom(
    ...['Content-Disposition: form-data; name="params"', 'Content-Disposition: form-data; name=params'],
    ...[
      'content-disposition:form-data;name="params"',
      'Content-Disposition: form-data',
      'Content-Disposition: ;;;',
      'x',
    ],
  );
  const textPart = fc
    .tuple(
      fc.oneof({ weight: 6, arbitrary: fc.constant('Content-Disposition: form-data; name="params"') }, header),
      oddJson(params ?? {}),
    )
    .map(([line, text]): Part => [[line], text]);
  const parts = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(textPart, filePart) },
    { weight: 1, arbitrary: fc.array(fc.oneof(textPart, filePart), { maxLength: 6 }) },
  );
  return fc
    .tuple(parts, fc.constantFrom('\r\n', '\r\n', '', '\n', '\r\n\r\nepilogue'))
    .map(([list, end]) => multipartBody('b', list, end));
}

/** Requests to one endpoint: mostly right, with one or two things wrong. */
export function mutatedRequest(endpoint: Endpoint): fc.Arbitrary<MutatedRequest> {
  const { method, path, query, files, texts = ['', '{}'] } = endpoint;
  const text = fc
    .tuple(
      fc.oneof(oddJson(endpoint.params ?? {}), fc.constantFrom(...texts)),
      fc.constantFrom('application/json', 'application/json;charset=utf-8', 'text/plain'),
    )
    .map(([body, type]) => ({ body: Buffer.from(body), type }));
  const form = files && oddForm(endpoint).map((body) => ({ body, type: 'multipart/form-data; boundary=b' }));
  const content = form ? fc.oneof({ weight: 6, arbitrary: form }, { weight: 1, arbitrary: text }) : text;
  return fc
    .record({
      content,
      query: oddQuery(query),
      type: seldom(oddType, 5),
      header: seldom(oddHeader, 3),
      cut: seldom(place, 6),
      way: fc.constantFrom('', '', '', '', '', '', 'chunked', 'bad-chunks', 'hangs-up', 'odd-path', 'bad-length'),
    })
    .map(({ content: { body, type }, query: search, type: otherType, header, cut, way }) => {
      const sent = cut === null ? body : body.subarray(0, Math.floor(cut * body.length));
      const odd = way === 'odd-path' ? '/%E0%A4%A' : '';
      const headers = [`Content-Type: ${otherType ?? type}`, ...(header === null ? [] : [header])];
      const all = { method, path: `${path}${odd}${search && `?${search}`}`, headers };
      if (way === 'chunked' || way === 'bad-chunks') {
        const length = way === 'chunked' ? sent.length.toString(16) : 'zz';
        const chunk = sent.length ? [Buffer.from(`${length}\r\n`), sent, Buffer.from('\r\n')] : [];
        headers.push('Transfer-Encoding: chunked');
        return { ...all, body: Buffer.concat([...chunk, Buffer.from('0\r\n\r\n')]) };
      }
      const length = way === 'bad-length' ? '-5' : String(sent.length + (way === 'hangs-up' ? 100 : 0));
      return { ...all, headers: [...headers, `Content-Length: ${length}`], body: sent, hangsUp: way === 'hangs-up' };
    });
}
