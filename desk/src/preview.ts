/**
 * A page with a site's widget in it and nothing else, as on the customer's own: the desk shows it
 * beside the site's settings. Which site and language, its address says.
 */

import { trustedScriptUrl } from "@rejoinder/client";

const asked = new URLSearchParams(location.search);
const script = document.createElement("script");
document.documentElement.lang = asked.get("locale") ?? "en";
script.dataset.site = asked.get("site") ?? "";
script.dataset.colorScheme = asked.get("scheme") ?? "auto";
script.addEventListener("load", () => {
  (window as { Rejoinder?: (method: string) => void }).Rejoinder?.("open");
});
script.src = trustedScriptUrl("/widget.js");
document.head.append(script);
