/** The filters of DescribeParameters and GetParametersByPath. */
import { invalid } from './errors.ts';
import { isUnder, type ParameterVersion } from './parameter.ts';

export interface ParameterFilter {
  readonly key: string;
  readonly option?: string | undefined;
  readonly values: readonly string[];
}

export type ParameterTest = (parameter: ParameterVersion, tags: Readonly<Record<string, string>>) => boolean;

const options: Record<string, readonly string[]> = {
  Name: ['Equals', 'BeginsWith', 'Contains'],
  Path: ['OneLevel', 'Recursive'],
};

/** @throws InvalidFilterKey, InvalidFilterOption or InvalidFilterValue naming what is wrong */
export function compileFilters(filters: readonly ParameterFilter[]): ParameterTest {
  const tests = filters.map(compileFilter);
  return (parameter, tags) => tests.every((test) => test(parameter, tags));
}

function compileFilter({ key, option, values }: ParameterFilter): ParameterTest {
  const known = options[key] ?? ['Equals'];
  const chosen = option ?? known[0] ?? 'Equals';
  if (!known.includes(chosen)) {
    throw invalid('InvalidFilterOption', `Filter ${key} takes the options ${known.join(', ')}, not '${chosen}'.`);
  }
  if (key.startsWith('tag:')) {
    const name = key.slice('tag:'.length);
    return (_parameter, tags) => {
      const value = tags[name];
      return value !== undefined && (values.length === 0 || values.includes(value));
    };
  }
  if (values.length === 0) throw invalid('InvalidFilterValue', `Filter ${key} needs at least one value.`);
  return fieldTest(key, chosen, values);
}

function fieldTest(key: string, option: string, values: readonly string[]): ParameterTest {
  switch (key) {
    case 'Name':
      return ({ name }) => values.some((value) => nameTest(option, name, value));
    case 'Path':
      return ({ name }) => values.some((value) => isUnder(name, value, option === 'Recursive'));
    case 'Type':
      return ({ type }) => values.includes(type);
    case 'KeyId':
      return ({ keyId }) => keyId !== undefined && values.includes(keyId);
    case 'Tier':
      return ({ tier }) => values.includes(tier);
    case 'DataType':
      return ({ dataType }) => values.includes(dataType);
    case 'Label':
      return ({ labels }) => labels.some((label) => values.includes(label));
    default:
      throw invalid(
        'InvalidFilterKey',
        `'${key}' is not a filter key. Use Name, Path, Type, KeyId, Tier, DataType, Label or tag:name.`,
      );
  }
}

function nameTest(option: string, name: string, value: string): boolean {
  const bare = name.replace(/^\//, '');
  if (option === 'Contains') return name.includes(value);
  if (option === 'BeginsWith') return name.startsWith(value) || bare.startsWith(value);
  return name === value || bare === value;
}
