import { choose, combine } from '../../../imaging/ops/intensity/combine';
import { joined } from '../../../imaging/ops/copy/blocks';
import { withChannelAxis, type NumericArray, type Volume } from '../../../imaging/volume';
import { fileChannels, withChannels } from '../../channels';
import { applyTo } from './functions';
import type { ChannelExpression } from './parse';

/** A number, or one array per channel. */
type Value = number | NumericArray[];

/** The image that an expression makes of `volume`. @throws Error for channels there are not, and numbers of channels that do not fit */
export function evaluateOn(volume: Volume, expression: ChannelExpression): Volume {
  const { image, parts } = fileChannels(withChannelAxis(volume, 'first'));
  const value = valueOf(expression, parts, parts[0].length);
  if (typeof value === 'number') throw new Error('the expression gives a number, not an image');
  return withChannels(image, joined(value), value.length);
}

function valueOf(expression: ChannelExpression, image: NumericArray[], size: number): Value {
  const of = (inner: ChannelExpression) => valueOf(inner, image, size);
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'image':
      return image;
    case 'channels':
      return expression.list.map((n) => channel(of(expression.of), n));
    case 'range':
      return channelsOf(of(expression.of)).slice(expression.from, expression.to);
    case 'combine':
      return together([of(expression.a), of(expression.b)], ([a, b]) => combine(expression.operator, a, b, size));
    case 'call': {
      const value = of(expression.of);
      if (typeof value === 'number') throw new Error('a function of a number alone gives no image');
      return value.map((data) => applyTo(data, expression.f));
    }
    case 'where':
      return together([of(expression.condition), of(expression.a), of(expression.b)], ([condition, a, b]) =>
        choose(typeof condition === 'number' ? new Uint8Array(size).fill(condition === 0 ? 0 : 1) : condition, a, b),
      );
  }
}

function channelsOf(value: Value): NumericArray[] {
  if (typeof value === 'number') throw new Error('a number has no channels');
  return value;
}

function channel(value: Value, n: number): NumericArray {
  const channels = channelsOf(value);
  const found = channels.at(n);
  if (!found) throw new Error(`there is no channel ${n}; the image has ${channels.length}`);
  return found;
}

/** Channel by channel; numbers and single channels go with all. */
function together(values: Value[], make: (operands: (NumericArray | number)[]) => NumericArray): NumericArray[] {
  const counts = values.flatMap((value) => (typeof value === 'number' ? [] : [value.length]));
  const count = Math.max(1, ...counts);
  if (counts.some((n) => n !== 1 && n !== count))
    throw new Error(`${counts.join(' and ')} channels do not fit together`);
  return Array.from({ length: count }, (_, c) => make(values.map((value) => (typeof value === 'number' ? value : value[value.length === 1 ? 0 : c])))); // prettier-ignore
}
