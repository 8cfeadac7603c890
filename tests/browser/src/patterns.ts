/** Many byte strings, each under a name, that are looked for at once: a disk is read only once. */
export class Patterns {
  readonly #beginning = new Map<number, [string, Buffer][]>();
  /** By the first two bytes, whether any begins so. */
  readonly #any = new Uint8Array(1 << 16);

  constructor(named: Iterable<[string, Buffer]>) {
    for (const one of named) {
      const [name, bytes] = one;
      if (bytes.length < 8) throw new Error(`${name} is too short to be searched for`);
      const begin = bytes.readUInt32LE(0);
      const known = this.#beginning.get(begin);
      if (known === undefined) this.#beginning.set(begin, [one]);
      else known.push(one);
      this.#any[begin & 0xffff] = 1;
    }
  }

  /** The names of those that are there. */
  find(bytes: Buffer): Set<string> {
    const found = new Set<string>();
    for (let at = 0; at + 4 <= bytes.length; at += 1) {
      const two = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
      if (this.#any[two] === 0) continue;
      for (const [name, pattern] of this.#beginning.get(bytes.readUInt32LE(at)) ?? []) {
        if (bytes.subarray(at, at + pattern.length).equals(pattern)) found.add(name);
      }
    }
    return found;
  }
}
