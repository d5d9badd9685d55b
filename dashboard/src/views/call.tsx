/** One call: why it went where it went, and for reviewers its texts, both answers side by side, and feedback. */
import { useQuery as useFetch, useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import type { CallDetail, Explanation } from '../../../src/api/schemas/calls.ts';
import type { Payload, PayloadMessage } from '../../../src/api/schemas/payload.ts';
import { api } from '../api.ts';
import { at, atSecond, count, milliseconds, words } from '../format.ts';
import { Difference } from '../parts/difference.tsx';
import { Prose } from '../parts/prose.tsx';
import { Fetched } from '../parts/states.tsx';
import { Link } from '../router.tsx';

export function CallPanel({ id }: { readonly id: string }) {
  const call = useFetch({ queryKey: ['call', id], queryFn: () => api.call(id) });
  const explanation = useFetch({ queryKey: ['explanation', id], queryFn: () => api.explanation(id) });
  return (
    <>
      <Fetched query={explanation}>{(found) => <Why explanation={found} />}</Fetched>
      <Fetched query={call}>{(detail) => <Facts detail={detail} />}</Fetched>
      <Texts id={id} />
    </>
  );
}

function Why({ explanation }: { readonly explanation: Explanation }) {
  const { summary, task, deployment, steps, confidence, wouldChange, audit } = explanation;
  return (
    <section aria-label="Explanation">
      <p className="lead">{summary}</p>
      {audit && (
        <p className={audit === 'agreed' ? 'good-text' : 'bad-text'}>
          {audit === 'agreed'
            ? 'It was audited: the LLM’s answer came to the same.'
            : 'It was audited: the LLM’s answer differed.'}
        </p>
      )}
      {confidence && <ConfidenceBar value={confidence.value} threshold={confidence.threshold} />}
      {steps.length > 0 && (
        <ol className="steps">
          {steps.map(({ step, outcome, detail }) => (
            <li key={step} className={outcome}>
              <span className="mark" aria-hidden="true">
                {{ passed: '✓', decided: '→', 'not-reached': '·' }[outcome]}
              </span>
              <span>
                {step} <span className="hidden">({words(outcome)})</span>
                {detail && <em>{detail}</em>}
              </span>
            </li>
          ))}
        </ol>
      )}
      {wouldChange.length > 0 && (
        <>
          <h3>What would have changed it</h3>
          <ul>
            {wouldChange.map((each) => (
              <li key={each}>
                <Prose text={each} />
              </li>
            ))}
          </ul>
        </>
      )}
      <p className="muted">
        {task ? (
          <>
            Task <Link href={`/tasks/${task.id}`}>{task.name}</Link> ({task.kind}, {count(task.sites)} call{' '}
            {task.sites === 1 ? 'site' : 'sites'})
          </>
        ) : (
          'No task was recognised'
        )}
        {deployment &&
          `; ${deployment.rung ?? 'its specialist'}, version ${deployment.version ?? '?'}, was ${deployment.stage} at the time`}
        .
        {confidence && confidence.signals.length > 0 && (
          <>
            {' '}
            Its confidence is made of{' '}
            {confidence.signals
              .map(({ signal, weight }) => `${signal} (weight ${weight.toFixed(2)})`)
              .join(', ')}
            .
          </>
        )}
      </p>
    </section>
  );
}

function ConfidenceBar({ value, threshold }: { readonly value: number; readonly threshold: number | null }) {
  return (
    <div
      className="confidence"
      role="img"
      aria-label={`Confidence ${value.toFixed(3)}, threshold ${threshold?.toFixed(3) ?? 'unknown'}`}
    >
      <div className="confidence-track">
        <span
          className={threshold !== null && value >= threshold ? 'good' : ''}
          style={{ width: `${value * 100}%` }}
        />
        {threshold !== null && <i style={{ left: `${threshold * 100}%` }} />}
      </div>
      <p className="muted">
        confidence {value.toFixed(3)}
        {threshold !== null && `, threshold ${threshold.toFixed(3)}`}
      </p>
    </div>
  );
}

function Facts({ detail: { call, feedback, openings } }: { readonly detail: CallDetail }) {
  return (
    <section aria-label="Figures">
      <dl className="facts">
        <div>
          <dt>Id</dt>
          <dd>
            <code>{call.id}</code>
          </dd>
        </div>
        <div>
          <dt>When</dt>
          <dd>{atSecond(call.at)}</dd>
        </div>
        <div>
          <dt>Asked for</dt>
          <dd>
            {call.model ?? 'erased'}
            {call.stream && ', streamed'}
          </dd>
        </div>
        <div>
          <dt>Took</dt>
          <dd>
            {milliseconds(call.latencyMs)}, {count(call.promptTokens)} tokens in,{' '}
            {count(call.completionTokens)} out
          </dd>
        </div>
        {feedback > 0 && (
          <div>
            <dt>Feedback</dt>
            <dd>given {feedback === 1 ? 'once' : `${count(feedback)} times`}</dd>
          </div>
        )}
        <div>
          <dt>Opened</dt>
          <dd>
            {openings.length === 0
              ? 'by nobody'
              : openings.map((opening) => `${opening.by}, ${at(opening.at)}`).join('; ')}
          </dd>
        </div>
      </dl>
    </section>
  );
}

function Texts({ id }: { readonly id: string }) {
  const client = useQueryClient();
  const opening = useMutation({
    mutationFn: () => api.payload(id),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['call', id] }),
  });
  if (!opening.data)
    return (
      <section aria-label="Texts" className="closed">
        <p>
          The texts of this call are sealed. To open them needs the role of a reviewer, and goes on record.
        </p>
        <button type="button" disabled={opening.isPending} onClick={() => opening.mutate()}>
          {opening.isPending ? 'Opening …' : 'Open the texts'}
        </button>
        {opening.error && (
          <p role="alert" className="bad-text">
            {opening.error.message}
          </p>
        )}
      </section>
    );
  const payload = opening.data;
  return (
    <section aria-label="Texts">
      <Answers payload={payload} />
      <details open>
        <summary>Request ({count(payload.messages.length)} messages)</summary>
        {payload.messages.map((message, i) => (
          <MessageView key={i} message={message} />
        ))}
        {payload.tools.length > 0 && <p className="muted">Tools: {payload.tools.join(', ')}</p>}
        {payload.responseFormat && <pre>{payload.responseFormat}</pre>}
      </details>
      <p className="muted">{payload.redacted}</p>
      <FeedbackForm id={id} />
    </section>
  );
}

