import { ExpressionError, parseExpression, type Expression } from '../../transforms/python-expression';
import {
  add,
  calculate,
  call,
  compare,
  isFunction,
  isTrue,
  item,
  range,
  type Arithmetic,
  type Comparison,
} from './values';

/** Names that stand for a text: torch's other ones of dtypes, MONAI's of fields. */
const namedTexts = new Map([
  ['torch.half', 'float16'],
  ['torch.float', 'float32'],
  ['torch.double', 'float64'],
  ['torch.short', 'int16'],
  ['torch.int', 'int32'],
  ['torch.long', 'int64'],
  ['monai.transforms.utils.is_positive', 'lambda x: x > 0'],
  ['monai.utils.CommonKeys.IMAGE', 'image'],
  ['monai.utils.CommonKeys.LABEL', 'label'],
  ['monai.utils.CommonKeys.PRED', 'pred'],
]);

const textOf = (name: string) =>
  /^(?:numpy|np|torch)\.(u?int\d+|float\d+|bool)$/.exec(name)?.[1] ?? namedTexts.get(name);

const pythonCode = (name: string) => new ExpressionError(`"${name}" is Python code, which cannot run here`);

function checkName(name: string): void {
  if (textOf(name) === undefined && !isFunction(name)) throw pythonCode(name);
}

/**
 * The value of one of the few Python expressions that MONAI bundles use where a value is needed: literals, lists, `@references`, arithmetic,
 * comparisons, `and`, `or`, `not`, `A if C else B`, `list[0]`, a handful of functions (`len`, `float`, `os.path.join`, ...), dtypes such as
 * `numpy.float32`, and MONAI's names of fields. Everything else is refused.
 * @param text without the leading `$`
 * @param resolve gives the value of `@name#sub`
 * @throws ExpressionError for anything outside the list above
 */
export function evaluateExpression(text: string, resolve: (reference: string) => unknown): unknown {
  return valueOf(parseExpression(text, checkName), resolve);
}

function valueOf(tree: Expression, resolve: (reference: string) => unknown): unknown {
  const of = (inner: Expression): unknown => valueOf(inner, resolve);
  switch (tree.kind) {
    case 'value':
      return tree.value;
    case 'reference':
      return resolve(tree.name);
    case 'list':
      return tree.items.map(of);
    case 'not':
      return !isTrue(of(tree.of));
    case 'negative': {
      const value = of(tree.of);
      if (typeof value === 'number') return -value;
      throw new ExpressionError('"-" stands before something that is not a number');
    }
    case 'choice':
      return of(isTrue(of(tree.condition)) ? tree.then : tree.otherwise);
    case 'operation': {
      const { operator, b } = tree;
      const a = of(tree.a);
      if (operator === 'or') return isTrue(a) ? a : of(b);
      if (operator === 'and') return isTrue(a) ? of(b) : a;
      if (operator === '+') return add(a, of(b));
      if (/^[=!<>]/.test(operator)) return compare(operator as Comparison, a, of(b));
      if (/^[-*/%]/.test(operator)) return calculate(operator as Arithmetic, a, of(b));
      throw new ExpressionError(`"${operator}" stands where the expression should end`);
    }
    case 'item':
      return item(of(tree.of), of(tree.key));
    case 'range':
      return range(of(tree.of), tree.from && of(tree.from), tree.to && of(tree.to));
    case 'call': {
      const { of: callee, list, named } = tree;
      if (callee.kind === 'name' && isFunction(callee.name) && named.size === 0) return call(callee.name, list.map(of));
      throw pythonCode('name' in callee ? callee.name : '(');
    }
    case 'name': {
      const text = textOf(tree.name);
      if (text !== undefined) return text;
      throw pythonCode(tree.name);
    }
    case 'attribute':
      throw pythonCode(tree.name);
  }
}
