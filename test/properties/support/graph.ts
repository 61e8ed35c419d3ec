type Json = any;

const PSEUDO = new Set(['AccountId', 'NoValue', 'NotificationARNs', 'Partition', 'Region', 'StackId', 'StackName', 'URLSuffix'].map(name => `AWS::${name}`));

/** Every value in a template, with its path. */
export function walk(node: Json, visit: (value: Json, path: string) => void, path: string = ''): void {
  visit(node, path);
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) walk(value, visit, path === '' ? key : `${path}.${key}`);
}

/** The logical ids, parameters and conditions a part of a template names. */
export function referencesIn(node: Json): { ids: string[]; conditions: string[]; mappings: string[] } {
  const ids: string[] = [], conditions: string[] = [], mappings: string[] = [];
  walk(node, value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    const [[key, argument] = [], ...rest] = Object.entries<Json>(value);
    if (rest.length > 0) return;
    if (key === 'Ref') ids.push(argument);
    if (key === 'Fn::GetAtt') ids.push(Array.isArray(argument) ? argument[0] : argument.split('.')[0]);
    if (key === 'Fn::If') conditions.push(argument[0]);
    if (key === 'Condition' && typeof argument === 'string') conditions.push(argument);
    if (key === 'Fn::FindInMap' && typeof argument[0] === 'string') mappings.push(argument[0]);
    if (key === 'Fn::Sub') {
      const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
      for (const [, name] of text.matchAll(/\$\{([^!}][^}]*)\}/g)) if (!(name in variables)) ids.push(name.split('.')[0]);
    }
  });
  return { ids, conditions, mappings };
}

/** References to nothing, and circles, in a template. */
export function brokenReferences(template: Json): string[] {
  const { Resources = {}, Parameters = {}, Conditions = {}, Mappings = {} } = template;
  const problems: string[] = [];
  const edges = new Map<string, string[]>();
  for (const [id, resource] of Object.entries<Json>(Resources)) {
    const { ids, conditions, mappings } = referencesIn(resource.Properties ?? {});
    const dependsOn: string[] = [resource.DependsOn ?? []].flat();
    for (const target of dependsOn) if (!(target in Resources)) problems.push(`${id} depends on ${target}, which does not exist`);
    for (const target of ids) {
      if (!(target in Resources || target in Parameters || PSEUDO.has(target))) problems.push(`${id} refers to ${target}, which does not exist`);
    }
    for (const name of [...conditions, ...resource.Condition ? [resource.Condition] : []]) if (!(name in Conditions)) problems.push(`${id} names the condition ${name}, which does not exist`);
    for (const name of mappings) if (!(name in Mappings)) problems.push(`${id} names the mapping ${name}, which does not exist`);
    edges.set(id, [...ids, ...dependsOn].filter(target => target in Resources));
  }
  const outputs = referencesIn(template.Outputs ?? {});
  for (const target of outputs.ids) if (!(target in Resources || target in Parameters || PSEUDO.has(target))) problems.push(`an output refers to ${target}, which does not exist`);
  return [...problems, ...circles(edges)];
}

function circles(edges: Map<string, string[]>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (id: string, trail: string[]) => {
    if (done.has(id)) return;
    if (trail.includes(id)) {
      found.push(`a circle: ${[...trail.slice(trail.indexOf(id)), id].join(' -> ')}`);
      return;
    }
    (edges.get(id) ?? []).forEach(next => visit(next, [...trail, id]));
    done.add(id);
  };
  [...edges.keys()].forEach(id => visit(id, []));
  return found;
}

/** What no template may hold, whatever the props: JSON without a value, a token that was not resolved, an object read as text. */
export function brokenValues(template: Json): string[] {
  const problems: string[] = [];
  walk(template, (value, path) => {
    if (value === null || value === undefined || (typeof value === 'number' && !Number.isFinite(value))) problems.push(`${path} is ${value}`);
    // CDK encodes a number token as a number of this size.
    if (typeof value === 'number' && Math.abs(value) > 1e100) problems.push(`${path} is the number token ${value}`);
    if (typeof value === 'string' && /\$\{Token\[|#\{Token\[|\[object |\bundefined\b|\bNaN\b|-1\.888154589\d*e\+289/.test(value)) problems.push(`${path} is '${value}'`);
  });
  return problems;
}
