/** Asks for a key where the API wants one. It is kept in this tab alone. */
import { type FormEvent, useId } from 'react';
import { type RequestError, savedKey } from '../api.ts';

export function KeyForm({ error, onKey }: { readonly error: RequestError; readonly onKey: () => void }) {
  const field = useId();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    savedKey.set(String(new FormData(event.currentTarget).get('key') ?? '').trim());
    onKey();
  };
  return (
    <section className="panel narrow">
      <h1>Sign in with a key</h1>
      <p>{error.message}</p>
      <form onSubmit={submit}>
        <label htmlFor={field}>Key</label>
        <input id={field} name="key" type="password" autoComplete="off" required />
        <button type="submit">Sign in</button>
      </form>
      <p className="muted">{error.hint}</p>
    </section>
  );
}
