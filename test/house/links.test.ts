/** Links between our own pages lead somewhere. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..', '..');

test('every relative link in our pages leads to a file', () => {
  const pages = [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    ...readdirSync(join(ROOT, 'docs')).map((name) => join('docs', name)),
  ].filter((name) => name.endsWith('.md'));
  assert.ok(pages.length > 5);
  for (const page of pages) {
    const text = readFileSync(join(ROOT, page), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
      assert.ok(existsSync(join(ROOT, dirname(page), target)), `${page} links to ${target}`);
    }
  }
});

test('ARCHITECTURE.md has a line for every folder of src, and for no other', () => {
  const page = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const named = [...page.matchAll(/^\| `(\w+)\/` \|/gm)].map((match) => match[1]).sort();
  const there = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  assert.deepEqual(named, there);
});

/** Paths in code spans of a page, but for those that stand for a new file. */
function pathsIn(page: string, rooms: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const paths = [...text.matchAll(new RegExp(`\`((?:${rooms})/[\\w./-]*)\``, 'g'))].map(
    ([, path = '']) => path,
  );
  return paths.filter((path) => !path.includes('NAME'));
}

test('every path that CONTRIBUTING.md names is there', () => {
  const paths = pathsIn('CONTRIBUTING.md', 'src|test|docs|dev|\\.ci');
  assert.ok(paths.length > 20);
  assert.deepEqual(
    paths.filter((path) => !existsSync(join(ROOT, path))),
    [],
  );
});

test('every path that ARCHITECTURE.md names is there, below src/', () => {
  const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const paths = pathsIn('ARCHITECTURE.md', rooms.map(({ name }) => name).join('|'));
  assert.ok(paths.length > 20);
  assert.deepEqual(
    paths.filter((path) => !existsSync(join(ROOT, 'src', path))),
    [],
  );
});
