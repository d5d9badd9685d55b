/** What every Importer must do. Each importer's test calls this with records of its format. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { IMPORTERS } from '../../src/capture/importers/import.ts';
import type { Importer } from '../../src/capture/importers/importer.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';

export interface ImporterSamples {
  /** Records of the format, each with the number of its calls. */
  readonly good: readonly { readonly record: JsonObject; readonly calls: number }[];
  /** Records that the format cannot read. */
  readonly bad: readonly Json[];
}

export function importerContract(importer: Importer, samples: ImporterSamples): void {
  describe(`importer contract: ${importer.name}`, () => {
    it('recognises its records, and no other importer does', () => {
      for (const { record } of samples.good) {
        assert.deepEqual(
          IMPORTERS.filter(({ detect }) => detect(record)).map(({ name }) => name),
          [importer.name],
        );
      }
    });

    it('reads its records', () => {
      const reader = importer.begin();
      for (const { record, calls } of samples.good) {
        const result = reader.read(record);
        assert.equal('calls' in result ? result.calls.length : result.skipped, calls);
        for (const call of 'calls' in result ? result.calls : []) {
          assert.ok(call.request.messages.length > 0);
          assert.ok(call.response !== null || call.status >= 400);
        }
      }
      assert.deepEqual(reader.end(), {});
    });

    it('says why it skips a record', () => {
      for (const record of samples.bad) {
        const result = importer.begin().read(record);
        assert.ok('skipped' in result && result.skipped !== '', JSON.stringify(record));
      }
    });

    it('does not throw on any record, however changed', () => {
      const anyRecord = fc.oneof(
        fc.jsonValue().map((value) => value as Json),
        fc
          .tuple(fc.constantFrom(...samples.good), fc.nat(), fc.jsonValue())
          .map(([{ record }, where, value]) => replaceOne(record, where, value as Json)),
      );
      fc.assert(
        fc.property(anyRecord, (record) => {
          importer.detect(record);
          importer.begin().read(record);
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
