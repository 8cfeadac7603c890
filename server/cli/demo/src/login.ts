/** Logging in at the desk, as a person does: by its form. */

export interface LogIn {
  name: string;
  role: string;
  email: string;
  password: string;
}

export async function fetchLogIns(address: string): Promise<LogIn[] | null> {
  try {
    const answer = await fetch(address);
    const said: unknown = answer.ok ? await answer.json() : null;
    return Array.isArray(said) ? said.filter(isLogIn) : null;
  } catch {
    return null;
  }
}

function isLogIn(said: unknown): said is LogIn {
  const fields = ["name", "role", "email", "password"];
  return (
    typeof said === "object" &&
    said !== null &&
    fields.every((field) => typeof Reflect.get(said, field) === "string")
  );
}

/** Fills the form and sends it; false where there is none. */
export function logIn(page: Document | null, who: LogIn): boolean {
  const email = page?.querySelector<HTMLInputElement>('input[name="email"]');
  const password = page?.querySelector<HTMLInputElement>('input[name="password"]');
  const form = password?.form;
  if (!email || !password || !form) {
    return false;
  }
  type(email, who.email);
  type(password, who.password);
  // The form takes what was typed before it is sent.
  window.setTimeout(() => form.requestSubmit(), 60);
  return true;
}

function type(field: HTMLInputElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
