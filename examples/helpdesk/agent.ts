/**
 * The help desk's agent, on the official `openai` package. For each mail: triage, then, where it is about an
 * order, its details and the next action, and for some mails a drafted reply. The staff's questions go to a chat.
 * The only thing it knows of its model is a base URL. Does not: play a day (day.ts), judge (judge.ts).
 */
import { randomBytes } from 'node:crypto';
import type OpenAI from 'openai';
import type { Mail, Question, Work } from './mailbox/mail.ts';
import {
  actionPrompt,
  chatPrompt,
  detailsFormat,
  detailsPrompt,
  goodsLabels,
  orderLabels,
  replyLabels,
  replyPrompt,
  type SiteName,
  tools,
  triagePrompt,
} from './prompts.ts';

/** What a model answered at a call site: text (a label, JSON, prose) or a tool call. */
export type Output =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool'; readonly name: string; readonly arguments: string };

/** One finished call, for whoever watches the agent. */
export interface CallRecord {
  readonly site: SiteName;
  /** The mail or question that it was made for. */
  readonly workId: string;
  /** From the response header `x-understudy-call-id`; null where nothing stands in between. */
  readonly callId: string | null;
  /** From the response headers `x-understudy-served-by` and `x-understudy-reason`. */
  readonly servedBy: string | null;
  readonly reason: string | null;
  readonly output: Output;
  readonly ms: number;
}

export interface AgentOptions {
  readonly client: OpenAI;
  readonly model: string;
  readonly onCall?: (record: CallRecord) => void;
  readonly signal?: AbortSignal;
  /** The working day's date, as it stands in the reply's instructions. */
  readonly date?: string;
}

/** The call sites of this agent, in the order of a mail's way. */
export const callSites: readonly {
  readonly name: SiteName;
  readonly answers: string;
  readonly streamed: boolean;
}[] = [
  { name: 'triage', answers: 'one of 12 labels', streamed: false },
  { name: 'details', answers: 'JSON by a schema', streamed: false },
  { name: 'action', answers: 'one tool call', streamed: false },
  { name: 'reply', answers: 'text', streamed: true },
  { name: 'chat', answers: 'text', streamed: true },
];

const clerks = ['Mara', 'Joost', 'Ilse', 'Deniz', 'Femke', 'Ruben'];

/**
 * Handles one mail or question: one session, told by one trace id in the `traceparent` header of all its calls.
 * @throws what the `openai` client throws when a call fails for good; records of calls made before it stand.
 */
export async function handle(work: Work, options: AgentOptions): Promise<void> {
  const session = { ...options, traceId: randomBytes(16).toString('hex'), workId: work.id };
  await (work.kind === 'question' ? answerQuestion(work, session) : handleMail(work, session));
}

interface Session extends AgentOptions {
  readonly traceId: string;
  readonly workId: string;
}

async function handleMail(mail: Mail, session: Session): Promise<void> {
  const label = textOf(await ask('triage', { system: triagePrompt, user: mailText(mail) }, session)).trim();
  if (orderLabels.has(label)) {
    if (goodsLabels.has(label))
      await ask('details', { system: detailsPrompt, user: mailText(mail) }, session);
    await ask('action', { system: actionPrompt, user: mailText(mail) }, session);
  } else if (replyLabels.has(label)) {
    const shift = {
      date: session.date ?? 'Monday, 23 November 2026',
      name: mail.at < '08:00' ? 'night' : mail.at < '12:00' ? 'morning' : 'afternoon',
      clerk: clerks[Number(mail.id.slice(-4)) % clerks.length]!,
    };
    const user = `${mailText(mail)}\n\nCustomer: ${mail.from.name} <${mail.from.email}>\nSorted as: ${label}`;
    await askStreamed('reply', { system: replyPrompt(shift), user }, session);
  }
}

async function answerQuestion(question: Question, session: Session): Promise<void> {
  await askStreamed('chat', { system: chatPrompt, user: question.text }, session);
}

/** A mail as the shop's mail system shows it. */
export function mailText(mail: Mail): string {
  return `Ticket ${mail.ticket}\nSubject: ${mail.subject}\n\n${mail.body}`;
}

interface Prompt {
  readonly system: string;
  readonly user: string;
}

async function ask(site: 'triage' | 'details' | 'action', prompt: Prompt, session: Session): Promise<Output> {
  const started = performance.now();
  const { data, response } = await session.client.chat.completions
    .create(
      {
        model: session.model,
        messages: messagesOf(prompt),
        temperature: 0,
        ...(site === 'details' ? { response_format: detailsFormat } : {}),
        ...(site === 'action' ? { tools, tool_choice: 'required' as const, parallel_tool_calls: false } : {}),
      },
      requestOptions(session),
    )
    .withResponse();
  const message = data.choices[0]?.message;
  const call = message?.tool_calls?.[0];
  const output: Output =
    call?.type === 'function'
      ? { kind: 'tool', name: call.function.name, arguments: call.function.arguments }
      : { kind: 'text', text: message?.content ?? '' };
  report(site, output, response.headers, started, session);
  return output;
}

async function askStreamed(site: 'reply' | 'chat', prompt: Prompt, session: Session): Promise<Output> {
  const started = performance.now();
  const { data: stream, response } = await session.client.chat.completions
    .create(
      {
        model: session.model,
        messages: messagesOf(prompt),
        temperature: 0.7,
        stream: true,
        stream_options: { include_usage: true },
      },
      requestOptions(session),
    )
    .withResponse();
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  const output: Output = { kind: 'text', text };
  report(site, output, response.headers, started, session);
  return output;
}

function messagesOf(prompt: Prompt) {
  return [
    { role: 'system' as const, content: prompt.system },
    { role: 'user' as const, content: prompt.user },
  ];
}

function requestOptions(session: Session) {
  const traceparent = `00-${session.traceId}-${randomBytes(8).toString('hex')}-01`;
  return { headers: { traceparent }, ...(session.signal ? { signal: session.signal } : {}) };
}

function report(site: SiteName, output: Output, headers: Headers, started: number, session: Session): void {
  session.onCall?.({
    site,
    workId: session.workId,
    callId: headers.get('x-understudy-call-id'),
    servedBy: headers.get('x-understudy-served-by'),
    reason: headers.get('x-understudy-reason'),
    output,
    ms: performance.now() - started,
  });
}

function textOf(output: Output): string {
  return output.kind === 'text' ? output.text : '';
}
