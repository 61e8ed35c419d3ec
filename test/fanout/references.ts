import { readFileSync, readdirSync } from 'fs';
import { join } from 'path';
import { App } from 'aws-cdk-lib';

/** What a part of a template refers to: `Ref`, `Fn::GetAtt`, `Fn::Sub` and `DependsOn`. */
function references(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(references);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, argument]) => {
    if (key === 'Ref') return [argument];
    if (key === 'Fn::GetAtt') return [[argument].flat()[0].split('.')[0]];
    if (key === 'DependsOn') return [argument].flat();
    if (key === 'Fn::Sub') return [...JSON.stringify(argument).matchAll(/\$\{([A-Za-z0-9]+)/g)].map(([, id]) => id);
    return references(argument);
  });
}

/** The first circle of resources in a template, as CloudFormation would find it; empty when there is none. */
export function cycleIn(template: { readonly Resources?: Record<string, unknown> }): string[] {
  const graph = new Map(Object.entries(template.Resources ?? {}).map(([id, resource]) => [id, references(resource)]));
  const done = new Set<string>();
  const visit = (id: string, path: string[]): string[] => {
    if (path.includes(id)) return [...path.slice(path.indexOf(id)), id];
    if (done.has(id) || !graph.has(id)) return [];
    const found = graph.get(id)!.map(next => visit(next, [...path, id])).find(cycle => cycle.length > 0);
    done.add(id);
    return found ?? [];
  };
  return [...graph.keys()].map(id => visit(id, [])).find(cycle => cycle.length > 0) ?? [];
}

/**
 * Synthesises, and returns the circles of resources in any template, by file.
 *
 * A nested stack is one resource of its parent: it waits for all its parameters, and all that uses one of its outputs waits for the
 * whole of it.
 */
export function cycles(app: App): Record<string, string[]> {
  const { directory } = app.synth();
  const templates = readdirSync(directory).filter(file => file.endsWith('.template.json'));
  expect(templates).not.toHaveLength(0);
  const found = templates.map(file => [file, cycleIn(JSON.parse(readFileSync(join(directory, file), 'utf-8')))] as const);
  return Object.fromEntries(found.filter(([, cycle]) => cycle.length > 0));
}
