import { useSignal } from "@preact/signals";
import { type Attachment, RejoinderError } from "@rejoinder/client";
import { isOverdue, waitAfter, whyNotThere } from "@rejoinder/client/fetching";
import { withoutBidi } from "@rejoinder/client/markdown";
import { useEffect, useRef } from "preact/hooks";
import { useChat } from "../chat";
import { sizeOf, strings } from "../language";
import { Icon } from "./icons";

type Props = {
  file: Attachment;
  conversation: string;
  message: string;
  /** When the server has had the message since. */
  at: number | null;
  own: boolean;
  /** Whether it may be taken out of the message, of which something is left then. */
  mayDetach: boolean;
};

/** A file: a picture as one, any other as its name. What is shown goes when the message goes. */
export function Attached({ file, conversation, message, at, own, mayDetach }: Props) {
  const chat = useChat();
  const words = strings.value;
  // Of somebody else's making: it must not read as another kind of file.
  const name = withoutBidi(file.name);
  const picture = file.media_type.startsWith("image/");
  const place = useRef<HTMLDivElement>(null);
  const url = useSignal<string | null>(null);
  const says = useSignal<string | null>(null);
  const wanted = useSignal(false);
  const live = chat.session.connection.value === "live";
  useSeen(place, picture && conversation !== "", () => {
    wanted.value = true;
  });
  useEffect(() => {
    const client = chat.session.client.value;
    if (!wanted.value || !client || url.value !== null) return undefined;
    let timer = 0;
    let over = false;
    const ask = async (tries: number): Promise<void> => {
      try {
        const blob = await client.conversation(conversation).file(message, file.id);
        if (over) return;
        url.value = URL.createObjectURL(blob);
        says.value = null;
        if (!picture) save(url.value, name);
      } catch (error) {
        if (over) return;
        const code = error instanceof RejoinderError ? error.code : "offline";
        const why = whyNotThere(error);
        const overdue = why === "waiting" && isOverdue(at, chat.session.site.now());
        says.value = overdue ? strings.value.fileOverdue : strings.value.errors[code];
        const passes = ["waiting", "offline"].includes(why);
        if (passes) timer = window.setTimeout(() => void ask(tries + 1), waitAfter(tries));
        else wanted.value = false;
      }
    };
    void ask(0);
    return () => {
      over = true;
      clearTimeout(timer);
    };
    // A line that is back is a reason to ask at once.
  }, [wanted.value, live, conversation, message, file.id]);
  useEffect(() => {
    return () => {
      if (url.value !== null) URL.revokeObjectURL(url.value);
    };
  }, []);
  const detach = () => {
    const handle = chat.session.client.value?.conversation(conversation);
    handle?.detach(message, file.id).catch((error: unknown) => chat.fail(error));
  };
  const download = () => {
    if (url.value !== null) save(url.value, name);
    else wanted.value = true;
  };
  return (
    <div ref={place} class={picture ? "file picture" : "file"}>
      {picture && (
        <button type="button" class="shown" aria-label={words.save} onClick={download}>
          {url.value !== null && <img src={url.value} alt={name} />}
        </button>
      )}
      <button type="button" class="named" disabled={conversation === ""} onClick={download}>
        <Icon name="file" />
        <FileLabel name={name} bytes={file.bytes} />
      </button>
      {own && <Sending file={file} detach={mayDetach ? detach : null} />}
      {says.value !== null && (
        <p class="says" role="status">
          {says.value}
        </p>
      )}
    </div>
  );
}

/** A name that is written the other way leaves the size beside it where it belongs. */
export function FileLabel({ name, bytes }: { name: string; bytes: number }) {
  return (
    <span>
      <bdi>{name}</bdi>
      {strings.value.fileSize(sizeOf(bytes))}
    </span>
  );
}

/** How far a file of one's own is on its way, and why it did not get there and what to do. */
function Sending({ file, detach }: { file: Attachment; detach: (() => void) | null }) {
  const { session } = useChat();
  const words = strings.value;
  const refused = session.refusedFiles.value.get(file.id);
  if (refused !== undefined) {
    return (
      <>
        <p class="says bad" role="alert">
          {words.fileRefused[refused]}
        </p>
        <p class="ways">
          <button type="button" onClick={chooseAnother}>
            {words.fileAnother}
          </button>
          {detach !== null && (
            <button
              type="button"
              aria-label={words.fileDetachOf(withoutBidi(file.name))}
              onClick={detach}
            >
              {words.fileDetach}
            </button>
          )}
        </p>
      </>
    );
  }
  const upload = session.uploads.value.find((one) => one.attachment === file.id);
  if (upload === undefined) return null;
  const part = Math.floor((upload.sent / Math.max(upload.bytes, 1)) * 100);
  return <p class="says">{part === 0 ? words.fileWaits : words.fileSent(part)}</p>;
}

/** What is chosen goes with the next message. */
function chooseAnother(): void {
  document.querySelector<HTMLInputElement>('.composer input[type="file"]')?.click();
}

/** Calls once when an element comes near what can be seen. */
function useSeen(place: { current: HTMLElement | null }, wanted: boolean, seen: () => void): void {
  useEffect(() => {
    const element = place.current;
    if (!wanted || element === null) return undefined;
    const watcher = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) seen();
      },
      { rootMargin: "300px" },
    );
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [wanted]);
}

function save(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}

/** For a chooser of files. Some browsers know endings only, some types only. */
export function accepted(endings: readonly string[]): string {
  return endings.map((ending) => `.${ending}`).join(",");
}
