import { Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { MAX_EVALUATED_PREFIX_LENGTH, MAX_PREFIX_LENGTH } from './delivery-bounds';
import { describe } from '../../private/describe';
import { Problem, unless } from '../../private/problems';
import { DynamicPartitioning } from '../destinations/dynamic-partitioning';

const DATE = 'year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/';
const HOUR = `${DATE}hour=!{timestamp:HH}/`;

export const DEFAULT_BACKUP_PREFIX = `source/${HOUR}`;
export const DEFAULT_BACKUP_ERROR_PREFIX = `source-errors/!{firehose:error-output-type}/${DATE}`;
export const DEFAULT_ERROR_PREFIX = `errors/!{firehose:error-output-type}/${DATE}`;

const ERROR_OUTPUT_TYPE = '!{firehose:error-output-type}';
const FIREHOSE_VALUES = ['error-output-type', 'random-string'];
const NAMESPACES = ['firehose', 'timestamp', 'partitionKeyFromQuery', 'partitionKeyFromLambda'];

/** The string with every token replaced by one character, so that the literal parts can be checked. */
export function literalParts(text: string): string {
  return text.replace(/\$\{Token\[[^\]]*\]\}/g, '?');
}

/** The default prefix names every declared partition key, as Firehose demands. */
export function defaultPrefix(scope: IConstruct, partitioning: DynamicPartitioning | undefined): string {
  const keys = [
    ...(partitioning?._queries(scope) ?? []).map(([key]) => `${key}=!{partitionKeyFromQuery:${key}}/`),
    ...(partitioning?.transformKeys ?? []).map(key => `${key}=!{partitionKeyFromLambda:${key}}/`),
  ];
  return `data/${keys.join('')}${HOUR}`;
}

interface Expression {
  readonly namespace: string;
  readonly value: string;
}

/** The two prefixes of a bucket. */
export interface PrefixPair {
  readonly prefix: string;
  readonly errorOutputPrefix: string;
  /** Only where partition keys can be used. */
  readonly partitioning?: DynamicPartitioning;
  readonly partitioningAllowed: boolean;
}

/**
 * The rules of prefixes.
 *
 * @see https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
 */
export function checkPrefixes(scope: IConstruct, pair: PrefixPair): Problem[] {
  const { errorOutputPrefix, partitioning, prefix } = pair;
  const grammar = [...checkGrammar('prefix', prefix), ...checkGrammar('errorOutputPrefix', errorOutputPrefix)];
  const [parsed, parsedError] = [parse(literalParts(prefix)), parse(literalParts(errorOutputPrefix))];
  // What an expression says is not known where another is broken.
  if (parsed.broken.length > 0 || parsedError.broken.length > 0) return grammar;

  const [{ expressions }, { expressions: errorExpressions }] = [parsed, parsedError];
  // With partition keys, a prefix only known at deployment has expressions too.
  const evaluated = expressions.length > 0 || (partitioning !== undefined && Token.isUnresolved(prefix));
  return [
    ...grammar,
    ...unless(!expressions.some(isErrorOutputType), () => ({
      prop: 'prefix', got: describe(prefix), allowed: `a prefix without ${ERROR_OUTPUT_TYPE}`, fix: `Move ${ERROR_OUTPUT_TYPE} to the error output prefix.`,
    })),
    ...unless(!(evaluated && errorOutputPrefix === ''), () => ({
      prop: 'errorOutputPrefix',
      got: describe(errorOutputPrefix),
      allowed: `a prefix that is not empty and has ${ERROR_OUTPUT_TYPE}, since prefix has expressions`,
      fix: 'Omit it for the default.',
    })),
    ...unless(errorExpressions.length === 0 || errorExpressions.some(isErrorOutputType) || Token.isUnresolved(errorOutputPrefix), () => ({
      prop: 'errorOutputPrefix', got: describe(errorOutputPrefix), allowed: `expressions only together with ${ERROR_OUTPUT_TYPE}`, fix: `Add ${ERROR_OUTPUT_TYPE}.`,
    })),
    ...unless(!errorExpressions.some(isPartitionKey), () => ({
      prop: 'errorOutputPrefix',
      got: describe(errorOutputPrefix),
      allowed: 'the namespaces firehose and timestamp',
      fix: 'A record in error has no partition keys: omit them.',
    })),
    ...partitioning ? checkPartitionKeys(scope, prefix, partitioning, expressions) : unless(!expressions.some(isPartitionKey), () => ({
      prop: 'prefix',
      got: describe(prefix),
      allowed: 'the namespaces firehose and timestamp',
      fix: pair.partitioningAllowed ? 'Declare the partition keys with partitioning.' : 'Source records are kept as they came, without partition keys: omit them.',
    })),
  ];
}

