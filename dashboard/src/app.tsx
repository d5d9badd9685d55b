/** The frame of the dashboard: navigation, range, theme, who is signed in, and the view of the present path. */
import { useQuery as useFetch } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api, RequestError } from './api.ts';
import { type Connection, useLive } from './live.ts';
import { KeyForm } from './parts/key-form.tsx';
import { RangePicker } from './range.tsx';
import { Link, usePath } from './router.tsx';
import { useTheme } from './theme.ts';
import { CallsView } from './views/calls.tsx';
import { DeploymentsView } from './views/deployments.tsx';
import { ImportView } from './views/import.tsx';
import { OverviewView } from './views/overview.tsx';
import { TaskView } from './views/task.tsx';
import { TasksView } from './views/tasks.tsx';
import { TrainingView } from './views/training.tsx';

const VIEWS = [
  { path: '/', name: 'Overview' },
  { path: '/tasks', name: 'Tasks' },
  { path: '/training', name: 'Training' },
  { path: '/deployments', name: 'Deployments' },
  { path: '/calls', name: 'Calls' },
  { path: '/import', name: 'Import' },
] as const;

export function App() {
  const path = usePath();
  const { theme, toggle } = useTheme();
  const session = useFetch({ queryKey: ['session'], queryFn: api.session });
  const connection = useLive(session.isSuccess);
  const refused =
    session.error instanceof RequestError && [401, 403].includes(session.error.status) ? session.error : null;
  const title = titleOf(path);
  useEffect(() => {
    document.title = title === 'Overview' ? 'Understudy' : `${title} · Understudy`;
  }, [title]);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="bar">
        <Link href="/" className="brand">
          Understudy
        </Link>
        <nav aria-label="Views">
          {VIEWS.map((view) => (
            <Link
              key={view.path}
              href={view.path}
              aria-current={isWithin(path, view.path) ? 'page' : undefined}
            >
              {view.name}
            </Link>
          ))}
        </nav>
        <div className="tools">
          <RangePicker />
          <button
            type="button"
            className="quiet"
            onClick={toggle}
            aria-label={`Switch to ${theme === 'dark' ? 'light' : 'dark'} mode`}
          >
            <span aria-hidden="true">{theme === 'dark' ? '☀' : '☾'}</span>
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {refused ? <KeyForm error={refused} onKey={() => void session.refetch()} /> : <View path={path} />}
      </main>
      <footer className="foot">
        {session.data && (
          <>
            <span>
              Gateway <code>{session.data.gateway}</code>
            </span>
            <span>
              LLM <code>{session.data.upstream}</code>
            </span>
            <span>
              {session.data.name} ({session.data.role})
            </span>
            <span>Version {session.data.version}</span>
          </>
        )}
        <ConnectionState state={connection} />
      </footer>
    </div>
  );
}

function View({ path }: { readonly path: string }) {
  const [, kind = '', id = ''] = path.split('/');
  const decoded = decodeURIComponent(id);
  if (path === '/') return <OverviewView />;
  if (kind === 'tasks') return decoded === '' ? <TasksView /> : <TaskView key={decoded} id={decoded} />;
  if (kind === 'import') return <ImportView />;
  if (kind === 'training') return <TrainingView />;
  if (kind === 'deployments') return <DeploymentsView />;
  if (kind === 'calls') return <CallsView id={decoded === '' ? null : decoded} />;
  return (
    <section>
      <h1>There is no such page</h1>
      <p>
        <Link href="/">Go to the overview</Link>.
      </p>
    </section>
  );
}

function ConnectionState({ state }: { readonly state: Connection }) {
  const text = { connecting: 'Connecting', live: 'Up to date', lost: 'Not connected: trying again' }[state];
  return (
    <span className={`connection ${state}`} role="status">
      {text}
    </span>
  );
}

const isWithin = (path: string, view: string): boolean =>
  view === '/' ? path === '/' : path === view || path.startsWith(`${view}/`);

const titleOf = (path: string): string =>
  VIEWS.find((view) => isWithin(path, view.path))?.name ?? 'Understudy';
