/** The first page: is it safe, what does it save, what needs a person. */
import { useQuery as useFetch } from '@tanstack/react-query';
import type { Attention, Overview } from '../../../src/api/schemas/overview.ts';
import { api } from '../api.ts';
import { CallsOverTime, LatencyOverTime, MoneyOverTime } from '../charts/over-time.tsx';
import { at, count, interval, milliseconds, money, percent } from '../format.ts';
import { Figure, Panel, toneOf } from '../parts/basics.tsx';
import { Prose } from '../parts/prose.tsx';
import { Empty, Fetched } from '../parts/states.tsx';
import { useRange } from '../range.tsx';
import { Link } from '../router.tsx';

export function OverviewView() {
  const range = useRange();
  const query = useFetch({ queryKey: ['overview', range], queryFn: () => api.overview(range) });
  return (
    <>
      <h1 className="hidden">Overview</h1>
      <Fetched query={query}>{(overview) => <Figures overview={overview} />}</Fetched>
    </>
  );
}

function Figures({ overview }: { readonly overview: Overview }) {
  const { calls, served, money: dollars, latency, series, range, attention } = overview;
  if (calls === 0 && Object.keys(overview.stages).length === 0) return <FirstSteps />;
  return (
    <>
      <Verdict overview={overview} />
      <dl className="figures">
        <Figure name="Taken over" value={percent(calls === 0 ? null : served / calls)}>
          {count(served)} of {count(calls)} calls; {count(overview.escalated)} were escalated
        </Figure>
        <Figure name="Saved" value={money(dollars.saved)} tone={dollars.saved < 0 ? 'bad' : 'plain'}>
          {money(dollars.avoided)} avoided, less {money(dollars.audits)} for audits,{' '}
          {money(dollars.machine + dollars.learning + dollars.others)} for the machine, learning and other
          models
        </Figure>
        <ServedError overview={overview} />
        <Figure name="Latency, median" value={milliseconds(latency.specialist?.p50 ?? null)}>
          LLM {milliseconds(latency.llm?.p50 ?? null)}, escalated{' '}
          {milliseconds(latency.escalated?.p50 ?? null)}
        </Figure>
      </dl>
      <NeedsYou items={attention} />
      <div className="charts">
        <CallsOverTime points={series} bucketMs={range.bucketMs} />
        <MoneyOverTime points={series} bucketMs={range.bucketMs} />
        <LatencyOverTime points={series} bucketMs={range.bucketMs} />
      </div>
      <p className="muted small">{dollars.basis}</p>
    </>
  );
}

function ServedError({ overview: { servedError, withdrawn } }: { readonly overview: Overview }) {
  const { share, low, high, audits, errors, bound } = servedError;
  if (share === null)
    return (
      <Figure name="Served error" value="–">
        nothing that was served has been audited{bound === null ? '' : `; the bound is ${percent(bound)}`}
      </Figure>
    );
  return (
    <Figure name="Served error" value={percent(share)} tone={toneOf(servedError)}>
      bound {percent(bound)}; {interval(low, high)} by {count(errors)} of {count(audits)} audits
      {withdrawn > 0 && ', of what was withdrawn too'}
    </Figure>
  );
}

/** One sentence on how safe it is now. */
function Verdict({ overview }: { readonly overview: Overview }) {
  const { stages, withdrawn, servingError } = overview;
  const { share, low, high, bound } = servingError;
  const serving = (stages.live ?? 0) + (stages.canary ?? 0);
  const gone =
    withdrawn === 0
      ? ''
      : ` ${withdrawn === 1 ? 'One specialist was' : `${count(withdrawn)} specialists were`} taken out of service in this range.`;
  if (serving === 0)
    return (
      <p className="verdict">
        <strong>Every call goes to the LLM.</strong> No specialist is in service
        {stages.shadow ? `; ${count(stages.shadow)} in shadow` : ''}.{gone}
      </p>
    );
  if (share === null || low === null || bound === null)
    return (
      <p className="verdict">
        <strong>Not checked yet.</strong> What is served now has not been audited in this range.{gone}
      </p>
    );
  const facts = `${percent(share)} of the audited answers of what serves now differ from the LLM’s (${interval(low, high)}), where ${percent(bound)} is allowed.`;
  if (low > bound)
    return (
      <p className="verdict bad">
        <strong>More errors than promised:</strong> {facts}
        {gone}
      </p>
    );
  if (share > bound)
    return (
      <p className="verdict warn">
        <strong>Above the bound so far, by too few audits to say:</strong> {facts}
        {gone}
      </p>
    );
  return (
    <p className="verdict good">
      <strong>Within the bound:</strong> {facts}
      {gone}
    </p>
  );
}

function NeedsYou({ items }: { readonly items: readonly Attention[] }) {
  const urgent = items.filter(({ severity }) => severity !== 'know');
  const notes = items.filter(({ severity }) => severity === 'know');
  return (
    <Panel title={urgent.length === 0 ? 'Nothing needs you' : `Needs you (${count(urgent.length)})`}>
      {urgent.length === 0 && <p className="muted">No specialist was withdrawn, and no alarm was raised.</p>}
      <ul className="attention">
        {[...urgent, ...notes].map((item) => (
          <li key={item.id} className={item.severity}>
            <span className="badge">{{ act: 'Act', look: 'Look', know: 'Note' }[item.severity]}</span>
            <div>
              <p>
                {item.taskId === null ? (
                  <strong>{item.title}</strong>
                ) : (
                  <Link href={`/tasks/${item.taskId}`}>{item.title}</Link>
                )}
                {item.at !== null && <time className="muted"> {at(item.at)}</time>}
              </p>
              <p>{item.detail}</p>
              <p className="muted">
                <Prose text={item.advice} />
              </p>
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function FirstSteps() {
  return (
    <Empty title="No calls yet">
      <p>Understudy learns from the calls of your agents. There are two ways to give it some:</p>
      <ol>
        <li>
          Point an agent at the gateway, with one line: <code>OPENAI_BASE_URL=http://127.0.0.1:4000/v1</code>.
          Its calls go to the LLM as they are, and are recorded here.
        </li>
        <li>
          Bring logs that you have: <code>understudy import logs/</code>, then <code>understudy assess</code>.
        </li>
      </ol>
      <p>
        With some hundred calls, <code>understudy learn</code> finds the routine ones and proves what could be
        taken over. Nothing is served before it is proved.
      </p>
    </Empty>
  );
}
