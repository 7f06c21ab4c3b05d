/** Debian's Chromium without a screen, with a profile that nobody used before. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer from "puppeteer-core";

const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** What puppeteer switches off so that hidden tabs run at full speed. */
const UNTHROTTLED = [
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

/**
 * @param {{ throttled?: boolean, selfSigned?: boolean }} [options] `throttled`: hidden tabs are slowed down, as they are
 *   for people. `selfSigned`: certificates that nobody signed are accepted.
 */
export async function launch({ throttled = false, selfSigned = false } = {}) {
  const profile = await mkdtemp(join(tmpdir(), "throughline-chromium-"));
  const browser = await puppeteer.launch({
    executablePath: "/usr/bin/chromium",
    userDataDir: profile,
    args: QUIET,
    ignoreDefaultArgs: throttled ? UNTHROTTLED : [],
    acceptInsecureCerts: selfSigned,
  });
  const close = async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return { browser, close };
}
