import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openUpload } from '../../../gateway/packages/open-upload';
import { zipOfParts } from '../zip-builder';
import { call, checkpoint, dict, float, global, int, list, none, pickle, raw, storage, tensor, text, torchZip, tuple, uint32, type Pickled } from './pickle-builder'; // prettier-ignore
import { small } from './small-network';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'hostile-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function open(file: Buffer) {
  const path = join(folder, 'sent');
  writeFileSync(path, file);
  return openUpload({ data: { path, name: 'checkpoint_final.pth' } }, folder);
}

const numbers = Buffer.alloc(16);
const good = tensor('0', { size: [4], data: new Float32Array(4) });
/** A checkpoint with one value where its weights are. */
const weights = (value: Pickled) => pickle(dict({ network_weights: dict({ 'a.weight': value }) }));
const file = (data: Buffer, storages: readonly Buffer[] = [numbers]) => torchZip(data, storages);
const odd = (value: Pickled) => file(pickle(dict({ network_weights: dict({ 'a.weight': good }), extra: value })));

type Case = [what: string, file: Buffer, message: RegExp];

/** Nothing of these is ever looked up: they are names in a file. */
const names = [
  'os.system', 'posix.system', 'nt.system', 'subprocess.Popen', 'subprocess.check_output', 'builtins.eval', 'builtins.exec', 'builtins.getattr',
  '__builtin__.eval', 'builtins.__import__', 'importlib.import_module', 'runpy.run_path', 'pickle.loads', 'torch.load', 'torch.jit.load',
  'torch.hub.load', 'functools.partial', 'operator.attrgetter', 'webbrowser.open', 'shutil.rmtree', 'socket.socket', 'numpy.load',
  'numpy.core.multiarray._reconstruct', 'torch._utils._rebuild_tensor', 'torch.nn.modules.conv.Conv3d', 'codecs.encode', 'marker.Marker',
]; // prettier-ignore
const globals = names.map((name): Case => [`the global ${name}`, odd(call(name, text('marker'))), new RegExp(`names ${name.replaceAll('.', '\\.')} at byte \\d+`)]); // prettier-ignore

const opcodes: Record<string, Buffer> = {
  INST: raw('(', 'i', 'marker\nMarker\n'),
  OBJ: raw('(', global('torch.Size'), 'o'),
  PERSID: raw('P', 'marker\n'),
  EXT1: raw(0x82, 1),
  EXT2: raw(0x83, 1, 0),
  EXT4: raw(0x84, 1, 0, 0, 0),
  NEWOBJ_EX: raw(global('torch.Size'), tuple(), dict({}), 0x92),
  STACK_GLOBAL: raw(text('marker'), text('Marker'), 0x93),
  MEMOIZE: raw(none, 0x94),
  FRAME: raw(0x95, 0, 0, 0, 0, 0, 0, 0, 0),
  BYTEARRAY8: raw(0x96, 0, 0, 0, 0, 0, 0, 0, 0),
  NEXT_BUFFER: raw(0x97),
  READONLY_BUFFER: raw(none, 0x98),
  LONG4: raw(0x8b, uint32(1), 1),
  SHORT_BINBYTES: raw('C', 1, 'a'),
  BINBYTES: raw('B', uint32(1), 'a'),
  SHORT_BINUNICODE: raw(0x8c, 1, 'a'),
  EMPTY_SET: raw(0x8f),
  INT: raw('I', '1\n'),
  LONG: raw('L', '1L\n'),
  FLOAT: raw('F', '1\n'),
  STRING: raw('S', "'a'\n"),
  UNICODE: raw('V', 'a\n'),
  DUP: raw(none, '2'),
  POP: raw(none, none, '0'),
  PUT: raw(none, 'p', '0\n'),
  LIST: raw('(', none, 'l'),
  DICT: raw('(', none, none, 'd'),
};
const operations = Object.entries(opcodes).map(([name, bytes]): Case => [`the opcode ${name}`, odd(bytes), /opcode 0x[0-9a-f]{2}.* at byte \d+ is none/]); // prettier-ignore

const doubling = Array.from({ length: 40 }).reduce<Buffer>(
  (inner) => raw(']', '(', inner, 'q', 0, 'h', 0, 'e'),
  list(none),
);
const deep = Array.from({ length: 300 }).reduce<Buffer>((inner) => list(inner), none);

