/** The program, told to read its configuration again, and to stop, while a stream is under way: nothing is dropped. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CHAT } from './access-routes.ts';
import { completion } from './gateway-harness.ts';

const CLI = join(import.meta.dirname, '../../src/cli.ts');
const dir = mkdtempSync(join(tmpdir(), 'understudy-reload-'));
const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
  rmSync(dir, { recursive: true, force: true });
});

/** An upstream that answers with its name; a stream it begins, and ends when told. */
async function upstream(name: string): Promise<{ url: string; streams: ServerResponse[] }> {
  const streams: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume();
    if (request.url?.includes('stream')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: begun by ${name}\n\n`);
      streams.push(response);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(completion(name));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, streams };
}

test('SIGHUP takes a new upstream over and SIGTERM ends the program, and a stream survives both', async () => {
  const [one, two] = [await upstream('one'), await upstream('two')];
  const file = join(dir, 'understudy.yaml');
  const write = (url: string): void =>
    writeFileSync(file, `gateway: { port: 0 }\nupstream: { baseUrl: "${url}" }\nlearn: { mode: 'off' }\n`);
  write(one.url);
  const child = spawn(process.execPath, [CLI, 'start', '--json', '--log-format', 'json'], { cwd: dir });
  const exit = once(child, 'exit');
  let log = '';
  const said = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!log.includes(text)) return;
        child.stderr.off('data', look);
        resolve();
      };
      child.stderr.on('data', look);
      look();
    });
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const [started] = (await once(child.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(started.toString()) as { url: string };
  const call = async (): Promise<string> => {
    const response = await fetch(`${url}/chat/completions`, { method: 'POST', body: CHAT });
    return response.text();
  };
  assert.match(await call(), /"one"/);
  const stream = await fetch(`${url}/stream`);
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  assert.match((await reader.read()).value ?? '', /begun by one/);

  write(two.url);
  child.kill('SIGHUP');
  await said('changed: upstream.baseUrl');
  assert.match(await call(), /"two"/);
  writeFileSync(file, 'gateway: [');
  child.kill('SIGHUP');
  await said('could not be taken over');
  assert.match(await call(), /"two"/);

  child.kill('SIGTERM');
  // It takes no more calls, while the stream goes on.
  while (
    await fetch(`${url}/models`).then(
      (response) => response.ok,
      () => false,
    )
  )
    await new Promise(setImmediate);
  one.streams[0]?.end('data: ended\n\n');
  let rest = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) rest += part.value;
  assert.match(rest, /ended/);
  const [code] = (await exit) as [number];
  assert.equal(code, 143);
  for (const line of log.trim().split('\n')) assert.ok(JSON.parse(line).time, line);
});
