import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { TINY_WORDS, writeTinyClassifier } from '../../../test/support/tiny-token-classifier.ts';
import { seededRandom } from '../../core/random.ts';
import { openTokenClassifier } from './classifier.ts';
import { openFinderPool } from './pool.ts';

const dir = mkdtempSync(join(tmpdir(), 'understudy-pool-'));
writeTinyClassifier(dir);
after(() => rmSync(dir, { recursive: true, force: true }));

describe('openFinderPool', () => {
  it('finds what one classifier finds, in the order of the texts', async () => {
    const random = seededRandom(7);
    const words = [...TINY_WORDS];
    const texts = Array.from({ length: 60 }, (_, n) =>
      Array.from({ length: 1 + ((n * 37) % 90) }, () => words[Math.floor(random.next() * words.length)]).join(
        ' ',
      ),
    );
    const one = await openTokenClassifier(dir);
    const pool = openFinderPool(dir, 3);
    const found = await Promise.all([pool.find(texts), pool.find(texts.slice(0, 5)), pool.find([])]);
    assert.deepEqual(found, [await one.find(texts), await one.find(texts.slice(0, 5)), []]);
    assert.ok(found[0].some((entities) => entities.length > 0));
    await pool.close();
    await one.close();
  });

  it('says that the weights cannot be read', async () => {
    const pool = openFinderPool(join(dir, 'nowhere'), 2);
    await assert.rejects(pool.find(['a b c']), { code: 'internal' });
    await pool.close();
  });
});
