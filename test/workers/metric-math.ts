/** What a metric shows in one minute: a number, or nothing. `last` is what it showed before. */
export interface Series {
  readonly now?: number;
  readonly last?: number;
}

/**
 * Evaluates the part of CloudWatch metric math that our expressions use, for one minute.
 *
 * A missing value makes everything that needs it missing; so does a division by zero.
 */
export function evaluate(expression: string, metrics: Record<string, Series>): number | undefined {
  const tokens = expression.match(/[A-Za-z_]\w*|\d+(\.\d+)?|[()+*/<>,-]/g)!;
  if (tokens.join('') !== expression.replace(/\s/g, '')) throw new Error(`unknown syntax in ${expression}`);
  let at = 0;
  const take = (expected?: string) => {
    const token = tokens[at++];
    if (expected !== undefined && token !== expected) throw new Error(`${expected} expected, ${token} found in ${expression}`);
    return token;
  };
  const known = (a: number | undefined, b: number | undefined, f: (x: number, y: number) => number | undefined) =>
    a === undefined || b === undefined ? undefined : f(a, b);

  const primary = (): number | undefined => {
    const token = take();
    if (token === '(') {
      const value = comparison();
      take(')');
      return value;
    }
    if (/^\d/.test(token)) return Number(token);
    if (token === 'FILL') {
      take('(');
      const series = metrics[take()];
      take(',');
      take('REPEAT');
      take(')');
      return series.now ?? series.last;
    }
    if (token === 'IF') {
      take('(');
      const condition = comparison();
      take(',');
      const yes = comparison();
      take(',');
      const no = comparison();
      take(')');
      return condition === undefined ? undefined : condition !== 0 ? yes : no;
    }
    if (!(token in metrics)) throw new Error(`unknown metric ${token} in ${expression}`);
    return metrics[token].now;
  };
  const binary = (operand: () => number | undefined, operators: Record<string, (x: number, y: number) => number | undefined>) => () => {
    let value = operand();
    while (tokens[at] in operators) {
      const operator = operators[take()];
      value = known(value, operand(), operator);
    }
    return value;
  };
  const product = binary(primary, { '*': (x, y) => x * y, '/': (x, y) => y === 0 ? undefined : x / y });
  const sum = binary(product, { '+': (x, y) => x + y, '-': (x, y) => x - y });
  const comparison = binary(sum, { '<': (x, y) => Number(x < y), '>': (x, y) => Number(x > y) });

  const result = comparison();
  if (at !== tokens.length) throw new Error(`${tokens[at]} is left over in ${expression}`);
  return result;
}
