import { render } from "preact";
import { App } from "./components/App.js";
import { startAttention } from "./state/attention.js";
import { startClock } from "./state/clock.js";
import { startLocale } from "./state/i18n.js";
import { startLayout } from "./state/layout.js";
import { keepApp } from "./state/offline.js";
import { startRoute } from "./state/route.js";
import { start } from "./state/session.js";
import { keepSettings } from "./state/settings.js";
import "./styles/index.css";

keepSettings();
startClock();
startAttention();
startLayout();
startRoute();
const root = document.getElementById("desk");
if (root) {
  void startLocale().then(() => {
    render(<App />, root);
    void start();
    void keepApp();
  });
}
