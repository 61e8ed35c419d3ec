import { join, relative } from 'path';
import { Finding, Linted, TemplateFile } from './finding';
import { pythonTool } from './tools';
import { VERSIONS } from './versions';
import { Finished, run } from '../process';

/** Strict: information and warnings too, experimental rules, and the schemas of all Regions. */
export async function cfnLint(templates: readonly TemplateFile[]): Promise<Linted> {
  const [command, ...args] = await pythonTool('cfn-lint', `cfn-lint==${VERSIONS['cfn-lint']}`);
  const done = await run(command, [...args, '--include-checks', 'I', 'W', 'E', '--include-experimental', '--regions', 'ALL_REGIONS', '--format', 'json', '--', ...templates.map(({ file }) => file)]);
  const matches: any[] = parse(done);
  return linted(templates, matches.map(match => {
    const template = templates.find(({ file }) => file === match.Filename)!;
    const [section, id] = match.Location.Path ?? [];
    const resource = section === 'Resources' ? template.resources[id] : undefined;
    return { tool: 'cfn-lint', rule: match.Rule.Id, message: shortened(match.Message), where: template.name, resource };
  }));
}

export async function checkov(templates: readonly TemplateFile[], folder: string): Promise<Linted> {
  const [command, ...args] = await pythonTool('checkov', `checkov==${VERSIONS.checkov}`);
  const done = await run(command, [...args, '--framework', 'cloudformation', '--directory', folder, '--output', 'json', '--quiet', '--compact', '--skip-download'], { env: { BC_API_KEY: undefined } });
  const { results, summary } = parse(done);
  if (summary.parsing_errors !== 0) throw new Error(`checkov can't read ${summary.parsing_errors} of the templates:\n${JSON.stringify(results.parsing_errors)}`);
  const resources = templates.reduce((sum, template) => sum + Object.keys(template.resources).length, 0);
  if (summary.resource_count !== resources) throw new Error(`checkov looked at ${summary.resource_count} of ${resources} resources.`);
  return linted(templates, results.failed_checks.map((check: any) => {
    const template = templates.find(({ file }) => `/${relative(folder, file)}` === check.file_path)!;
    return { tool: 'checkov', rule: check.check_id, message: check.check_name, where: template.name, resource: template.resources[check.resource.split('.')[1]] };
  }));
}

/** The rules of AWS Control Tower, and the program that reads them, are in one npm package; undefined where it has no program. */
export async function cfnGuard(templates: readonly TemplateFile[]): Promise<Linted | undefined> {
  const systems: Record<string, string> = { linux: 'ubuntu', darwin: 'macos' };
  const processors: Record<string, string> = { x64: 'x86_64', arm64: 'aarch64' };
  const [system, processor] = [systems[process.platform], processors[process.arch]];
  if (!system || !processor) return undefined;
  const home = join(require.resolve('@cdklabs/cdk-validator-cfnguard/package.json'), '..');
  const program = join(home, 'bin', system, processor, 'cfn-guard');
  const version = (await run(program, ['--version'])).stdout.trim();
  if (version !== `cfn-guard ${VERSIONS['cfn-guard']}`) throw new Error(`It is ${version}, and not ${VERSIONS['cfn-guard']}.`);
  const done = await run(program, [
    'validate', '--rules', join(home, 'rules', 'control-tower', 'cfn-guard'), ...templates.flatMap(({ file }) => ['--data', file]),
    '--structured', '--output-format', 'json', '--show-summary', 'none',
  ]);
  const reports: any[] = parse(done);
  if (reports.length !== templates.length) throw new Error(`cfn-guard looked at ${reports.length} of ${templates.length} templates.`);
  return linted(templates, reports.flatMap(report => {
    const template = templates.find(({ file }) => file === report.name)!;
    return report.not_compliant.flatMap((broken: any) => guardFindings(template, broken.Rule));
  }));
}

/** The report of a rule is a tree of clauses: the id of the rule is in a message, and the resources are in the paths. */
function guardFindings(template: TemplateFile, rule: { name: string }): Finding[] {
  const report = JSON.stringify(rule);
  const [, id, message] = /\[(CT\.[\w.]+)\]: (.*?)\\n/.exec(report) ?? [undefined, rule.name, rule.name];
  const resources = [...new Set([...report.matchAll(/\/Resources\/(\w+)/g)].map(([, resource]) => resource))];
  const finding: Finding = { tool: 'cfn-guard', rule: id, message, where: template.name };
  return resources.length === 0 ? [finding] : resources.map(resource => ({ ...finding, resource: template.resources[resource] }));
}

/** A linter that finds something ends with a code of its own; one that breaks prints no JSON. */
function parse(done: Finished): any {
  try {
    return JSON.parse(done.stdout);
  } catch {
    throw new Error(`It ended with ${done.code} and:\n${done.output.slice(0, 4000)}`);
  }
}

function linted(templates: readonly TemplateFile[], findings: Finding[]): Linted {
  return { looked: templates.map(({ name }) => name), findings };
}

/** cfn-lint lists every allowed value. */
function shortened(message: string): string {
  return message.replace(/\[[^\]]{200,}\]/, '[…]');
}
