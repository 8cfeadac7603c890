interface TrustedTypesLike {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): {
    createScriptURL(url: string): unknown;
  };
}

let policy: { createScriptURL(url: string): unknown } | undefined;

/**
 * A script's address that a page which requires Trusted Types takes: of this origin only, under
 * the policy `rejoinder`.
 */
export function trustedScriptUrl(url: string | URL): string {
  const address = new URL(url, location.href);
  if (address.origin !== location.origin) {
    throw new TypeError(`a script of ${address.origin} is not one of ${location.origin}`);
  }
  const factory = (globalThis as { trustedTypes?: TrustedTypesLike }).trustedTypes;
  if (factory === undefined) return address.href;
  policy ??= factory.createPolicy("rejoinder", { createScriptURL: (text) => text });
  // The types of the platform do not know that a sink takes this in a string's place.
  return policy.createScriptURL(address.href) as string;
}
