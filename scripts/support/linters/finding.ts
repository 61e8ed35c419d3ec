import { readFileSync } from 'fs';
import { join } from 'path';

export type Tool = 'cfn-lint' | 'checkov' | 'cfn-guard' | 'actionlint' | 'shellcheck';

/** A template, a workflow and a script with faults that the linters have to find. */
export const SPOILT = join('test', 'linters', 'spoilt');

export interface Resource {
  readonly Type: string;
  readonly Properties?: Record<string, any>;
  readonly Metadata?: Record<string, any>;
}

/** A template under the name of what it is a template of. */
export interface TemplateFile {
  readonly name: string;
  readonly file: string;
  readonly resources: Readonly<Record<string, Resource>>;
}

export function readTemplate(name: string, file: string): TemplateFile {
  return { name, file, resources: JSON.parse(readFileSync(file, 'utf8')).Resources ?? {} };
}

/** What a linter says about one resource, or about one place of a script. */
export interface Finding {
  readonly tool: Tool;
  readonly rule: string;
  readonly message: string;
  /** The name of the template, or the path of the script in the repository. */
  readonly where: string;
  readonly resource?: Resource;
}

/** What a tool found, and the names of what it looked at. */
export interface Linted {
  readonly looked: readonly string[];
  readonly findings: readonly Finding[];
}

/** A line for the terminal. */
export function describeFinding({ tool, rule, where, message, resource }: Finding): string {
  const path = resource?.Metadata?.['aws:cdk:path'] ?? resource?.Type;
  return `${tool} ${rule} in ${where}${path ? `, ${path}` : ''}: ${message}`;
}
