/** References to names that an expansion changes: `!Ref Name.Version`, `!GetAtt Layer.Arn`, `${Name.Alias}`, `DependsOn`. */
import { splitAttribute } from '../source.ts';
import { type Mapping, type Value, isMapping } from '../value.ts';

type Names = ReadonlyMap<string, string>;

export function renameReferences(value: Value, names: Names): Value {
  if (names.size === 0) return value;
  return rename(value, names);
}

function rename(value: Value, names: Names): Value {
  if (Array.isArray(value)) return value.map((item: Value) => rename(item, names));
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, renameMember(key, member, value, names)]),
  );
}

function renameMember(key: string, member: Value, around: Mapping, names: Names): Value {
  if (key === 'Ref' && typeof member === 'string') return names.get(member) ?? member;
  if (key === 'Fn::GetAtt') return renameAttribute(member, names);
  if (key === 'Fn::Sub') return renameSub(member, names);
  if (key === 'DependsOn' && typeof around['Type'] === 'string') return renameNames(member, names);
  return rename(member, names);
}

/** `[Name.Alias, Attribute]`, `[Name, Alias.Attribute]` and the same with plain names. */
function renameAttribute(argument: Value, names: Names): Value {
  const parts = typeof argument === 'string' ? splitAttribute(argument) : argument;
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) return rename(argument, names);
  const words = parts.join('.').split('.');
  for (const count of [2, 1]) {
    const name = names.get(words.slice(0, count).join('.'));
    if (name !== undefined && words.length > count) return [name, words.slice(count).join('.')];
  }
  return argument;
}

function renameSub(argument: Value, names: Names): Value {
  const [text, ...others] = Array.isArray(argument) ? (argument as Value[]) : [argument];
  if (typeof text !== 'string') return rename(argument, names);
  const renamed = text.replace(/\$\{([A-Za-z0-9.]+)\}/g, (whole, name: string) => {
    const words = name.split('.');
    for (const count of [2, 1]) {
      const found = names.get(words.slice(0, count).join('.'));
      if (found !== undefined) return `\${${[found, ...words.slice(count)].join('.')}}`;
    }
    return whole;
  });
  return Array.isArray(argument) ? [renamed, ...others.map((other) => rename(other, names))] : renamed;
}

function renameNames(value: Value, names: Names): Value {
  if (typeof value === 'string') return names.get(value) ?? value;
  return Array.isArray(value) ? value.map((item: Value) => renameNames(item, names)) : value;
}
