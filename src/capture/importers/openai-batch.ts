/**
 * OpenAI Batch files: requests {custom_id, body} and results {custom_id, response: {status_code, body}}, in two files
 * or one, joined by custom_id.
 */
import { isObject, type JsonObject } from '../../core/json.ts';
import type { Importer, ImportReader, ReadRecord } from './importer.ts';
import { exchange } from './openai-chat.ts';

export const openaiBatch: Importer = {
  name: 'openai-batch',
  detect: (record) =>
    isObject(record) &&
    typeof record.custom_id === 'string' &&
    (isObject(record.body) || 'response' in record),
  begin,
};

function begin(): ImportReader {
  const requests = new Map<string, JsonObject>();
  const results = new Map<string, JsonObject>();

  const join = (body: JsonObject, result: JsonObject): ReadRecord => {
    const response = isObject(result.response) ? result.response : {};
    const status = typeof response.status_code === 'number' ? response.status_code : 500;
    return exchange({ status }, body, response.body);
  };
  return {
    read(record) {
      if (!isObject(record) || typeof record.custom_id !== 'string') return { skipped: 'no custom_id' };
      const { custom_id: id, body } = record;
      const isResult = isObject(record.response) || isObject(record.error);
      if (isObject(body) && isResult) return join(body, record);
      if (isObject(body)) {
        const result = results.get(id);
        results.delete(id);
        if (result) return join(body, result);
        requests.set(id, body);
        return { calls: [] };
      }
      if (!isResult) return { skipped: 'neither a request nor a result' };
      const request = requests.get(id);
      requests.delete(id);
      if (request) return join(request, record);
      results.set(id, record);
      return { calls: [] };
    },
    end: () => ({
      ...(requests.size > 0 ? { 'request without a result': requests.size } : {}),
      ...(results.size > 0 ? { 'result without a request': results.size } : {}),
    }),
  };
}
