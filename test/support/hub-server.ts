/**
 * A local server that speaks the model hub's protocol, with a content host of its own to redirect to, and misbehaves as it
 * is told to. It counts what it was asked and keeps which of its hosts was sent a token.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubRepositoryFiles {
  /** Names and contents; those that end in .json are kept as small files, with git's hash. */
  readonly files: Readonly<Record<string, Buffer>>;
  readonly commit?: string;
  /** Only for those who send this token. */
  readonly gated?: string;
}

export interface Misbehaviour {
  /** Bytes of a body after which the connection is cut, once for each number. */
  cuts: number[];
  /** Whether ranges are ignored. */
  ignoresRanges: boolean;
  /** What is sent in a file's place, after the list has named the right hash. */
  swapped: Buffer | null;
  /** Answers this status instead of a file, once for each. */
  statuses: number[];
  /** Milliseconds between two pieces of 16 KB. */
  slowMs: number;
  /** Whether the list is no list. */
  nonsense: boolean;
}

export interface HubServer {
  readonly endpoint: string;
  readonly misbehaviour: Misbehaviour;
  /** 'GET /path' of each request, with its range where it has one. */
  readonly asked: string[];
  /** Tokens by the host that they were sent to. */
  readonly tokens: { readonly hub: (string | undefined)[]; readonly content: (string | undefined)[] };
  /** Bytes of bodies that were sent. */
  sent(): number;
  /** Replaces a repository's files, under another commit. */
  publish(repository: string, files: HubRepositoryFiles): void;
  close(): Promise<void>;
}

const PIECE = 16 * 1024;
const FIRST_COMMIT = 'a'.repeat(40);

export async function startHubServer(
  repositories: Readonly<Record<string, HubRepositoryFiles>>,
): Promise<HubServer> {
  const known = new Map(Object.entries(repositories));
  const misbehaviour: Misbehaviour = {
    cuts: [],
    ignoresRanges: false,
    swapped: null,
    statuses: [],
    slowMs: 0,
    nonsense: false,
  };
  const asked: string[] = [];
  const tokens = { hub: [] as (string | undefined)[], content: [] as (string | undefined)[] };
  let sent = 0;

  const content = createServer((request, response) => {
    asked.push(lineOf(request));
    tokens.content.push(request.headers.authorization);
    const [, repository, name] = /^\/blob\/([^/]+%2F[^/]+)\/(.+)$/.exec(request.url ?? '') ?? [];
    const body =
      misbehaviour.swapped ??
      known.get(decodeURIComponent(repository ?? ''))?.files[decodeURIComponent(name ?? '')];
    if (body === undefined) return void response.writeHead(404).end();
    void send(request, response, body);
  });

  const send = async (request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> => {
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
    const from = range && !misbehaviour.ignoresRanges ? Number(range[1]) : 0;
    const part = body.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': part.length,
      'accept-ranges': 'bytes',
      ...(from > 0 ? { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` } : {}),
    });
    const cut = misbehaviour.cuts.shift() ?? Number.POSITIVE_INFINITY;
    for (let at = 0; at < part.length; at += PIECE) {
      const piece = part.subarray(at, Math.min(at + PIECE, cut));
      sent += piece.length;
      await new Promise((resolve) => response.write(piece, resolve));
      if (at + PIECE >= cut) return void response.destroy();
      if (misbehaviour.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, misbehaviour.slowMs));
    }
    response.end();
  };

  const hub = createServer((request, response) => {
    asked.push(lineOf(request));
    tokens.hub.push(request.headers.authorization);
    const url = new URL(request.url ?? '/', 'http://hub');
    const list = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^/]+)$/.exec(url.pathname);
    const file = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname);
    const repository = list?.[1] ?? file?.[1] ?? '';
    const found = known.get(repository);
    if (found === undefined) return void response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end();
    const { files, commit = FIRST_COMMIT, gated } = found;
    if (gated !== undefined && request.headers.authorization !== `Bearer ${gated}`)
      return void response.writeHead(401, { 'x-error-code': 'GatedRepo' }).end();
    const revision = list?.[2] ?? file?.[2];
    if (revision !== 'main' && revision !== commit)
      return void response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
    if (list !== null) {
      if (misbehaviour.nonsense) return void response.writeHead(200).end('<html>welcome</html>');
      const siblings = Object.entries(files).map(([name, body]) => describe(name, body));
      return void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ id: repository, sha: commit, siblings }));
    }
    const status = misbehaviour.statuses.shift();
    if (status !== undefined) return void response.writeHead(status).end();
    const name = decodeURIComponent(file?.[3] ?? '');
    const body = files[name];
    if (body === undefined) return void response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    if (name.endsWith('.json')) return void send(request, response, misbehaviour.swapped ?? body);
    response
      .writeHead(302, {
        location: `${addressOf(content)}/blob/${encodeURIComponent(repository)}/${encodeURIComponent(name)}`,
        'x-linked-etag': `"${sha256(body)}"`,
        'x-linked-size': String(body.length),
        'x-repo-commit': commit,
      })
      .end();
  });

  await Promise.all([listen(hub), listen(content)]);
  return {
    endpoint: addressOf(hub),
    misbehaviour,
    asked,
    tokens,
    sent: () => sent,
    publish: (repository, files) => void known.set(repository, files),
    close: async () => {
      await Promise.all([hub, content].map((server) => closeServer(server)));
    },
  };
}

function describe(name: string, body: Buffer): object {
  const small = name.endsWith('.json');
  const gitSha1 = createHash('sha1').update(`blob ${body.length}\0`).update(body).digest('hex');
  return {
    rfilename: name,
    size: body.length,
    blobId: gitSha1,
    ...(small ? {} : { lfs: { sha256: sha256(body), size: body.length, pointerSize: 135 } }),
  };
}

export const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

const lineOf = (request: IncomingMessage): string =>
  `${request.method} ${request.url}${request.headers.range === undefined ? '' : ` ${request.headers.range}`}`;

const addressOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const listen = (server: Server): Promise<void> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve()));

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
