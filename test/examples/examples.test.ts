import { readFileSync, readdirSync } from 'fs';
import { join } from 'path';
import type { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { stringify } from 'yaml';
import { EXAMPLES, buildExample } from '../support/examples';
import { isAddedByFlags } from '../support/flag-differences';
import { synth } from '../support/template';

const ROOT = join(__dirname, '..', '..', 'examples');
const stacksOf = (name: string, context = {}) => buildExample(name, context).node.children.filter((child): child is Stack => 'templateFile' in child);
const templateOf = (name: string, index: number) => synth(stacksOf(name)[index]);
/** An example has one stack, but for image-platform, whose workers have one of their own. */
const STACKS = EXAMPLES.flatMap(name => stacksOf(name).map((stack, index): [string, string, number] => [index === 0 ? name : `${name}, ${stack.stackName}`, name, index]));

test('there is one for each pattern, and one that joins them', () => {
  expect(EXAMPLES).toEqual(['container-workers', 'dead-letter-queue', 'ec2-workers', 'fan-out', 'fifo-fan-out', 'image-platform', 'order-bus', 'order-bus-billing', 'order-processing', 'request-response', 'stream-delivery']);
});

test('one example has two stacks', () => {
  expect(STACKS.filter(([, , index]) => index > 0).map(([title]) => title)).toEqual(['image-platform, ImageWorkers']);
});

describe.each(STACKS)('%s', (title, name, index) => {
  const template = templateOf(name, index);

  test('needs no asset, no bootstrap stack and no lookup', () => {
    const text = JSON.stringify(template);
    expect(text).not.toMatch(/cdk-hnb659fds|AssetParameters|BootstrapVersion|dummy-value-for|vpc-12345/);
    const custom = Object.values(template.Resources).filter(resource => /^(Custom::|AWS::CloudFormation::CustomResource)/.test(resource.Type));
    expect(custom.map(({ Type }) => Type)).toEqual(title === 'image-platform' ? ['Custom::S3BucketNotifications'] : []);
    // The CDK configures the notifications of a bucket with a function whose code is in the template.
    for (const { Properties } of custom) {
      const [id] = Properties.ServiceToken['Fn::GetAtt'];
      expect(Object.keys(template.Resources[id].Properties.Code)).toEqual(['ZipFile']);
    }
  });

  test('is deployed by the CDK CLI with the credentials of the user, and asks for no role or asset of a bootstrap stack', () => {
    // CDK's BootstraplessSynthesizer names the roles of a bootstrap stack all the same, and CloudFormation refuses a role that does not exist.
    const artifact = buildExample(name).synth().stacks[index];
    const { assumeRoleArn, cloudFormationExecutionRoleArn, lookupRole, stackTemplateAssetObjectUrl, requiresBootstrapStackVersion } = artifact;
    expect({ assumeRoleArn, cloudFormationExecutionRoleArn, lookupRole, stackTemplateAssetObjectUrl, requiresBootstrapStackVersion }).toEqual({});
    expect(artifact.assets).toEqual([]);
    expect(artifact.dependencies).toHaveLength(index);
  });

  test('can be passed to CloudFormation without a bucket: at most 51,200 bytes as JSON in a file, and as the YAML that the CDK CLI sends', () => {
    const { context, pathMetadata = true } = JSON.parse(readFileSync(join(ROOT, name, 'cdk.json'), 'utf8'));
    const written = synth(stacksOf(name, { 'aws:cdk:enable-path-metadata': pathMetadata })[index]);
    const indent = context['@aws-cdk/core:suppressTemplateIndentation'] ? undefined : 1;
    expect(Buffer.byteLength(JSON.stringify(written, undefined, indent))).toBeLessThanOrEqual(51_200);
    // The options of the CLI, which parses the file and sends YAML; test/deploy reads from the wire that it does.
    expect(Buffer.byteLength(stringify(written, { schema: 'yaml-1.1', lineWidth: 0 }))).toBeLessThanOrEqual(51_200);
  });

  test('gives the same template twice', () => {
    expect(JSON.stringify(templateOf(name, index))).toBe(JSON.stringify(template));
  });

  test('has no warning', () => {
    expect(Annotations.fromStack(stacksOf(name)[index]).findWarning('*', Match.anyValue())).toEqual([]);
  });

  test('keeps its logical ids', () => {
    // What a flag adds is named in test/contract/feature-flags.test.ts.
    const ids = Object.entries(template.Resources).map(([id, resource]: [string, any]) => `${resource.Type} ${id}`).filter(id => !isAddedByFlags(id)).sort();
    expect(ids).toMatchSnapshot();
  });

  test('has a README with a diagram, what it costs and how to deploy it', () => {
    const readme = readFileSync(join(ROOT, name, 'README.md'), 'utf8');
    expect(readme).toContain('```mermaid');
    expect(readme).toContain('## Idle cost');
    expect(readme).toContain('## Deploy');
    expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toContain(`(${name}/README.md)`);
  });

  test('has no path that leads out of its folder, so that it can be copied', () => {
    const files = readdirSync(join(ROOT, name), { withFileTypes: true }).filter(entry => entry.isFile()).map(entry => entry.name);
    expect(files.filter(file => readFileSync(join(ROOT, name, file), 'utf8').includes('../'))).toEqual([]);
  });
});
