import { encodeTensorFlow } from '../../../gateway/packages/tensorflow/graph';
import { bytes, integer, message, onnx, value } from '../protobuf';
import { zipOf } from '../zip-builder';

/**
 * Models that would do more than compute, thirty of each format, for the check that refuses them. They hold the names of operators and nothing
 * that these could work on; no test runs them.
 */
export interface HostileModel {
  /** What hides where. */
  what: string;
  content: Buffer;
  /** The operator that the refusal names. */
  operator: string;
}

const INPUT = 'INPUT__0';
const OUTPUT = 'OUTPUT__0';
const PATH = '"marker"';

/** A file as torch.jit.save writes it, with other code in `forward`, in a method beside it, or in another file. */
export function torchCode(body: string, more: Record<string, string> = {}): Buffer {
  const source = `class Net(Module):\n  training : bool\n  def forward(self: __torch__.Net,\n    x: Tensor) -> Tensor:\n    ${body}\n    return x\n`;
  const parts = { 'data.pkl': '\x80\x02c__torch__\nNet\nq\x00)\x81.', 'code/__torch__.py': source, 'constants.pkl': '\x80\x02).', version: '3\n', ...more }; // prettier-ignore
  return zipOf(
    Object.fromEntries(Object.entries(parts).map(([name, text]) => [`m/${name}`, Buffer.from(text, 'latin1')])),
  );
}

const torch: [body: string, operator: string, more?: Record<string, string>][] = [
  [`y = torch.from_file(${PATH}, False, 1)`, 'aten::from_file'],
  [`torch.save(x, ${PATH})`, 'aten::save'],
  [`y = torch.load(${PATH})`, 'aten::load'],
  [`y = ops.aten.from_file(${PATH}, False, 1)`, 'aten::from_file'],
  [`y = ops.image.read_file(${PATH})`, 'image::read_file'],
  [`ops.image.write_file(${PATH}, x)`, 'image::write_file'],
  [`y = ops.debugprims.load_tensor(${PATH}, [1], [1])`, 'debugprims::load_tensor'],
  ['y = ops.c10d.send([x], 1, 1, 1)', 'c10d::send'],
  ['y = ops._c10d_functional.all_reduce(x, "sum", "g")', '_c10d_functional::all_reduce'],
  ['y = ops.prim.rpc_sync("w", "f", (x,))', 'prim::rpc_sync'],
  ['y = ops.prim.rpc_async("w", "f", (x,))', 'prim::rpc_async'],
  ['y = ops.prim.PythonOp(x)', 'prim::PythonOp'],
  ['y = ops.prim.IgnoredPythonOp(x)', 'prim::IgnoredPythonOp'],
  ['y = ops.symm_mem.nvshmem_put(x, 1)', 'symm_mem::nvshmem_put'],
  ['y = ops.mkldnn.data_ptr(x)', 'mkldnn::data_ptr'],
  ['y = ops.acme.open_socket(x)', 'acme::open_socket'],
  ['y = torch.spawn_process(x)', 'aten::spawn_process'],
  [`f = torch.from_file\n    y = f(${PATH}, False, 1)`, 'aten::from_file'],
  [`t = torch\n    y = t.from_file(${PATH}, False, 1)`, 'aten::*'],
  [`t = ops.image\n    y = t.read_file(${PATH})`, 'image::*'],
  [`y = (ops).image.read_file(${PATH})`, 'ops::*'],
  [`y = getattr(torch, "from_file")(${PATH}, False, 1)`, 'aten::*'],
  [`y = torch . from_file(${PATH}, False, 1)`, 'aten::from_file'],
  [`y = torch \\\n      .from_file(${PATH}, False, 1)`, 'aten::from_file'],
  [`s = "# not a comment \\" "; y = torch.from_file(${PATH}, False, 1)`, 'aten::from_file'],
  ['y = x._unsafe_index([x])', 'aten::_unsafe_index'],
  ['c = __torch__.torch.classes.c10d.Store()', 'torch.classes.c10d'],
  ['pass', 'aten::from_file', { 'code/__torch__/other.py': `def f():\n  return torch.from_file(${PATH}, False, 1)\n` }],
  ['pass', 'aten::from_file', { 'CODE/__torch__/Other.PY': `def f():\n  return torch.from_file(${PATH}, False, 1)\n` }],
  ['pass', 'torch.classes.acme', { 'constants.pkl': '\x80\x02(c__torch__.torch.classes.acme\nShell\nq\x00t.' }],
];

export const hostileTorch: HostileModel[] = torch.map(([body, operator, more]) => ({
  what: more ? Object.keys(more)[0] : body,
  content: torchCode(body, more),
  operator,
}));

