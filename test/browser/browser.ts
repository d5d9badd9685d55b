/** A Chromium for the tests of the dashboard: the system's own, found where Debian and others put it. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [
  process.env.UNDERSTUDY_CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

export const executable: string | undefined = PLACES.find((path) => path !== '' && existsSync(path));

export const NO_BROWSER =
  'no Chromium is installed (Debian: apt-get install chromium), nor named in UNDERSTUDY_CHROMIUM';

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: executable!,
    // As root, in a container, there is no sandbox and little shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--force-color-profile=srgb'],
  });
}
