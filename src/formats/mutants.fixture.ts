/** Damaged copies of a file, the same each time: flipped bits, cut ends, lengths made huge. */
export function* mutantsOf(bytes: Uint8Array, count: number): Generator<Uint8Array> {
  let seed = 12_345;
  const random = (limit: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * limit);
  };
  for (let index = 0; index < count; index += 1) {
    const mutant = Buffer.from(bytes);
    const at = random(mutant.length);
    switch (index % 4) {
      case 0:
        mutant[at]! ^= 1 << random(8);
        yield mutant;
        break;
      case 1:
        yield mutant.subarray(0, at);
        break;
      case 2:
        mutant.fill(0xff, at, Math.min(mutant.length, at + 4));
        yield mutant;
        break;
      default:
        mutant.fill(random(256), at, Math.min(mutant.length, at + 1 + random(16)));
        mutant[random(mutant.length)] = random(256);
        yield mutant;
    }
  }
}
