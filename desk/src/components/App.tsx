import { t } from "../state/i18n.js";
import { stage } from "../state/session.js";
import { Announcer, QuestionDialog, Toast } from "./Asking.js";
import { Banners } from "./Banners.js";
import { DeskProvider } from "./context.js";
import { Login } from "./Login.js";
import { Mark } from "./Mark.js";
import { ChoosePassword } from "./pages.js";
import { Shell } from "./Shell.js";

export function App() {
  const now = stage.value;
  return (
    <>
      <Banners desk={now.at === "desk" ? now.desk : null} />
      {now.at === "opening" && (
        <main class="opening" aria-busy="true"><Mark size={48} /><p>{t.value.opening}</p></main>
      )}
      {now.at === "login" && <Login failure={now.failure} farewell={now.farewell} />}
      {now.at === "link" && <ChoosePassword token={now.token} />}
      {now.at === "desk" && <DeskProvider value={now.desk}><Shell /></DeskProvider>}
      <QuestionDialog />
      <Toast />
      <Announcer />
    </>
  );
}
