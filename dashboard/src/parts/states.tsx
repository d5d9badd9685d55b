/** What stands where figures will be, cannot be, or are not yet. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { RequestError } from '../api.ts';

/** Shows what was fetched; meanwhile that it is being fetched; else what went wrong, and what to do. */
export function Fetched<T>({
  query,
  children,
}: {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) {
    return (
      <>
        {query.error && <Failure error={query.error} onRetry={() => void query.refetch()} isStale />}
        {children(query.data)}
      </>
    );
  }
  if (query.error) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading />;
}

function Loading() {
  return (
    <div className="loading" role="status" aria-label="Loading">
      <i />
      <i />
      <i />
    </div>
  );
}

function Failure({
  error,
  onRetry,
  isStale = false,
}: {
  readonly error: Error;
  readonly onRetry: () => void;
  readonly isStale?: boolean;
}) {
  return (
    <div className="failure" role="alert">
      <p>
        <strong>{error.message}</strong> {error instanceof RequestError && error.hint}
        {isStale && ' What you see is from before.'}
      </p>
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}

/** Nothing is there yet: what would be, and how it comes about. */
export function Empty({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
