import { CHANGES } from './changes';
import { Effect, Fate } from './effects';
import { REASONS, REFUSED, Reason } from './replacement-reasons';

/** The numbers in the introduction. */
export interface Counts {
  readonly props: number;
  readonly changes: number;
}

const INTRODUCTION = `CloudFormation changes most properties of a resource where it is. Some it cannot change: it makes a new resource, points the rest of the stack
at it, and then deletes the old one with what is in it. And a resource that a changed prop no longer asks for leaves the template: it is
deleted, or left behind, no longer part of the stack.

| resource | by default, when replaced or no longer asked for | what that loses |
|---|---|---|
| queue, dead-letter queue | deleted | the messages in it |
| topic | deleted | what SNS is still trying to deliver; a FIFO topic refuses to be deleted while it has an archive |
| key made by the library for a queue or a topic | scheduled for deletion, 30 days | what is still encrypted with it, unless the deletion is cancelled |
| data stream, bucket, log group, and a key made for one | left behind | nothing; it is billed until you delete it |
| delivery stream | deleted | what it has read and not yet delivered; the data stream still has it, until its retention is over |

\`removalPolicy\` says otherwise, where a construct or the options of a topic, stream, bucket or log group have it. To keep what a change would
delete, set \`RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE\`, deploy, and only then make the change. \`cdk diff\` marks every replacement and deletion before you deploy.`;

/** docs/replacement.md. */
export function render(effects: Effect[], { props, changes }: Counts): string {
  const named = notInheritedFrom('WorkQueue', effects);
  const constructs = [...new Set(named.map(({ construct }) => construct))];
  const without = [...new Set(CHANGES.map(({ construct }) => construct))].filter(construct => !constructs.includes(construct));
  return [
    '# What a changed prop replaces',
    '',
    '<!-- Generated from the templates by `npm run docs:replacement`; the tests fail when it is not current. -->',
    '',
    INTRODUCTION,
    '',
    `Each of the ${props} props of this library was changed between its values, ${changes} changes in all, and the templates compared by what`,
    'CloudFormation replaces. The tables name every change that does not keep a queue, a topic, a stream, a bucket, a key or a log group as it is.',
    `A prop that is not in them keeps all of these. ${without.map(construct => `\`${construct}\``).join(', ')} hold no data, and have no table.`,
    '',
    'The path of a construct is its identity as well: another id, or another place in the tree, makes new resources and gives up the old ones.',
    'So does a construct, or a subscriber, that you remove. So that an upgrade of the library moves nothing, the template of every',
    'example is compared with a reviewed one in the same way.',
    '',
    ...constructs.flatMap(construct => [
      `## ${construct}`,
      '',
      ...construct.endsWith('.addQueue') ? [`The queue has the props of \`WorkQueue\`, and what is said there holds for it. ${subscriberNote(construct)}`, ''] : [],
      '| prop | change | resource | becomes |',
      '|---|---|---|---|',
      ...grouped(named.filter(effect => effect.construct === construct)).map(row => `| \`${row.prop}\` | ${row.change} | \`${row.resource}\` | ${becomes(row)} |`),
      '',
    ]),
    '## Why, and how to do it safely',
    '',
    ...[...new Set(Object.values(REASONS))].flatMap(reason => [`### ${propsOf(reason)}`, '', reason.why, '', reason.safely, '']),
    '## What the service refuses',
    '',
    'CloudFormation takes these for an update in place and the service then refuses them: the deployment fails and is rolled back. Nothing is lost.',
    '',
    '| prop | why | what to do |',
    '|---|---|---|',
    ...Object.entries(REFUSED).map(([prop, { why, safely, see }]) => `| \`${prop}\` | ${why} ([AWS](${see})) | ${safely} |`),
    '',
  ].join('\n');
}

/** Without those of the same prop and resource as in the construct that it makes. */
function notInheritedFrom(construct: string, effects: Effect[]): Effect[] {
  const key = ({ prop, from, to, resource, fate }: Effect) => [prop, from, to, resource.replace(/^Subscriber\//, ''), fate].join();
  const known = new Set(effects.filter(effect => effect.construct === construct).map(key));
  return effects.filter(effect => !effect.resource.startsWith('Subscriber/') || !known.has(key(effect)));
}

function subscriberNote(construct: string): string {
  return construct.startsWith('Fifo') ? '`Subscriber` stands for its id; it is FIFO unless `ordering` says otherwise.' : '`Subscriber` stands for its id.';
}

function propsOf(reason: Reason): string {
  return Object.keys(REASONS).filter(prop => REASONS[prop] === reason).map(prop => `\`${prop}\``).join(', ');
}

function becomes({ prop, fate, resource }: Effect): string {
  if (REFUSED[prop]) return `${fate}; but the service refuses the change, see below`;
  return fate === Fate.DELETED && /Key$/.test(resource) ? 'scheduled for deletion' : fate;
}

/** One row for a resource and what becomes of it, however many changes lead there. */
function grouped(effects: Effect[]) {
  const groups = new Map<string, Effect[]>();
  for (const effect of effects) {
    const key = [effect.prop, effect.resource, effect.fate].join();
    groups.set(key, [...groups.get(key) ?? [], effect]);
  }
  return [...groups.values()].map(group => {
    const { construct, prop } = group[0];
    const count = Object.keys(CHANGES.find(change => change.construct === construct && change.prop === prop)!.values).length;
    return { ...group[0], change: group.length === count * (count - 1) ? 'any' : changesOf(group) };
  });
}

function changesOf(group: Effect[]): string {
  const code = (value: string) => /[.([]/.test(value) ? `\`${value}\`` : value;
  const froms = [...new Set(group.map(({ from }) => from))];
  return froms.map(from => `${code(from)} to ${group.filter(effect => effect.from === from).map(({ to }) => code(to)).join(' or ')}`).join('; ');
}
