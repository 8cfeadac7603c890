import { expect, test } from "vitest";
import { secretIn } from "@rejoinder/client/secrets";

test.each(["4111 1111 1111 1111", "my card is 5500-0000-0000-0004, thanks", "378282246310005"])(
  "a card's number asks: %s",
  (text) => expect(secretIn(text, [])).toBe("card"),
);

test.each([
  "order 1234567890123456",
  "call +44 20 7946 0958",
  "0000 0000 0000 0000",
  "invoice 2024-11-03-000123-77",
  "4111 1111 1111 1112",
  "tracking 00340434161094042557",
])("other numbers do not: %s", (text) => expect(secretIn(text, [])).toBeNull());

test.each([
  "password: hunter22",
  "my Password is Tr0ub4dor",
  "كلمة المرور: سرسرسر",
  "-----BEGIN RSA PRIVATE KEY-----",
  "use sk_live_abcdefghijklmnop",
])("a password asks: %s", (text) => expect(secretIn(text, [])).toBe("password"));

test("a word of many kinds asks where it was pasted, and is still there", () => {
  const word = "xK9#mQ2$vL7p";
  expect(secretIn(`try ${word}`, [word])).toBe("password");
  expect(secretIn(`try ${word}`, [])).toBeNull();
  expect(secretIn("never mind", [word])).toBeNull();
});

test.each(["I forgot my password", "How do I reset a password?", "https://a.example/Reset?X=9#aB"])(
  "speaking of passwords does not: %s",
  (text) => expect(secretIn(text, [text])).toBeNull(),
);
