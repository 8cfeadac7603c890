/** Files that the person keeps. */

/** A browser may begin the download only a while after the click. */
const GRACE_MILLIS = 60_000;

export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), GRACE_MILLIS);
}
