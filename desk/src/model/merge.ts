/** What becomes of a form that somebody else saved while it was being typed into. */

export interface Typed<T> {
  /** What the server had when the typing began: what differs from it is the person's. */
  base: T;
  values: T;
}

export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The fresh fields, and on top of them those that the person changed. */
export function merged<T extends object>({ base, values }: Typed<T>, fresh: T): Typed<T> {
  const both: T = { ...fresh };
  for (const name of Object.keys(fresh) as (keyof T)[]) {
    if (!isSame(values[name], base[name])) {
      both[name] = values[name];
    }
  }
  return { base: fresh, values: both };
}
