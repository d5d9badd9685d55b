/** What lies in examples/deploy/ names only what there is: metrics, labels, settings, commands, models. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { buildProgram } from '../../src/commands/program.ts';
import { loadConfig } from '../../src/core/config.ts';
import { CATALOGUE } from '../../src/models/weights/catalogue.ts';
import { gatewayMetrics } from '../../src/telemetry/gateway-metrics.ts';
import { keptTerminal } from '../support/terminal.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const DEPLOY = join(ROOT, 'examples', 'deploy');
const read = (name: string): string => readFileSync(join(DEPLOY, name), 'utf8');

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

const { panels } = JSON.parse(read('grafana-dashboard.json')) as { readonly panels: readonly Panel[] };
const { groups } = parse(read('alerts.yaml')) as {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly annotations: { readonly summary: string };
    }[];
  }[];
};
const rules = groups.flatMap((group) => group.rules);
const expressions = [
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
  ...rules.map(({ alert, expr, annotations }) => [alert, `${expr} ${annotations.summary}`] as const),
];

/** Names of the series that a gateway has, from what it tells without having served a call. */
function seriesNames(): Set<string> {
  const text = gatewayMetrics({
    version: '0',
    costOf: () => 0,
    lost: () => ({}),
    inFlight: () => 0,
    bodyBytes: () => 0,
    journalBytes: () => 0,
    diskFreeBytes: () => 0,
    deployments: () => new Map(),
    isWell: () => true,
  }).text();
  return new Set(
    [...text.matchAll(/^# TYPE (\w+) (\w+)/gm)].flatMap(([, name = '', kind]) =>
      kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => name + end) : [name],
    ),
  );
}

test('dashboard and alert rules ask for metrics that a gateway has', () => {
  const names = seriesNames();
  assert.ok(names.size > 15);
  for (const [of, expr] of expressions)
    for (const [name] of expr.matchAll(/\b(?:understudy|process)_[a-z_]+\b/g))
      assert.ok(names.has(name), `${of}: ${name}`);
});

test('every metric of a gateway is on the dashboard or in a rule, and in the docs, which name no other', () => {
  const base = (name: string): string => name.replace(/_(bucket|sum|count)$/, '');
  const own = [...new Set([...seriesNames()].map(base))]
    .filter((name) => name.startsWith('understudy_'))
    .sort();
  const namesIn = (text: string): string[] => [
    ...new Set([...text.matchAll(/\bunderstudy_[a-z_]+\b/g)].map(([name]) => base(name))),
  ];
  const shown = namesIn(expressions.map(([, expr]) => expr).join('\n'));
  assert.deepEqual(
    own.filter((name) => !shown.includes(name)),
    [],
  );
  const told = namesIn(readFileSync(join(ROOT, 'docs', 'observing.md'), 'utf8'));
  assert.deepEqual(
    told.filter((name) => !own.includes(name)),
    [],
  );
  assert.deepEqual(
    own.filter((name) => !told.includes(name)),
    [],
  );
});

test('they use labels that the metrics have', () => {
  const source = readFileSync(join(ROOT, 'src', 'telemetry', 'gateway-metrics.ts'), 'utf8');
  for (const [of, expr] of expressions) {
    const used = [
      ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(', ')),
      ...[...expr.matchAll(/[{,](\w+)(?:=~|!=|=)"/g)].map(([, label = '']) => label),
      ...[...expr.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label),
    ];
    for (const label of used)
      assert.ok(label === 'le' || source.includes(`'${label}'`), `${of}: the label ${label}`);
  }
});

test('every panel is in its place, and no two have one', () => {
  const places = (
    panels as unknown as readonly { readonly gridPos: { readonly x: number; readonly y: number } }[]
  ).map(({ gridPos: { x, y } }) => `${x} ${y}`);
  assert.equal(new Set(places).size, panels.length);
});

test('the configuration for a server is right, and is one that may leave loopback', () => {
  const config = loadConfig({ dir: DEPLOY, env: {} });
  assert.equal(config.access.keys, 'required');
  assert.ok(config.gateway.trustProxy);
});

test('container and service start the gateway with options that it has', () => {
  const program = buildProgram(keptTerminal('/').terminal);
  const start = program.commands.find((command) => command.name() === 'start');
  const options = new Set(start?.options.map(({ long }) => long));
  const lines = [
    read('Dockerfile').match(/^CMD \[.*$/m)?.[0],
    read('understudy.service').match(/^ExecStart=.*$/m)?.[0],
  ];
  for (const line of lines) {
    assert.match(line ?? '', /start/);
    for (const [option] of (line ?? '').matchAll(/--[a-z-]+/g)) assert.ok(options.has(option), option);
  }
});

test('the image has the Node that is asked for, fetches models of the catalogue, and is nobody’s root', () => {
  const dockerfile = read('Dockerfile');
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly engines: { readonly node: string };
  };
  const needed = engines.node.replace(/\D/g, '');
  for (const [, version] of dockerfile.matchAll(/^FROM node:(\d+)-/gm)) assert.equal(version, needed);
  const models = dockerfile.match(/for model in ([^;]+);/)?.[1]?.split(' ') ?? [];
  assert.equal(models.length, 3);
  for (const model of models)
    assert.ok(
      CATALOGUE.some(({ name }) => name === model),
      model,
    );
  assert.match(dockerfile, /^USER node$/m);
  for (const [, path = ''] of dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm))
    for (const each of path.split(' '))
      assert.ok(
        each === '.' || readdirSync(join(ROOT, each, '..')).includes(each.split('/').at(-1) ?? ''),
        each,
      );
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

test('systemd finds nothing wrong with the service', {
  skip: hasSystemd ? false : 'there is no systemd here',
}, () => {
  const dir = mkdtempSync(join(tmpdir(), 'understudy-unit-'));
  const path = join(dir, 'understudy.service');
  writeFileSync(path, read('understudy.service'));
  const { stderr, status } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
  rmSync(dir, { recursive: true });
  assert.equal(status, 0, stderr);
});
