/** The files of a message: pictures are shown, others are saved. */

import type { Attachment } from "@rejoinder/client";
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { endingOf, isPicture } from "../model/files.js";
import { isOverdue } from "@rejoinder/client/fetching";
import { withoutBidi } from "@rejoinder/client/markdown";
import { saveFile } from "../pages/files.js";
import { detach } from "../state/actions.js";
import { FETCHING, type FilePlace, type Held, type Shown } from "../state/addresses.js";
import { now } from "../state/clock.js";
import { focusComposer } from "../state/composing.js";
import { sizeOf, t } from "../state/i18n.js";
import { Modal } from "./Asking.js";
import { useDesk } from "./context.js";
import { Icon } from "./Icon.js";
import { chooseAnother } from "./Picked.js";

/** Pictures this near to what is in sight are fetched. */
const NEAR = "800px 0px";

/**
 * `since`: when the server has had the message since; `isAll`: whether nothing is left of the
 * message without it.
 */
type Props = { at: FilePlace; since: number | null; file: Attachment; isAll: boolean };

export function Attachments({ at, since, files, isAll }:
  Omit<Props, "file"> & { files: Attachment[] }) {
  const one = { at, since, isAll: isAll && files.length === 1 };
  return (
    <ul class="files" aria-label={t.value.files.list}>
      {files.map((file) => <One key={file.id} {...one} file={file} />)}
    </ul>
  );
}

function One(of: Props) {
  const [broken, setBroken] = useState(false);
  return isPicture(of.file) && !broken
    ? <Picture {...of} broken={() => setBroken(true)} />
    : <Other {...of} />;
}

function stateOf({ state }: Shown, since: number | null): string {
  const words = t.value.files;
  return state === "waiting" && isOverdue(since, now.value) ? words.overdue : words.states[state];
}

function Picture({ at, since, file, isAll, broken }: Props & { broken: () => void }) {
  const box = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState(false);
  const near = useNear(box);
  const [shown, again] = useFile(at, file, near || open);
  const words = t.value.files;
  const name = withoutBidi(file.name);
  const there = shown.state === "there";
  const label = there ? words.open(name) : `${name}: ${stateOf(shown, since)}`;
  return (
    <li class="picture" data-file={shown.state}>
      <button type="button" class="picture-box" ref={box} aria-label={label} title={name}
        onClick={() => there ? setOpen(true) : again()}>
        {there ? <img src={shown.address} alt="" decoding="async" onError={broken} /> : (
          <span class="picture-state">
            <Icon name={shown.state === "gone" ? "removed" : "picture"} size={22} />
            {near && stateOf(shown, since)}
          </span>
        )}
      </button>
      <Sending at={at} file={file} isAll={isAll} />
      {open && there && (
        <Viewer name={name} shown={shown} close={() => setOpen(false)} />
      )}
    </li>
  );
}

/** Goes with the message: a recall takes the large view away too. */
function Viewer({ name, shown, close }: {
  name: string; shown: Extract<Shown, { state: "there" }>; close: () => void;
}) {
  const words = t.value;
  useEffect(() => () => {
    setTimeout(() => {
      // What had the focus before is gone with it.
      if (document.activeElement === document.body) {
        focusComposer();
      }
    });
  }, []);
  return (
    <Modal title={name} class="viewer" close={close}>
      <img src={shown.address} alt={name} />
      <div class="modal-actions">
        <button type="button" class="button" onClick={() => saveFile(shown.blob, name)}>
          <Icon name="download" size={16} />{words.files.download}
        </button>
        <button type="button" class="button primary" onClick={close}>{words.dialog.close}</button>
      </div>
    </Modal>
  );
}

