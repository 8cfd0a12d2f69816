import { zipOf } from './zip-builder';

/** A file laid out as torch.jit.save does: the pickle names the class, `code/` holds its source. */
export function torchScript(args: string, returns: string, { storages = ['Float'], more = '' } = {}): Buffer {
  const pickle = `\x80\x02c__torch__.nets\nNet\nq\x00)\x81}(X\x06\x00\x00\x00weightq\x01${storages.map((kind) => `ctorch\n${kind}Storage\n`).join('q')}ub.`;
  const source = `class Other(Module):
  def forward(self: __torch__.nets.Other) -> int:
    return 1
class Net(Module):
  __parameters__ = ["weight", ]
  training : bool
  def forward(self: __torch__.nets.Net,
    ${args}) -> ${returns}:
    return x
${more}`;
  return zipOf({
    'm/data.pkl': Buffer.from(pickle, 'latin1'),
    'm/code/__torch__/nets.py': source,
    'm/constants.pkl': Buffer.from('\x80\x02).', 'latin1'),
    'm/version': '3\n',
  });
}
