/**
 * `understudy keys`: makes, shows, rotates and revokes access keys. Each change is in the audit trail.
 * Does not: check keys (access/).
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { createKey, findKey, type MadeKey, revokeKey, rotateKey } from '../access/manage.ts';
import { BUDGET_PERIODS, type Budget, ROLES, type Role } from '../core/access.ts';
import type { Store } from '../core/store.ts';
import type { TrailAction } from '../core/trail.ts';
import { keysText, keyText, type ShownKey, shownKey } from '../report/keys.ts';
import { person } from '../setup/person.ts';
import { type CommonOptions, print, type Terminal, withCommonOptions } from './context.ts';
import { durationOf, integerOf, positiveOf } from './numbers.ts';
import { withStore } from './with-store.ts';

interface CreateFlags extends CommonOptions {
  readonly role: Role;
  readonly alias: string;
  readonly models?: readonly string[];
  readonly budget?: Budget;
  readonly rpm?: number;
  readonly tpm?: number;
  readonly expires?: number;
}

const DEFAULT_GRACE_MS = 24 * 3600_000;

export function addKeys(program: Command, terminal: Terminal): void {
  const keys = program
    .command('keys')
    .description('Make, show, rotate and revoke access keys.')
    .addHelpText(
      'after',
      `
With the first key, the gateway asks every caller for one (access.keys in the configuration). Agents send theirs as
x-understudy-key beside the provider's key; or in the place of the provider's key, which then comes from upstream.apiKey.
A running gateway knows of changes within a second.

Roles: app (agents: calls and feedback), viewer (numbers), reviewer (may open payloads), operator (may deploy),
admin (everything).

Examples:
  $ understudy keys create --role app --alias helpdesk --models 'gpt-5*' --budget 50/month --rpm 600
  $ understudy keys rotate helpdesk --grace 24h
  $ understudy keys revoke helpdesk
  $ understudy keys list --json`,
    );
  withCommonOptions(keys.command('create'))
    .description('Make a key, and show it once.')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).default('app'))
    .requiredOption('--alias <name>', 'what people call it')
    .option(
      '--models <names>',
      'models it may name, with commas between; a * at the end stands for any rest',
      listOf,
    )
    .option(
      '--budget <dollars/period>',
      'what it may spend, as 50/month; periods: day, week, month, total',
      budgetOf,
    )
    .option('--rpm <n>', 'requests per minute', countOf)
    .option('--tpm <n>', 'tokens per minute', countOf)
    .option('--expires <time>', 'from now, as 90d, or a day, as 2027-01-31', expiryOf)
    .action((flags: CreateFlags) => create(flags, terminal));
  withCommonOptions(keys.command('list'))
    .description('Show all keys, with what they have used.')
    .option('--all', 'those that are expired or revoked as well')
    .action((flags: CommonOptions & { readonly all?: boolean }) => list(flags, terminal));
  withCommonOptions(keys.command('show'))
    .description('Show one key.')
    .argument('<key>', 'its alias or id')
    .action((named: string, flags: CommonOptions) => show(named, flags, terminal));
  withCommonOptions(keys.command('rotate'))
    .description('Give a key a new text, and show it once.')
    .argument('<key>', 'its alias or id')
    .option('--grace <time>', 'how long the old text is still accepted', durationOf, DEFAULT_GRACE_MS)
    .action((named: string, flags: CommonOptions & { readonly grace: number }) =>
      rotate(named, flags, terminal),
    );
  withCommonOptions(keys.command('revoke'))
    .description('End a key, at once and for good.')
    .argument('<key>', 'its alias or id')
    .action((named: string, flags: CommonOptions) => revoke(named, flags, terminal));
}

function create(flags: CreateFlags, terminal: Terminal): Promise<void> {
  return withStore(flags, terminal, async (store) => {
    const now = Date.now();
    const made = await createKey(
      store,
      {
        alias: flags.alias,
        role: flags.role,
        models: flags.models ?? null,
        budget: flags.budget ?? null,
        requestsPerMinute: flags.rpm ?? null,
        tokensPerMinute: flags.tpm ?? null,
        expiresAt: flags.expires ?? null,
      },
      now,
    );
    const shown = shownKey(made.key, [], now);
    await note(store, 'key-created', shown, now);
    printMade(made, shown, flags, terminal);
  });
}

function list(flags: CommonOptions & { readonly all?: boolean }, terminal: Terminal): Promise<void> {
  return withStore(flags, terminal, async (store) => {
    const uses = await store.keyUse('');
    const shown = (await store.accessKeys())
      .map((key) => shownKey(key, uses, Date.now()))
      .filter(({ state }) => flags.all === true || state === 'in force');
    print(terminal, flags, { kind: 'keys', keys: shown }, () => keysText(shown, terminal));
  });
}

function show(named: string, flags: CommonOptions, terminal: Terminal): Promise<void> {
  return withStore(flags, terminal, async (store) => {
    const key = await findKey(store, named, Date.now());
    const shown = shownKey(key, await store.keyUse(''), Date.now());
    print(terminal, flags, { kind: 'key', key: shown }, () => keyText(shown));
  });
}

function rotate(
  named: string,
  flags: CommonOptions & { readonly grace: number },
  terminal: Terminal,
): Promise<void> {
  return withStore(flags, terminal, async (store) => {
    const now = Date.now();
    const made = await rotateKey(store, named, flags.grace, now);
    const shown = shownKey(made.key, await store.keyUse(''), now);
    await note(store, 'key-rotated', shown, now);
    printMade(made, shown, flags, terminal);
  });
}

function revoke(named: string, flags: CommonOptions, terminal: Terminal): Promise<void> {
  return withStore(flags, terminal, async (store) => {
    const now = Date.now();
    const shown = shownKey(await revokeKey(store, named, now), await store.keyUse(''), now);
    await note(store, 'key-revoked', shown, now);
    print(terminal, flags, { kind: 'key', key: shown }, () => `The key ${shown.alias} is revoked.`);
  });
}

async function note(
  store: Store,
  action: TrailAction,
  { id, alias, role }: ShownKey,
  at: number,
): Promise<void> {
  await store.appendTrail({ at, actor: person(), action, subject: alias, detail: { keyId: id, role } });
}

/** The text goes to stdout alone, so that it can be piped to where it is kept. */
function printMade({ text }: MadeKey, shown: ShownKey, flags: CommonOptions, terminal: Terminal): void {
  print(terminal, flags, { kind: 'key', text, key: shown }, () => text);
  if (flags.json) return;
  const until =
    shown.previousUntil === null
      ? ''
      : ` The old one is accepted until ${new Date(shown.previousUntil).toISOString()}.`;
  terminal.err(`This is the key ${shown.alias} (${shown.role}). It is not shown again.${until}\n`);
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function budgetOf(text: string): Budget {
  const [usd = '', period = ''] = text.replace(/^\$/, '').split('/');
  const found = BUDGET_PERIODS.find((each) => each === period);
  if (found === undefined) throw new InvalidArgumentError('A budget like 50/month.');
  return { usd: positiveOf(usd), period: found };
}

function countOf(text: string): number {
  const value = integerOf(text);
  if (value < 1) throw new InvalidArgumentError('A whole number above 0.');
  return value;
}

/** Epoch milliseconds; a day ends with its last moment in UTC. */
function expiryOf(text: string): number {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) {
    const at = Date.parse(`${text}T23:59:59.999Z`);
    if (at > Date.now()) return at;
    throw new InvalidArgumentError('A day to come, like 2027-01-31.');
  }
  return Date.now() + durationOf(text);
}
