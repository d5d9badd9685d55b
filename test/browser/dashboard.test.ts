/**
 * The dashboard in a real browser, over the real program and a store that holds a made-up day: every view in light and dark
 * and at a phone's width, without a violation that axe finds, and without a request to anywhere else.
 *   UNDERSTUDY_WRITE_PICTURES=1 node --test test/browser/dashboard.test.ts     writes docs/pictures/
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type AdminDay, makeAdminDay } from '../support/admin-day.ts';
import { MASTER_KEY } from '../support/data-folder.ts';
import { executable, launch, NO_BROWSER } from './browser.ts';
import { buildDashboard, makeKey, type Running, startProgram } from './running.ts';

const PICTURES = join(import.meta.dirname, '../../docs/pictures');
const WRITES = process.env.UNDERSTUDY_WRITE_PICTURES === '1';
const WIDE = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };
const AA = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

interface View {
  readonly name: string;
  readonly path: () => string;
  /** Text that is there once its figures are. */
  readonly shows: RegExp;
}

/** Each view once, and the overview in the dark and on a phone. */
function pictureOf(view: string, scheme: 'light' | 'dark', size: 'wide' | 'phone'): string | null {
  if (scheme === 'light' && size === 'wide') return `${view}.png`;
  if (view !== 'overview') return null;
  return scheme === 'dark' && size === 'wide'
    ? 'overview-dark.png'
    : scheme === 'light'
      ? 'overview-phone.png'
      : null;
}