function Other({ at, since, file, isAll }: Props) {
  const [wanted, setWanted] = useState(false);
  const [shown, again] = useFile(at, file, wanted);
  const words = t.value.files;
  const name = withoutBidi(file.name);
  useEffect(() => {
    if (wanted && shown.state === "there") {
      saveFile(shown.blob, name);
      setWanted(false);
    }
  }, [shown]);
  const state = wanted && shown.state !== "there" ? stateOf(shown, since) : null;
  const retry = wanted && ["offline", "failed"].includes(shown.state);
  return (
    <li class="file" data-file={wanted ? shown.state : "idle"}>
      <span class="file-kind" aria-hidden="true">{endingOf(name).slice(0, 4)}</span>
      <span class="file-about">
        <bdi class="file-name" title={name}>{name}</bdi>
        <small class="faint">
          {sizeOf(file.bytes)}
          <span role="status">{state !== null && ` · ${state}`}</span>
        </small>
        <Sending at={at} file={file} isAll={isAll} />
      </span>
      <button type="button" class="icon-button" title={words.downloadOf(name)}
        aria-label={words.downloadOf(name)} aria-disabled={wanted && !retry}
        onClick={() => retry ? again() : setWanted(true)}>
        <Icon name="download" size={17} />
      </button>
    </li>
  );
}

type OfOne = Omit<Props, "since">;

/** How far one's own file is on its way to the server, or why it was not taken and what to do. */
function Sending({ at, file, isAll }: OfOne) {
  const desk = useDesk();
  const words = t.value.files;
  const refused = desk.files.refused.value.get(file.id);
  if (refused !== undefined) {
    return (
      <>
        <p class="sending bad" role="alert">
          <Icon name="alert" size={14} /><span>{words.refused[refused]}</span>
        </p>
        <Ways at={at} file={file} isAll={isAll} />
      </>
    );
  }
  const upload = desk.files.uploads.value.get(file.id);
  if (!upload) {
    return null;
  }
  const done = Math.floor(upload.sent / Math.max(1, upload.bytes) * 100);
  const text = upload.sent === 0 ? words.uploadWaits : words.uploading(done);
  return (
    <p class="sending" data-upload={done}>
      {upload.sent === 0 ? <Icon name="clock" size={14} />
        : <progress max={100} value={done} aria-label={text} />}
      <span>{text}</span>
    </p>
  );
}

/** What to do about a file that will never come, where the message can still be changed. */
function Ways({ at, file, isAll }: OfOne) {
  const desk = useDesk();
  const words = t.value.files;
  const isOver = at.kind === "timeline" && desk.view.value?.timeline.closed === true;
  return isOver ? null : (
    <p class="sending-ways">
      <button type="button" class="link" onClick={() => chooseAnother(at)}>{words.another}</button>
      {!isAll && (
        <button type="button" class="link" aria-label={words.detachOf(withoutBidi(file.name))}
          onClick={() => void detach(desk, at, file.id)}>
          {words.detach}
        </button>
      )}
    </p>
  );
}

/** Whether it is near what is in sight; pictures far from there are fetched later, and again. */
function useNear(box: RefObject<HTMLElement | null>): boolean {
  const [near, setNear] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) {
      return undefined;
    }
    const observer = new IntersectionObserver((seen) => {
      setNear(seen.at(-1)?.isIntersecting ?? false);
    }, { root: element.closest(".timeline"), rootMargin: NEAR });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return near;
}

/** The file for as long as it is wanted and this is on the page. */
function useFile(
  at: FilePlace, file: Attachment, wanted: boolean,
): [Shown, () => void] {
  const desk = useDesk();
  const [shown, setShown] = useState<Shown>(FETCHING);
  const held = useRef<Held | null>(null);
  useEffect(() => {
    if (!wanted) {
      setShown(FETCHING);
      return undefined;
    }
    const mine = desk.files.addresses.hold(at, file.id);
    held.current = mine;
    const stop = mine.shown.subscribe(setShown);
    return () => {
      stop();
      held.current = null;
      mine.release();
    };
  }, [desk, at.message, file.id, wanted]);
  return [shown, () => held.current?.again()];
}
