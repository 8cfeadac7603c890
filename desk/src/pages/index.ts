/** The pages beside the inbox. Each is one export here, fetched together with its words. */

import { loadPageWords } from "./words/index.js";
import "../styles/pages.css";
import "../styles/monitor.css";

export { Tickets } from "./Tickets.js";
export { TicketDialog } from "./TicketDialog.js";
export { ChoosePassword } from "./ChoosePassword.js";
export { TranscriptDialog } from "./TranscriptDialog.js";
export { FormerDialog } from "./FormerDialog.js";
export { WhyDialog } from "./WhyDialog.js";
export { History } from "./History.js";
export { Live } from "./monitor/Live.js";
export { Reports } from "./monitor/Reports.js";
export { Search } from "./Search.js";
export { Settings } from "./settings/Settings.js";

export const ready = loadPageWords();
