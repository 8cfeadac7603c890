/** What a person should know of this browser, above everything else; none of it blocks. */

import type { ComponentChildren } from "preact";
import { leave } from "../state/leaving.js";
import type { Desk, Trouble } from "../state/desk.js";
import { t } from "../state/i18n.js";
import { newVersion, takeNewVersion } from "../state/offline.js";

export function Banners({ desk }: { desk: Desk | null }) {
  const words = t.value.connection;
  const storage = desk?.storage.value;
  const trouble = desk?.trouble.value ?? null;
  return (
    <>
      {desk && trouble && <TroubleBanner desk={desk} trouble={trouble} />}
      {storage === "memory" && <p class="banner" role="status">{words.memory}</p>}
      {storage === "outbox_only" && <p class="banner" role="status">{words.outboxOnly}</p>}
      {newVersion.value && trouble !== "version" && (
        <p class="banner" role="status">{words.newVersion} <Reload /></p>
      )}
    </>
  );
}

function TroubleBanner({ desk, trouble }: { desk: Desk; trouble: Trouble }) {
  const remedies: Partial<Record<Trouble, ComponentChildren>> = {
    version: <Reload />,
    credential: (
      <button type="button" class="link" onClick={() => void leave(desk)}>
        {t.value.logOut.again}
      </button>
    ),
  };
  return (
    <p class="banner bad" role="alert">
      {t.value.connection[trouble]} {remedies[trouble]}
    </p>
  );
}

function Reload() {
  return (
    <button type="button" class="link" onClick={takeNewVersion}>{t.value.connection.reload}</button>
  );
}
