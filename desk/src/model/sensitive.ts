/** Whether what is pasted looks like something that nobody should send by mistake. */

export type Sensitive = "card" | "password";

export function sensitive(text: string): Sensitive | null {
  if (hasCardNumber(text)) {
    return "card";
  }
  return looksLikePassword(text) ? "password" : null;
}

function hasCardNumber(text: string): boolean {
  const runs = text.match(/(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])/g) ?? [];
  return runs.some((run) => luhn(run.replace(/\D/g, "")));
}

function luhn(digits: string): boolean {
  if (/^0+$/.test(digits)) {
    return false;
  }
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** "password: …", or one word that only a generator makes. */
function looksLikePassword(text: string): boolean {
  if (/\b(pass(word|code|wort)?|pwd|secret|كلمة المرور)\s*[:=]\s*\S{4,}/i.test(text)) {
    return true;
  }
  const word = text.trim();
  if (word.length < 10 || word.length > 64 || /\s/.test(word) || /[/@]|^#|\.\w{2,4}$/.test(word)) {
    return false;
  }
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^\w]/].filter((kind) => kind.test(word)).length;
  return kinds === 4;
}
