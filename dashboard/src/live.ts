/**
 * What changes while the page is open: the API's stream of events. Figures are fetched again when something changed, at most
 * every few seconds, and stay in view meanwhile. Read with fetch, because EventSource sends no key.
 */
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { headers } from './api.ts';

const AGAIN_MS = 3000;
const REFRESH_MS = 2000;

export type Connection = 'connecting' | 'live' | 'lost';

export function useLive(isOn: boolean): Connection {
  const client = useQueryClient();
  const [state, setState] = useState<Connection>('connecting');
  useEffect(() => {
    if (!isOn) return;
    const stop = new AbortController();
    void follow(client, stop.signal, setState);
    return () => stop.abort();
  }, [client, isOn]);
  return state;
}

async function follow(
  client: QueryClient,
  signal: AbortSignal,
  onState: (state: Connection) => void,
): Promise<void> {
  let isPending = false;
  const refresh = (): void => {
    if (isPending) return;
    isPending = true;
    setTimeout(() => {
      isPending = false;
      void client.invalidateQueries();
    }, REFRESH_MS);
  };
  while (!signal.aborted) {
    try {
      const response = await fetch('/api/v1/events/stream', { headers: headers(), signal });
      if (!response.ok || response.body === null) throw new Error(String(response.status));
      onState('live');
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ''; ; ) {
        const { done, value } = await reader.read();
        if (done) break;
        const pieces = (text + value).split('\n\n');
        text = pieces.pop() ?? '';
        if (pieces.some((piece) => piece.includes('event: changed'))) refresh();
      }
    } catch {
      // Tried again below.
    }
    if (signal.aborted) return;
    onState('lost');
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
}
