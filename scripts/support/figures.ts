const LINE = /^\W*((?:policies|properties|upgrades|flow)(?: with(?:out)? flags)?)(, [^:\n]+)?: (.*?)\s*$/gm;

/**
 * What the proofs counted beside tests, from the lines they print: `flow: 13 negative controls …` as it is, and lines such as
 * `policies, workers: 412 simulations, 188 twins; seed 7` added up to one for the layer.
 */
export function figuresIn(output: string): string[] {
  const figures: string[] = [];
  const sums = new Map<string, { counts: Map<string, number>; parts: number; remarks: Set<string> }>();
  for (const [, layer, part, text] of output.matchAll(LINE)) {
    if (part === undefined) {
      figures.push(`${layer}: ${text}`);
      continue;
    }
    const sum = sums.get(layer) ?? { counts: new Map<string, number>(), parts: 0, remarks: new Set<string>() };
    sums.set(layer, sum);
    const [counted, remark] = text.split('; ');
    for (const [, count, unit] of counted.matchAll(/(\d+) ([^,]+)/g)) sum.counts.set(unit, (sum.counts.get(unit) ?? 0) + Number(count));
    sum.parts += 1;
    if (remark) sum.remarks.add(remark);
  }
  for (const [layer, { counts, parts, remarks }] of sums) {
    const total = [...counts].map(([unit, count]) => `${count.toLocaleString('en-GB')} ${unit}`).join(', ');
    figures.push([`${layer}: ${total} in ${parts} parts`, ...remarks].join('; '));
  }
  return figures;
}
