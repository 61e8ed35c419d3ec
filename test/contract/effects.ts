import { ResourceDifference, ResourceImpact, fullDiff } from '@aws-cdk/cloudformation-diff';
import { App, CfnElement, Stack } from 'aws-cdk-lib';
import { Build, Change } from './change';
import { PartOfTemplate } from '../support/written';

/** Types that hold messages, records, objects or logs, or the key to them. */
export const HOLDS_DATA = new Set([
  'AWS::SQS::Queue', 'AWS::SNS::Topic', 'AWS::Kinesis::Stream', 'AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::KinesisFirehose::DeliveryStream', 'AWS::Logs::LogGroup',
]);

/** What an update does to a resource that it does not keep. */
export enum Fate {
  REPLACED = 'replaced',
  MAY_BE_REPLACED = 'may be replaced',
  DELETED = 'deleted',
  LEFT = 'left behind',
}

const FATES: Partial<Record<ResourceImpact, Fate>> = {
  [ResourceImpact.WILL_REPLACE]: Fate.REPLACED,
  [ResourceImpact.MAY_REPLACE]: Fate.MAY_BE_REPLACED,
  [ResourceImpact.WILL_DESTROY]: Fate.DELETED,
  [ResourceImpact.WILL_ORPHAN]: Fate.LEFT,
};

/** One resource that a change of one prop does not keep. */
export interface Effect {
  readonly construct: string;
  readonly prop: string;
  readonly from: string;
  readonly to: string;
  /** `Queue`, `DeadLetterQueue`: the path below the construct. */
  readonly resource: string;
  /** Its type in CloudFormation. */
  readonly type: string;
  readonly fate: Fate;
}

export interface Built {
  readonly template: PartOfTemplate;
  /** Path of each resource by its logical id. */
  readonly paths: Map<string, string>;
}

/** Changes the prop from each of its values to each other one, and collects what is not kept of what holds data. */
export function effectsOf({ construct, prop, values }: Change): { effects: Effect[]; changes: number; unchanged: string[] } {
  const built = Object.entries(values).map(([value, make]) => [value, templateOf(make)] as const);
  const effects: Effect[] = [];
  const unchanged: string[] = [];
  let changes = 0;
  for (const [from, before] of built) {
    for (const [to, after] of built) {
      if (from === to) continue;
      changes += 1;
      if (JSON.stringify(before.template) === JSON.stringify(after.template)) unchanged.push(`${construct} ${prop}: ${from} -> ${to}`);
      effects.push(...disruptions(before, after).map(disruption => ({ construct, prop, from, to, ...disruption })));
    }
  }
  return { effects, changes, unchanged };
}

function disruptions(before: Built, after: Built): Pick<Effect, 'resource' | 'type' | 'fate'>[] {
  const found: Pick<Effect, 'resource' | 'type' | 'fate'>[] = [];
  fullDiff(structuredClone(before.template), structuredClone(after.template)).resources.forEachDifference((id, difference: ResourceDifference) => {
    const fate = FATES[difference.changeImpact];
    const type = difference.oldResourceType ?? '';
    if (fate && HOLDS_DATA.has(type)) found.push({ resource: before.paths.get(id) ?? id, type, fate });
  });
  return found;
}

/** The template of the one stack that has resources. */
export function templateOf(make: Build): Built {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, 'Stack');
  make(stack);
  const paths = new Map<string, string>();
  for (const node of stack.node.findAll()) {
    if (CfnElement.isCfnElement(node)) paths.set(stack.resolve(node.logicalId), node.node.path.replace(/^.*?\/?Subject\//, '').replace(/\/Resource$/, ''));
  }
  const templates: PartOfTemplate[] = app.synth({ force: true }).stacks.map(artifact => artifact.template);
  const template = templates.find(({ Resources }) => Resources !== undefined) ?? { Resources: {} };
  return { template, paths };
}
