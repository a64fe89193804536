/** Names that nobody else has. */

/** 96 random bits; `crypto.randomUUID` would be there under HTTPS only. */
export function newId() {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
