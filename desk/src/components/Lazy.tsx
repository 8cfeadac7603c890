/** Parts of the desk that are fetched when they are first needed. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../state/i18n.js";

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let found: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const [state, setState] = useState<"loading" | "failed" | "here">(found ? "here" : "loading");
    const fetchIt = () => {
      setState("loading");
      load().then((component) => {
        found = component;
        setState("here");
      }, () => setState("failed"));
    };
    useEffect(() => {
      if (!found) {
        fetchIt();
      }
    }, []);
    const Part = found;
    if (Part && state === "here") {
      return <Part {...props} />;
    }
    return state === "failed"
      ? (
        <div class="empty" role="alert">
          <p>{t.value.page.failed}</p>
          <button type="button" class="button" onClick={fetchIt}>{t.value.retry}</button>
        </div>
      ) : <div class="empty" role="status" aria-busy="true"><p>{t.value.opening}</p></div>;
  };
}
