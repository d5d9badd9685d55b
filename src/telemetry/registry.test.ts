import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createRegistry } from './registry.ts';

/** The value of a series in the text. */
function valueIn(text: string, series: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}

describe('the registry', () => {
  it('writes counters and gauges as Prometheus reads them', () => {
    const registry = createRegistry();
    registry.counter('plain_total', 'Without labels.');
    const labelled = registry.counter('labelled_total', 'With.\nlabels', ['a', 'b']);
    labelled.add(2, 'x', 'a "quoted" \\ value\n');
    labelled.add(1, 'x', 'a "quoted" \\ value\n');
    registry.gauge('now', 'Read when asked for.', ['l'], () => [[['one'], 1.5]]);
    assert.equal(
      registry.text(),
      [
        '# HELP plain_total Without labels.',
        '# TYPE plain_total counter',
        'plain_total 0',
        '# HELP labelled_total With.\\nlabels',
        '# TYPE labelled_total counter',
        'labelled_total{a="x",b="a \\"quoted\\" \\\\ value\\n"} 3',
        '# HELP now Read when asked for.',
        '# TYPE now gauge',
        'now{l="one"} 1.5',
        '',
      ].join('\n'),
    );
  });

  it('counts observations in cumulative buckets', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 10, noNaN: true })), (values) => {
        const registry = createRegistry();
        const histogram = registry.histogram('h', 'h', [1, 2, 5]);
        for (const value of values) histogram.observe(value);
        const text = registry.text();
        for (const bound of [1, 2, 5])
          assert.equal(valueIn(text, `h_bucket{le="${bound}"}`), values.filter((v) => v <= bound).length);
        assert.equal(valueIn(text, 'h_bucket{le="+Inf"}'), values.length);
        assert.equal(valueIn(text, 'h_count'), values.length);
        assert.ok(Math.abs(valueIn(text, 'h_sum') - values.reduce((a, b) => a + b, 0)) < 1e-6);
      }),
    );
  });

  it('has a bounded number of series, and loses no count', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (callers) => {
        const registry = createRegistry();
        const counter = registry.counter('c_total', 'c', ['who']);
        for (let i = 0; i < callers; i++) counter.add(1, `caller-${i}`);
        const lines = registry
          .text()
          .split('\n')
          .filter((line) => line.startsWith('c_total'));
        assert.ok(lines.length <= 201);
        const total = lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
        assert.equal(total, callers);
      }),
      { numRuns: 20 },
    );
  });
});
