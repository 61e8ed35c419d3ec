import { isDeepStrictEqual } from 'util';
import { PropertyDifference, ResourceDifference, ResourceImpact, fullDiff } from '@aws-cdk/cloudformation-diff';
import { Json, PartOfResource, PartOfTemplate } from '../support/written';

/** One difference between two templates of the same stack. */
export interface Finding {
  /** Whether a stack deployed from the first would lose a resource, or something that others refer to. */
  readonly harmful: boolean;
  /** The logical id, the property, and what becomes of it. */
  readonly text: string;
}

type Resources = PartOfTemplate['Resources'];

/** What an update from one template to the other would do. */
export function review(before: PartOfTemplate, after: PartOfTemplate): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  // The diff writes into the templates it is given, what they refer to among it: so copies, and no values of resources from it.
  fullDiff(structuredClone(before), structuredClone(after)).resources.forEachDifference((id, difference) => {
    seen.add(id);
    findings.push(...resourceFindings(id, difference, before.Resources, after.Resources));
  });
  for (const id of new Set([...Object.keys(before.Resources), ...Object.keys(after.Resources)])) {
    if (!seen.has(id) && !isDeepStrictEqual(before.Resources[id], after.Resources[id])) findings.push({ harmful: false, text: `${id}: differs` });
  }
  return [...findings, ...sectionFindings({ ...before }, { ...after })];
}

function resourceFindings(id: string, difference: ResourceDifference, before: Resources, after: Resources): Finding[] {
  const name = `${difference.oldResourceType ?? difference.newResourceType} ${id}`;
  const harmful = (what: string) => ({ harmful: true, text: `${name}: ${what}` });
  const harmless = (what: string) => ({ harmful: false, text: `${name}: ${what}` });
  const kept = [before, after].every(resources => keeps(resources[id]?.UpdateReplacePolicy));
  switch (difference.changeImpact) {
    case ResourceImpact.WILL_DESTROY:
      return [harmful(`would be deleted, with what is in it${renamed(id, before, after)}`)];
    case ResourceImpact.WILL_ORPHAN:
      return [harmful(`would be left behind, no longer part of the stack${renamed(id, before, after)}`)];
    case ResourceImpact.WILL_REPLACE:
      return [harmful(`would be replaced, and the old one ${kept ? 'left behind' : 'deleted with what is in it'}: ${changes(difference, replaces) || `it becomes ${after[id].Type}`}`)];
    case ResourceImpact.MAY_REPLACE:
      return [harmful(`may be replaced: ${changes(difference, replaces)}`)];
    case ResourceImpact.WILL_CREATE:
      return [harmless('would be new')];
    default: {
      const released = retention(before[id], after[id]);
      const updates = changes(difference, property => !released.some(policy => policy === property));
      return [
        ...released.map(policy => harmful(`would no longer be kept: ${policy} changes from ${show(before[id][policy])} to ${show(after[id][policy])}`)),
        ...updates ? [harmless(`would be updated in place: ${updates}`)] : [],
      ];
    }
  }
}

/** Where a resource of the same type and properties is new, only its logical id is another. */
function renamed(id: string, before: Resources, after: Resources): string {
  const { Type, Properties } = before[id];
  const same = (other: PartOfResource) => other.Type === Type && isDeepStrictEqual(other.Properties, Properties);
  const found = Object.keys(after).find(other => !before[other] && same(after[other]));
  return found ? `; ${found} is the same under another logical id` : '';
}

const POLICIES = ['DeletionPolicy', 'UpdateReplacePolicy'] as const;
type Policy = typeof POLICIES[number];

/** The policies that keep it no longer. */
function retention(before: PartOfResource, after: PartOfResource): Policy[] {
  return POLICIES.filter(policy => keeps(before[policy]) && !keeps(after[policy]));
}

function keeps(policy: unknown): boolean {
  return String(policy).startsWith('Retain');
}

/** The changed properties that a condition holds for. */
function changes(difference: ResourceDifference, condition: (name: string, change: Partial<PropertyDifference<unknown>>) => boolean): string {
  return Object.entries({ ...difference.propertyUpdates, ...difference.otherChanges })
    .filter(([name, change]) => condition(name, change))
    .map(([name, { oldValue, newValue }]) => `${name} changes from ${show(oldValue)} to ${show(newValue)}`)
    .join('; ');
}

/** Whether CloudFormation makes a new resource for the change of a property. */
function replaces(_: string, { changeImpact }: Partial<PropertyDifference<unknown>>): boolean {
  return changeImpact === ResourceImpact.WILL_REPLACE || changeImpact === ResourceImpact.MAY_REPLACE;
}

/** Parameters, outputs and exports that go; and whatever else is not the same. */
function sectionFindings(before: Record<string, Json>, after: Record<string, Json>): Finding[] {
  const findings: Finding[] = [];
  for (const section of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (section === 'Resources' || isDeepStrictEqual(before[section], after[section])) continue;
    const lost = section === 'Parameters' || section === 'Outputs' ? Object.keys(before[section] ?? {}).filter(id => {
      const [one, other] = [before[section][id], after[section]?.[id]];
      return other === undefined || !isDeepStrictEqual(one.Export, other.Export);
    }) : [];
    findings.push(...lost.map(id => ({ harmful: true, text: `${section}.${id}: would be removed, or exported under another name` })));
    if (lost.length === 0) findings.push({ harmful: false, text: `${section}: changes from ${show(before[section])} to ${show(after[section])}` });
  }
  return findings;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
