/** Prints one line with the time since the run began, so that a long run is seen to be alive. */
export class Progress {
  private readonly began = Date.now();
  private lastLine = Date.now();
  private readonly active = new Map<string, number>();
  private readonly heartbeat: NodeJS.Timeout;

  constructor() {
    this.heartbeat = setInterval(() => this.remind(), 2_000);
    this.heartbeat.unref();
  }

  public get seconds(): number {
    return (Date.now() - this.began) / 1000;
  }

  public start(name: string, note = ''): void {
    this.active.set(name, Date.now());
    this.line(`start  ${name}${note ? `  ${note}` : ''}`);
  }

  public end(name: string, verdict: string, note = ''): void {
    const seconds = (Date.now() - (this.active.get(name) ?? Date.now())) / 1000;
    this.active.delete(name);
    this.line(`${verdict.padEnd(6)} ${name}  ${seconds.toFixed(1)} s${note ? `  ${note}` : ''}`);
  }

  /** Shows the beginning and the end of an action. */
  public async during<T>(name: string, action: () => Promise<T>): Promise<T> {
    this.start(name);
    try {
      const result = await action();
      this.end(name, 'ok');
      return result;
    } catch (error) {
      this.end(name, 'FAILED');
      throw error;
    }
  }

  public stop(): void {
    clearInterval(this.heartbeat);
  }

  private remind() {
    if (this.active.size > 0 && Date.now() - this.lastLine > 15_000) this.line(`       still running: ${[...this.active.keys()].join(', ')}`);
  }

  private line(text: string) {
    this.lastLine = Date.now();
    console.log(`${this.seconds.toFixed(1).padStart(6)} s  ${text}`);
  }
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be broken over lines after these characters. Columns without it are as wide as their longest cell. */
  readonly breakAfter?: RegExp;
}

const GAP = '  ';

/** A table no wider than the terminal: cells that may be broken continue on the next line of their column. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], available = terminalWidth()): string {
  const natural = columns.map((column, i) => Math.max(column.title.length, ...rows.map(row => row[i].length)));
  const widths = fit(columns, rows, natural, available - GAP.length * (columns.length - 1));
  const line = (cells: readonly string[]) => {
    const parts = cells.map((cell, i) => wrap(cell, widths[i], columns[i].breakAfter));
    return Array.from({ length: Math.max(...parts.map(p => p.length)) }, (_, n) =>
      parts.map((p, i) => pad(p[n] ?? '', widths[i], columns[i].align)).join(GAP).trimEnd());
  };
  return [
    ...line(columns.map(column => column.title)),
    widths.map(width => '─'.repeat(width)).join(GAP),
    ...rows.flatMap(row => line(row)),
  ].join('\n');
}

/** 140 where there is no terminal to ask, such as in a log. */
function terminalWidth(): number {
  return Math.max(80, Math.min(process.stdout.columns ?? 140, 180));
}

function fit(columns: readonly Column[], rows: readonly (readonly string[])[], natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  const narrowest = columns.map((column, i) => column.breakAfter
    ? Math.max(column.title.length, ...rows.flatMap(row => wrap(row[i], 1, column.breakAfter).map(part => part.length)))
    : natural[i]);
  const sum = () => widths.reduce((a, b) => a + b, 0);
  while (sum() > available) {
    const candidates = widths.map((width, i) => ({ width, i })).filter(({ width, i }) => width > narrowest[i]);
    if (candidates.length === 0) break;
    widths[candidates.sort((a, b) => b.width - a.width)[0].i] -= 1;
  }
  // After the shrinking a column may hold its broken lines in less.
  return widths.map((width, i) => {
    const lines = rows.flatMap(row => wrap(row[i], width, columns[i].breakAfter));
    return Math.max(columns[i].title.length, ...lines.map(line => line.length));
  });
}

function wrap(text: string, width: number, breakAfter?: RegExp): string[] {
  if (!breakAfter || text.length <= width) return [text];
  const lines: string[] = [];
  for (const piece of text.split(new RegExp(`(?<=${breakAfter.source})`))) {
    const last = lines[lines.length - 1];
    if (last !== undefined && (last + piece).trimEnd().length <= width) lines[lines.length - 1] = last + piece;
    else lines.push(piece);
  }
  return lines.map(l => l.trim());
}

function pad(text: string, width: number, align: Column['align']): string {
  return align === 'right' ? text.padStart(width) : text.padEnd(width);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
