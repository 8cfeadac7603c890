/** The visitor's token, in the host page's storage: browsers partition an iframe's. */
export interface TokenPlace {
  read(): string | null;
  write(token: string | null): void;
}

/** Falls back to memory where the page's storage is denied. */
export function tokenPlace(site: string): TokenPlace {
  const key = `rejoinder:${site}`;
  let held: string | null = null;
  return {
    read() {
      try {
        held = localStorage.getItem(key) ?? held;
      } catch {
        // Denied: what this page was handed is all there is.
      }
      return held;
    },
    write(token) {
      held = token;
      try {
        if (token) localStorage.setItem(key, token);
        else localStorage.removeItem(key);
      } catch {
        // Denied or full: it lives as long as this page.
      }
    },
  };
}