const values: Case[] = [
  ['a list that holds itself', odd(raw(']', 'q', 0, 'h', 0, 'a')), /levels deep, or refer to themselves/],
  ['a dictionary that holds itself', odd(raw('}', 'q', 0, text('a'), 'h', 0, 's')), /levels deep, or refer to themselves/],
  ['values 300 levels deep', odd(deep), /200 levels deep/],
  ['references that stand for 2^40 values', odd(doubling), /stand for more than 1000000 values/],
  ['a text of 4 GB', odd(raw('X', uint32(0xffffffff), 'a')), /a text of 4294967295 bytes/],
  ['a text of negative length', odd(raw('T', uint32(0xffffffff), 'a')), /a text of -1 bytes/],
  ['a text that ends behind the pickle', odd(raw('X', uint32(100_000), 'a')), /is cut off/],
  ['a reference to nothing', odd(raw('h', 9)), /refers to value 9/],
  ['a large reference to nothing', odd(raw('j', uint32(0xfffffffe))), /refers to value 4294967294/],
  ['a name without an end', odd(raw('c', 'a'.repeat(600))), /a name without an end/],
  ['protocol 4', file(raw(0x80, 4, dict({}), '.')), /protocol 4/],
  ['a call of a text', odd(raw(text('os.system'), tuple(), 'R')), /calls what is not a class/],
  ['an object of a text', odd(raw(text('a'), tuple(), 0x81)), /makes an object/],
  ['an item of a number', odd(raw(int(1), text('a'), none, 's')), /not a dictionary/],
  ['an appended item of a number', odd(raw(int(1), none, 'a')), /not a list/],
  ['a key without a value', odd(raw('}', '(', text('a'), 'u')), /a key without a value/],
  ['a tuple without a start', file(raw(0x80, 2, 't', '.')), /not begun/],
  ['nothing', file(raw(0x80, 2, '.')), /takes a value where there is none/],
  ['an append to nothing', file(raw(0x80, 2, none, 'a', '.')), /takes a value/],
  ['no end', file(raw(0x80, 2, none)), /cut off/],
  ['an empty pickle', file(Buffer.alloc(0)), /cut off/],
  ['a list in place of a checkpoint', file(pickle(list(none))), /no "network_weights"/],
  ['weights that are a list', file(pickle(dict({ network_weights: list(good) }))), /no "network_weights"/],
  ['a number among the weights', file(weights(int(1))), /"a\.weight", which is not a tensor/],
  ['a class among the weights', file(weights(call('torch.device', text('cpu')))), /which is not a tensor/],
  ['axes of mirroring that are none', file(pickle(dict({ network_weights: dict({ a: good }), inference_allowed_mirroring_axes: tuple(int(7)) }))), /not axes 0 to 2/],
  ['an axis mirrored twice', file(pickle(dict({ network_weights: dict({ a: good }), inference_allowed_mirroring_axes: tuple(int(1), int(1)) }))), /not axes 0 to 2/],
]; // prettier-ignore

const view = (flat: Pickled, offset: Pickled, size: Pickled, stride: Pickled) =>
  weights(call('torch._utils._rebuild_tensor_v2', flat, offset, size, stride, raw(0x89), dict({})));
const flat = storage('Float', text('0'), int(4));
const four = tuple(int(4));
const one = tuple(int(1));

const tensors: Case[] = [
  ['a tensor longer than its storage', file(view(flat, int(0), tuple(int(5)), one)), /beyond the 4 elements/],
  ['a tensor that begins behind its storage', file(view(flat, int(4), one, one)), /beyond the 4 elements/],
  ['a stride out of the storage', file(view(flat, int(0), four, tuple(int(2)))), /beyond the 4 elements/],
  ['a size of 2^62', file(view(flat, int(0), tuple(int(2 ** 31 - 1), int(2 ** 31 - 1)), tuple(int(0), int(1)))), /beyond the 4 elements/],
  ['a negative offset', file(view(flat, int(-1), four, one)), /whose storage, offset, size or stride is none/],
  ['a negative size', file(view(flat, int(0), tuple(int(-4)), one)), /whose storage, offset/],
  ['a negative stride', file(view(flat, int(3), four, tuple(int(-1)))), /whose storage, offset/],
  ['a size that is no whole number', file(view(flat, int(0), tuple(float(1.5)), one)), /whose storage, offset/],
  ['a size without stride', file(view(flat, int(0), four, tuple())), /whose storage, offset/],
  ['a tensor of 12 axes', file(view(flat, int(0), tuple(...Array(12).fill(int(1))), tuple(...Array(12).fill(int(1))))), /whose storage, offset/],
  ['a tensor of a list', file(view(list(int(1)), int(0), one, one)), /whose storage, offset/],
  ['a parameter of a number', file(weights(call('torch._utils._rebuild_parameter', int(1)))), /not a tensor/],
  ['a storage of complex numbers', file(view(storage('ComplexFloat', text('0'), int(4)), int(0), four, one)), /names torch\.ComplexFloatStorage/],
  ['a storage named as a path', file(view(storage('Float', text('../../marker'), int(4)), int(0), four, one)), /another form than a storage/],
  ['a storage with a number for its name', file(view(storage('Float', int(0), int(4)), int(0), four, one)), /another form than a storage/],
  ['a storage of negative length', file(view(storage('Float', text('0'), int(-4)), int(0), four, one)), /another form than a storage/],
  ['a persistent id that is a text', file(weights(raw(text('marker'), 'Q'))), /another form than a storage/],
  ['a storage that is missing', file(weights(good), []), /storage "0" is missing/],
  ['a storage that is too short', file(weights(good), [Buffer.alloc(12)]), /has 12 bytes, and 4 of Float take 16/],
  ['a storage that is too long', file(weights(good), [Buffer.alloc(20)]), /has 20 bytes/],
  ['a storage said to be of 1 TB', file(view(storage('Float', text('0'), raw(0x8a, 5, 0, 0, 0, 0, 64)), int(0), four, one)), /take 1099511627776/],
  ['two lengths of one storage', file(pickle(dict({ network_weights: dict({ a: good, b: call('torch._utils._rebuild_tensor_v2', storage('Float', text('0'), int(2)), int(0), one, one, raw(0x89), dict({})) }) }))), /is said to be/],
  ['two types of one storage', file(pickle(dict({ network_weights: dict({ a: good, b: call('torch._utils._rebuild_tensor_v2', storage('Int', text('0'), int(4)), int(0), one, one, raw(0x89), dict({})) }) }))), /is said to be/],
]; // prettier-ignore

