import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import request from 'supertest';
import ts from 'typescript';
import { createApp } from '../../gateway/app';
import { fail, listErrors, type ErrorCode } from '../../gateway/errors';
import { errorsOf } from '../../gateway/http/endpoint';
import { endpoints } from '../../gateway/http/endpoints';
import { appParts, fakeModel } from './app-parts';

const gateway = path.join(__dirname, '../../gateway');

/** Codes that are answered where no endpoint was found, or no request could be read. */
const withoutEndpoint = ['NOT_FOUND', 'METHOD_NOT_ALLOWED', 'BAD_HTTP', 'HEADERS_TOO_LARGE'];

/** Made of what a disk refuses, wherever that is. */
const ofTheDisk = 'DISK_FAILED';

/** Throws when the gateway starts, and not at a request. */
const atStart = 'triton/channel.ts';

interface Module {
  /** Codes that `fail` is called with, and where. */
  thrown: Map<string, string>;
  /** Codes in its exported lists, `…Errors`. */
  listed: Set<string>;
}

const modules = new Map<string, Module>();
const lists = new Map<string, string[]>();

/** The strings that an expression can be: literals, the branches of a condition, or the variable of this file that it names. */
function stringsOf(node: ts.Expression, file: ts.SourceFile): string[] {
  if (ts.isStringLiteral(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [...stringsOf(node.whenTrue, file), ...stringsOf(node.whenFalse, file)];
  if (ts.isElementAccessExpression(node)) return stringsOf(node.expression, file);
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return stringsOf(node.expression, file);
  if (ts.isObjectLiteralExpression(node))
    return node.properties.flatMap((one) => (ts.isPropertyAssignment(one) ? stringsOf(one.initializer, file) : []));
  if (ts.isCallExpression(node) && node.expression.getText(file) === 'codes')
    return node.arguments.flatMap((one) => stringsOf(one, file));
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap((one) => stringsOf(one, file));
  if (ts.isSpreadElement(node)) return lists.get(node.expression.getText(file)) ?? [];
  if (!ts.isIdentifier(node)) return [];
  const found: string[] = [];
  const look = (child: ts.Node): void => {
    if (ts.isVariableDeclaration(child) && child.name.getText(file) === node.text && child.initializer)
      found.push(...stringsOf(child.initializer, file));
    ts.forEachChild(child, look);
  };
  look(file);
  return found;
}

function read(file: string): void {
  const place = path.relative(gateway, file);
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const name = place.split(path.sep)[0];
  const module = modules.get(name) ?? { thrown: new Map<string, string>(), listed: new Set<string>() };
  modules.set(name, module);
  const look = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText(source) === 'fail') {
      const codes = stringsOf(node.arguments[0], source);
      if (codes.length === 0) module.thrown.set(`code that this test cannot read: ${node.getText(source)}`, place);
      for (const code of codes) module.thrown.set(code, place);
    }
    if (ts.isVariableDeclaration(node) && /Errors$/.test(node.name.getText(source)) && node.initializer) {
      const codes = stringsOf(node.initializer, source);
      lists.set(node.name.getText(source), codes);
      for (const code of codes) module.listed.add(code);
    }
    ts.forEachChild(node, look);
  };
  look(source);
}

const files = readdirSync(gateway, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/^(errors\.ts|cli|http\/openapi)|assembly/.test(file))
  .filter((file) => /\bfail\(|Errors = /.test(readFileSync(path.join(gateway, file), 'utf8')));
// A list may be made of lists of modules below, which are made of lists themselves.
for (let depth = 0; depth < 3; depth++) files.forEach((file) => read(path.join(gateway, file)));

test.each([...modules].filter(([name]) => name !== 'http'))(
  '%s exports every code that it throws',
  (_, { thrown, listed }) => {
    const hidden = [...thrown].filter(([code, place]) => code !== 'INTERNAL' && !listed.has(code) && place !== atStart);
    expect(hidden).toEqual([]);
  },
);

test('every code of the catalogue is declared by an endpoint that can answer with it, and thrown somewhere', () => {
  const declared = new Set(endpoints.flatMap(errorsOf));
  const codes = listErrors().map(({ code }) => code);
  expect(codes.filter((code) => !declared.has(code as ErrorCode) && !withoutEndpoint.includes(code))).toEqual([]);
  const thrown = new Set([...modules.values()].flatMap((one) => [...one.thrown.keys()]));
  expect(codes.filter((code) => !thrown.has(code))).toEqual([ofTheDisk]);
  expect([...thrown].filter((code) => !codes.includes(code))).toEqual([]);
});

test('an error that its endpoint does not declare is a fault of the server, and the log names both', async () => {
  const parts = appParts();
  const logged: unknown[] = [];
  Object.assign(parts.logger, { error: (message: string, facts: unknown) => logged.push([message, facts]) });
  Object.assign(parts.models, {
    getReady: (name: string) => fakeModel(name),
    run: () => Promise.reject(fail('PACS_TIMEOUT', { server: 'a PACS', seconds: 3 })),
  });
  const call = request(createApp(parts)).post('/v1/segmentation?model=ct');
  const { status, body } = await call.attach('image', Buffer.from('image'), 'image.nii');
  expect([status, body.error.code]).toEqual([500, 'INTERNAL']);
  expect(body.error.message[0]).toContain('did not deliver the series within 3 s');
  const row = 'POST /v1/segmentation';
  expect(logged[0]).toEqual([
    `${row} does not declare the error PACS_TIMEOUT`,
    { code: 'PACS_TIMEOUT', endpoint: row },
  ]);
});
