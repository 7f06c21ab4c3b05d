/** Texts that codecs, escapes, scripts and URLs get wrong, and what is heard when one is said. */

const CHARACTERS = {
  "a percent sign": "100%",
  "an escaped percent sign": "100%25 %41 %zz",
  emoji: "😀👩‍👩‍👧‍👦 é€𝄞",
  NUL: "a\0b\u0001\u001f\u007f",
  "ends of lines": "a\nb\r\nc\u2028d\u2029e\u0085f",
  "what is no character": "\ufffe\uffff\ufff0",
  "what joins and does not": "a\u200cb\u200dc\u200e\u202e\u2060\ufeff",
  "a script": "<script>alert(1)</script><!--</script>",
  quotes: `"a" 'b' \`c\` \\ \\" \\u0041`,
  "what frames begin with": 'c[3000,"Go away!"]',
  JSON: '["a",{"b":null}]',
  nothing: "",
  "spaces and plus signs": " a + b&c=d;e ",
  "100 KB": "0123456789%€😀\n".repeat(100_000 / 20),
};

/** Half a character is none, and becomes the sign for that. */
const HALVES = { "halves of characters": "a\ud83db \ude00c \ude00\ud83d" };

/** All that is said. */
export const SAID = [...Object.values(CHARACTERS), ...Object.values(HALVES)];
/** What is heard of it. */
export const HEARD = SAID.map((text) => text.toWellFormed());
