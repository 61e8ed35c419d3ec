/** A metric, or an expression of metrics, as it is in the template of an alarm or a scaling policy. */
export interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Stat: string;
    readonly Period?: number;
    readonly Metric: { readonly Namespace: string; readonly MetricName: string };
  };
}

/** The metrics of a list of queries, without its expression. */
export function statsOf(queries: MetricQuery[]): (NonNullable<MetricQuery['MetricStat']> & { readonly id: string })[] {
  return queries.flatMap(({ Id, MetricStat }) => MetricStat ? [{ id: Id, ...MetricStat }] : []);
}

/** The expression of a list of queries. */
export function expressionOf(queries: MetricQuery[]): string {
  return queries.find(({ Expression }) => Expression)!.Expression!;
}

/** What a metric shows in one minute: a number, or nothing. `last` is what it showed before. */
export interface Series {
  readonly now?: number;
  readonly last?: number;
}

type Value = number | undefined;

/** Evaluates an expression for one minute. */
export function evaluate(expression: string, metrics: Record<string, Series>): Value {
  const series = Object.fromEntries(Object.entries(metrics).map(([id, { now, last }]) => [id, [last, now]]));
  return evaluateSeries(expression, series, 2)[1];
}

/**
 * Evaluates the part of CloudWatch metric math that our expressions use, for each of some minutes.
 *
 * A missing value makes everything that needs it missing; so does a division by zero.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function evaluateSeries(expression: string, metrics: Record<string, Value[]>, minutes: number): Value[] {
  const tokens = expression.match(/[A-Za-z_]\w*|\d+(\.\d+)?|==|[()+*/<>,-]/g)!;
  if (tokens.join('') !== expression.replace(/\s/g, '')) throw new Error(`unknown syntax in ${expression}`);
  let at = 0;
  const take = (expected?: string) => {
    const token = tokens[at++];
    if (expected !== undefined && token !== expected) throw new Error(`${expected} expected, ${token} found in ${expression}`);
    return token;
  };
  const number = (value: string): Value[] => {
    if (!/^\d/.test(value)) throw new Error(`a number expected, ${value} found in ${expression}`);
    return Array(minutes).fill(Number(value));
  };

  const primary = (): Value[] => {
    const token = take();
    if (token === '(') {
      const value = comparison();
      take(')');
      return value;
    }
    if (token === 'FILL') {
      take('(');
      const series = comparison();
      take(',');
      const filling = take();
      take(')');
      if (filling === 'REPEAT') return series.map((_, minute) => series.slice(0, minute + 1).filter(value => value !== undefined).at(-1));
      const fill = number(filling);
      return series.map((value, minute) => value ?? fill[minute]);
    }
    if (token === 'IF') {
      take('(');
      const condition = comparison();
      take(',');
      const yes = comparison();
      take(',');
      const no = comparison();
      take(')');
      return condition.map((value, minute) => value === undefined ? undefined : value !== 0 ? yes[minute] : no[minute]);
    }
    if (token in metrics) return metrics[token];
    return number(token);
  };
  const binary = (operand: () => Value[], operators: Record<string, (x: number, y: number) => Value>) => () => {
    let value = operand();
    while (tokens[at] in operators) {
      const operator = operators[take()];
      const right = operand();
      value = value.map((left, minute) => left === undefined || right[minute] === undefined ? undefined : operator(left, right[minute]));
    }
    return value;
  };
  const product = binary(primary, { '*': (x, y) => x * y, '/': (x, y) => y === 0 ? undefined : x / y });
  const sum = binary(product, { '+': (x, y) => x + y, '-': (x, y) => x - y });
  const comparison = binary(sum, { '<': (x, y) => Number(x < y), '>': (x, y) => Number(x > y), '==': (x, y) => Number(x === y) });

  const result = comparison();
  if (at !== tokens.length) throw new Error(`${tokens[at]} is left over in ${expression}`);
  return result;
}
