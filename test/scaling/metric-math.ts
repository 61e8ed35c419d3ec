/** A metric, or an expression of metrics, as it is in the template of an alarm or a scaling policy. */
export interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: {
    readonly Stat: string;
    readonly Period?: number;
    readonly Metric: { readonly Namespace: string; readonly MetricName: string };
  };
}

/** The metrics of a list of queries, without its expressions. */
export function statsOf(queries: MetricQuery[]): (NonNullable<MetricQuery['MetricStat']> & { readonly id: string })[] {
  return queries.flatMap(({ Id, MetricStat }) => MetricStat ? [{ id: Id, ...MetricStat }] : []);
}

/** The expression of a list of queries that returns the data. */
export function expressionOf(queries: MetricQuery[]): string {
  const expressions = queries.filter(({ Expression }) => Expression !== undefined);
  return (expressions.find(({ ReturnData }) => ReturnData !== false) ?? expressions[0]).Expression!;
}

/** What a metric shows in one minute: a number, or nothing. `last` is what it showed before. */
export interface Series {
  readonly now?: number;
  readonly last?: number;
}

type Value = number | undefined;
type Metrics = Record<string, Value[]>;
type Compiled = (metrics: Metrics, points: number) => Value[];

/** Evaluates an expression for one minute. */
export function evaluate(expression: string, metrics: Record<string, Series>): Value {
  const series = Object.fromEntries(Object.entries(metrics).map(([id, { now, last }]) => [id, [last, now]]));
  return evaluateSeries(expression, series, 2)[1];
}

/** Evaluates an expression for each of some minutes. */
export function evaluateSeries(expression: string, metrics: Metrics, points: number): Value[] {
  return compiled(expression)(metrics, points);
}

/** Evaluates a list of queries, of which an expression may use those before it. The value is that of the query that returns its data. */
export function evaluateQueries(queries: MetricQuery[], metrics: Metrics, points: number): Value[] {
  const known = { ...metrics };
  let returned: Value[] | undefined;
  for (const { Id, Expression, ReturnData } of queries) {
    if (Expression !== undefined) known[Id] = evaluateSeries(Expression, known, points);
    if (ReturnData !== false) returned = known[Id];
  }
  if (!returned) throw new Error(`no query returns data: ${queries.map(({ Id }) => Id)}`);
  return returned;
}

const COMPILED = new Map<string, Compiled>();

function compiled(expression: string): Compiled {
  const known = COMPILED.get(expression);
  if (known) return known;
  const result = compile(expression);
  COMPILED.set(expression, result);
  return result;
}

/**
 * The part of CloudWatch metric math that the expressions use.
 *
 * A missing value makes everything that needs it missing; so does a division by zero.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
function compile(expression: string): Compiled {
  const tokens = expression.match(/[A-Za-z_]\w*|\d+(\.\d+)?|==|>=|<=|[()+*/<>,-]/g)!;
  if (tokens.join('') !== expression.replace(/\s/g, '')) throw new Error(`unknown syntax in ${expression}`);
  let at = 0;
  const take = (expected?: string) => {
    const token = tokens[at++];
    if (expected !== undefined && token !== expected) throw new Error(`${expected} expected, ${token} found in ${expression}`);
    return token;
  };

  const operand = (): Compiled => {
    const token = take();
    if (token === '(') {
      const value = comparison();
      take(')');
      return value;
    }
    if (token === 'FILL') return fill();
    if (token === 'IF') return condition();
    if (/^\d/.test(token)) {
      const number = Number(token);
      return (_, points) => Array(points).fill(number);
    }
    return metrics => {
      const series = metrics[token];
      if (!series) throw new Error(`a metric expected, ${token} found in ${expression}`);
      return series;
    };
  };
  const fill = (): Compiled => {
    take('(');
    const series = comparison();
    take(',');
    const filling = take();
    take(')');
    if (filling === 'REPEAT') return (metrics, points) => repeated(series(metrics, points));
    if (!/^\d/.test(filling)) throw new Error(`a number expected, ${filling} found in ${expression}`);
    return (metrics, points) => series(metrics, points).map(value => value ?? Number(filling));
  };
  const condition = (): Compiled => {
    take('(');
    const given = comparison();
    take(',');
    const yes = comparison();
    take(',');
    const no = comparison();
    take(')');
    return (metrics, points) => {
      const [ifTrue, ifFalse] = [yes(metrics, points), no(metrics, points)];
      return given(metrics, points).map((value, point) => value === undefined ? undefined : value !== 0 ? ifTrue[point] : ifFalse[point]);
    };
  };
  const binary = (part: () => Compiled, operators: Record<string, (x: number, y: number) => Value>) => () => {
    let value = part();
    while (tokens[at] in operators) {
      const operator = operators[take()];
      const [left, right] = [value, part()];
      value = (metrics, points) => {
        const others = right(metrics, points);
        return left(metrics, points).map((one, point) => {
          const other = others[point];
          return one === undefined || other === undefined ? undefined : operator(one, other);
        });
      };
    }
    return value;
  };
  const product = binary(operand, { '*': (x, y) => x * y, '/': (x, y) => y === 0 ? undefined : x / y });
  const sum = binary(product, { '+': (x, y) => x + y, '-': (x, y) => x - y });
  const comparison = binary(sum, {
    '<': (x, y) => Number(x < y), '>': (x, y) => Number(x > y), '==': (x, y) => Number(x === y), '>=': (x, y) => Number(x >= y), '<=': (x, y) => Number(x <= y),
  });

  const result = comparison();
  if (at !== tokens.length) throw new Error(`${tokens[at]} is left over in ${expression}`);
  return result;
}

function repeated(series: Value[]): Value[] {
  let last: Value;
  return series.map(value => last = value ?? last);
}
