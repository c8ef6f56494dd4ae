/** Functions of plain values: no references, no scope. Each throws `ValidationError` naming what is wrong. */
import { templateError } from './errors.ts';

/** A piece of the text of `Fn::Sub`. */
export type SubPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string };

/** `${Name}` is a variable, `${!Name}` stands for the text `${Name}`. */
export function parseSub(text: string): SubPart[] {
  const parts: SubPart[] = [];
  let end = 0;
  for (const match of text.matchAll(/\$\{([^{}]*)\}/g)) {
    parts.push({ kind: 'text', text: text.slice(end, match.index) });
    const body = match[1] ?? '';
    parts.push(
      body.startsWith('!')
        ? { kind: 'text', text: `\${${body.slice(1)}}` }
        : { kind: 'variable', name: checkedName(body.trim(), text) },
    );
    end = match.index + match[0].length;
  }
  parts.push({ kind: 'text', text: text.slice(end) });
  return parts.filter((part) => part.kind === 'variable' || part.text !== '');
}

function checkedName(name: string, text: string): string {
  if (/^[A-Za-z0-9_.:-]+$/.test(name)) return name;
  throw templateError(
    `variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons; '${name}' in '${text.slice(0, 80)}' does not.`,
  );
}

/** `Fn::Cidr`: the first `count` blocks with `hostBits` bits each inside `block`, IPv4 or IPv6. */
export function cidrBlocks(block: string, count: number, hostBits: number): string[] {
  const network = parseNetwork(block);
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    throw templateError(`Fn::Cidr makes 1 to 256 blocks, not ${count}.`);
  }
  if (!Number.isInteger(hostBits) || hostBits < 1 || hostBits > network.bits) {
    throw templateError(`Fn::Cidr needs 1 to ${network.bits} bits for a block of ${block}, not ${hostBits}.`);
  }
  const size = 1n << BigInt(hostBits);
  const available = 1n << BigInt(network.bits - network.prefix);
  if (size * BigInt(count) > available) {
    throw templateError(`Fn::Cidr: ${block} has no room for ${count} blocks of ${hostBits} bits.`);
  }
  return Array.from({ length: count }, (_, index) => {
    const address = network.base + size * BigInt(index);
    return `${formatAddress(address, network.bits)}/${network.bits - hostBits}`;
  });
}

interface Network {
  readonly base: bigint;
  readonly prefix: number;
  readonly bits: 32 | 128;
}

function parseNetwork(block: string): Network {
  const [address = '', prefixText = ''] = block.split('/');
  const bits = address.includes(':') ? 128 : 32;
  const prefix = Number(prefixText);
  const value = bits === 32 ? parseV4(address) : parseV6(address);
  if (value === undefined || !/^\d{1,3}$/.test(prefixText) || prefix > bits) {
    throw templateError(`Fn::Cidr: '${block}' is not an address block such as 10.0.0.0/16.`);
  }
  const hostBits = BigInt(bits - prefix);
  return { base: (value >> hostBits) << hostBits, prefix, bits };
}

function parseV4(address: string): bigint | undefined {
  const parts = address.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((value, part) => value * 256n + BigInt(part), 0n);
}

function parseV6(address: string): bigint | undefined {
  const [head = '', tail, more] = address.split('::');
  if (more !== undefined) return undefined;
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = 8 - first.length - last.length;
  if (tail === undefined ? gap !== 0 : gap < 1) return undefined;
  const groups = [...first, ...Array.from({ length: gap }, () => '0'), ...last];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n);
}

function formatAddress(address: bigint, bits: 32 | 128): string {
  const width = bits === 32 ? 8n : 16n;
  const groups = bits === 32 ? 4 : 8;
  const parts = Array.from({ length: groups }, (_, index) => {
    const part = (address >> (width * BigInt(groups - 1 - index))) & ((1n << width) - 1n);
    return part.toString(bits === 32 ? 10 : 16);
  });
  if (bits === 32) return parts.join('.');
  // The longest run of zero groups is written as `::` (RFC 5952).
  const text = parts.join(':');
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length);
  const longest = runs[0];
  if (longest === undefined) return text;
  return `${text.slice(0, longest.index)}::${text.slice(longest.index + longest[0].length + 1)}`;
}
