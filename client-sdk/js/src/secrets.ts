/** What people paste by mistake. It asks; it never refuses, since it can be wrong. */

export type Secret = "card" | "password";

export function secretIn(text: string, pasted: readonly string[]): Secret | null {
  if (hasCard(text)) return "card";
  if (namesPassword(text) || isKey(text)) return "password";
  const still = pasted.filter((piece) => text.includes(piece));
  return still.some(looksGenerated) ? "password" : null;
}

/** Thirteen to nineteen digits, in groups or not, whose last is right: a card's number. */
const DIGITS = /(?<![\d.,])(?:\d[ -]?){12,18}\d(?![\d.,]*\d)/g;

function hasCard(text: string): boolean {
  return (text.match(DIGITS) ?? []).some((found) => {
    const digits = found.replace(/\D/g, "");
    return /^[2-6]/.test(digits) && new Set(digits).size > 1 && passesLuhn(digits);
  });
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits[digits.length - 1 - place]);
    const doubled = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += place % 2 ? doubled : digit;
  }
  return sum % 10 === 0;
}

const NAMED = new RegExp(
  "(?:^|[^\\p{L}])(?:password|passwort|passcode|passphrase|pwd|contraseña|mot de passe" +
    "|كلمة المرور|كلمة السر)\\s*(?:is|:|=|هي)\\s*(\\S{4,})",
  "iu",
);

function namesPassword(text: string): boolean {
  return NAMED.test(text);
}

const KEYS =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:sk_live_|ghp_|github_pat_|xox[bp]-|AKIA)[\w-]{10,}/;

function isKey(text: string): boolean {
  return KEYS.test(text);
}

/** One word of many kinds of letters, pasted by itself: from a password manager, most likely. */
function looksGenerated(piece: string): boolean {
  const word = piece.trim();
  if (/\s/.test(word) || word.length < 10 || word.length > 64) return false;
  if (/^[a-z][\w+.-]*:|^www\.|^[^@]+@[^@]+\.[a-z]+$/i.test(word) || word.includes("/"))
    return false;
  return [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9.,]/].every((kind) => kind.test(word));
}
