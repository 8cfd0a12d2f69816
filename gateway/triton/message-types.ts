import { protocol } from './protocol';

/** A message of `protos/model_config.proto`. */
export interface Message {
  name: string;
  /** Names of its fields. */
  names: string[];
  field(name: string): Field | undefined;
}

export interface Field {
  name: string;
  kind: 'string' | 'bool' | 'enum' | 'float' | 'int' | 'uint' | 'message';
  /** Width of `int` and `uint`. */
  bits: number;
  repeated: boolean;
  /** Names of the values of an enum. */
  values?: string[];
  message?: Message;
  /** Key and value of a map field. */
  entry?: { key: Field; value: Field };
}

/** As proto-loader describes messages: the parts of a DescriptorProto that matter here. */
interface Descriptor {
  name: string;
  field: { name: string; label: string; type: string; typeName: string }[];
  nestedType: Descriptor[];
  enumType: EnumDescriptor[];
  options: { mapEntry?: boolean } | null;
}

interface EnumDescriptor {
  name: string;
  value: { name: string }[];
}

/** A top-level message by name. */
export function messageType(name: string): Message {
  return describe([protocol().types.get(name) as unknown as Descriptor]);
}

/** @param scope the message and the ones around it, innermost first: where the names of types are looked up */
function describe(scope: Descriptor[]): Message {
  const [descriptor] = scope;
  return {
    name: descriptor.name,
    names: descriptor.field.map((field) => field.name),
    field(name) {
      const found = descriptor.field.find((field) => field.name === name);
      return found && fieldOf(found, scope);
    },
  };
}

function fieldOf({ name, label, type, typeName }: Descriptor['field'][number], scope: Descriptor[]): Field {
  const repeated = label === 'LABEL_REPEATED';
  const integer = /^TYPE_S?(U?INT)(\d+)$/.exec(type);
  if (integer) return { name, repeated, kind: integer[1] === 'INT' ? 'int' : 'uint', bits: Number(integer[2]) };
  if (type === 'TYPE_ENUM') return { name, repeated, kind: 'enum', bits: 0, values: enumValues(typeName, scope) };
  if (type !== 'TYPE_MESSAGE') {
    const kind = type === 'TYPE_STRING' ? 'string' : type === 'TYPE_BOOL' ? 'bool' : 'float';
    return { name, repeated, kind, bits: 0 };
  }
  const inner = lookUp(typeName, scope);
  if (!inner[0].options?.mapEntry) return { name, repeated, kind: 'message', bits: 0, message: describe(inner) };
  const [key, value] = inner[0].field.map((part) => fieldOf(part, inner));
  return { name, repeated, kind: 'message', bits: 0, entry: { key, value } };
}

/** `Input` near by, or `ModelWarmup.Input` from the top. */
function lookUp(name: string, scope: Descriptor[]): Descriptor[] {
  const [first, ...rest] = name.split('.');
  return rest.reduce((found, part) => [nestedIn(found[0], part)!, ...found], lookUpFirst(first, scope));
}

function lookUpFirst(name: string, scope: Descriptor[]): Descriptor[] {
  for (let depth = 0; depth < scope.length; depth++) {
    const nested = nestedIn(scope[depth], name);
    if (nested) return [nested, ...scope.slice(depth)];
  }
  return [protocol().types.get(name) as unknown as Descriptor];
}

const nestedIn = ({ nestedType }: Descriptor, name: string) => nestedType.find((type) => type.name === name);

function enumValues(name: string, scope: Descriptor[]): string[] {
  const [last, ...owners] = name.split('.').reverse();
  const around = owners.length > 0 ? lookUp(owners.reverse().join('.'), scope) : scope;
  const nested = around.flatMap((message) => message.enumType).find((type) => type.name === last);
  const found = nested ?? (protocol().types.get(last) as unknown as EnumDescriptor);
  return found.value.map((value) => value.name);
}
