/** The dialog that asks once more before something is decided, and takes a reason for the record. */
import { AlertDialog } from 'radix-ui';
import { type ReactNode, useId, useState } from 'react';

/** A button, and the dialog that asks once more. */
export function Question({
  name,
  task,
  about,
  tone = '',
  isPending,
  isReady = true,
  onOpen,
  onDone,
  children,
}: {
  readonly name: string;
  readonly task: string;
  readonly about: string;
  readonly tone?: string;
  readonly isPending: boolean;
  /** Whether what is asked for has been given. */
  readonly isReady?: boolean;
  readonly onOpen?: () => void;
  readonly onDone: (reason: string) => void;
  readonly children?: ReactNode;
}) {
  const [reason, setReason] = useState('');
  return (
    <AlertDialog.Root
      onOpenChange={(isOpen) => {
        if (!isOpen) return;
        setReason('');
        onOpen?.();
      }}
    >
      <AlertDialog.Trigger className={tone} disabled={isPending}>
        {name}
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="overlay" />
        <AlertDialog.Content className="question">
          <AlertDialog.Title>
            {name}: {task}
          </AlertDialog.Title>
          <AlertDialog.Description>{about}</AlertDialog.Description>
          {children}
          <TextField label="Why, for the record" maxLength={400} value={reason} onChange={setReason} />
          <div className="controls">
            <AlertDialog.Action
              className={tone || 'primary'}
              disabled={!isReady}
              onClick={() => onDone(reason.trim())}
            >
              {name}
            </AlertDialog.Action>
            <AlertDialog.Cancel>Cancel</AlertDialog.Cancel>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

/** The name of a task, as long as the API takes it. */
export function NameField(field: Omit<FieldProps, 'maxLength'>) {
  return <TextField maxLength={120} {...field} />;
}

interface FieldProps {
  readonly label: string;
  readonly maxLength: number;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function TextField({ label, maxLength, value, onChange }: FieldProps) {
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        value={value}
        maxLength={maxLength}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
      />
    </>
  );
}
