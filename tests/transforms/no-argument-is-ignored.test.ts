import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { z } from 'zod';
import { reasonsWithoutEffect } from '../../gateway/transforms/arguments';
import { listTransforms } from '../../gateway/transforms/registry';
import { writerDefinitions } from '../../gateway/transforms/writers';

/** What zod says of one argument, as JSON schema. */
interface Argument {
  withoutEffect?: string;
  const?: unknown;
  type?: string;
  enum?: unknown[];
  not?: unknown;
  anyOf?: Argument[];
}

function argumentsOf(schema: z.ZodType): [name: string, argument: Argument][] {
  const propertiesOf = (io: 'input' | 'output') =>
    (z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as { properties?: Record<string, Argument> }).properties;
  // A schema that reads other spellings first is told by what it makes of them.
  return Object.entries(propertiesOf('input') ?? propertiesOf('output') ?? {});
}

/** Takes a single value, the one that changes nothing: whatever else is given is refused. */
function isFixed(argument: Argument): boolean {
  if (argument.anyOf) return argument.anyOf.every(isFixed);
  return argument.const !== undefined || argument.type === 'null' || argument.enum?.length === 1 || argument.not !== undefined;
} // prettier-ignore

const gateway = join(__dirname, '..', '..', 'gateway');
const sources = readdirSync(join(gateway, 'transforms'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(gateway, 'transforms', name));

const parsed = new Map<string, ts.SourceFile>();
const sourceOf = (path: string): ts.SourceFile => {
  const known = parsed.get(path);
  if (known) return known;
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ESNext, true);
  parsed.set(path, source);
  return source;
};

/** Names that code reads of some object: `args.name`, `{ name } = …`, `{ name: other } = …`. */
function namesRead(path: string): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) names.add(node.name.text);
    if (ts.isBindingElement(node)) names.add((node.propertyName ?? node.name).getText());
    ts.forEachChild(node, visit);
  };
  visit(sourceOf(path));
  return names;
}

/** The file and those it imports from the transforms' folder, which share the work of several. */
function withImports(path: string): string[] {
  const imports = [...sourceOf(path).text.matchAll(/from '(\.[^']+)'/g)].map(([, to]) => `${join(dirname(path), to)}.ts`);
  return [path, ...imports.filter((file) => sources.includes(file))];
} // prettier-ignore

/** The files that may define a transform of that name: its literal, or a call with it. */
const filesOf = (name: string) => sources.filter((path) => sourceOf(path).text.includes(`'${name}'`) && !path.endsWith('registry.ts') && !path.endsWith('refusals.ts')); // prettier-ignore

describe('each argument is read by code, refuses all but one value, or has a reason why it changes no number', () => {
  test.each(listTransforms().map((definition) => [definition.name, definition] as const))('%s', (name, { args }) => {
    const files = filesOf(name);
    const read = new Set(files.flatMap((path) => withImports(path).flatMap((file) => [...namesRead(file)])));
    for (const [argument, schema] of argumentsOf(args)) {
      if (schema.withoutEffect !== undefined) expect(Object.keys(reasonsWithoutEffect)).toContain(schema.withoutEffect);
      else if (!isFixed(schema) && !read.has(argument)) throw new Error(`${name}: no code reads "${argument}"`);
    }
  });

  test('of writers too', () => {
    const writers = join(gateway, 'pipeline', 'writers');
    const read = new Set(
      readdirSync(writers, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .flatMap((name) => [...namesRead(join(writers, name))]),
    );
    for (const { name, args } of writerDefinitions) {
      for (const [argument, schema] of argumentsOf(args)) {
        if (schema.withoutEffect === undefined && !isFixed(schema) && !read.has(argument))
          throw new Error(`${name}: no code reads "${argument}"`);
      }
    }
  });

  test('no argument takes any value without a reason', () => {
    const anything = [...listTransforms(), ...writerDefinitions].flatMap(({ name, args }) =>
      argumentsOf(args)
        .filter(([, schema]) => Object.keys(schema).every((key) => ['title', 'description'].includes(key)))
        .map(([argument]) => `${name}.${argument}`),
    );
    // Booleans may be text, so their schema reads anything and refuses what is neither true nor false.
    for (const place of anything) {
      const [name, argument] = place.split('.');
      const { args } = [...listTransforms(), ...writerDefinitions].find((one) => one.name === name)!;
      const { error } = args.safeParse({ [argument]: 'neither' });
      expect(error?.issues.map(({ path }) => path[0])).toContain(argument);
    }
  });
});
