/** What every Importer must do. Each importer's test calls this with records of its format. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { importerOf } from '../../src/capture/importers/formats.ts';
import type { ImportedCall, Importer, RecordContext } from '../../src/capture/importers/importer.ts';
import { isPlausible, timeOf } from '../../src/capture/importers/times.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';

export interface ImporterSamples {
  /** Records of the format, each with the number of its calls, and what the first of them must hold. */
  readonly good: readonly {
    readonly record: JsonObject;
    readonly calls: number;
    readonly first?: (call: ImportedCall) => void;
  }[];
  /** Records that the format cannot read. */
  readonly bad: readonly Json[];
}

/** The clock of the samples: the end of 2026. */
const NOW = Date.UTC(2026, 11, 31);

export function contextOf(path = 'log.jsonl', line = 1): RecordContext {
  return {
    path,
    line,
    time: (...values) => values.map(timeOf).find((at) => at !== null && isPlausible(at, NOW)) ?? null,
  };
}

export function importerContract(importer: Importer, samples: ImporterSamples): void {
  describe(`importer contract: ${importer.name}`, () => {
    it('recognises its records, and no other importer takes them', () => {
      for (const { record } of samples.good) {
        assert.equal(importer.detect(record), true);
        assert.equal(importerOf(record)?.name, importer.name, JSON.stringify(record));
      }
    });

    it('reads its records', () => {
      const reader = importer.begin();
      for (const { record, calls, first } of samples.good) {
        const before = JSON.stringify(record);
        const result = reader.read(record, contextOf());
        assert.equal('calls' in result ? result.calls.length : result.skipped, calls, before);
        for (const call of 'calls' in result ? result.calls : []) {
          assert.ok(call.request.messages.length > 0);
          assert.ok(call.response !== null || call.status >= 400);
          assert.ok(call.at === null || isPlausible(call.at, NOW));
        }
        if (first && 'calls' in result && result.calls[0]) first(result.calls[0]);
        assert.equal(JSON.stringify(record), before, 'the record is left as it is');
      }
      assert.deepEqual(reader.end(), []);
    });

    it('says why it skips a record', () => {
      for (const record of samples.bad) {
        const result = importer.begin().read(record, contextOf());
        assert.ok('skipped' in result && result.skipped !== '', JSON.stringify(record));
      }
    });

    it('does not throw on any record, however changed, and loses none in silence', () => {
      const anyRecord = fc.oneof(
        fc.jsonValue().map((value) => value as Json),
        fc
          .tuple(fc.constantFrom(...samples.good), fc.nat(), fc.jsonValue())
          .map(([{ record }, where, value]) => replaceOne(record, where, value as Json)),
      );
      fc.assert(
        fc.property(fc.array(anyRecord, { maxLength: 4 }), (records) => {
          const reader = importer.begin();
          let waiting = 0;
          for (const record of records) {
            importerOf(record);
            const result = reader.read(record, contextOf());
            if ('calls' in result) waiting += result.calls.length === 0 ? 1 : result.source ? -1 : 0;
            else assert.ok(result.skipped !== '');
          }
          assert.ok(reader.end().length <= Math.max(0, waiting));
        }),
        { numRuns: 500 },
      );
    });
  });
}

/** The record with one of its values, at whatever depth, replaced. */
function replaceOne(record: JsonObject, where: number, by: Json): Json {
  let count = 0;
  JSON.stringify(record, (_, value) => {
    count++;
    return value;
  });
  const chosen = where % count;
  let at = 0;
  const text = JSON.stringify(record, (_, value: Json) => (at++ === chosen ? by : value));
  return JSON.parse(text) as Json;
}
