/** Files that are picked to be sent. The core judges them; this says sooner what it would say. */

import type { Attachment, MessageView } from "@rejoinder/client";

/** How names end of what is taken, as the core lists it. */
export const ENDINGS = [
  "png", "jpg", "jpeg", "gif", "webp", "pdf", "txt", "log", "md", "csv", "json", "mp3", "ogg",
  "oga", "opus", "wav", "mp4", "m4v", "mov", "webm", "docx", "xlsx", "pptx",
];
/** For a chooser of files. */
export const ACCEPTED = ENDINGS.map((ending) => `.${ending}`).join(",");
export const MOST_BYTES = 25 * 1024 * 1024;
/** In one message. */
export const MOST_FILES = 20;
const PICTURE_ENDINGS = ["png", "jpg", "jpeg", "gif", "webp"];
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

const PROBLEMS = [
  "file_type", "file_too_large", "file_content", "file_empty", "file_unreadable",
] as const;
export type FileProblem = (typeof PROBLEMS)[number];

export function isFileProblem(code: string): code is FileProblem {
  return PROBLEMS.some((problem) => problem === code);
}

export function endingOf(name: string): string {
  const at = name.lastIndexOf(".");
  return at < 0 ? "" : name.slice(at + 1).toLowerCase();
}

/** What is wrong with a file as far as can be told without reading it. */
export function problemOf({ name, size }: { name: string; size: number }): FileProblem | null {
  if (!ENDINGS.includes(endingOf(name))) {
    return "file_type";
  }
  return size === 0 ? "file_empty" : size > MOST_BYTES ? "file_too_large" : null;
}

export function looksLikePicture(name: string): boolean {
  return PICTURE_ENDINGS.includes(endingOf(name));
}

export function isPicture({ media_type }: Attachment): boolean {
  return PICTURES.includes(media_type);
}

/** Browsers name every picture that is pasted alike, and some give it no name at all. */
export function pastedName({ name, type }: { name: string; type: string }, place: number): string {
  if (name !== "" && name !== "image.png") {
    return name;
  }
  const [kind = "", format = ""] = type.split("/");
  const ending = format === "jpeg" ? "jpg" : format === "plain" ? "txt" : format;
  const what = kind === "image" ? "pasted-image" : "pasted-file";
  return `${what}${place > 0 ? `-${place + 1}` : ""}.${ending}`;
}

/** Office programs put a picture of the text beside it: whoever pastes means the text. */
export function pastesFiles(types: readonly string[], text: string): boolean {
  return types.includes("Files") && !(text !== "" && types.includes("text/html"));
}

export function attachmentsOf({ words }: MessageView): Attachment[] {
  return typeof words === "object" && "said" in words ? words.said.attachments ?? [] : [];
}