interface Node {
  name: string;
  op: string;
  input?: string[];
  attr?: object[];
}
interface Graph {
  node: Node[];
  library?: { function?: object[]; gradient?: object[] };
}

const called = (name: string) => [{ key: 'f', value: [{ func: [{ name: [name] }] }] }];
const inFunction = (op: string, more: object = {}) => ({ signature: { name: 'F' }, node_def: [{ name: 'in', op }], ...more }); // prettier-ignore
const ends = (op: string, more: Partial<Node> = {}): Node[] => [
  { name: INPUT, op: 'Placeholder' },
  { name: OUTPUT, op, input: [INPUT], ...more },
];

/** Operators by themselves, then ways to hide one. */
const graphs: [what: string, operator: string, graph: Graph][] = [
  ...'ReadFile WriteFile MatchingFiles SaveV2 RestoreV2 Save LoadAndRemapMatrix ImmutableConst WholeFileReaderV2 TFRecordDataset InitializeTableFromTextFileV2 PrintV2 DebugIdentityV2 DecodeProtoV2 PyFunc EagerPyFunc RpcCall RemoteCall XlaCustomCallV2 TRTEngineOp AcmeShell' // prettier-ignore
    .split(' ')
    .map((op): [string, string, Graph] => [op, op, { node: ends(op) }]),
  ['by order alone', 'WriteFile', { node: [...ends('Identity', { input: [INPUT, '^w'] }), { name: 'w', op: 'WriteFile' }] }],
  ['far before the output', 'ReadFile', { node: [...ends('Add', { input: [INPUT, 'i:0'] }), { name: 'i', op: 'Identity', input: ['r'] }, { name: 'r', op: 'ReadFile' }] }],
  ['in a function that a node calls', 'WriteFile', { node: ends('StatefulPartitionedCall', { attr: called('F') }), library: { function: [inFunction('WriteFile')] } }],
  ['in a function with the name of an operator', 'WriteFile', { node: ends('Relu'), library: { function: [{ ...inFunction('WriteFile'), signature: { name: 'Relu' } }] } }],
  ['in a branch', 'WriteFile', { node: ends('Case', { attr: [{ key: 'branches', value: [{ list: [{ func: [{ name: ['F'] }] }] }] }] }), library: { function: [inFunction('WriteFile')] } }],
  ['in the attribute of a function', 'WriteFile', { node: ends('PartitionedCall', { attr: [{ key: 'f', value: [{ func: [{ name: ['G'], attr: called('F') }] }] }] }), library: { function: [inFunction('WriteFile')] } }],
  ['in another form of a function', 'WriteFile', { node: ends('Relu'), library: { function: [inFunction('WriteFile', { attr: [{ key: 'api_implements', value: [{}] }] })] } }],
  ['early, where no output needs it', 'ReadFile', { node: [...ends('Relu'), { name: 'shape', op: 'ReadFile' }] }],
  ['early, in a function', 'ReadFile', { node: [...ends('Relu'), { name: 'shape', op: 'PartitionedCall', attr: called('F') }], library: { function: [inFunction('ReadFile')] } }],
]; // prettier-ignore

export const hostileGraphs: HostileModel[] = graphs.map(([what, operator, graph]) => ({
  what,
  content: Buffer.from(encodeTensorFlow('CheckedGraph', graph)),
  operator,
}));

/** A signature with one input and one output of five axes. */
const signature = (name: string, input = `${INPUT}:0`, output = `${OUTPUT}:0`): Buffer => {
  const shape = (channels: number) =>
    message(3, ...[-1, channels, 96, 96, 96].map((size) => message(2, integer(1, size))));
  const tensor = (number: number, key: string, of: string) =>
    message(number, bytes(1, key), message(2, bytes(1, of), integer(2, 1), shape(number)));
  return message(5, bytes(1, name), message(2, tensor(1, INPUT, input), tensor(2, OUTPUT, output)));
};

/** saved_model.pb; `more` are parts of its meta graph. */
export const savedModel = (graph: Graph, more: object = {}, ...signatures: Buffer[]): Buffer =>
  message(
    2,
    message(1, bytes(4, 'serve')),
    Buffer.from(encodeTensorFlow('CheckedMetaGraph', { graph_def: graph, ...more })),
    ...[signature('serving_default'), ...signatures],
  );

const compute = ends('Relu');
const restore = (input: string[]): Graph => ({
  node: [...compute, { name: 'path', op: 'Placeholder' }, { name: 'other', op: 'Const' }, { name: 'r', op: 'RestoreV2', input }], // prettier-ignore
});
const saver = { saver_def: { filename_tensor_name: 'path:0', restore_op_name: 'r' } };