describe('the dashboard', { skip: executable === undefined && NO_BROWSER }, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'understudy-browser-'));
  const emptyDir = mkdtempSync(join(tmpdir(), 'understudy-browser-empty-'));
  let day: AdminDay;
  let running: Running;
  let empty: Running;
  let browser: Browser;

  before(async () => {
    buildDashboard();
    day = await makeAdminDay(dataDir, Date.now(), MASTER_KEY);
    // The day is as it was made: nothing is learnt from it meanwhile.
    for (const dir of [dataDir, emptyDir])
      writeFileSync(join(dir, 'understudy.yaml'), 'learn:\n  mode: "off"\n');
    [running, empty, browser] = await Promise.all([startProgram(dataDir), startProgram(emptyDir), launch()]);
    if (WRITES) mkdirSync(PICTURES, { recursive: true });
  });
  after(async () => {
    await browser?.close();
    await Promise.all([running?.stop(), empty?.stop()]);
    for (const dir of [dataDir, emptyDir]) rmSync(dir, { recursive: true, force: true });
  });

  const VIEWS: readonly View[] = [
    {
      name: 'overview',
      path: () => '/?range=1d',
      shows: /Within the bound|Above the bound|More errors than/,
    },
    { name: 'tasks', path: () => '/tasks', shows: /Sort the message into a category/ },
    { name: 'task', path: () => '/tasks/task_triage', shows: /would be served at a threshold/ },
    { name: 'training', path: () => '/training', shows: /loss 0\.214/ },
    { name: 'deployments', path: () => '/deployments', shows: /Audits against the bound/ },
    { name: 'calls', path: () => '/calls', shows: /shown, newest first/ },
    { name: 'call', path: () => `/calls/${day.differed.at(-1)}`, shows: /What would have changed it/ },
  ];

  /** What went wrong in the page, and whom it asked besides the program. */
  async function open(options: Parameters<Browser['newContext']>[0], base = running.dashboard) {
    const context: BrowserContext = await browser.newContext({
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      ...options,
    });
    const page: Page = await context.newPage();
    const troubles: string[] = [];
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== 'data:' && origin !== base) troubles.push(`asked ${request.url()}`);
    });
    return { context, page, troubles };
  }

  async function violations(page: Page): Promise<string[]> {
    const { violations: found } = await new AxeBuilder({ page }).withTags(AA).analyze();
    return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  }

  for (const colorScheme of ['light', 'dark'] as const)
    for (const [size, viewport] of [
      ['wide', WIDE],
      ['phone', PHONE],
    ] as const)
      it(`has no violation of WCAG AA in any view: ${colorScheme}, ${size}`, async () => {
        const { context, page, troubles } = await open({ colorScheme, viewport });
        try {
          for (const view of VIEWS) {
            await page.goto(running.dashboard + view.path());
            await page.getByText(view.shows).first().waitFor();
            assert.deepEqual(await violations(page), [], view.name);
            const overflow: number = await page.evaluate(
              'document.documentElement.scrollWidth - document.documentElement.clientWidth',
            );
            assert.ok(overflow <= 0, `${view.name} is ${overflow} px too wide`);
            if (!WRITES) continue;
            const isPage = size === 'wide' && view.name !== 'call' && view.name !== 'calls';
            const picture = pictureOf(view.name, colorScheme, size);
            if (picture !== null) await page.screenshot({ path: join(PICTURES, picture), fullPage: isPage });
          }
          assert.deepEqual(troubles, []);
        } finally {
          await context.close();
        }
      });

  it('teaches how to begin where nothing is there', async () => {
    const { context, page, troubles } = await open({ viewport: WIDE }, empty.dashboard);
    try {
      for (const [path, text] of [
        ['/', 'Point an agent at the gateway'],
        ['/tasks', 'No tasks yet'],
        ['/training', 'No learning run yet'],
        ['/deployments', 'Nothing has been deployed'],
        ['/calls', 'No calls in this range'],
        ['/import', 'Drop a log file here'],
      ] as const) {
        await page.goto(empty.dashboard + path);
        await page.getByText(text).first().waitFor();
        assert.deepEqual(await violations(page), [], path);
      }
      assert.deepEqual(troubles, []);
    } finally {
      await context.close();
    }
  });

  it('is walked by keys alone, and a drawer gives the focus back', async () => {
    const { context, page } = await open({ viewport: WIDE });
    try {
      await page.goto(running.dashboard);
      await page.getByText(VIEWS[0]!.shows).waitFor();
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate('document.activeElement?.textContent'), 'Skip to the content');
      const tasks = page.getByRole('link', { name: 'Tasks', exact: true });
      await tasks.focus();
      await page.keyboard.press('Enter');
      await page.getByText('Sort the message into a category').first().waitFor();
      await page.goto(`${running.dashboard}/calls`);
      const first = page.locator('table.calls tbody a').first();
      await first.waitFor();
      await first.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByText('What would have changed it').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    } finally {
      await context.close();
    }
  });

  it('moves the bound by key and says what would be served', async () => {
    const { context, page } = await open({ viewport: WIDE });
    try {
      await page.goto(`${running.dashboard}/tasks/task_triage`);
      const slider = page.getByRole('slider');
      await slider.waitFor();
      const said = page.locator('.epsilon [aria-live]');
      const before = await said.textContent();
      await slider.focus();
      for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowRight');
      assert.notEqual(await said.textContent(), before);
      await page.keyboard.press('Home');
      assert.match((await said.textContent()) ?? '', /^Nothing could be served/);
    } finally {
      await context.close();
    }
  });

  it('opens the texts of a call for a reviewer, shows both answers, and puts it on record', async () => {
    const { context, page } = await open({ viewport: WIDE });
    try {
      await page.goto(`${running.dashboard}/calls/${day.differed[0]}`);
      await page.getByText('by nobody').waitFor();
      await page.getByRole('button', { name: 'Open the texts' }).click();
      await page.getByRole('heading', { name: 'Both answers' }).waitFor();
      assert.ok((await page.locator('.difference mark').count()) > 0);
      await page.getByText(/^local, /).waitFor();
      assert.deepEqual(await violations(page), []);
      if (WRITES) await page.screenshot({ path: join(PICTURES, 'payload.png') });
    } finally {
      await context.close();
    }
  });

  it('stops a task and lets it go on, with a reason that is shown', async () => {
    const { context, page } = await open({ viewport: WIDE });
    try {
      await page.goto(`${running.dashboard}/tasks/task_triage`);
      await page.getByRole('button', { name: 'Stop' }).click();
      const question = page.getByRole('alertdialog');
      await question.getByLabel('Why, for the record').fill('a customer complained');
      assert.deepEqual(await violations(page), []);
      await question.getByRole('button', { name: 'Stop' }).click();
      await page.getByText('Stopped by local').first().waitFor();
      await page.getByText('a customer complained').first().waitFor();
      assert.deepEqual(await violations(page), []);
      await page.getByRole('button', { name: 'Let it go on' }).click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Let it go on' }).click();
      await page.getByRole('button', { name: 'Stop' }).waitFor();
    } finally {
      await context.close();
    }
  });

  it('renames, splits and merges a task in dialogs that keys can work, and takes each back', async () => {
    const { context, page, troubles } = await open({ viewport: WIDE });
    const named = (name: string) => page.getByRole('heading', { level: 1, name });
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const dialog = page.getByRole('alertdialog');
    try {
      await page.goto(`${running.dashboard}/tasks/task_action`);
      await button('Rename').focus();
      await page.keyboard.press('Enter');
      assert.equal(await dialog.getByRole('button', { name: 'Rename' }).isDisabled(), true);
      await dialog.getByLabel('New name').fill('act on the order');
      await dialog.getByLabel('Why, for the record').fill('as we call it');
      assert.deepEqual(await violations(page), []);
      await dialog.getByRole('button', { name: 'Rename' }).click();
      await named('act on the order').waitFor();
      await page.getByText('as we call it').waitFor();
      await button('Undo').click();
      await named('look_up_order, create_refund, escalate').waitFor();

      await button('Split').click();
      assert.equal(await dialog.getByRole('button', { name: 'Split' }).isDisabled(), true);
      await dialog.getByLabel(/^Answers look_up_order/).check();
      await dialog.getByLabel(/Name of the new task/).fill('after the look-up');
      assert.deepEqual(await violations(page), []);
      await dialog.getByRole('button', { name: 'Split' }).click();
      await page.getByText(/is a task of its own now/).waitFor();
      await page
        .getByText(/is suspended until it is proved anew/)
        .first()
        .waitFor();
      // It has one call site left, which cannot be split.
      await button('Split').waitFor({ state: 'detached' });

      await button('Merge').click();
      await dialog.getByLabel('Task that goes into this one').selectOption({ label: 'after the look-up' });
      assert.deepEqual(await violations(page), []);
      await dialog.getByRole('button', { name: 'Merge' }).click();
      await page.getByText(/is part of .* now/).waitFor();
      await button('Split').waitFor();
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(troubles, []);
    } finally {
      await context.close();
    }
  });

  it('excludes a task, shows it in the table, and includes it again', async () => {
    const { context, page, troubles } = await open({ viewport: PHONE });
    const dialog = page.getByRole('alertdialog');
    try {
      await page.goto(`${running.dashboard}/tasks/task_details`);
      await page.getByRole('button', { name: 'Exclude' }).click();
      await dialog.getByLabel('Why, for the record').fill('a person fills these in');
      assert.deepEqual(await violations(page), []);
      await dialog.getByRole('button', { name: 'Exclude' }).click();
      await page.getByText('Excluded by local').first().waitFor();
      assert.deepEqual(await violations(page), []);
      await page.goto(`${running.dashboard}/tasks`);
      await page.getByText('excluded', { exact: true }).waitFor();
      await page.goto(`${running.dashboard}/tasks/task_details`);
      await page.getByRole('button', { name: 'Include' }).click();
      await dialog.getByRole('button', { name: 'Include' }).click();
      await page.getByText(/is learnt and served again/).waitFor();
      assert.deepEqual(troubles, []);
    } finally {
      await context.close();
    }
  });

  it('imports and assesses a log file that is chosen, and says what is wrong with another', async () => {
    const { context, page, troubles } = await open({ viewport: WIDE }, empty.dashboard);
    const choose = (name: string, text: string) =>
      page.getByLabel('Drop a log file here').setInputFiles({
        name,
        mimeType: 'application/octet-stream',
        buffer: Buffer.from(text),
      });
    try {
      await page.goto(`${empty.dashboard}/import`);
      await choose('notes.txt', 'no log at all\nnor this\n');
      await page.getByText('failed', { exact: true }).waitFor();
      await page.getByText(/docs\/import\.md/).waitFor();
      assert.deepEqual(await violations(page), []);
      const lines = Array.from({ length: 80 }, (_, n) =>
        JSON.stringify({
          messages: [
            { role: 'system', content: 'You sort the mail of a garden shop into order or refund. One word.' },
            { role: 'user', content: `mail ${n}: ${n % 2 ? 'buy a spade' : 'money back'} ${n * 7}` },
            { role: 'assistant', content: n % 2 ? 'order' : 'refund' },
          ],
        }),
      );
      await choose('log.jsonl', [...lines, 'no JSON'].join('\n'));
      await page.getByText(/^80 new calls/).waitFor();
      await page.getByText(/1 left out/).waitFor();
      await page.getByText('What a small model could probably take over').waitFor({ timeout: 90_000 });
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(troubles, []);
    } finally {
      await context.close();
    }
  });

  it('asks for a key where there are keys, and shows what its role may see', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'understudy-browser-keys-'));
    writeFileSync(join(dataDir, 'understudy.yaml'), 'learn:\n  mode: "off"\n');
    const key = await makeKey(dataDir, 'viewer');
    const keyed = await startProgram(dataDir);
    const { context, page } = await open({ viewport: WIDE }, keyed.dashboard);
    try {
      await page.goto(keyed.dashboard);
      await page.getByRole('heading', { name: 'Sign in with a key' }).waitFor();
      assert.deepEqual(await violations(page), []);
      await page.getByLabel('Key').fill('sk-understudy-none');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('The access key is not valid').waitFor();
      await page.getByLabel('Key').fill(key);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText('No calls yet').waitFor();
      await page.getByText('a viewer (viewer)').waitFor();
    } finally {
      await context.close();
      await keyed.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  it('has an axe that finds what is wrong', async () => {
    const { context, page } = await open({ viewport: WIDE });
    try {
      await page.goto(running.dashboard);
      await page.getByText(VIEWS[0]!.shows).first().waitFor();
      await page.evaluate("document.querySelector('main').append(document.createElement('button'))");
      assert.match((await violations(page)).join(), /button-name/);
    } finally {
      await context.close();
    }
  });

  it('keeps filters in the address, and shows what fits them', async () => {
    const { context, page } = await open({ viewport: WIDE });
    try {
      await page.goto(`${running.dashboard}/calls`);
      await page.getByLabel('Reason').selectOption('low-confidence');
      await page.waitForURL(/reason=low-confidence/);
      await page.reload();
      await page.getByText('shown, newest first').waitFor();
      const reasons = await page.locator('table.calls tbody td:nth-child(4)').allTextContents();
      assert.ok(reasons.length > 0 && reasons.every((reason) => reason === 'low confidence'), reasons.join());
    } finally {
      await context.close();
    }
  });

  it('sends a policy that lets it load from its own origin alone', async () => {
    const response = await fetch(running.dashboard);
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /https?:/);
  });
});
