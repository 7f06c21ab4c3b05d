// The chat of Socket.IO: its page with our client and with the official one, and people with either in one room.

import { strict as assert } from "node:assert";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "../src/chromium.js";
import { Demo } from "../src/demo.js";
import { until } from "../src/until.js";

/** The line of the page that chooses the client. */
const SCRIPT = "/socket.io/socket.io.js";
const OFFICIAL = fileURLToPath(new URL("../node_modules/socket.io-client/dist/socket.io.min.js", import.meta.url));

/** @type {Demo} */
let chat;
/** @type {Awaited<ReturnType<typeof launch>>} */
let chromium;
before(async () => {
  [chat, chromium] = await Promise.all([Demo.start("127.0.0.1:0", "throughline-chat-socketio"), launch()]);
});
after(async () => {
  await chromium.close();
  await chat.stop();
});

describe("the chat of Socket.IO", () => {
  for (const [one, other] of /** @type {const} */ ([
    ["ours", "ours"],
    ["official", "official"],
    ["ours", "official"],
  ])) {
    it(`with clients that are ${one} and ${other}`, async () => {
      const [ada, bob] = [await Guest.enter(one, "ada"), await Guest.enter(other, "bob")];
      await ada.sees("bob is here");
      await bob.sees("2 are here");
      await ada.says("hello <b>bob</b>");
      await bob.sees("ada hello <b>bob</b>");
      await bob.types("h");
      await until("ada sees that bob is typing", async () => (await ada.text("#typing")) === "bob is typing…");
      await bob.says("hi ada");
      await ada.sees("bob hi ada");
      assert.equal(await ada.text("#typing"), "");
      await bob.leave();
      await ada.sees("bob has left");
      assert.deepEqual(ada.complaints, []);
      await ada.leave();
    });
  }
});

/** Somebody in the chat. */
class Guest {
  /** @type {string[]} */
  complaints = [];
  #tab;

  /** @param {import("puppeteer-core").Page} tab */
  constructor(tab) {
    this.#tab = tab;
    tab.on("pageerror", (error) => this.complaints.push(`uncaught: ${error}`));
  }

  /** @param {"ours" | "official"} client @param {string} name */
  static async enter(client, name) {
    const tab = await chromium.browser.newPage();
    const guest = new Guest(tab);
    await tab.emulateFocusedPage(true);
    if (client === "official") await replace(tab, SCRIPT, await readFile(OFFICIAL));
    await tab.goto(chat.origin);
    await until(`${name} is connected`, async () => (await guest.text("#link")) === "connected");
    await guest.says(name);
    await until(`${name} is in`, async () => /here/.test(await guest.text("#lines")));
    return guest;
  }

  /** @param {string} selector */
  text(selector) {
    return this.#tab.$eval(selector, (element) => element.textContent ?? "");
  }

  /** @param {string} text */
  async types(text) {
    await this.#tab.focus("#text");
    await this.#tab.keyboard.type(text);
  }

  /** @param {string} text */
  async says(text) {
    await this.#tab.$eval("#text", (element) => {
      /** @type {HTMLInputElement} */ (element).value = "";
    });
    await this.types(text);
    await this.#tab.keyboard.press("Enter");
  }

  /** @param {string} line */
  async sees(line) {
    const lines = () =>
      this.#tab.$$eval("#lines li", (items) =>
        items.map((item) => [...item.childNodes].map((node) => node.textContent).join(" ")),
      );
    await until(`"${line}" is seen`, async () => (await lines()).includes(line), lines);
  }

  leave() {
    return this.#tab.close();
  }
}

/** @param {import("puppeteer-core").Page} tab @param {string} path @param {Buffer} script */
async function replace(tab, path, script) {
  await tab.setRequestInterception(true);
  tab.on("request", (request) => {
    const isIt = new URL(request.url()).pathname === path;
    if (isIt) request.respond({ contentType: "text/javascript", body: script });
    else request.continue();
  });
}