const textOf = ({ content, toolCalls }: PayloadMessage): string =>
  [content, ...toolCalls.map(({ name, arguments: given }) => `${name}(${given})`)].filter(Boolean).join('\n');

function Answers({ payload: { answer, llmAnswer, correction, correct } }: { readonly payload: Payload }) {
  return (
    <>
      <h3>{llmAnswer ? 'Both answers' : 'Answer'}</h3>
      {llmAnswer && answer ? (
        <Difference
          left={{ name: 'Specialist', text: textOf(answer) }}
          right={{ name: 'LLM', text: textOf(llmAnswer) }}
        />
      ) : (
        <pre>{answer ? textOf(answer) : '(there is none)'}</pre>
      )}
      {correct !== null && <p>Feedback says that it is {correct ? 'correct' : 'wrong'}.</p>}
      {correction && (
        <>
          <h3>Corrected</h3>
          <pre>{textOf(correction)}</pre>
        </>
      )}
    </>
  );
}

function MessageView({ message }: { readonly message: PayloadMessage }) {
  return (
    <div className="message">
      <span className="role">{message.role}</span>
      <pre>{textOf(message)}</pre>
    </div>
  );
}

function FeedbackForm({ id }: { readonly id: string }) {
  const client = useQueryClient();
  const field = useId();
  const [text, setText] = useState('');
  const giving = useMutation({
    mutationFn: api.feedback,
    onSuccess: () => void client.invalidateQueries({ queryKey: ['call', id] }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    giving.mutate({ call_id: id, name: 'correction', value: text });
  };
  const say = (value: boolean) => () => giving.mutate({ call_id: id, name: 'correct', value });
  return (
    <form className="feedback" onSubmit={submit}>
      <h3>Was the answer correct?</h3>
      <p>
        <button type="button" disabled={giving.isPending} onClick={say(true)}>
          Correct
        </button>{' '}
        <button type="button" disabled={giving.isPending} onClick={say(false)}>
          Wrong
        </button>
      </p>
      <label htmlFor={field}>The correct answer, as an example to learn from</label>
      <textarea id={field} rows={3} value={text} onChange={(event) => setText(event.target.value)} />
      <button type="submit" disabled={giving.isPending || text.trim() === ''}>
        Give the correction
      </button>
      <p role="status">
        {giving.isSuccess &&
          (giving.data.added ? 'Kept. The next learning run uses it.' : 'It was there already.')}
        {giving.error && <span className="bad-text">{giving.error.message}</span>}
      </p>
    </form>
  );
}
