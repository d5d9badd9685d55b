/** The overview of the admin API, and the upstreams: figures of all tasks together. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adminApi, NOW } from '../../test/support/admin-api.ts';
import { overviewSchema, upstreamsSchema } from './schemas/overview.ts';

const api = adminApi();
const { read, range } = api;

describe('upstreams', () => {
  it('are told with their state, and one that is passed over is what a person should look at', async () => {
    assert.deepEqual(await read(upstreamsSchema, '/upstreams'), { at: null, upstreams: [] });
    const server = { name: 'spare', for: 'openai', failures: 5, inFlight: 1, waitsUntil: null } as const;
    api.upstreams = { at: NOW, servers: [{ ...server, state: 'open', since: NOW - 1000 }] };
    assert.deepEqual(await read(upstreamsSchema, '/upstreams'), {
      at: NOW,
      upstreams: api.upstreams.servers,
    });
    const { attention } = await read(overviewSchema, `/overview?since=${api.day.since + 1}`);
    assert.equal(
      attention.find(({ id }) => id === 'upstream-spare')?.title,
      'The upstream spare is passed over',
    );
    api.upstreams = null;
  });
});

describe('overview', () => {
  it('counts the machine and learning in a range that goes until now, and in no other', async () => {
    const now = await read(overviewSchema, `/overview?since=${api.day.since}`);
    assert.ok(now.money.machine > 0 && now.money.learning > 0);
    const past = await read(
      overviewSchema,
      `/overview?since=${api.day.since}&until=${api.day.until - 3_600_000}`,
    );
    assert.deepEqual([past.money.machine, past.money.learning], [0, 0]);
  });

  it('counts calls, those served, and their buckets add up to the whole', async () => {
    const found = await read(overviewSchema, `/overview${range()}`);
    assert.equal(found.calls, api.day.calls);
    assert.equal(found.served, api.day.served.length);
    const sum = (name: 'calls' | 'served' | 'spent' | 'saved'): number =>
      found.series.reduce((total, point) => total + point[name], 0);
    assert.equal(sum('calls'), found.calls);
    assert.equal(sum('served'), found.served);
    assert.ok(Math.abs(sum('spent') - found.money.spent) < 1e-9);
    const { avoided, audits, machine, learning, saved } = found.money;
    assert.ok(Math.abs(sum('saved') - (avoided - audits)) < 1e-9);
    assert.ok(Math.abs(avoided - audits - machine - learning - saved) < 1e-9);
    assert.ok(machine > 0 && learning > 0);
  });

  it('gives the served error with its interval and its bound', async () => {
    const { servedError, servingError, withdrawn } = await read(overviewSchema, `/overview${range()}`);
    assert.ok(servedError.audits > 0 && servedError.bound === 0.02);
    assert.ok(servedError.low! <= servedError.share! && servedError.share! <= servedError.high!);
    assert.equal(withdrawn, 1);
    assert.ok(servingError.audits < servedError.audits, 'without the one that was withdrawn');
  });

  it('names what needs a person, the most urgent first', async () => {
    const { attention } = await read(overviewSchema, `/overview${range()}`);
    assert.equal(attention[0]?.severity, 'act');
    assert.match(attention[0]?.title ?? '', /How urgent is it was withdrawn/);
    assert.ok(attention.some(({ id }) => id === 'lost'));
    assert.ok(attention.some(({ title }) => title.includes('serves less than was promised')));
  });

  it('has zeros, not errors, for a time without calls', async () => {
    const found = await read(overviewSchema, '/overview?since=1000&until=90000000');
    assert.deepEqual([found.calls, found.money.spent, found.latency.llm], [0, 0, null]);
  });
});
