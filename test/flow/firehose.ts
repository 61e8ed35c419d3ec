import { runInNewContext } from 'node:vm';

type Json = any;

/** What the expressions of a prefix are evaluated with. */
export interface PrefixValues {
  /** Approximate arrival of the oldest record in the object. */
  readonly timestamp: Date;
  /** What `MetadataExtraction` has found in the record. */
  readonly partitionKeysFromQuery?: Record<string, string>;
  /** What the function has put in `metadata.partitionKeys`. */
  readonly partitionKeysFromLambda?: Record<string, string>;
  readonly errorOutputType?: string;
  readonly randomString?: string;
}

/**
 * Evaluates `!{namespace:value}` as Firehose does, in UTC. An expression that is not known is an error.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
 */
export function evaluatePrefix(prefix: string, values: PrefixValues): string {
  const evaluated = prefix.replace(/!\{([^:}]+):([^}]+)\}/g, (expression, namespace: string, value: string) => {
    const found = valueOf(namespace, value, values);
    if (found === undefined || found === '') throw new Error(`${expression} has no value`);
    return found;
  });
  if (evaluated.includes('!{')) throw new Error(`${evaluated} is not evaluated in full`);
  return evaluated;
}

function valueOf(namespace: string, value: string, values: PrefixValues): string | undefined {
  switch (namespace) {
    case 'timestamp': return formatTimestamp(value, values.timestamp);
    case 'firehose': return value === 'error-output-type' ? values.errorOutputType : value === 'random-string' ? values.randomString : undefined;
    case 'partitionKeyFromQuery': return values.partitionKeysFromQuery?.[value];
    case 'partitionKeyFromLambda': return values.partitionKeysFromLambda?.[value];
    default: return undefined;
  }
}

/** The letters of Java's DateTimeFormatter that a date and a time need; text within single quotes is taken as it is. */
function formatTimestamp(pattern: string, at: Date): string {
  const parts: Record<string, number> = {
    y: at.getUTCFullYear(), M: at.getUTCMonth() + 1, d: at.getUTCDate(), H: at.getUTCHours(), m: at.getUTCMinutes(), s: at.getUTCSeconds(),
  };
  return pattern.replace(/'([^']*)'|([A-Za-z])\2*/g, (letters, quoted: string | undefined, letter: string) => {
    if (quoted !== undefined) return quoted;
    if (!(letter in parts)) throw new Error(`!{timestamp:${pattern}}: ${letters} is not known here`);
    return `${parts[letter]}`.padStart(letters.length, '0').slice(letter === 'y' && letters.length === 2 ? -2 : 0);
  });
}

/** Firehose has a name for it that is in no page of its documentation. */
export const EXTRACTION_FAILED = 'unnamed';

/** What becomes of a record on its way through the processors. */
export type Processed =
  | { readonly record: string; readonly partitionKeysFromQuery: Record<string, string> }
  | { readonly dropped: true }
  | { readonly errorOutputType: string };

/** Puts a record through the processors of a delivery stream, in their order; `code` is that of the function in the template. */
export async function processRecord(processors: readonly Json[], code: string | undefined, record: string): Promise<Processed> {
  let current = record;
  let partitionKeysFromQuery: Record<string, string> = {};
  for (const { Type, Parameters = [] } of processors) {
    const parameter = (name: string) => Parameters.find((item: Json) => item.ParameterName === name)?.ParameterValue;
    if (Type === 'Lambda') {
      const { result, data } = await invoke(code!, current);
      if (result === 'Dropped') return { dropped: true };
      if (result !== 'Ok') return { errorOutputType: 'processing-failed' };
      current = data;
    } else if (Type === 'MetadataExtraction') {
      try {
        partitionKeysFromQuery = extract(parameter('MetadataExtractionQuery'), JSON.parse(current));
      } catch {
        return { errorOutputType: EXTRACTION_FAILED };
      }
    } else if (Type === 'AppendDelimiterToRecord') {
      current += '\n';
    } else {
      throw new Error(`the processor ${Type} is not known here`);
    }
  }
  return { record: current, partitionKeysFromQuery };
}

/** The part of jq that a partitioning by fields needs: `{"key":(.path.to.field)}`. */
function extract(query: string, record: Json): Record<string, string> {
  const inner = /^\{(.*)\}$/.exec(query.trim())?.[1];
  if (inner === undefined) throw new Error(`${query} is not known here`);
  return Object.fromEntries(inner.split(',').map(pair => {
    const match = /^\s*"?(\w+)"?\s*:\s*\(((?:\.\w+)+)\)\s*$/.exec(pair);
    if (!match) throw new Error(`${pair} is not known here`);
    const value = match[2].slice(1).split('.').reduce((object, field) => object?.[field], record);
    if (value === undefined || value === null || value === '') throw new Error(`${match[2]} is missing`);
    return [match[1], `${value}`];
  }));
}

async function invoke(code: string, record: string): Promise<{ result: string; data: string }> {
  const exports: Json = {};
  runInNewContext(code, { exports, Buffer });
  const { records: [answer] } = await exports.handler({ records: [{ recordId: '1', data: Buffer.from(record).toString('base64') }] });
  if (answer.recordId !== '1') throw new Error('the function has answered for another record');
  return { result: answer.result, data: Buffer.from(answer.data, 'base64').toString() };
}