/** Timestamp letters that look like a calendar date but are something else in Java's `DateTimeFormatter`. */
export function misleadingTimestamps(prefix: string): string[] {
  const meanings: Record<string, string> = { Y: 'year of the week, not of the date (yyyy)', D: 'day of the year, not of the month (dd)', h: 'hour of the half-day, not of the day (HH)' };
  return parse(literalParts(prefix)).expressions
    .filter(({ namespace }) => namespace === 'timestamp')
    .flatMap(({ value }) => Object.keys(meanings)
      .filter(letter => value.replace(/'[^']*'/g, '').includes(letter))
      .map(letter => `!{timestamp:${value}}: ${letter} is the ${meanings[letter]}`));
}

/**
 * Whether Java takes the pattern: every letter outside of quotes means something, and quotes come in pairs.
 *
 * @see https://docs.oracle.com/javase/8/docs/api/java/time/format/DateTimeFormatter.html
 */
function isPattern(pattern: string): boolean {
  // A token was replaced by a question mark: what stands beside it cannot be told.
  if (pattern.includes('?')) return true;
  const unquoted = pattern.replace(/'[^']*'/g, '');
  return !/[bCfiIjJloPrRtTU#']/.test(unquoted);
}

function checkGrammar(prop: string, prefix: string): Problem[] {
  const text = literalParts(prefix);
  const { expressions, literalLength, broken } = parse(text);
  // Every expression evaluates to at least one character.
  const evaluatedLength = literalLength + expressions.length;
  const valuesOf = (name: string) => expressions.filter(({ namespace }) => namespace === name).map(({ value }) => value);
  return [
    ...unless(text.length <= MAX_PREFIX_LENGTH, () => ({
      prop, got: `${text.length} characters`, allowed: `at most ${MAX_PREFIX_LENGTH} characters`, fix: 'Shorten the prefix.',
    })),
    ...unless(evaluatedLength <= MAX_EVALUATED_PREFIX_LENGTH, () => ({
      prop, got: `at least ${evaluatedLength} characters when evaluated`, allowed: `at most ${MAX_EVALUATED_PREFIX_LENGTH} characters when evaluated`, fix: 'Shorten the prefix.',
    })),
    ...broken.map(part => ({
      prop, got: describe(part), allowed: `!{namespace:value} with the namespaces ${NAMESPACES.join(', ')} and a value without braces`, fix: 'Correct the expression.',
    })),
    ...valuesOf('firehose').filter(value => !FIREHOSE_VALUES.includes(value)).map(value => ({
      prop, got: `!{firehose:${value}}`, allowed: FIREHOSE_VALUES.map(name => `!{firehose:${name}}`).join(' or '), fix: 'Correct the expression.',
    })),
    ...valuesOf('timestamp').filter(pattern => !isPattern(pattern)).map(pattern => ({
      prop,
      got: `!{timestamp:${pattern}}`,
      allowed: 'patterns of Java\'s DateTimeFormatter',
      fix: 'Use letters that it knows, such as yyyy-MM-dd, and put other text in single quotes or outside of the expression.',
    })),
  ];
}

function parse(text: string) {
  const expressions: Expression[] = [];
  const broken: string[] = [];
  const valid = new RegExp(`^!\\{(${NAMESPACES.join('|')}):([^{}]+)\\}`);
  const [head, ...tails] = text.split('!{');
  let literalLength = head.length;
  for (const tail of tails) {
    const match = valid.exec(`!{${tail}`);
    if (match) {
      expressions.push({ namespace: match[1], value: match[2] });
      literalLength += tail.length + 2 - match[0].length;
    } else {
      broken.push(`!{${tail.includes('}') ? tail.slice(0, tail.indexOf('}') + 1) : tail}`);
    }
  }
  return { expressions, broken, literalLength };
}

function checkPartitionKeys(scope: IConstruct, prefix: string, partitioning: DynamicPartitioning, expressions: Expression[]): Problem[] {
  const declared: [string, string[]][] = [
    ['partitionKeyFromQuery', partitioning._queries(scope).map(([key]) => key)],
    ['partitionKeyFromLambda', partitioning.transformKeys],
  ];
  return declared.flatMap(([namespace, tokens]) => {
    const keys = tokens.map(literalParts);
    const used = expressions.filter(expression => expression.namespace === namespace).map(({ value }) => value);
    const undeclared = used.filter(key => !keys.includes(key));
    const unused = keys.filter(key => !used.includes(key));
    return [
      ...unless(undeclared.length === 0, () => ({
        prop: 'prefix',
        got: undeclared.map(key => `!{${namespace}:${key}}`).join(', '),
        allowed: `the keys that partitioning declares${keys.length > 0 ? `: ${keys.join(', ')}` : ', of which it has none in this namespace'}`,
        fix: 'Declare the key with partitioning, or correct the prefix.',
      })),
      ...unless(unused.length === 0 || Token.isUnresolved(prefix), () => ({
        prop: 'prefix',
        got: describe(prefix),
        allowed: 'a prefix that uses every partition key',
        fix: `Add ${unused.map(key => `!{${namespace}:${key}}`).join(', ')}, or leave the prefix out for the default.`,
      })),
    ];
  });
}

function isErrorOutputType({ namespace, value }: Expression): boolean {
  return namespace === 'firehose' && value === 'error-output-type';
}

function isPartitionKey({ namespace }: Expression): boolean {
  return namespace.startsWith('partitionKeyFrom');
}
