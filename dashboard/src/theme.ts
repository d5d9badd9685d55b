/** Light or dark: as the system has it, until the reader says otherwise. */
import { useEffect, useState } from 'react';

type Theme = 'light' | 'dark';
const dark = window.matchMedia('(prefers-color-scheme: dark)');

function saved(): Theme | null {
  const theme = localStorage.getItem('understudy-theme');
  return theme === 'light' || theme === 'dark' ? theme : null;
}

export function useTheme(): { readonly theme: Theme; toggle(): void } {
  const [chosen, choose] = useState<Theme | null>(saved);
  const [system, setSystem] = useState<Theme>(dark.matches ? 'dark' : 'light');
  useEffect(() => {
    const changed = (): void => setSystem(dark.matches ? 'dark' : 'light');
    dark.addEventListener('change', changed);
    return () => dark.removeEventListener('change', changed);
  }, []);
  const theme = chosen ?? system;
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return {
    theme,
    toggle: () => {
      const next = theme === 'dark' ? 'light' : 'dark';
      localStorage.setItem('understudy-theme', next);
      choose(next);
    },
  };
}
