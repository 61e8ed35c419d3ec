import { Token } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';
import { isText, literalParts } from './checks';
import { describe } from '../../private/describe';
import { Problems } from '../../private/problems';
import { DynamicPartitioning } from '../dynamic-partitioning';

const DATE = 'year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/';
const HOUR = `${DATE}hour=!{timestamp:HH}/`;

export const DEFAULT_BACKUP_PREFIX = `source/${HOUR}`;
export const DEFAULT_BACKUP_ERROR_PREFIX = `source-errors/!{firehose:error-output-type}/${DATE}`;
export const DEFAULT_ERROR_PREFIX = `errors/!{firehose:error-output-type}/${DATE}`;

const ERROR_OUTPUT_TYPE = '!{firehose:error-output-type}';
const FIREHOSE_VALUES = ['error-output-type', 'random-string'];
const NAMESPACES = ['firehose', 'timestamp', 'partitionKeyFromQuery', 'partitionKeyFromLambda'];

/** Limits of the Firehose API (the text as given) and of the evaluated prefix. */
const MAX_PREFIX_LENGTH = 1024;
const MAX_EVALUATED_LENGTH = 512;

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

export interface PrefixPair {
  /** Props as the user wrote them, such as `backup.prefix`. */
  readonly prefixProp: string;
  readonly errorProp: string;
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
export function checkPrefixes(problems: Problems, scope: IConstruct, pair: PrefixPair): void {
  const expressions = checkGrammar(problems, pair.prefixProp, pair.prefix);
  const errorExpressions = checkGrammar(problems, pair.errorProp, pair.errorOutputPrefix);
  if (!expressions || !errorExpressions) return;

  problems.require(!expressions.some(isErrorOutputType), {
    prop: pair.prefixProp, got: describe(pair.prefix), allowed: `a prefix without ${ERROR_OUTPUT_TYPE}`, fix: `Move ${ERROR_OUTPUT_TYPE} to the error output prefix.`,
  });
  // With partition keys, a prefix only known at deployment has expressions too.
  const evaluated = expressions.length > 0 || (pair.partitioning !== undefined && Token.isUnresolved(pair.prefix));
  problems.require(!(evaluated && pair.errorOutputPrefix === ''), {
    prop: pair.errorProp,
    got: describe(pair.errorOutputPrefix),
    allowed: `a prefix that is not empty and has ${ERROR_OUTPUT_TYPE}, since ${pair.prefixProp} has expressions`,
    fix: 'Leave it out for the default.',
  });
  problems.require(errorExpressions.length === 0 || errorExpressions.some(isErrorOutputType) || Token.isUnresolved(pair.errorOutputPrefix), {
    prop: pair.errorProp, got: describe(pair.errorOutputPrefix), allowed: `expressions only together with ${ERROR_OUTPUT_TYPE}`, fix: `Add ${ERROR_OUTPUT_TYPE}.`,
  });
  problems.require(!errorExpressions.some(isPartitionKey), {
    prop: pair.errorProp, got: describe(pair.errorOutputPrefix), allowed: 'the namespaces firehose and timestamp', fix: 'A record in error has no partition keys: leave them out.',
  });
  checkPartitionKeys(problems, scope, pair, expressions);
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

function checkGrammar(problems: Problems, prop: string, prefix: string): Expression[] | undefined {
  if (!isText(prefix)) {
    problems.add({ prop, got: describe(prefix), allowed: 'a text', fix: 'Leave it out for the default.' });
    return undefined;
  }
  const text = literalParts(prefix);
  const { expressions, literalLength, broken } = parse(text);
  problems.require(text.length <= MAX_PREFIX_LENGTH, {
    prop, got: `${text.length} characters`, allowed: `at most ${MAX_PREFIX_LENGTH} characters`, fix: 'Shorten the prefix.',
  });
  // Every expression evaluates to at least one character.
  problems.require(literalLength + expressions.length <= MAX_EVALUATED_LENGTH, {
    prop, got: `at least ${literalLength + expressions.length} characters when evaluated`, allowed: `at most ${MAX_EVALUATED_LENGTH} characters when evaluated`, fix: 'Shorten the prefix.',
  });
  for (const part of broken) {
    problems.add({
      prop, got: describe(part), allowed: `!{namespace:value} with the namespaces ${NAMESPACES.join(', ')} and a value without braces`, fix: 'Correct the expression.',
    });
  }
  for (const { value } of expressions.filter(({ namespace }) => namespace === 'firehose')) {
    problems.require(FIREHOSE_VALUES.includes(value), {
      prop, got: `!{firehose:${value}}`, allowed: FIREHOSE_VALUES.map(name => `!{firehose:${name}}`).join(' or '), fix: 'Correct the expression.',
    });
  }
  for (const { value } of expressions.filter(({ namespace, value: pattern }) => namespace === 'timestamp' && !isPattern(pattern))) {
    problems.add({
      prop, got: `!{timestamp:${value}}`, allowed: 'patterns of Java\'s DateTimeFormatter', fix: 'Use letters that it knows, such as yyyy-MM-dd, and put other text in single quotes or outside of the expression.',
    });
  }
  return broken.length > 0 ? undefined : expressions;
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

function checkPartitionKeys(problems: Problems, scope: IConstruct, pair: PrefixPair, expressions: Expression[]) {
  const { partitioning, prefix, prefixProp } = pair;
  if (!partitioning) {
    problems.require(!expressions.some(isPartitionKey), {
      prop: prefixProp,
      got: describe(prefix),
      allowed: 'the namespaces firehose and timestamp',
      fix: pair.partitioningAllowed ? 'Declare the partition keys with partitioning.' : 'Source records are kept as they came, without partition keys: leave them out.',
    });
    return;
  }
  const declared: Record<string, string[]> = {
    partitionKeyFromQuery: partitioning._queries(scope).map(([key]) => key),
    partitionKeyFromLambda: partitioning.transformKeys,
  };
  for (const [namespace, keys] of Object.entries(declared)) {
    const used = expressions.filter(expression => expression.namespace === namespace).map(({ value }) => value);
    const undeclared = used.filter(key => !keys.map(literalParts).includes(key));
    problems.require(undeclared.length === 0, {
      prop: prefixProp,
      got: undeclared.map(key => `!{${namespace}:${key}}`).join(', '),
      allowed: `the keys that partitioning declares${keys.length > 0 ? `: ${keys.map(literalParts).join(', ')}` : ', of which it has none in this namespace'}`,
      fix: 'Declare the key with partitioning, or correct the prefix.',
    });
    const unused = keys.filter(key => !used.includes(literalParts(key)));
    problems.require(unused.length === 0 || Token.isUnresolved(prefix), {
      prop: prefixProp,
      got: describe(prefix),
      allowed: 'a prefix that uses every partition key',
      fix: `Add ${unused.map(key => `!{${namespace}:${literalParts(key)}}`).join(', ')}, or leave the prefix out for the default.`,
    });
  }
}

function isErrorOutputType({ namespace, value }: Expression): boolean {
  return namespace === 'firehose' && value === 'error-output-type';
}

function isPartitionKey({ namespace }: Expression): boolean {
  return namespace.startsWith('partitionKeyFrom');
}
