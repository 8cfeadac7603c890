import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The files below a folder that hold bytes, in any of the forms in which they may stand there. */
export function filesWith(folder: string, forms: Buffer[]): string[] {
  if (forms.some((form) => form.length < 8)) throw new Error("too short to be searched for");
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => {
      const bytes = readFileSync(path);
      return forms.some((form) => bytes.includes(form));
    })
    .map((path) => path.slice(folder.length + 1));
}

/** A text in UTF-8, UTF-16LE, and base64 at each of its three phases. */
export function formsOf(text: string): Buffer[] {
  return [Buffer.from(text, "utf16le"), ...formsOfBytes(Buffer.from(text, "utf8"))];
}

/** Bytes as they are, in hexadecimal digits, and in base64 at each of its three phases. */
export function formsOfBytes(bytes: Buffer): Buffer[] {
  const phases = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // What shares a digit with what stands before or after is left out.
    return Buffer.from(text.slice(before === 0 ? 0 : 4, -4));
  });
  return [bytes, Buffer.from(bytes.toString("hex")), ...phases];
}
