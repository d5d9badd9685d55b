/** How long a call waits for its record. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RawExchange, Recorder } from '../core/online.ts';
import { boundedRecorder } from './bounded-recorder.ts';

const EXCHANGE = {} as RawExchange;
const FOR_EVER = 2 ** 30;

/** A recorder whose calls are answered by hand. */
function manual() {
  const calls: { readonly done: (isWritten: boolean) => void; readonly behind: () => void }[] = [];
  const recordExchange: Recorder['recordExchange'] = (_exchange, _onCopied, behind) =>
    new Promise((done) => calls.push({ done, behind }));
  const recorder = { recordExchange, record: async () => true, recordFeedback: async () => true };
  return { calls, recorder };
}

describe('boundedRecorder', () => {
  it('lets go of a call that is behind others, and counts it as recorded once it is', async () => {
    const { calls, recorder } = manual();
    const bounded = boundedRecorder(recorder, FOR_EVER);
    let released = 0;
    const first = bounded.recordExchange(EXCHANGE, () => released++);
    calls[0]!.behind();
    assert.equal(await first, false);
    assert.equal(released, 0);
    assert.deepEqual(bounded.counts, { recorded: 0, failed: 0, overdue: 0, behind: 1, dropped: 0 });
    calls[0]!.done(true);
    await new Promise(setImmediate);
    assert.equal(released, 1);
    assert.deepEqual(bounded.counts, { recorded: 1, failed: 0, overdue: 0, behind: 1, dropped: 0 });
  });

  it('waits for other calls all the same while one is behind', async () => {
    const { calls, recorder } = manual();
    const bounded = boundedRecorder(recorder, FOR_EVER);
    const first = bounded.recordExchange(EXCHANGE, () => {});
    calls[0]!.behind();
    await first;
    const second = bounded.recordExchange(EXCHANGE, () => {});
    calls[1]!.done(true);
    assert.equal(await second, true);
  });

  it('waits for nobody while a call is overdue', async () => {
    const { calls, recorder } = manual();
    const bounded = boundedRecorder(recorder, 1);
    assert.equal(await bounded.recordExchange(EXCHANGE, () => {}), false);
    assert.equal(bounded.counts.overdue, 1);
    assert.equal(await bounded.recordExchange(EXCHANGE, () => {}), false);
    calls[0]!.done(true);
    calls[1]!.done(true);
  });
});
