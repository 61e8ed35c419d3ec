type Json = any;

/**
 * Whether a message matches an event pattern of EventBridge, or a filter policy of SNS for the body, which have one syntax; the emulator knows neither
 * arrays nor wildcards.
 *
 * Keys are nested; the values of one key are alternatives; of an array in the message, one item is enough.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * @see https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html
 */
export function matchesPattern(pattern: Json, message: Json): boolean {
  if (Array.isArray(message)) return message.some(item => matchesPattern(pattern, item));
  if (typeof message !== 'object' || message === null) return false;
  return Object.entries<Json>(pattern).every(([key, inner]) => {
    if (!(key in message)) return false;
    if (!Array.isArray(inner)) return matchesPattern(inner, message[key]);
    return [message[key]].flat().some(value => inner.some(condition => holds(condition, value)));
  });
}

function holds(condition: Json, value: Json): boolean {
  if (typeof condition === 'string') return condition === value;
  const [[operator, operand], ...others] = Object.entries<Json>(condition);
  if (others.length > 0 || typeof value !== 'string') throw new Error(`not a condition on a string: ${JSON.stringify({ condition, value })}`);
  switch (operator) {
    case 'prefix': return value.startsWith(operand);
    case 'suffix': return value.endsWith(operand);
    case 'wildcard': return wildcard(operand).test(value);
    default: throw new Error(`the operator ${operator} is not known here`);
  }
}

/** `*` stands for any characters, `\*` and `\\` for themselves; nothing else may be escaped. */
function wildcard(text: string): RegExp {
  const parts = text.match(/\\[\\*]|[^\\]/gsu) ?? [];
  if (parts.join('') !== text || text.includes('**')) throw new Error(`not a wildcard pattern: ${text}`);
  return new RegExp(`^${parts.map(part => part === '*' ? '.*' : (part.length > 1 ? part.slice(-1) : part).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('')}$`, 's');
}
