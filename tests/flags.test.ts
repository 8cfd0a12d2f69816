import { flagLines, foldLines, parseFlags, type FlagTable } from '../gateway/flags';

const table: FlagTable = {
  output: { value: 'FILE', short: 'o', meaning: 'a file' },
  shared_memory: { value: 'MODE', meaning: 'a mode' },
  debug: { value: 'BOOL', optional: true, meaning: 'more lines' },
  follow: { short: 'f', meaning: 'a switch' },
};

test.each([
  ['--output a b', { output: 'a' }, ['b']],
  ['--output=a=b', { output: 'a=b' }, []],
  ['-o a -f', { output: 'a', follow: 'true' }, []],
  ['-oa', { output: 'a' }, []],
  ['--output a --output b', { output: 'b' }, []],
  ['--output=-x', { output: '-x' }, []],
  ['--output -1', { output: '-1' }, []],
  ['--shared-memory off', { shared_memory: 'off' }, []],
  ['--shared_memory=off', { shared_memory: 'off' }, []],
  ['--debug', { debug: 'true' }, []],
  ['--debug 0 a', { debug: '0' }, ['a']],
  ['--debug=no a', { debug: 'no' }, ['a']],
  ['--debug --follow', { debug: 'true', follow: 'true' }, []],
  ['a -- --output -f', {}, ['a', '--output', '-f']],
  ['a - b', {}, ['a', '-', 'b']],
])('%s', (line, flags, operands) => {
  const given = parseFlags(line.split(' '), table);
  expect([Object.fromEntries(given.flags), given.operands]).toEqual([flags, operands]);
});

test.each([
  ['--outptu', 'unknown flag --outptu; did you mean "--output"? --help lists all flags'],
  ['--shared_mem', 'unknown flag --shared_mem; did you mean "--shared_memory"? --help lists all flags'],
  ['--toString', 'unknown flag --toString. --help lists all flags'],
  ['-x', 'unknown flag -x. --help lists all flags'],
  ['--output', '--output needs a value: FILE'],
  ['--output --follow', '--output needs a value: FILE'],
  ['-f -o', '-o needs a value: FILE'],
  ['--follow=yes', '--follow takes no value, it was given "yes"'],
])('%s is refused: %s', (line, message) => {
  expect(() => parseFlags(line.split(' '), table)).toThrow(expect.objectContaining({ message, exitCode: 2 }));
});

test('lines go on under their column, and nothing of them is lost', () => {
  const line = '  --port PORT   port to listen on, of which 0 takes a free one';
  const folded = foldLines(['Usage:', line, ''], 40);
  expect(folded).toEqual([
    'Usage:',
    '  --port PORT   port to listen on, of',
    '                which 0 takes a free one',
    '',
  ]);
  expect(foldLines([line], Infinity)).toEqual([line]);
  const word = `  ${'x'.repeat(60)} y`;
  expect(foldLines([word], 40)).toEqual([`  ${'x'.repeat(60)}`, '  y']);
});

test('flags stand under the heading of their group', () => {
  const grouped: FlagTable = { a: { meaning: 'one' }, b: { meaning: 'two', group: 'Others' }, c: { meaning: 'three' } };
  expect(flagLines(grouped)).toEqual(['  --a  one', '', 'Others:', '  --b  two', '  --c  three']);
});
