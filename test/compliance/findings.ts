import type { App } from 'aws-cdk-lib';
import * as nag from 'cdk-nag';

export const PACKS = {
  'AwsSolutions': nag.AwsSolutionsChecks,
  'HIPAA.Security': nag.HIPAASecurityChecks,
  'NIST.800.53.R4': nag.NIST80053R4Checks,
  'NIST.800.53.R5': nag.NIST80053R5Checks,
  'PCI.DSS.321': nag.PCIDSS321Checks,
  'Serverless': nag.ServerlessChecks,
};

/** A rule of some packs that some resources do not meet. */
export interface Finding {
  /** Without the pack: `S3BucketLoggingEnabled`. */
  readonly rule: string;
  readonly packs: string[];
  readonly resources: string[];
}

/** Runs the six packs over an app. */
export function findingsOf(app: App): Finding[] {
  const byRule = new Map<string, { packs: Set<string>; resources: Set<string> }>();
  for (const [pack, Pack] of Object.entries(PACKS)) {
    for (const { ruleName, violatingResources } of new Pack().validateScope(app).violations) {
      const rule = ruleName.slice(pack.length + 1).replace(/<\w*?Bucket\w{8}\.Arn>/, '<…Bucket.Arn>').replace(/arn:.*:log-group:sns\/.*:\*/, '…:log-group:sns/…:*')
        .replace(/arn:[^[]*:sqs:.*AWS::StackId.*-\*/, '<prefix of reply queues>*').replace(/arn:.*:task\/.*\/\*/, '…:task/<cluster>/*');
      const entry = byRule.get(rule) ?? { packs: new Set(), resources: new Set() };
      byRule.set(rule, entry);
      entry.packs.add(pack);
      violatingResources.forEach(resource => entry.resources.add((resource.constructPath ?? '').replace(/\/Resource$/, '')));
    }
  }
  return [...byRule.entries()]
    .map(([rule, { packs, resources }]) => ({ rule, packs: [...packs], resources: [...resources].sort() }))
    .sort((a, b) => a.rule < b.rule ? -1 : 1);
}
