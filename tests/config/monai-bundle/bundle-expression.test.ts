import { evaluateExpression } from '../../../gateway/config/monai-bundle/expression';
import { BundleReferences } from '../../../gateway/config/monai-bundle/references';

const values: Record<string, unknown> = { root: '.', yes: true, list: [1, 2], labels: { a: 1, b: 2 }, n: 3 };
const evaluate = (text: string) => evaluateExpression(text, (name) => values[name]);

test.each<[string, unknown]>([
  ["@root + '/models'", './models'],
  ['@list + [3, -4.5]', [1, 2, 3, -4.5]],
  ['[1.5, 1.5] if @yes else [3.0]', [1.5, 1.5]],
  ["'model.pt' if not @yes else 'low.pt'", 'low.pt'],
  ['len(@labels) + @n', 5],
  ['numpy.float32', 'float32'],
  ['torch.uint8', 'uint8'],
  ['torch.float', 'float32'],
  ["torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')", 'cpu'],
  ["[torch.device('cuda', 1), torch.device('cpu')]", ['cuda:1', 'cpu']],
  ['monai.transforms.utils.is_positive', 'lambda x: x > 0'],
  ['monai.utils.CommonKeys.PRED', 'pred'],
  ['(1, 2)', [1, 2]],
  ['(1 + 2)', 3],
  ['None', null],
  ['1.0 - float(@n) / 12', 0.75],
  ['(@n - 1) // 2 * 4 % 3', 1],
  ['((270 - 80) // 2,) * 4', [95, 95, 95, 95]],
  ['-7 // 2', -4],
  ['(not @yes)', false],
  ['not @yes or @n == 3', true],
  ['@n > 5 and @root', false],
  ['@list[:-1] + @list[1:]', [1, 2]],
  ["'a' if @n != 3 else @list[-1]", 2],
  ['@labels["b"]', 2],
  ["os.path.join(@root, 'models', 'model.pt')", './models/model.pt'],
  ['max(@list) + int("4") + abs(-1)', 7],
  ['list(@labels)', ['a', 'b']],
  ['[[True], "it\\\'s"]', [[true], "it's"]],
])('%s', (text, value) => {
  expect(evaluate(text)).toEqual(value);
});

test.each([
  ['import os', '"import" is Python code'],
  ['torch.load', '"torch.load" is Python code'],
  ["torch.load('file')", '"torch.load" is Python code'],
  ['lambda x: x', '"lambda" is Python code'],
  ['@list[7]', '[7] of [1,2] is not there'],
  ['@labels["__proto__"]', 'is not there'],
  ['@list.append(1)', '"append" is Python code'],
  ['@list(1)', 'is Python code'],
  ['torch.float(3)', '"torch.float" is Python code'],
  ['len(x=1)', '"len" is Python code'],
  ['1 < 2 < 3', '"<" stands where the expression should end'],
  ['@list & 1', '"&" stands where the expression should end'],
  ['@n[1:]', '[1:undefined] of 3 is not there'],
  ['1 / 0', 'divides by zero'],
  ['@list * 1000000', 'too long'],
  ['@root < 1', '"<" needs two numbers or two texts'],
  ['float(@root)', 'is not a number'],
  ['os.system("x")', '"os.system" is Python code'],
  ['[x for x in @list]', '"x" is Python code'],
  ["open('f')", '"open" is Python code'],
  ['__import__("os").system("x")', '"__import__" is Python code'],
  ['@root + 1', '"+" needs two numbers, two texts or two lists'],
  ['1 +', '"the end" stands where a value is needed'],
  ["{'a': 1}", '"{" stands where a value is needed'],
  ["'open", `"'" stands where a value is needed`],
  ['', '"the end" stands where a value is needed'],
  ['constructor', '"constructor" is Python code'],
])('%s is refused', (text, why) => {
  expect(() => evaluate(text)).toThrow(why);
});

test('references go inside objects and lists, with # or ::', () => {
  const references = new BundleReferences({ a: { b: [{ c: '@d' }] }, d: 5 });
  expect(references.resolve('@a#b#0#c')).toBe(5);
  expect(references.resolve({ x: ['@a::b::0'] })).toEqual({ x: [{ c: 5 }] });
});

test.each([
  ['@a', 'refers to itself (a → b → a)'],
  ['@c', 'has nothing called "@c"'],
  ['@__proto__', 'has nothing called'],
  ['%x', 'macros'],
])('%s cannot be resolved', (text, why) => {
  expect(() => new BundleReferences({ a: '@b', b: "$@a + 'x'" }).resolve(text)).toThrow(why);
});