const whole = checkpoint(small());
const files: Case[] = [
  ['a compressed storage', torchZip(weights(good), [], [{ name: 'archive/data/0', content: numbers, method: 8 }]), /is compressed/],
  ['storages that share bytes', torchZip(weights(good), [numbers], [{ name: 'archive/data/1', content: numbers, method: 0, claims: { offset: 0 } }]), /share the same bytes/],
  ['two entries of one name', torchZip(weights(good), [numbers], [{ name: 'archive/data/0', content: numbers, method: 0 }]), /the same name/],
  ['numbers in the other byte order', torchZip(weights(good), [numbers], [], 'big'), /big-endian/],
  ['half a file', whole.subarray(0, whole.length / 2), /cut off/],
]; // prettier-ignore

const zipped = (entries: Record<string, Buffer | string>) => zipOfParts(Object.entries(entries).map(([name, content]) => ({ name, content, method: 0 }))); // prettier-ignore
const others: Case[] = [
  ['a TorchScript module', torchZip(weights(good), [numbers], [{ name: 'archive/code/__torch__.py', content: 'class Net(Module): pass', method: 0 }, { name: 'archive/constants.pkl', content: pickle(tuple()), method: 0 }]), /came without a config/],
  ['a state dict alone, as MONAI saves it', file(pickle(dict({ 'model.0.weight': good }))), /not a checkpoint of nnU-Net 2: it has no "network_weights" \(its keys: model\.0\.weight\)/],
  ['a checkpoint of Lightning', file(pickle(dict({ state_dict: dict({ a: good }), 'pytorch-lightning_version': text('2.4.0') }))), /its keys: state_dict, pytorch-lightning_version/],
  ['a whole module, pickled', file(pickle(call('dynamic_network_architectures.architectures.unet.PlainConvUNet'))), /names dynamic_network_architectures\.\S+ at byte 2/],
  ['torch.save before 1.6', Buffer.concat([raw(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'), pickle(int(1001))]), /a Python pickle, probably an old PyTorch checkpoint/],
  ['a pickle without an archive, as nnU-Net 1 has beside its models', pickle(dict({ init: tuple(), name: text('nnUNetTrainerV2') })), /a Python pickle, probably/],
  ['a model of Keras', zipped({ 'metadata.json': '{"keras_version": "3.6.0"}', 'config.json': '{}', 'model.weights.h5': Buffer.from('\x89HDF\r\n', 'latin1') }), /an archive with metadata\.json, config\.json, model\.weights\.h5\. Expected/],
  ['safetensors', Buffer.concat([raw(uint32(2), uint32(0)), Buffer.from('{}')]), /a binary file of unknown kind/],
]; // prettier-ignore

const cases = [...globals, ...operations, ...values, ...tensors, ...files, ...others];

test('a checkpoint as nnU-Net saves it is taken', async () => {
  const { config, warnings } = await open(whole);
  expect([JSON.parse(config).nnunet.configuration, warnings]).toEqual(['test', []]);
});

test('there are a hundred', () => expect(cases.length).toBeGreaterThanOrEqual(100));

/** Most memory resident since it was last asked, in kB. */
function peakMemory(): number {
  const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
  // The peak of a process never falls by itself, and would hide whatever stays below that of the test runner. @see proc_pid_clear_refs(5)
  writeFileSync('/proc/self/clear_refs', '5');
  return peak;
}

test.each(cases)('%s', async (_what, hostile, message) => {
  peakMemory();
  const before = process.memoryUsage.rss() / 1024;
  await expect(open(hostile)).rejects.toThrow(message);
  expect(peakMemory() - before).toBeLessThan(100_000);
  expect(readdirSync(folder).filter((name) => name !== 'sent')).toEqual([]);
});