const started: [what: string, operator: string, file: Buffer][] = [
  [
    'a signature of another name',
    'WriteFile',
    savedModel({ node: [...compute, { name: 'w', op: 'WriteFile' }] }, {}, signature('other', `${INPUT}:0`, 'w:0')),
  ],
  [
    'an operation at the start',
    'WriteFile',
    savedModel(
      { node: [...compute, { name: 'w', op: 'WriteFile' }] },
      { collection_def: [{ key: 'saved_model_main_op', value: [{ node_list: [{ value: ['w'] }] }] }] },
    ),
  ],
  ['variables of another path', 'RestoreV2', savedModel(restore(['other']), saver)],
  [
    'another output of a node that is fed',
    'ReadFile',
    savedModel(
      { node: [{ name: INPUT, op: 'ReadFile' }, { name: OUTPUT, op: 'Relu', input: [`${INPUT}:1`] }] }, // prettier-ignore
    ),
  ],
];

/** The graphs in a SavedModel, and what only a SavedModel can do. */
export const hostileSavedModels: HostileModel[] = [
  ...graphs.slice(4).map(([what, operator, graph]) => ({ what, content: savedModel(graph), operator })),
  ...started.map(([what, operator, content]) => ({ what, content, operator })),
];

/** One that reads its variables as TensorFlow writes it, and has the nodes that save it again: nothing to refuse. */
export const harmlessSavedModel = savedModel(
  { ...restore(['path']), node: [...restore(['path']).node, { name: 'save', op: 'SaveV2', input: ['path'] }] },
  saver,
);

const tensors = [value(11, INPUT, 1, ['b', 1, 96, 96, 96]), value(12, OUTPUT, 1, ['b', 2, 96, 96, 96])];
const node = (op: string, domain = '', ...attributes: Buffer[]) =>
  message(1, bytes(1, INPUT), bytes(2, OUTPUT), bytes(3, 'n'), bytes(4, op), ...attributes, bytes(7, domain));
const branch = message(5, bytes(1, 'then_branch'), message(6, node('Shell', 'acme')));
const local = (name: string, domain: string, ...nodes: Buffer[]) =>
  message(25, bytes(1, name), ...nodes.map((one) => message(7, one.subarray(2))), bytes(10, domain));

/** A function `own::F` of an ONNX model with an operator that is not known. */
export const foreignFunction = local('F', 'own', node('Shell', 'acme'));

const onnxNodes: [op: string, domain: string][] = [
  ...'EPContext Snpe ATen'.split(' ').map((op): [string, string] => [op, 'com.microsoft']),
  ...'MemcpyFromHost MemcpyToHost PyOp ReadFile Exec'.split(' ').map((op): [string, string] => [op, '']),
  ...'ai.onnx.contrib pyopmulti trt.plugins org.pytorch.aten com.nvidia tensorrt acme com.acme.files ai.onnx.io microsoft custom my.ops local'
    .split(' ')
    .map((domain): [string, string] => ['Read', domain]),
  ['ReadFile', 'ai.onnx'],
  ['PyFunction', 'ai.onnx.contrib'],
  ['Read', 'com.microsoft.nchwc'],
  ['Read', 'ai.onnx.ml'],
  ['Open', 'com.microsoft.experimental'],
];

const full = (op: string, domain: string) => (domain === '' || domain === 'ai.onnx' ? op : `${domain}::${op}`);

export const hostileOnnx: HostileModel[] = [
  ...onnxNodes.map(([op, domain]) => ({
    what: full(op, domain),
    content: onnx(node(op, domain), ...tensors),
    operator: full(op, domain),
  })),
  { what: 'in a branch', content: onnx(node('If', '', branch), ...tensors), operator: 'acme::Shell' },
  {
    what: 'in a branch of a branch',
    content: onnx(node('If', '', message(5, bytes(1, 'g'), message(6, node('If', '', branch)))), ...tensors),
    operator: 'acme::Shell',
  },
  {
    what: 'in a function of its own',
    content: Buffer.concat([onnx(node('F', 'own'), ...tensors), foreignFunction]),
    operator: 'acme::Shell',
  },
  {
    what: 'in a function that is not called',
    content: Buffer.concat([onnx(...tensors), foreignFunction]),
    operator: 'acme::Shell',
  },
];

/** The graph of {@link hostileOnnx}'s function with an operator that computes. */
export const harmlessOnnx = Buffer.concat([onnx(node('F', 'own'), ...tensors), local('F', 'own', node('Relu'))]);
