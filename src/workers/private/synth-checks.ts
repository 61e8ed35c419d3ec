import { Stack, TagManager, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { Problems, checkWhenWritten } from '../../private/problems';
import { writtenProperties } from '../../private/written';
import type { Ec2Workers } from '../ec2-workers';
import { WorkerImage } from '../worker-image';

/** What the instance metadata service takes as the key of a tag; with any other the instance does not launch. */
const METADATA_TAG_KEY = /^(?!\.{1,2}$|_index$)[A-Za-z0-9+\-=.,_:@]+$/;

/** Of user data, before it is encoded. */
const MAX_USER_DATA_BYTES = 16_384;

/** What is only all known at synthesis: tags, user data and an update policy can be changed until then. */
export function checkAtSynth(workers: Ec2Workers, image: WorkerImage): void {
  checkWhenWritten(workers, 'Ec2Workers', problems => {
    if (workers.inFlight.actions.length > 0) checkTags(workers, problems);
    checkUserData(workers, image, problems);
    checkUpdatePolicy(workers.autoScalingGroup, problems);
  });
}

/** The tags of the group, and those of the stacks around it, which CloudFormation hands down to the instances. */
function checkTags({ autoScalingGroup, launchTemplate }: Ec2Workers, problems: Problems): void {
  const tagged = [launchTemplate, autoScalingGroup.node.defaultChild, ...stacksOf(autoScalingGroup)];
  const keys = new Set(tagged.flatMap(construct => Object.keys(TagManager.of(construct)!.tagValues())));
  for (const key of keys) {
    problems.require(Token.isUnresolved(key) || METADATA_TAG_KEY.test(key), {
      prop: 'tags',
      got: `a tag with the key '${key}'`,
      allowed: 'keys of letters, digits and + - = . , _ : @',
      fix: 'A worker reads the name of its group from the tags in the instance metadata, and an instance with another key there does not launch: '
        + 'change the tag, exclude the workers and their stack from it, or use InFlightProtection.none(reason), which reads no tags.',
    });
  }
}

function stacksOf(scope: Construct): Stack[] {
  const stacks: Stack[] = [];
  for (let stack: Stack | undefined = Stack.of(scope); stack; stack = stack.nestedStackParent) stacks.push(stack);
  return stacks;
}

function checkUserData({ launchTemplate }: Ec2Workers, image: WorkerImage, problems: Problems): void {
  const script = scriptOf(launchTemplate);
  problems.require(image._mayHoldWorker || !isEmpty(script), {
    prop: 'userData',
    got: 'an empty script, on an image that holds no worker',
    allowed: 'a script that starts the worker',
    fix: 'The instances would run, and be billed, without receiving a message. Give ec2.UserData with the commands that install and start the worker, or add them '
      + 'with userData.addCommands(); or use WorkerImage.custom() with an image of your own that starts it. Where something else starts it, such as '
      + 'an association of SSM State Manager, a script of one line will do, such as true.',
  });
  const known = knownBytes(script);
  problems.require(known <= MAX_USER_DATA_BYTES, {
    prop: 'userData',
    got: `${known} bytes, without what is only known at deployment`,
    allowed: `at most ${MAX_USER_DATA_BYTES} bytes`,
    fix: 'Put the worker into the image, or let a short script fetch it, such as from an S3 bucket.',
  });
}

/** The script as the template will have it, whatever property injectors, aspects and overrides have made of it; resolved, and not encoded. */
function scriptOf(launchTemplate: ec2.LaunchTemplate): unknown {
  const { LaunchTemplateData } = writtenProperties(launchTemplate.node.defaultChild as ec2.CfnLaunchTemplate);
  const userData = (LaunchTemplateData as { UserData?: unknown } | undefined)?.UserData;
  return (userData as { 'Fn::Base64'?: unknown } | undefined)?.['Fn::Base64'] ?? userData;
}

/** The first line of a script for a shell, in which a line that begins with `#` does nothing. */
const SHELL = /^#!\s*\S*\/(env\s+)?(ba|da|k|z)?sh(\s|$)/;

/** Without a line, an element or a part that does anything. What is only known at deployment may do something. */
function isEmpty(script: unknown): boolean {
  if (script === undefined) return true;
  if (typeof script !== 'string') return false;
  // An archive of CDK: one line begins with the boundary, which is the end of it.
  if (script.startsWith('Content-Type: multipart/')) return script.match(/^--/gm)?.length === 1;
  const rest = SHELL.test(script) ? script.replace(/^\s*#.*/gm, '') : script.replace(/^\s*#!.*/, '');
  return rest.replace(/<\/?(powershell|script)>|<persist>\w*<\/persist>/gi, '').trim() === '';
}

/** What is written out of a text with tokens. */
function knownBytes(text: unknown): number {
  if (typeof text === 'string') return Buffer.byteLength(text);
  const parts: unknown[] = (text as { 'Fn::Join'?: [string, unknown[]] } | undefined)?.['Fn::Join']?.[1] ?? [];
  return parts.reduce<number>((sum, part) => typeof part === 'string' ? sum + Buffer.byteLength(part) : sum, 0);
}

function checkUpdatePolicy(group: autoscaling.AutoScalingGroup, problems: Problems): void {
  const { cfnOptions, maxSize } = group.node.defaultChild as autoscaling.CfnAutoScalingGroup;
  const kept: unknown = cfnOptions.updatePolicy?.autoScalingRollingUpdate?.minInstancesInService;
  if (typeof kept !== 'number' || Token.isUnresolved(kept) || Token.isUnresolved(maxSize)) return;
  problems.require(kept >= 0 && kept < Number(maxSize), {
    prop: 'updatePolicy.minInstancesInService',
    got: `${kept}`,
    allowed: `0 to ${Number(maxSize) - 1} (inclusive), less than scaling.max`,
    fix: 'A rolling update has to be able to take an instance out of service.',
  });
}
