import { sheet } from "../state/ask.js";
import { t } from "../state/i18n.js";
import { Modal } from "./Asking.js";
import { Icon } from "./Icon.js";

export function Help() {
  const words = t.value;
  const close = () => {
    sheet.value = null;
  };
  const rows: [string, string][] = [
    ["Alt+J", words.palette.next], ["Alt+K", words.palette.previous],
    ["Alt+L", words.composer.reply], ["Alt+P", words.composer.note],
    ["Alt+E", words.conversation.close], ["Ctrl+F", words.find.open],
    ["Ctrl+B", words.format.bold], ["Ctrl+I", words.format.italic], ["Enter", words.help.send],
    ["Shift+Enter", words.help.breakLine], ["↑", words.help.editLast],
    ["Esc", words.help.escape], ["Ctrl+K", words.help.palette], ["?", words.help.help],
  ];
  return (
    <Modal title={words.help.title} class="help" close={close}>
      <button type="button" class="icon-button modal-close" aria-label={words.dialog.close}
        onClick={close}>
        <Icon name="close" />
      </button>
      <dl>
        {rows.map(([keys, what]) => (
          <div key={keys}>
            <dt dir="ltr">{keys.split("+").map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
