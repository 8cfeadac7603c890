/** How Arabic counts: numbers agree with what they count by its own plural classes. */

const rules = new Intl.PluralRules("ar");

/** One, two, a few (3 to 10), and all others. */
export function count(n: number, one: string, two: string, few: string, other: string): string {
  switch (rules.select(n)) {
    case "one": return one;
    case "two": return two;
    case "few": return `${n} ${few}`;
    default: return `${n} ${other}`;
  }
}

export const things = (n: number) => count(n, "عنصر واحد", "عنصران", "عناصر", "عنصرًا");
export const devices = (n: number) => count(n, "جهاز واحد", "جهازان", "أجهزة", "جهازًا");
