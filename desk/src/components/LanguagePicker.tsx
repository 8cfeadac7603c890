import { isLocale, LOCALES } from "../locales/index.js";
import { tell } from "../state/ask.js";
import { localeId, t, useLocale } from "../state/i18n.js";
import { change } from "../state/settings.js";

export async function chooseLocale(id: string): Promise<void> {
  if (!isLocale(id)) {
    return;
  }
  try {
    await useLocale(id);
    change({ locale: id });
  } catch {
    tell(t.value.failed(t.value.codes.other), "bad");
  }
}

export function LanguagePicker() {
  return (
    <label class="language">
      <span class="hidden">{t.value.language}</span>
      <select value={localeId.value}
        onChange={(event) => void chooseLocale(event.currentTarget.value)}>
        {Object.entries(LOCALES).map(([id, locale]) => (
          <option key={id} value={id} lang={id}>{locale.name}</option>
        ))}
      </select>
    </label>
  );
}
