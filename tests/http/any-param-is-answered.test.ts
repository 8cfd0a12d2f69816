import fc from 'fast-check';
import * as contract from '../../gateway/contract/params';
import { GatewayError } from '../../gateway/errors';
import { parseParams } from '../../gateway/jobs/params';
import { readPolygonFix, wholeNumber } from '../../gateway/pipeline/polygons/params';
import { keysOf, requestedFormat } from '../../gateway/pipeline/writers/result-format';
import { requestClicks, requestSlice, requestSpatialSize } from '../../gateway/transforms/points/clicks';
import { requestPoints } from '../../gateway/transforms/request';
import { RequestError, type RequestParams } from '../../gateway/transforms/sample';

/** What reads the params of a job, in the worker thread. */
const readers: Record<string, (params: RequestParams) => unknown> = {
  'the format of the result': (params) => requestedFormat(params, keysOf({})),
  'points of three numbers': (params) => requestPoints(params, 'points', 3),
  'points of two numbers': (params) => requestPoints(params, 'points', 2),
  'clicks and their slice': (params) => {
    const clicks = requestClicks(params, { foreground: 'foreground', background: 'background' }, [4, 4, 4]);
    return requestSlice(params, 'slice', clicks);
  },
  'the size of a crop': requestSpatialSize,
  'the step along a border': (params) => wholeNumber(params, ['more_points', 'morePoints']),
  'the move of a vertex': readPolygonFix,
};

const schemas = Object.entries(contract).flatMap(([name, schema]): [string, contract.ParamsSchema][] =>
  'shape' in schema ? [[name, schema]] : [],
);
const names = [
  ...new Set(schemas.flatMap(([, schema]) => Object.keys(schema.shape))),
  ...['slice', 'spatial_size', 'polygons', 'polygonIndex', 'propagateNeighbor', 'morePoints', 'label'],
];

const number = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 0.5, 1e20, -1e308, 2 ** 53, 4294967296));
const point = fc.array(number, { maxLength: 4 });
const object = fc.constantFrom(
  {},
  { toString: 1 },
  { valueOf: null, toString: {} },
  { length: 1e9 },
  { constructor: 1 },
);
const value = fc.oneof(
  fc.constantFrom(null, true, false, '', 'null', '[[1,2,3]]', '{"toString":1}', '1e400', '.nii', 'uint8', 'refuse'),
  ...[
    number,
    fc.string(),
    object,
    point,
    fc.array(point, { maxLength: 3 }),
    fc.array(fc.array(point, { maxLength: 2 }), { maxLength: 2 }),
  ],
  fc.array(object, { maxLength: 2 }),
);
const params = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 5 });

test.each(schemas)('%s takes any JSON, or refuses it as the request’s fault', (_, schema) => {
  fc.assert(
    fc.property(params, (sent) => {
      try {
        parseParams(JSON.stringify(sent), schema);
      } catch (error) {
        expect(error).toBeInstanceOf(GatewayError);
        expect(['BAD_PARAMS', 'TOO_MANY_POINTS']).toContain((error as GatewayError).code);
      }
    }),
    { numRuns: 500 },
  );
});

test.each(Object.entries(readers))('%s is read from any JSON, or refused as the request’s fault', (_, read) => {
  fc.assert(
    fc.property(params, (sent) => {
      try {
        read(JSON.parse(JSON.stringify(sent)) as RequestParams);
      } catch (error) {
        expect(error).toBeInstanceOf(RequestError);
      }
    }),
    { numRuns: 1000 },
  );
});

test.each(schemas)('%s: lists in a text, thousands of levels deep, are refused as those beside it', (_, schema) => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  for (const name of names)
    expect(() => parseParams(JSON.stringify({ [name]: nested(50_000) }), schema)).toThrow('params has more than 64 levels of brackets');
  expect(parseParams(JSON.stringify({ label: nested(60) }), schema)).toEqual({ label: nested(60) });
}); // prettier-ignore

test.each(['result_extension', 'result_compress'])('{"%s": {"toString": 1}} is answered with a sentence', (name) => {
  expect(() => requestedFormat({ [name]: { toString: 1 } }, keysOf({}))).toThrow(`${name} is {"toString":1}`);
});
