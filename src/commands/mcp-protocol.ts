/**
 * The Model Context Protocol, as far as a server of a few tools needs it: JSON-RPC messages in, answers out. Written by hand: the
 * official package brings 94 others and 29 MB for what is three methods.
 * Source: modelcontextprotocol.io/specification/2025-11-25 (lifecycle, server/tools, basic/transports).
 * Does not: read or write streams, or know what the tools do (mcp.ts).
 */
import { messageOf, UnderstudyError } from '../core/errors.ts';
import { isObject, type Json, type JsonObject, parseJson } from '../core/json.ts';

export interface McpTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** JSON Schema of the arguments, an object's. */
  readonly inputSchema: JsonObject;
  readonly isReadOnly: boolean;
  /** @throws UnderstudyError, which the model is told. */
  run(args: JsonObject): Promise<JsonObject>;
}

/** Newest first; a client that asks for another gets the newest. */
const VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;
const METHOD_NOT_FOUND = -32_601;
const INVALID_PARAMS = -32_602;

/** Answers one message; the text has no line break, and is null where nothing is to be answered. Never rejects. */
export type McpServer = (line: string) => Promise<string | null>;

export function mcpServer(
  about: { readonly version: string; readonly instructions: string },
  tools: readonly McpTool[],
): McpServer {
  const results: Readonly<Record<string, (params: JsonObject) => JsonObject | Promise<JsonObject>>> = {
    initialize: ({ protocolVersion: asked }) => ({
      protocolVersion: VERSIONS.find((version) => version === asked) ?? VERSIONS[0]!,
      capabilities: { tools: {} },
      serverInfo: { name: 'understudy', version: about.version },
      instructions: about.instructions,
    }),
    ping: () => ({}),
    'tools/list': () => ({ tools: tools.map(listed) }),
  };
  return async (line) => {
    const message = parseJson(line);
    if (message === undefined) return failed(null, PARSE_ERROR, 'This is no JSON.');
    if (!isObject(message) || message.jsonrpc !== '2.0')
      return failed(null, INVALID_REQUEST, 'This is no message of JSON-RPC 2.0.');
    const { id, method, params } = message;
    // Notifications, and answers to what was never asked.
    if (id === undefined || typeof method !== 'string') return null;
    const given = isObject(params) ? params : {};
    if (method === 'tools/call') {
      const tool = tools.find(({ name }) => name === given.name);
      if (!tool) return failed(id, INVALID_PARAMS, 'There is no such tool.');
      return answered(id, await called(tool, isObject(given.arguments) ? given.arguments : {}));
    }
    const result = Object.hasOwn(results, method) ? results[method] : undefined;
    if (!result) return failed(id, METHOD_NOT_FOUND, `There is no method ${method}.`);
    return answered(id, await result(given));
  };
}

function listed({ name, title, description, inputSchema, isReadOnly }: McpTool): JsonObject {
  const annotations = { readOnlyHint: isReadOnly, destructiveHint: !isReadOnly, openWorldHint: false };
  return { name, title, description, inputSchema, annotations };
}

/** An error of the tool is a result: the model reads it, and may do better. */
async function called(tool: McpTool, args: JsonObject): Promise<JsonObject> {
  try {
    const result = await tool.run(args);
    return { content: [{ type: 'text', text: JSON.stringify(result) }], structuredContent: result };
  } catch (error) {
    const text = error instanceof UnderstudyError ? `${error.message} ${error.hint}` : messageOf(error);
    return { content: [{ type: 'text', text }], isError: true };
  }
}

const answered = (id: Json, result: JsonObject): string => JSON.stringify({ jsonrpc: '2.0', id, result });

const failed = (id: Json, code: number, message: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });
